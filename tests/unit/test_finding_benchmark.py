"""The evaluation of finding: its people, damage, spellings and questions are what they claim to be, and its scores are right by hand."""

import math
import random
from collections import Counter
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein

from benchmarks.finding import ceiling, latin, lists, misses, queries, scoring
from benchmarks.finding.archive import PEOPLE, Archive, Catalogue, number, place, record
from benchmarks.finding.asking import Sijill, asked
from benchmarks.finding.damage import Damage, rules
from benchmarks.finding.lists import Split
from benchmarks.finding.population import Subject, population
from benchmarks.finding.queries import Namesakes, Question
from benchmarks.finding.run import measure
from benchmarks.finding.scoring import Outcome, Shown
from benchmarks.finding.transliterate import arabic
from benchmarks.results import Result
from pipeline.entities.lexicon import rows
from pipeline.model import Person
from search.memory import MemoryIndex

SPLITS: tuple[Split, ...] = ("dev", "test")
SIZE = 6000


@pytest.fixture(scope="module")
def people() -> dict[Split, tuple[Subject, ...]]:
    return {split: population(SIZE, split) for split in SPLITS}


def subject(given: str = "تميم", mother: str = "وصال", year: int = 1987, **more: str) -> Subject:
    parts = {"father": "نصوح", "family": "الدباغ", **more}
    return Subject(1, given, parts["father"], None, parts["family"], mother, year, None, "داريا", 214, False)


def seeded() -> random.Random:
    return random.Random(1)  # noqa: S311 - not a secret


class Joining(Damage):
    """Every blank is lost."""

    def joins(self, chance: random.Random) -> bool:  # noqa: ARG002 - there is no chance
        return True


def test_people_are_the_same_for_the_same_seed_and_others_in_the_test(people: dict[Split, tuple[Subject, ...]]) -> None:
    assert population(SIZE, "dev") == people["dev"]
    assert people["dev"][:100] != people["test"][:100]


@pytest.mark.parametrize("split", SPLITS)
def test_names_are_as_frequent_as_zipf_has_them(split: Split, people: dict[Split, tuple[Subject, ...]]) -> None:
    counts = [count for _, count in Counter(person.father for person in people[split]).most_common(64)]
    assert 0.08 < counts[0] / SIZE < 0.13, "one man in ten is a Muhammad"
    slope = math.log(counts[1] / counts[63]) / math.log((64 - 0.5) / (2 - 0.5))
    assert 0.8 < slope < 1.2, "the 64th is about 42 times (63.5 / 1.5) rarer than the second"


@pytest.mark.parametrize("split", SPLITS)
def test_there_are_siblings_and_namesakes(split: Split, people: dict[Split, tuple[Subject, ...]]) -> None:
    homes = Counter(person.household for person in people[split])
    assert 0.4 < sum(count for count in homes.values() if count > 1) / SIZE < 0.7
    by_home = {person.household: (person.father, person.family, person.mother, person.place) for person in people[split]}
    assert all(by_home[one.household] == (one.father, one.family, one.mother, one.place) for one in people[split])
    names = Counter(person.parts for person in people[split])
    assert sum(count for count in names.values() if count > 1) > 20
    assert max(Counter(person.whole for person in people[split]).values()) <= 2


def test_a_share_of_names_confusions_and_spellings_is_for_the_test_alone(people: dict[Split, tuple[Subject, ...]]) -> None:
    for kind in ("men", "women", "families", "places"):
        dev, test = (set(getattr(lists.inventories(split), kind).names) for split in SPLITS)
        assert dev < test
        assert 0.12 < 1 - len(dev) / len(test) < 0.28, kind
    used = [{part for person in people[split] for part in person.parts} for split in SPLITS]
    assert len(used[1] - set(lists.inventories("dev").men.names) - set(lists.inventories("dev").families.names)) > 50
    assert not used[0] - {name for kind in ("men", "women", "families") for name in getattr(lists.inventories("dev"), kind).names}
    assert {rule.before + rule.after for rule in rules("dev")} < {rule.before + rule.after for rule in rules("test")}
    dev_pairs, test_pairs = ({(word, text) for word, (texts, _) in latin.seen(split).items() for text in texts} for split in SPLITS)
    assert dev_pairs < test_pairs
    assert len(test_pairs - dev_pairs) > 100


