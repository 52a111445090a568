"""The papers extraction is measured on say what their truth says, the families share no wording, and the scorer counts as by hand."""

import ast
import csv
import hashlib
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hijridate import Hijri

import benchmarks.understanding as package
from benchmarks.understanding import dates, facilities, people, sheet
from benchmarks.understanding.baselines import by_camel_tools, by_patterns
from benchmarks.understanding.blocks import Boxes, Grid, Para
from benchmarks.understanding.compare import comparable, exact, number_key, values
from benchmarks.understanding.measure import GROUPS, Plan, measure
from benchmarks.understanding.papers import FAMILIES, paper, papers
from benchmarks.understanding.people import Split
from benchmarks.understanding.report import understanding
from benchmarks.understanding.score import FIELDS, Score, Tally, score
from benchmarks.understanding.truth import NAME_PARTS, PARTS, TrueDate, TruePerson, Truth
from benchmarks.understanding.tuning import tune
from benchmarks.understanding.typist import Paper
from pipeline.arabic import ascii_digits, orthographic
from pipeline.model import Birth, Box, DateMention, Entities, FacilityMention, Person, Reading, ReferenceMention

ROOT = Path(package.__file__).parent
EVERY = [(split, template) for split, family in FAMILIES.items() for template in family]
BOX = (Box(0, 0, 10, 10),)
ROW = [Box(0, 0, 100, 20)]
SAMIR = {"given": "سامر", "father": "خالد", "family": "الحمصي", "mother": "فاطمة", "birth": "1985"}


def said(number: int = 0, **parts: str | Birth | None) -> Person:
    known = {"given": "سامر", "father": "خالد", "family": "الحمصي", "mother": "فاطمة", "birth": Birth(1985), "role": "subject", **parts}
    return Person("", (Box(0, 20 * number, 10, 20 * number + 10),), **known)  # type: ignore[arg-type]


def tallies(truth: Truth, found: Entities, way: str = "exact") -> dict[str, tuple[int, int, int]]:
    """(right, missed, wrong) of the fields in which there is anything."""
    fields = score(truth, found, ROW, way).fields
    return {name: (tally.right, tally.missed, tally.wrong) for name, tally in fields.items() if tally != Tally()}


def one(**parts: str) -> Truth:
    return Truth(("memo",), [TruePerson("subject", {**SAMIR, **parts})])


ALL_RIGHT = {**dict.fromkeys(SAMIR, (1, 0, 0)), "person_role": (1, 0, 0)}


@pytest.mark.parametrize(
    ("mentions", "changed"),
    [
        ([said()], {}),
        ([said(given="ساهر")], {"given": (0, 1, 1)}),
        ([said(mother=None)], {"mother": (0, 1, 0)}),
        ([said(grandfather="علي")], {"grandfather": (0, 0, 1)}),
        ([said(role="official")], {"person_role": (0, 1, 1)}),
        ([said(birth=Birth(1986))], {"birth": (0, 1, 1)}),
        ([said(birth=Birth(1985, "1985-05-03"))], {"birth": (0, 1, 1)}),
        ([said(), said(mother=None, birth=None)], {}),
        ([said(), Person("رئيس الفرع", BOX, rank="العميد", post="رئيس الفرع", role="official")], {}),
        ([said(), Person("", BOX, given="سامر", family="الدباغ")], {"given": (1, 0, 1), "family": (1, 0, 1), "person_role": (1, 0, 1)}),
        ([], {**dict.fromkeys([*SAMIR, "person_role"], (0, 1, 0))}),
    ],
    ids=[
        "all right", "misread", "missed", "made up", "another role", "another year", "more than is said", "a second mention",
        "nobody named", "somebody who is not there", "nothing found",
    ],
)  # fmt: skip
def test_a_person_is_counted_field_by_field(mentions: list[Person], changed: dict[str, tuple[int, int, int]]) -> None:
    assert tallies(one(), Entities(tuple(mentions))) == {**ALL_RIGHT, **changed}


