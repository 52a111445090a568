"""Papers kept out of tuning: whoever improves the extractor does not read them."""
