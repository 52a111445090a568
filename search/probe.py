"""Tells an index laid out, or filled with words, by another version of Sijill from one of this version."""

import json
from hashlib import blake2b

from pipeline.model import Birth, Person
from search.documents import Document, words


def fingerprint(layout: str) -> str:
    """What the index and its words look like: words worked out differently do not meet those of a query."""
    probe = "عبد الرحمن أحمد ضياء الدين الحمصيّ مؤمن فتى ١٢٣/ب/٢٠١٢"
    person = Person(probe, (), given="نور", mother="فاطمة", birth=Birth(1985, None, "حمص"), registry="٧/١٢")
    shown = [sorted(words(Document(None, probe))), sorted(words(Document(0, probe, person)))]
    return blake2b((layout + json.dumps(shown)).encode(), digest_size=16).hexdigest()