def test_no_name_is_marked_to_be_avoided() -> None:
    avoided = {row["name_ar"] for name in ("given_names_male", "family_names") for row in rows(name) if row["flag"] == "avoid"}
    names = lists.inventories("test")
    assert avoided.isdisjoint((*names.men.names, *names.women.names, *names.families.names))


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("rate", [0.02, 0.1])
def test_damage_changes_the_share_of_characters_it_says(split: Split, rate: float, people: dict[Split, tuple[Subject, ...]]) -> None:
    damage, chance = Damage(split, rate), seeded()
    pairs = [(text, damage.text(text, chance)) for person in people[split][:4000] for text in [f"{' '.join(person.parts)} {person.mother}"]]
    share = sum(Levenshtein.distance(*pair) for pair in pairs) / sum(len(text) for text, _ in pairs)
    assert share == pytest.approx(rate, rel=0.05)


def test_no_damage_changes_nothing() -> None:
    read, line = record(subject(), "register", Damage("test", 0), seeded())
    assert (read.given, read.father, read.family, read.mother) == ("تميم", "نصوح", "الدباغ", "وصال")
    assert read.birth is not None
    assert (read.birth.year, read.birth.place, read.registry) == (1987, "داريا", "٢١٤")
    assert line == "تميم نصوح الدباغ وصال ١٩٨٧ داريا ٢١٤"


def test_in_a_report_words_run_together_and_are_one_part() -> None:
    always = Joining("dev", 0)
    read, _ = record(subject(), "report", always, seeded())
    assert (read.given, read.father, read.family) == ("تميمنصوحالدباغ", None, None)
    assert record(subject(), "register", always, seeded())[0].father == "نصوح"


@pytest.mark.parametrize(
    ("before", "after", "place", "fits"),
    [
        ("ج", "ح", "final", True),  # any
        ("ب", "ت", "final", True),  # initial, medial, and final for these
        ("ب", "ن", "final", False),
        ("ب", "ن", "medial", True),
        ("ة", "ه", "medial", False),
        ("و", "ر", "isolated", True),
        ("و", "ر", "initial", False),
    ],
)
def test_a_confusion_stands_where_it_may(before: str, after: str, place: str, fits: bool) -> None:
    found = next(rule for rule in rules("test") if (rule.before, rule.after) == (before, after))
    assert found.fits(place) is fits


@pytest.mark.parametrize(
    ("before", "after", "edits"), [("ب", "ت", 1), ("س", "بين", 3), ("ي", "يي", 1), ("لا", "ال", 2), ("ين", "س", 2), ("بي", "ي", 1)]
)
def test_edits_of_a_confusion_are_those_counted(before: str, after: str, edits: int) -> None:
    found = next(rule for rule in rules("test") if (rule.before, rule.after) == (before, after))
    assert found.edits == edits == Levenshtein.distance(before, after)


def test_latin_spellings_are_varied_and_right() -> None:
    chance = seeded()
    drawn = Counter(latin.spelled("محمد", "dev", chance).casefold() for _ in range(300))
    assert {"mohamed", "mohammed", "muhammad"} <= drawn.keys()
    assert len(drawn) > 10
    assert all(text[0] == "m" and text[-1] in "dt" for text in drawn if text != "mohd")
    compound = {latin.spelled("عبد الرحمن", "dev", chance).casefold().replace(" ", "").replace("-", "") for _ in range(100)}
    assert {"abdalrahman", "abdulrahman"} <= compound
    assert {"khalid", "khaled"} & {latin.by_rules("خالد", chance) for _ in range(50)}


@pytest.mark.parametrize(
    ("text", "letters"),
    [("Mohammad Khaled al-Homsi", "محمد خلد الحمسي"), ("Alī", "الي"), ("Fatima", "فتمة"), ("Shaaban", "شابن")],
)
def test_the_peer_is_given_arabic_letters(text: str, letters: str) -> None:
    assert arabic(text) == letters


