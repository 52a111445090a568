"""The section of docs/benchmarks.md on extraction, and its plot's figures."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.prose import joined, machine, percent, picture, table
from benchmarks.results import Result
from benchmarks.understanding.compare import WAYS

BARS = {"name parts": 0.98, "dates": 0.98, "facilities": 0.98, "references": 0.98}
"""F1 aimed at on the true text."""
ROWS = 0.90
"""Of table rows wholly right, aimed at on clean pages."""
NAMES = {"sijill": "Sijill", "patterns": "plain patterns", "camel-tools": "camel-tools and lists of names"}
READERS = {"truth": "true text, the same papers", "sijill": "after our reader", "tesseract-ara": "after Tesseract"}
_FIELDS = (
    ("name parts", "**name parts**"), ("given", "given"), ("father", "father"), ("grandfather", "grandfather"), ("family", "family"),
    ("mother", "mother"), ("birth", "birth"), ("birth_place", "place of birth"), ("registry", "registry"), ("person_role", "role of one"),
    ("rank", "rank"), ("post", "post"), ("dates", "**dates**"), ("dates_with_role", "dates with their role"),
    ("facilities", "**facilities**"), ("references", "**references**"),
)  # fmt: skip


def understanding(result: Result) -> str:
    return joined(
        machine(result["machine"]),
        f"""People, dates, facilities and references drawn out of {result["pages"]} made papers of {result["templates"]} templates: forms,
        ruled tables with ditto marks and merged cells, memos, cables, orders, verdicts and minutes. The people are fictitious, names as
        frequent as in life. Figures are of the family `{result["split"]}`. The families `dev` and `test` share no wording, layout or order
        of columns, and each has family names and places the other has not; `test` was written apart from the extractor, committed before
        that was tuned, and is looked at by nobody who tunes. On the true text, F1 of each field:""",
        table(("field", "there", *NAMES.values(), "bar"), _text_rows(result["text"])),
        *(_read(condition, found) for condition, found in result["read"].items()),
        picture("understanding", "F1 by field on the true text and after reading"),
        """Reading: *name parts* are given, father, grandfather, family and mother together. A part is right when it is as printed, but
        for punctuation, blanks and the set of digits; *folded* forgives hamza, final ya and ta marbuta too. A date is right when both its
        ends are, a Hijri one within two days; a reference in either direction of its slashes. A table row is right with name, mother,
        birth and every date of it. The bars are of the true text.""",
        """Limits: these are made papers; real ones are messier, and these are written after descriptions of them. The patterns
        are given the papers' own list of facilities, camel-tools the papers' own names, which is more than either would have; the named
        entity recogniser of camel-tools needs a model of half a gigabyte and is not measured. Places that are nobody's are not judged.""",
    )


def f1(figures: Result, name: str, way: str = "exact") -> float:
    """F1 of a field from a result's [right, missed, wrong, F1]."""
    return float(figures[way]["fields"][name][3])


def _text_rows(text: Mapping[str, Result]) -> Iterator[Sequence[str]]:
    for name, said in _FIELDS:
        right, missed, *_ = text["sijill"]["exact"]["fields"][name]
        yield (said, str(right + missed), *(percent(f1(text[way], name)) for way in NAMES), percent(BARS[name]) if name in BARS else "")
    yield ("table rows wholly right", str(text["sijill"]["exact"]["rows"][1]), *(_share(text[way], "rows") for way in NAMES), percent(ROWS))
    yield ("kind of paper", str(text["sijill"]["exact"]["types"][1]), *(_share(text[way], "types") for way in NAMES), "")


def _read(condition: str, found: Result) -> str:
    """After reading, exact and folded; on the true text beside it."""
    columns = [("truth", "exact"), *((name, way) for name in found["readers"] if name != "truth" for way in WAYS)]
    head = (f"{condition}, {found['pages']} papers", *(READERS[name] + ", folded" * (way == "folded") for name, way in columns))
    rows = [(said, *(percent(f1(found["readers"][who], name, way)) for who, way in columns)) for name, said in _FIELDS]
    shares = (_share(found["readers"][who], "rows", way) for who, way in columns)
    return table(head, [*rows, ("table rows wholly right", *shares)])


def _share(figures: Result, name: str, way: str = "exact") -> str:
    right, there = figures[way][name]
    return percent(right / max(there, 1))
