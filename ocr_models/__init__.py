"""Reading engines behind pipeline.ports.PageReader: each takes a clean page and its regions, and gives lines with boxes."""
