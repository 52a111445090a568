"""Those who sign, order and question: a rank or title, a name, and a post beside it or under it."""

import re
from collections.abc import Iterator, Sequence

from pipeline.entities.dates import Found
from pipeline.entities.described import described
from pipeline.entities.drafts import Draft, of_name
from pipeline.entities.lexicon import fold, words
from pipeline.entities.names import Name, Unit, leads_another, parse, post_at, rank_at
from pipeline.entities.page import Page

_ALONE = tuple(map(fold, ("رئيسا", "مستشارا", "عضوا", "مقررا")))
_MOST = 7  # words of a post


def find(page: Page, dates: Sequence[Found]) -> Iterator[Draft]:
    """Officials in reading order; whoever is described by mother or birth is a subject, whatever the rank."""
    for at in range(len(page.tokens)):
        length = _titled(page, at)
        name = _name(page, at + length) if length else _plain(page, at)
        if name and (length or name.known):
            yield _draft(page, at, length, name, dates)
        if page.token_texts[at] in _ALONE:
            yield from _joined(page, at)


def _joined(page: Page, at: int) -> Iterator[Draft]:
    """Whoever is joined by «و» to one named before, and ends at a post that stands alone: «… مستشاراً وفلان مستشاراً»."""
    for first in range(max(at - _MOST, 0), at):
        name = parse(page, first, most=3, joined=1) if leads_another(page.token_texts[first]) else None
        if name and name.next == at and name.family:
            post = Unit("post", page.tokens[at].start, page.tokens[at].end)
            yield of_name(name, "official", "rank").having({"post": post})


def _titled(page: Page, at: int) -> int:
    """How many tokens of rank or title begin here: with the article anywhere, without it only at a line's beginning and in two words."""
    if at and rank_at(page, at - 1) > 1:
        return 0
    text = page.token_texts[at]
    length = rank_at(page, at)
    if not length and text == "السيد" and not rank_at(page, min(at + 1, len(page.tokens) - 1)):
        return 1
    first = page.lines[page.tokens[at].line][0] == page.tokens[at].start
    return length if text.lstrip("وفبك").startswith(("ال", "لل")) or (first and length) else 0


def _name(page: Page, at: int) -> Name | None:
    """The name after a rank, on its line or, under a rank that stands alone, on the next."""
    if at >= len(page.tokens) or page.gap(at) not in (" ", "/", "\n", ":"):
        return None
    name = parse(page, at, most=3, wrap=False)
    return name if name and (name.family or name.father) and (name.known or _ends(page, name)) else None


def _ends(page: Page, name: Name) -> bool:
    """Whether a name none of whose words is known ends as a signature does: with its line, a comma or a post."""
    after = page.fold[name.end : name.end + 1]
    return after in ("\n", ",", "") or (name.next < len(page.tokens) and _is_post(page, name.next))


def _plain(page: Page, at: int) -> Name | None:
    """A name alone on a line over or under a post."""
    token = page.tokens[at]
    start, end = page.lines[token.line]
    if token.start != start or end - start > 60:
        return None
    name = parse(page, at, most=3, wrap=False)
    if name is None or name.end != end or not name.family:
        return None
    below = name.next < len(page.tokens) and _is_post(page, name.next)
    return name if below or _over(page, start, end) else None


def _draft(page: Page, at: int, length: int, name: Name, dates: Sequence[Found]) -> Draft:
    rank = Unit("rank", page.tokens[at].start, page.tokens[at + length - 1].end) if length and page.token_texts[at] != "السيد" else None
    draft, _ = described(page, of_name(name, "official", "rank"), name.next, dates)
    if "mother" in draft.parts or draft.born:
        return Draft("subject", "rank", draft.parts, draft.born).having({"rank": rank})
    post = _beside(page, name) or _ahead(page, at) or _under(page, page.tokens[at].start, name.end)
    post = post or _over(page, page.tokens[at].start, name.end)
    role = draft.role if rank or post else "other"
    return Draft(role, "signature" if post else "rank", of_name(name, role, "rank").parts).having({"rank": rank, "post": post})