def test_each_mention_goes_to_the_person_it_is_most_like() -> None:
    truth = Truth(("reg",), [TruePerson("subject", {**SAMIR, "given": name}) for name in ("سامر", "ساهر", "علي")])
    found = Entities((said(given="علي"), said(given="سامر")))
    assert tallies(truth, found)["given"] == (2, 1, 0)
    assert tallies(truth, found)["father"] == (2, 1, 0)


@pytest.mark.parametrize(("way", "right"), [("exact", 0), ("folded", 1)])
def test_hamza_and_ta_marbuta_count_only_when_exact(way: str, right: int) -> None:
    assert tallies(one(mother="أمينة"), Entities((said(mother="امينه"),)), way)["mother"] == (right, 1 - right, 1 - right)


def test_what_a_paper_leaves_open_is_not_judged() -> None:
    truth = one(rank="القاضي")
    truth.people[0].unjudged.add("rank")
    truth.dates.append(TrueDate("2012-01-01", "2012-12-31", "other", optional=True))
    truth.dates.append(TrueDate("2013-03-05", "2013-03-05", None))
    truth.optional_facilities, truth.optional_references = {"MI-HQ"}, {"19"}
    found = Entities(
        (said(rank="قاض"),), (day("2012-01-01", "2012-03-31"), day("2013-03-05", role="letter")), (facility("MI-HQ"),), (), (number("19"),)
    )
    assert tallies(truth, found) == {**ALL_RIGHT, "dates": (1, 0, 0), "dates_with_role": (1, 0, 0)}


def day(earliest: str, latest: str = "", role: str = "other", y: int = 5, calendar: str = "gregorian") -> DateMention:
    return DateMention("", (Box(0, y, 10, y + 10),), earliest, latest or earliest, (), calendar, role)  # type: ignore[arg-type]


def facility(id_: str) -> FacilityMention:
    return FacilityMention("", BOX, id_, "")


def number(text: str) -> ReferenceMention:
    return ReferenceMention(text, BOX, text)


@pytest.mark.parametrize(
    ("true", "found", "dates_", "roles"),
    [
        (["2013-03-05"], [day("2013-03-05", role="arrest")], (1, 0, 0), (1, 0, 0)),
        (["2013-03-05"], [day("2013-03-05")], (1, 0, 0), (0, 1, 1)),
        (["2013-03-05"], [day("2013-05-03", role="arrest")], (0, 1, 1), (0, 1, 1)),
        (["2013-03-05"], [day("2013-03-01", "2013-03-31", "arrest")], (0, 1, 1), (0, 1, 1)),
        (["2013-03-05"] * 2, [day("2013-03-05", role="arrest")], (1, 1, 0), (1, 1, 0)),
        ([], [day("2013-03-05")], (0, 0, 1), (0, 0, 1)),
    ],
    ids=["right", "another role", "month for day", "less said", "twice on the page", "made up"],
)
def test_dates(true: list[str], found: list[DateMention], dates_: tuple[int, int, int], roles: tuple[int, int, int]) -> None:
    truth = Truth(("memo",), dates=[TrueDate(each, each, "arrest") for each in true])
    assert tallies(truth, Entities(dates=tuple(found))) == {"dates": dates_, "dates_with_role": roles}


@pytest.mark.parametrize(("said_day", "right"), [("2013-07-22", 1), ("2013-07-24", 1), ("2013-07-25", 0)])
def test_a_hijri_day_may_be_two_days_off(said_day: str, right: int) -> None:
    truth = Truth(("court",), dates=[TrueDate("2013-07-22", "2013-07-22", "verdict", "hijri")])
    assert score(truth, Entities(dates=(day(said_day, role="verdict"),)), ROW).fields["dates"].right == right


def test_facilities_and_references_are_counted_once_a_page() -> None:
    truth = Truth(("memo",), facilities={"MI-215", "MP-SED"}, references={"452/3/ص", "77"})
    found = Entities(
        (), (), (facility("MI-215"), facility("MI-215"), facility("MI-227")), (), (number("ص/3/452"), number("٧٧"), number("9"))
    )
    assert tallies(truth, found) == {"facilities": (1, 1, 1), "references": (2, 0, 1)}


