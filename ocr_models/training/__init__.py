"""Synthetic papers a line recogniser is trained on: what they say, in which faces, how they aged. Needs the fonts of `fetch_faces`."""
