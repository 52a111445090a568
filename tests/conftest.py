"""What every test can rely on."""

import signal

# A shell that starts the tests in the background has them ignore Ctrl-C, and all they start: then none could be interrupted as a user would.
signal.signal(signal.SIGINT, signal.default_int_handler)
