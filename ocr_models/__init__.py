"""Reading engines behind pipeline.ports.LineReader: each takes a clean page and the boxes of its lines, and gives their words."""
