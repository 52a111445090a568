"""Entity extraction measured on papers written apart from it: `dev` to tune on, `kept` shown to nobody who tunes."""