def _is_post(page: Page, at: int) -> bool:
    return page.token_texts[at] in words("post_heads") or post_at(page, at) > 0


def _beside(page: Page, name: Name) -> Unit | None:
    """A post right after the name, on its line or where running text goes on."""
    if name.next >= len(page.tokens):
        return None
    between = page.gap(name.next)
    post = _post(page, name.next, page.lines[page.tokens[name.next].line][1])
    goes_on = between == "\n" and page.runs_on(page.line(name.start)) and post and page.fold[post.end] in ",.;"
    return post if goes_on or between in (" ", "-", ",", "/") else None


def _ahead(page: Page, at: int) -> Unit | None:
    """A post right before the rank, on its line."""
    for first in range(max(at - _MOST, 0), at):
        post = _post(page, first, page.tokens[at].start) if page.tokens[first].line == page.tokens[at].line else None
        if post and page.first_token(post.end) == at:
            return post
    return None


def _under(page: Page, start: int, end: int) -> Unit | None:
    """The post on the next two lines that stands under rank and name; the whole line when nothing else is on it."""
    span = page.extent(start, end)
    line = page.line(end - 1)
    for first, last in page.lines[line + 1 : line + 3]:
        for at in range(page.first_token(first), page.first_token(last)):
            post = _post(page, at, last)
            if post and _overlap(page.extent(post.start, post.end), span):
                return Unit("post", first, last) if _fills(page, at, first, last) else post
    return None


def _over(page: Page, start: int, end: int) -> Unit | None:
    """The post that is all of one of the two lines before a signature, and stands over it."""
    line = page.line(start)
    if page.lines[line][0] != start:
        return None
    span = page.extent(start, end)
    for first, last in reversed(page.lines[max(line - 2, 0) : line]):
        at = page.first_token(first)
        post = _post(page, at, last) if first < last and at < len(page.tokens) and page.tokens[at].start == first else None
        if post and _fills(page, at, first, last) and _overlap(page.extent(first, last), span):
            return Unit("post", first, last)
        if last - first > _MOST * 8:
            return None
    return None


def _fills(page: Page, at: int, start: int, end: int) -> bool:
    """Whether a post that begins at a token is all there is on its line."""
    whole = page.tokens[at].start == start and end - start < 50 and not re.search(r"[:.,]", page.fold[start:end])
    return whole and len(_posts(page, start, end)) == 1


def _posts(page: Page, start: int, end: int) -> list[int]:
    """The tokens of a line at which a post that does not go on from another begins."""
    found: list[int] = []
    over = start
    for at in range(page.first_token(start), page.first_token(end)):
        post = _post(page, at, end) if page.tokens[at].start >= over else None
        if post:
            found.append(at)
            over = post.end
    return found


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _post(page: Page, at: int, end: int) -> Unit | None:
    """The post at a token: a known one with its number, else its first word with what the construct takes in."""
    if not _is_post(page, at) or (rank_at(page, at) and _name(page, at + rank_at(page, at))):
        return None
    known = post_at(page, at)
    last = at + max(known, 1)
    if page.token_texts[at] not in _ALONE:
        last = max(last, _construct(page, at, end))
    if last == at + 1 and not known and page.token_texts[at] not in _ALONE:
        return None
    return Unit("post", page.tokens[at].start, page.tokens[last - 1].end)


def _construct(page: Page, at: int, end: int) -> int:
    """The token after a post's last definite word or number, within its line and punctuation."""
    last = at + 1
    for index in range(at + 1, min(at + _MOST, len(page.tokens))):
        token = page.tokens[index]
        if token.end > end or page.gap(index) != " " or rank_at(page, index):
            break
        definite = token.text.startswith("ال") or token.text.isdecimal()
        if not definite and last > at + 1:
            break
        last = index + 1 if definite else last
    return last
