"""Synthetic papers a line recogniser is trained on: what they say, in which faces, how they aged.

    python -m ocr_models.training.fetch_faces            # once: brings the faces to this machine
    Stream(Author(load(words), Tally()), find(held_out=False), seed)   # lines: stream.Stream, text.Author, lexicon.load, faces.find
    page(author, faces, TEMPLATES, seed, index)          # whole pages with boxes: pages.page, templates.TEMPLATES

Labels hold no vowel marks, no tatweel and no fill lines; `text.visual` is the order the recogniser learns, `bidi.to_logical` its way back.
"""
