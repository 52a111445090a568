"""What every test can rely on."""

import signal

import pytest

from ocr_models.training.faces import DESIGNS, located

pytest_plugins = ["tests.services.fixtures"]

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start with them.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def held_out_faces() -> None:
    """The type faces the frozen page sets are drawn in, which the test command does not install: some come from npm."""
    absent = [design.name for design in DESIGNS if design.held_out and not any(located(design))]
    if absent:
        pytest.skip(f"faces not on this machine: {', '.join(absent)}; python -m ocr_models.training.fetch_faces brings them")
