"""Commands for retraining the reader: model."""