@pytest.mark.parametrize(
    ("change", "when", "y", "right"),
    [({}, "2013-03-05", 5, 1), ({"mother": None}, "2013-03-05", 5, 0), ({}, "2013-03-06", 5, 0), ({}, "2013-03-05", 60, 0)],
    ids=["right", "no mother", "another day", "the date of another row"],
)
def test_a_row_is_right_with_everything_in_it(change: dict[str, None], when: str, y: int, right: int) -> None:
    truth = Truth(("reg",), [TruePerson("subject", dict(SAMIR), row=0)], [TrueDate("2013-03-05", "2013-03-05", "arrest", row=0)])
    rows = score(truth, Entities((said(**change),), (day(when, y=y),)), ROW).rows
    assert (rows.right, rows.missed) == (right, 1 - right)


def test_f1_and_sums() -> None:
    total = Score()
    for found in (said(), said(given="ساهر", mother=None)):
        total += score(one(), Entities((found,)), ROW)
    assert total.fields["given"] == Tally(1, 1, 1)
    assert total.over(("given", "mother")) == Tally(2, 2, 1)
    assert total.over(("given", "mother")).f1 == pytest.approx(4 / 7)
    assert total.types == Tally(missed=2)
    assert [(each.field, each.said) for each in total.mistakes] == [("given", "ساهر"), ("mother", "")]


@pytest.mark.parametrize(("split", "template"), EVERY, ids=[f"{split} {template}" for split, template in EVERY])
def test_every_paper_can_be_typed_and_its_truth_stands_on_it(split: Split, template: str) -> None:
    for count in range(8):
        made = paper(split, template, count)
        reading, rows = sheet.typed(made)
        words = {orthographic(piece) for line in reading.lines for word in line.words for piece in re.findall(r"[^\W_]+", word.text)}
        words |= {word.removeprefix("و") for word in words}  # and
        for person in made.truth.people:
            assert person.parts.keys() <= set(PARTS)
            assert person.row is None or person.row < len(rows)
            for name, text in person.parts.items():
                if name != "birth":
                    assert {orthographic(piece) for piece in re.findall(r"[^\W_]+", text)} <= words, (made.name, name, text)
        for reference in made.truth.references:
            assert {orthographic(piece) for piece in re.findall(r"[^\W_]+", reference)} <= words


@pytest.mark.parametrize("split", FAMILIES)
def test_there_are_enough_papers_of_every_layout(split: Split) -> None:
    assert len(FAMILIES[split]) >= 14
    blocks = {type(block) for template in FAMILIES[split] for block in paper(split, template, 0).blocks}
    assert {Grid, Boxes} <= blocks


def test_a_paper_is_the_same_every_time_and_unlike_the_next() -> None:
    first, again, other = (paper("dev", "memo", count) for count in (1, 1, 2))
    assert (first.blocks, first.truth) == (again.blocks, again.truth)
    assert first.blocks != other.blocks


@pytest.mark.parametrize("split", FAMILIES)
def test_dates_stand_in_order_and_none_is_impossible(split: Split) -> None:
    for _, made in papers(split, 5):
        for each in made.truth.dates:
            assert date.fromisoformat(each.earliest) <= date.fromisoformat(each.latest)
            low, high = (1940, 2000) if each.role == "birth" else (2010, 2019)
            assert low < int(each.earliest[:4]) <= int(each.latest[:4]) < high, made.name


def test_hijri_days_are_those_of_hijridate() -> None:
    shown = date(2013, 7, 22)
    assert dates.hijri(shown) == "14 رمضان 1434 هـ"
    assert Hijri(1434, 9, 14).to_gregorian() == shown
    text, first, last = dates.hijri_month(shown)
    assert (text, first, last) == ("شهر رمضان 1434 هـ", "2013-07-09", "2013-08-07")


