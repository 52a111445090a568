"""Papers to tune on."""
