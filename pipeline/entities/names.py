"""A person's name word by word: given, father, grandfather and family, compounds kept whole, as read and never repaired."""

from dataclasses import dataclass

from pipeline.entities.lexicon import labels, names, posts, ranks, women, words
from pipeline.entities.page import Page

_SONS = frozenset({"بن", "ابن", "بنت"})
_BEGINNINGS = frozenset({"عبد", "ابو", "ابي", "ابا", "بو", "ام", "ال", "بني", "بيت", "حاج", "شيخ", "الحاج", "الشيخ"})
_ENDINGS = frozenset({"الدين", "الله", "اوغلو"})
_ARABIC = ("\u0621", "\u06ff")
_PARTICLES = "وفبلك"
_LED_ARTICLES = ("وال", "فال", "بال", "كال", "لل")
_WITH_RANK = frozenset({"ركن", "طبيب", "مهندس", "متقاعد", "مجند", "اول", "قاضي"})


@dataclass(frozen=True)
class Unit:
    """One part of a name: its letters on the page, folded."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Name:
    """The parts of a name, each with its letters on the page; ``next`` is the first token after it."""

    given: Unit | None
    father: Unit | None
    grandfather: Unit | None
    family: Unit | None
    start: int
    end: int
    next: int

    @property
    def known(self) -> bool:
        """Whether a part of it is a name of the lists."""
        return any(_is_known(unit.text) for unit in (self.given, self.father, self.family) if unit)


def parse(page: Page, index: int, *, most: int = 5, stop: int | None = None, wrap: bool = True, joined: int = 0) -> Name | None:
    """The name that starts at a token, before the letter ``stop``; ``wrap`` lets it run on into the next line. None: no name.

    ``joined``: letters of the first token that are no name's: the «و» written onto it.
    """
    end = len(page.fold) if stop is None else stop
    units: list[Unit] = []
    sons: list[int] = []
    at = index
    while at < len(page.tokens) and page.tokens[at].end <= end and (at == index or _joined(page, at, wrap=wrap)):
        if page.tokens[at].text in _SONS and units:
            if (sons and sons[-1] == len(units)) or any(text in women() for text in page.token_texts[at + 1 : at + 2]):
                break
            sons.append(len(units))
            at += 1
            continue
        length = _unit(page, at, end)
        if not length or _full(units, sons, most) or not _plausible(page, at, length, units, sons, end):
            break
        units.append(_made(page, at, length, 0 if units else joined))
        at += length
    return _assigned(units, sons, at) if units else None


def leads_another(text: str) -> bool:
    """Whether a word is «and» with a given name: «وأحمد» after a name begins another person's."""
    return text.startswith("و") and len(text) > 3 and text not in names() and text[1:].split(maxsplit=1)[0] in names().given


def stops(text: str) -> bool:
    """Whether a word cannot be part of a name; a particle may be written onto it («والدته», «لعام»)."""
    if len(text) < 2 or not _ARABIC[0] <= text[0] <= _ARABIC[1] or text in words("stops"):
        return True
    led = text[1:] in words("stops") or text.startswith(_LED_ARTICLES)
    return text[0] in _PARTICLES and len(text) > 3 and led and not _is_known(text)


def _is_known(text: str) -> bool:
    return text in names() or any(word in names() for word in (text.removeprefix("ال"),) if len(word) > 2)


def _joined(page: Page, at: int, *, wrap: bool) -> bool:
    """Whether nothing but a blank, or a line's end in running text, parts a token from the one before."""
    gap = page.gap(at)
    return gap == " " or (wrap and gap == "\n" and page.runs_on(page.tokens[at - 1].line))


def _unit(page: Page, at: int, end: int) -> int:
    """How many tokens make the next part of a name; 0 when none does."""
    texts = page.token_texts
    if stops(texts[at]) or (texts[at] == "العمر" and at + 1 < len(texts) and texts[at + 1].isdecimal()):
        return 0
    length = 2 if texts[at] in _BEGINNINGS and _follows(page, at + 1, end) else 1
    if _follows(page, at + length, end) and texts[at + length] in _ENDINGS:
        length += 1
    elif length == 1 and _follows(page, at + 1, end) and texts[at : at + 2] in names().double:
        length = 2
    return length


def unit_at(page: Page, at: int, end: int) -> int:
    """How many tokens make one part of a name at a token, before the letter ``end``; 0 when none does."""
    return _unit(page, at, end)


def _follows(page: Page, at: int, end: int) -> bool:
    return (
        at < len(page.tokens)
        and page.tokens[at].end <= end
        and page.gap(at) == " "
        and not stops(page.tokens[at].text)
        and page.tokens[at].text not in _SONS
    )


def given_before(page: Page, at: int) -> int:
    """How many tokens right before a «بن» make a given name: two for a compound or a name of two words, else one."""
    texts = page.token_texts
    if at < 2:
        return at
    pair = texts[at - 2], texts[at - 1]
    return 2 if pair[0] in (*_BEGINNINGS, "محمد", "احمد") or pair[1] in _ENDINGS or pair in names().double else 1


