"""The section of docs/benchmarks.md on finding people, and its plot's figures."""

from collections.abc import Iterator, Sequence

from benchmarks.finding.queries import Kind
from benchmarks.prose import joined, machine, percent, picture, table
from benchmarks.results import Result

NAMES = {"fts5": "Sijill, embedded", "elasticsearch": "Sijill on Elasticsearch", "plain": "Elasticsearch `arabic` + fuzziness AUTO"}
KINDS: dict[Kind, str] = {
    "three": "given, father's and family name",
    "latin": "the same in Latin letters",
    "full": "name, mother and birth",
}
BARS: dict[Kind, tuple[float, float]] = {"three": (0.97, 0.99), "latin": (0.90, 0.97)}
PEOPLE = 200_000
"""In the archive of the bars."""
FALSE = 0.001
"""Most of the absent that may be shown as likely."""


def finding(result: Result) -> str:
    runs = sorted(result["runs"].values(), key=lambda run: (run["people"], run["split"]))
    last = runs[-1]
    about = next(iter(last["engines"].values()))["machine"]
    return joined(
        machine(about),
        """Fictitious people with names as frequent as in life, homonyms and siblings among them, on pages read with a share of their
        characters damaged: letters confused, lost, added, words joined and split. Any record with the true parts of the query counts as
        right; a page that holds it does not. *test* has names, confusions and Latin spellings that *dev* has not, and is not looked at
        while the search is tuned. The interval is of 95 %. *Oracle*: a search that knows every true name and how likely each damage is, on
        some of the questions.""",
        *map(_run, runs),
        picture("finding", "People found by kind of question"),
        f"""Reading: the bars are R@1 / R@10 of {_bar("three")} for names, {_bar("latin")} for Latin spellings, and {percent(FALSE)} of
        full queries for people who are not there, but have namesakes who are, shown as likely. Elasticsearch calls nothing likely; it is
        given Latin names in Arabic letters, by a table of the usual correspondences such as ICU's.""",
        """Limits: damage is drawn letter by letter, and real pages fail by the line; names are put together by frequency, families apart,
        though regions have their own. Milliseconds are of whole answers, one at a time, with nothing else asked. The search does not state
        yet how likely it missed a person, so that this is not set beside how often it did; the scorer is there."""
        + _smaller(last),
    )


def _smaller(largest: Result) -> str:
    """A word about figures of fewer people than the bars speak of, which flatter."""
    return "" if largest["people"] >= PEOPLE else f" **Not run yet among the {PEOPLE:,} people of the bars**, who are harder to tell apart."


def _run(run: Result) -> str:
    about = f"{run['people']:,} people, {run['split']}, {percent(run['rate'])} damage"
    rows = [
        (f"{what}: {NAMES[engine]}", f"{of['queries']:,}", _share(of["r1"]), _share(of["r10"]), *_pace(of))
        for kind, what in KINDS.items()
        for engine, found in run["engines"].items()
        for of in [found["kinds"][kind]]
    ]
    for kind in ("three", "latin"):
        most = run["ceiling"][kind]
        rows.append((f"{KINDS[kind]}: oracle", str(run["ceiling"]["asked"]), percent(most["r1"]), percent(most["r10"]), "–", "–"))
    return table((about, "queries", "R@1", "R@10", "half within ms", "95 % within ms"), [*rows, *_absent(run)])


def _absent(run: Result) -> Iterator[Sequence[str]]:
    for engine, found in run["engines"].items():
        of = found["kinds"]["absent"]
        if engine != "plain":
            shown = f"likely: {_share(of['likely'])}"
            yield (f"absent, namesakes there: {NAMES[engine]}", f"{of['queries']:,}", shown, "–", *_pace(of))


def _pace(of: Result) -> Sequence[str]:
    return (f"{of['p50_ms']:,.0f}", f"{of['p95_ms']:,.0f}")


def _share(share: Sequence[float]) -> str:
    value, low, high = share
    return f"{percent(value)} ({100 * low:.1f}–{100 * high:.1f})"


def _bar(kind: Kind) -> str:
    return " / ".join(f"{100 * bar:.0f} %" for bar in BARS[kind])