def test_right_are_all_of_the_name_and_absent_nobody_can_be() -> None:
    people = (subject(), subject(mother="بارعة", year=1969), subject(given="غياث"))
    namesakes = Namesakes(people)
    assert namesakes.of(people[0].parts) == (0, 1)
    assert namesakes.same(people[0]) == (0,)
    assert namesakes.absent(people[0].parts, "فاطمة", 1987)
    assert namesakes.absent(people[0].parts, "وصال", 1987 + queries.APART)
    assert not namesakes.absent(people[0].parts, "وصال", 1987 + queries.APART - 1)


@pytest.mark.parametrize("split", SPLITS)
def test_the_absent_are_absent_and_have_namesakes(split: Split, people: dict[Split, tuple[Subject, ...]]) -> None:
    asked_for = queries.questions(people[split], split, 300)
    assert {kind: len(some) for kind, some in asked_for.items()} == {"three": 300, "latin": 300, "full": 300, "absent": 900}
    there = {f"{' '.join(one.parts)} والدته {one.mother} مواليد {one.year}": one for one in people[split]}
    names = {one.parts for one in people[split]}
    for question in asked_for["absent"]:
        assert question.text not in there
        assert question.parts in names
        assert question.right == ()
    for kind in ("three", "full", "latin"):
        assert all(question.right for question in asked_for[kind])
    assert all(people[split][at].parts == question.parts for question in asked_for["three"] for at in question.right)
    assert all(question.text in there for question in asked_for["full"])


def test_a_place_is_that_of_the_person(people: dict[Split, tuple[Subject, ...]]) -> None:
    archive = Archive(people["dev"][: 3 * PEOPLE], "dev", 0.0)
    assert [number(*place(at)) for at in range(20)] == list(range(20))
    assert archive.record(PEOPLE + 1).given == people["dev"][PEOPLE + 1].given
    assert place(PEOPLE + 1) == (2, 1)
    assert len(archive.pages) == 3
    stored = Catalogue(archive).pages([2])[2]
    assert stored.entities is archive.pages[1].entities
    assert stored.reading.text == archive.pages[1].text


@pytest.mark.parametrize(
    ("hits", "right", "rank", "shown_likely"),
    [
        ([Shown(5), Shown(7)], {7}, 2, False),
        ([Shown(None, True), Shown(7)], {7}, 2, True),  # a page takes up a rank and is not the record
        ([Shown(7), Shown(9)], {9, 7}, 1, False),  # any of the right ones
        ([Shown(None)], {7}, None, False),
        ([Shown(1)] * 10 + [Shown(7, True)], {7}, None, True),  # the eleventh is not among the first ten
        ([], {7}, None, False),
        ([Shown(3, True)], set(), None, True),
    ],
)
def test_the_rank_is_that_of_the_first_right_record(hits: list[Shown], right: set[int], rank: int | None, shown_likely: bool) -> None:
    found = scoring.outcome(hits, right, 1.0)
    assert (found.rank, found.likely, found.hits) == (rank, shown_likely, len(hits))


def test_recall_and_its_interval() -> None:
    outcomes = [Outcome(rank, 10, False, 1.0) for rank in (1, 2, 10, None)] * 25
    assert scoring.recall(outcomes, 1).value == 0.25
    ten = scoring.recall(outcomes, 10)
    assert ten.value == 0.75
    assert ten.low == pytest.approx(0.75 - 1.96 * math.sqrt(0.75 * 0.25 / 100), abs=0.02)
    assert ten.high == pytest.approx(0.75 + 1.96 * math.sqrt(0.75 * 0.25 / 100), abs=0.02)


def test_likely_has_an_interval_even_where_none_was() -> None:
    none = scoring.likely([Outcome(None, 1, False, 1.0)] * 3000)
    assert none.value == 0
    assert none.low == pytest.approx(0, abs=1e-9)
    assert none.high == pytest.approx(0.00128, abs=0.0001)  # Wilson: z² / (n + z²)
    one = scoring.likely([Outcome(None, 1, at == 0, 1.0) for at in range(1000)])
    assert (one.value, round(one.low, 5), round(one.high, 5)) == (0.001, 0.00018, 0.00564)


def test_stated_chances_are_set_beside_what_was_missed() -> None:
    stated = [at / 100 for at in range(100)]
    missed = [at >= 90 for at in range(100)]
    bins = scoring.calibration(stated, missed)
    assert [one.queries for one in bins] == [10] * 10
    assert (bins[0].stated, bins[0].missed) == (pytest.approx(0.045), 0.0)
    assert (bins[-1].stated, bins[-1].missed) == (pytest.approx(0.945), 1.0)
    assert scoring.worst(bins) == pytest.approx(0.845)  # 0.80..0.89 stated, none missed
    with pytest.raises(ValueError, match="10 bins"):
        scoring.calibration([0.5], [True])