def _full(units: list[Unit], sons: list[int], most: int) -> bool:
    """Whether the name is whole: as many parts as a name has, or a family name with its article after a father's."""
    ends = len(units) >= 2 and units[-1].text.startswith("ال") and units[-1].text not in ("الياس", "الهام")
    return len(units) >= most or (ends and (not sons or len(units) > sons[-1] + 1))


def _plausible(page: Page, at: int, length: int, units: list[Unit], sons: list[int], end: int) -> bool:
    """Whether a word after a likely whole name still belongs to it: a known name, one with an article, or the last word before a break."""
    text = " ".join(page.token_texts[at : at + length])
    known = _is_known(text) or _is_known(text.split()[0])
    if _begins_another(page, at, text, len(units)) if units else _is_no_beginning(page, at, known=known):
        return False
    parts = len(units) - (sons[-1] - 1 if sons else 0)
    if parts < 2:
        return True
    if parts > 2 and not (_is_known(text) or text.startswith("ال")):
        return False
    return _is_known(text) or text.startswith("ال") or not _follows(page, at + length, end)


def _begins_another(page: Page, at: int, text: str, parts: int) -> bool:
    """Whether a word after a part of a name is another person's, or no name: «وأحمد», «على», a label."""
    label = labels().at(page.token_texts, at) is not None and not _is_known(text)
    return leads_another(text) or label or (parts > 1 and _written_as_preposition(page, at))


def _is_no_beginning(page: Page, at: int, *, known: bool) -> bool:
    """Whether no name begins at a word: «على» before a word of no list, a word with an article or a label of no list."""
    text = page.token_texts[at]
    return _is_preposition(page, at) or (not known and (text.startswith("ال") or labels().at(page.token_texts, at) is not None))


def _written_as_preposition(page: Page, at: int) -> bool:
    """Whether a word is «على», which is the name علي only where final ya has no dots."""
    return page.text(page.tokens[at].start, page.tokens[at].end) == "على"


def _is_preposition(page: Page, at: int) -> bool:
    """Whether «على» begins what is no name: the word after it is of no list."""
    return _written_as_preposition(page, at) and not any(text in names() for text in page.token_texts[at + 1 : at + 2])


def _made(page: Page, at: int, length: int, joined: int) -> Unit:
    start, end = page.tokens[at].start + joined, page.tokens[at + length - 1].end
    return Unit(page.fold[start:end], start, end)


def _assigned(units: list[Unit], sons: list[int], at: int) -> Name:
    """Parts to their places: by «بن» where it is written, else by their number (given, father, family)."""
    start, end = units[0].start, units[-1].end
    if sons:
        given, rest = _merged(units[: sons[0]]), units[sons[0] :]
        split = sons[1] - sons[0] if len(sons) > 1 else None
        father, grandfather, family = _after_son(rest, split)
        return Name(given, father, grandfather, family, start, end, at)
    units = _doubled(units)
    given = units[0]
    match units[1:]:
        case []:
            return Name(given, None, None, None, start, end, at)
        case [only]:
            father_only = only.text in names().given and only.text not in names().family and not only.text.startswith("ال")
            return Name(given, only if father_only else None, None, None if father_only else only, start, end, at)
        case [father, family]:
            return Name(given, father, None, family, start, end, at)
        case [father, grandfather, *family_units]:
            return Name(given, father, grandfather, _merged(family_units), start, end, at)
    return Name(given, None, None, None, start, end, at)


def _after_son(rest: list[Unit], split: int | None) -> tuple[Unit | None, Unit | None, Unit | None]:
    if not rest:
        return None, None, None
    if split:
        after = rest[split:]
        return _merged(rest[:split]), after[0] if after else None, _merged(after[1:])
    if len(rest) == 3:
        return (rest[0], rest[1], rest[2]) if rest[0].text not in ("محمد", "احمد") else (_merged(rest[:2]), None, rest[2])
    return rest[0], None, _merged(rest[1:])


def _doubled(units: list[Unit]) -> list[Unit]:
    """Four parts that begin with محمد or أحمد and another given name: a given name of two words."""
    if len(units) > 3 and units[0].text in ("محمد", "احمد") and units[1].text in names().given:
        return [_join(units[:2]), *units[2:]]
    return units


def _merged(units: list[Unit]) -> Unit | None:
    return _join(units) if units else None


def _join(units: list[Unit]) -> Unit:
    return Unit(" ".join(unit.text for unit in units), units[0].start, units[-1].end)


def rank_at(page: Page, index: int) -> int:
    """How many tokens of rank, with what goes with it (ركن, طبيب …), stand at a token; a particle may be written onto the first."""
    texts = page.token_texts[index : index + 4]
    bare = texts[0][1:] if texts[0][0] in _PARTICLES else texts[0]
    found = ranks().at(texts, 0) or ranks().at((bare, *texts[1:]), 0) or ranks().at(("ا" + bare, *texts[1:]), 0)
    length = found[0] if found else 0
    while length and index + length < len(page.tokens) and page.token_texts[index + length].removeprefix("ال") in _WITH_RANK:
        length += 1
    return length


def post_at(page: Page, index: int) -> int:
    """How many tokens of a known post stand at a token."""
    found = posts().at(page.token_texts, index)
    return found[0] if found else 0
