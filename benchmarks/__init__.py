"""What Sijill costs and what it finds, measured so that anybody can measure it again: `python -m benchmarks --help`."""