@pytest.mark.parametrize("name", dates.FORMS)
def test_every_form_of_a_date_says_its_day_and_year(name: str) -> None:
    written = dates.written(date(2013, 11, 25), name)
    assert "25" in written
    assert "13" in written


def literals(folder: str) -> list[str]:
    """The wording of a family's papers, each text without what is put into it."""
    nodes = [node for file in sorted((ROOT / folder).glob("*.py")) for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def runs(texts: list[str], length: int = 5) -> set[tuple[str, ...]]:
    """Runs of so many Arabic words within one text."""
    split = [re.findall(r"[ء-ي]+", text) for text in texts]
    return {tuple(words[at : at + length]) for words in split for at in range(len(words) - length + 1)}


SAME_IN_LIFE = "باسم الشعب العربي في|ما لم يكن|محكمة قضايا الإرهاب|إدارة الهجرة والجوازات|رئيس قسم التحقيق|معاون رئيس الفرع"
"""Formulae of the law, offices and posts, which have no other name."""


def test_families_share_no_wording() -> None:
    assert not runs(literals("dev")) & runs(literals("kept"))
    assert runs(literals("dev"), 3) & runs(literals("kept"), 3) <= runs(SAME_IN_LIFE.split("|"), 3)


def test_each_family_has_headings_and_columns_in_orders_of_its_own() -> None:
    orders = {
        split: {tuple(column.heading for column in block.columns) for template in family for block in paper(split, template, 0).blocks
                if isinstance(block, Grid)} for split, family in FAMILIES.items()
    }  # fmt: skip
    assert not orders["dev"] & orders["test"]


def test_each_family_has_names_and_places_of_its_own() -> None:
    for name in ("families", "places"):
        dev, test = (set(people.allotted(name, split)) for split in ("dev", "test"))
        assert len(test - dev) > 50
        assert len(dev - test) > 50


def test_facilities_by_agency_and_place_are_the_only_ones_there() -> None:
    for split in FAMILIES:
        told = {facilities.named(each, Random(count), split): each.id for each in facilities.facilities() for count in range(40)}  # noqa: S311
        again = {facilities.named(each, Random(count), split): each.id for each in reversed(facilities.facilities()) for count in range(40)}  # noqa: S311
        assert told == again, "a spelling that means two facilities"


def test_names_are_as_frequent_as_in_life() -> None:
    drawn = people.People(Random(1), "test")  # noqa: S311
    names = [drawn.man() for _ in range(3000)]
    assert 0.05 < names.count("محمد") / len(names) < 0.25
    assert len(set(names)) > 200


def test_a_cell_over_several_rows_is_one_cell_of_the_reading() -> None:
    made = paper("test", "court-batch", 0)
    tables = sheet.typed(made).reading.tables
    assert any(cell.row_span > 1 for row in tables[0].rows for cell in row)
    assert any(cell.col_span == 3 for row in tables[0].rows for cell in row)


def test_a_paper_too_long_for_a_sheet_is_refused() -> None:
    rows = (("كلمة " * 30,) * 2,) * 300
    made = Paper("long", (Boxes(rows),), Truth(("memo",)))
    with pytest.raises(ValueError, match="does not fit"):
        sheet.typed(made)


def test_values_are_compared_without_what_only_looks_different() -> None:
    assert comparable("registry", "دوما/١٢٣", exact) == comparable("registry", "دوما خانة 123", exact)
    assert comparable("rank", "العميد الركن", exact) == comparable("rank", "عميد ركن", exact)
    assert comparable("given", "عبد الله", exact) == comparable("given", "عبدالله", exact)
    assert comparable("given", "أحمد", exact) != comparable("given", "احمد", exact)
    assert number_key("452/ص") == number_key("ص/٤٥٢") != number_key("453/ص")
    assert values(said(birth=Birth(place="دوما")), exact)["birth_place"] == "دوما"


LINE = "المدعو سامر بن خالد الحمصي والدته فاطمة تولد 1985 أوقف بتاريخ 5/3/2013 من الفرع 215 بالكتاب رقم 452/3"


def typed(text: str) -> Reading:
    return sheet.typed(Paper("line", (Para(text),), Truth(("memo",)))).reading


def test_the_baselines_do_what_they_are_made_for() -> None:
    truth = one()
    truth.dates.append(TrueDate("2013-03-05", "2013-03-05", None))
    truth.facilities, truth.references = {"MI-215"}, {"452/3"}
    reading = typed(LINE)
    fields = score(truth, by_patterns(reading), ROW).fields
    assert all(fields[name] == Tally(1) for name in ("given", "father", "family", "mother", "birth", "dates", "facilities", "references"))
    (camel,) = by_camel_tools(typed("سامر خالد الحمصي")).people
    assert (camel.given, camel.father, camel.family) == ("سامر", "خالد", "الحمصي")


def test_a_small_run_gives_every_figure() -> None:
    heard: list[str] = []
    result = measure(Plan("dev", 1), lambda template, _: heard.append(template))
    assert (result["pages"], result["read"]) == (len(FAMILIES["dev"]), {})
    for ways in result["text"].values():
        assert ways["exact"]["fields"].keys() == {*FIELDS, *GROUPS}
    assert set(heard) <= FAMILIES["dev"].keys()
    assert set(NAME_PARTS) < set(FIELDS)


def test_mistakes_on_kept_papers_are_shown_to_nobody() -> None:
    with pytest.raises(ValueError, match="nobody"):
        measure(Plan("test", 1), lambda *_: None)


def test_digits_are_of_one_kind_or_the_other() -> None:
    texts = [sheet.typed(made).reading.text for _, made in papers("dev", 3)]
    kinds = {
        any(char in "٠١٢٣٤٥٦٧٨٩" for char in text) for text in texts if ascii_digits(text) != text or any(char.isdigit() for char in text)
    }
    assert kinds == {True, False}


FROZEN = {"dev": "88cc96fd62794fae", "test": "940e178829a68452"}
"""Digests of the papers as they were committed, before anybody tuned on them."""


@pytest.mark.parametrize("split", FROZEN)
def test_the_papers_are_those_that_were_frozen(split: Split) -> None:
    told = [(made.name, made.blocks, made.truth.people, made.truth.dates, sorted(made.truth.references)) for _, made in papers(split, 14)]
    assert hashlib.sha256(repr(told).encode()).hexdigest()[:16] == FROZEN[split], "other papers than the figures in docs are of"


def test_mistakes_on_dev_papers_are_listed(tmp_path: Path) -> None:
    lines = list(tune(1, tmp_path / "mistakes.csv"))
    assert len(lines) == len({*FIELDS, *GROUPS}) + 2
    listed = list(csv.DictReader((tmp_path / "mistakes.csv").read_text("utf-8").splitlines()))
    assert {row["template"] for row in listed} <= FAMILIES["dev"].keys()
    assert [int(row["of this kind"]) for row in listed] == sorted((int(row["of this kind"]) for row in listed), reverse=True)


def test_a_paper_drawn_has_its_rows_where_its_table_is() -> None:
    made = paper("dev", "hospital-list", 0)
    try:
        drawn = sheet.drawn(made, "clean")
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    assert len(drawn.rows) == sum(person.row is not None for person in made.truth.people)
    for row in drawn.rows:  # the number, the name, ... : about a tenth of a row is ink
        ink = drawn.image.pixels[row.y0 : row.y1, row.x0 : row.x1] < 128
        assert 0.01 < ink.mean() < 0.3
    assert all(above.y1 <= below.y0 + 8 for above, below in pairwise(drawn.rows))


def test_the_section_tells_each_reader_beside_the_true_text() -> None:
    result = measure(Plan("dev", 1))
    figures = result["text"]["sijill"]
    section = understanding(
        {**result, "read": {"clean": {"pages": 3, "readers": dict.fromkeys(("truth", "sijill", "tesseract-ara"), figures)}}}
    )
    assert "| clean, 3 papers | true text, the same papers | after our reader | after our reader, folded | after Tesseract |" in section
    assert "made papers of 17 templates" in section
