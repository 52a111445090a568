"""Where the bytes are kept: one file per engine, chosen in wiring."""
