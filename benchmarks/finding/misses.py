"""Why questions were missed in development, for those who improve the search; never asked of the test."""

from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from benchmarks.finding.archive import Archive
from benchmarks.finding.asking import Asked
from benchmarks.finding.population import Subject
from benchmarks.finding.queries import Question
from benchmarks.finding.scoring import DEPTH, Outcome
from pipeline.model import Person


def classes(
    one: Asked, people: Sequence[Subject], archive: Archive, wanted: Sequence[Question], outcomes: Sequence[Outcome]
) -> dict[str, int]:
    """How many were missed among the first DEPTH, by how the best read of the right records was damaged and whether it was a candidate."""
    found: Counter[str] = Counter()
    for question, result in zip(wanted, outcomes, strict=True):
        if result.rank is None or result.rank > DEPTH:
            kind = min((damage_of(people[number], archive.record(number)) for number in question.right), key=lambda it: it[0])[1]
            found[f"{kind}; {_stage(one, question, result)}"] += 1
    return dict(found.most_common())


def damage_of(true: Subject, read: Person) -> tuple[int, str]:
    """(edits in the name, what kind of damage): parts that ran together weigh most, then words split, then edits in the worst part."""
    pairs = [(true.given, read.given or ""), (true.father, read.father or ""), (true.family, read.family or "")]
    edits = [Levenshtein.distance(before, after) for before, after in pairs]
    if any(not after for _, after in pairs):
        return sum(edits), "parts joined or lost"
    if any(before.count(" ") != after.count(" ") for before, after in pairs):
        return sum(edits), "a word split or joined"
    return sum(
        edits
    ), f"{min(max(edits), 3)}{' or more' if max(edits) > 2 else ''} edits in the worst part, {sum(map(bool, edits))} damaged"


def _stage(one: Asked, question: Question, result: Outcome) -> str:
    drawn = one.drawn(question)
    if drawn is None:
        return "hits shown" if result.hits else "no hits"
    return "a candidate, ranked too low" if drawn & frozenset(question.right) else "no candidate"