@pytest.mark.parametrize(
    ("better", "ties", "first", "ten"), [(0, 0, 1.0, 1.0), (0, 1, 0.5, 1.0), (1, 0, 0.0, 1.0), (9, 1, 0.0, 0.5), (12, 0, 0.0, 0.0)]
)
def test_an_oracle_draws_among_what_looks_alike(better: int, ties: int, first: float, ten: float) -> None:
    assert ceiling.within(1, better, ties) == first
    assert ceiling.within(10, better, ties) == ten


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        (["سمير احمد", "غياث نصوح"], (0, 0)),
        (["سمبر احمد", "سمبر احمد"], (0, 1)),  # both read alike: nobody can tell which is whose
        (["سمبر احمد", "سمير احمد"], (1, 0)),  # another is read just as the name asked for
    ],
)
def test_the_oracle_is_beaten_only_by_what_cannot_be_told_apart(reads: list[str], expected: tuple[int, int]) -> None:
    assert ceiling.damaged("سمير احمد", [0], reads, {"سمير احمد": 1, "سمر احمد": 1}) == expected


def test_spellings_that_names_share_are_counted_by_their_records() -> None:
    people = tuple(subject(given=given) for given in ("حسن", "حسان", "حسان", "خالد"))
    known = ceiling.Spellings(people, "test")
    names = Counter(person.parts for person in people)
    typed = ("Hassan", "Nassouh", "Dabbagh")
    assert known.places(typed, people[3].parts, names)[0] >= 2, "it is hardly a khalid"
    assert sum(known.places(typed, people[0].parts, names)) in (0, 2)


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (Person("", (), "تميمنصوح", None, None, "الدباغ"), "parts joined or lost"),
        (Person("", (), "تم يم", "نصوح", None, "الدباغ"), "a word split or joined"),
        (Person("", (), "تميم", "بصوع", None, "الذباغ"), "2 edits in the worst part, 2 damaged"),
        (Person("", (), "تميم", "نصوح", None, "الدباغ"), "0 edits in the worst part, 0 damaged"),
    ],
)
def test_a_miss_is_told_by_its_damage(read: Person, kind: str) -> None:
    assert misses.damage_of(subject(), read)[1] == kind


def test_undamaged_people_are_found_by_the_search(people: dict[Split, tuple[Subject, ...]]) -> None:
    archive, index = Archive(people["dev"][:80], "dev", 0.0), MemoryIndex()
    one = Sijill(index, archive)
    one.fill(lambda *_: None)
    rare = next(at for at, person in enumerate(people["dev"][:80]) if person.father != person.given)
    parts = people["dev"][rare].parts
    found = asked(one, Question("three", " ".join(parts), parts, Namesakes(people["dev"][:80]).of(parts)))
    assert found.rank == 1
    assert rare in (one.drawn(Question("three", " ".join(parts), parts, ())) or ())


def test_a_run_is_kept_and_an_engine_that_was_asked_is_not_asked_again(tmp_path: Path) -> None:
    saved: list[Result] = []
    first = measure(160, 12, "dev", ["fts5"], tmp_path, None, saved.append)
    run = first["runs"]["dev-160"]
    assert saved == [first]
    assert set(run["engines"]["fts5"]["kinds"]) == set(queries.KINDS)
    assert run["engines"]["fts5"]["kinds"]["absent"]["queries"] == 36
    assert 0 <= run["ceiling"]["latin"]["r1"] <= run["ceiling"]["three"]["r1"] <= 1
    assert sum(run["engines"]["fts5"]["kinds"]["three"]["misses"].values()) <= 12
    assert measure(160, 12, "dev", ["fts5"], tmp_path, first, saved.append) == first
    assert len(saved) == 1
    held = measure(160, 12, "test", ["fts5"], tmp_path, first, saved.append)
    assert "misses" not in held["runs"]["test-160"]["engines"]["fts5"]["kinds"]["three"], "what the test missed is nobody's to look at"
