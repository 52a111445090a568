"""Places of the list: governorates and districts anywhere, smaller ones where the words before them say that a place follows."""

from collections.abc import Iterator

from pipeline.entities.lexicon import places, words
from pipeline.entities.page import Page
from pipeline.model import PlaceMention


def find(page: Page) -> tuple[PlaceMention, ...]:
    """The places of a page in reading order; a place written onto its preposition («بحمص») counts."""
    return tuple(_mentions(page))


def _mentions(page: Page) -> Iterator[PlaceMention]:
    at = 0
    while at < len(page.tokens):
        texts = page.token_texts[at : at + 4]
        found = places().at(texts, 0)
        led = at > 0 and page.token_texts[at - 1] in words("place_leads")
        if not found and texts[0].startswith("ب") and len(texts[0]) > 3:
            found, led = places().at((texts[0][1:], *texts[1:]), 0), True
        if found and (found[1] or led):
            start, end = page.tokens[at].start, page.tokens[at + found[0] - 1].end
            yield PlaceMention(page.text(start, end), page.boxes(start, end), found[1] or None)
        at += found[0] if found else 1
