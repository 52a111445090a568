"""The four forms of read pages, and what is asked of pages read elsewhere."""

import json
from dataclasses import replace
from io import BytesIO, StringIO

import pytest
from lxml import etree

from pipeline.errors import Usage
from pipeline.formats import ReadPage, as_alto, as_hocr, as_json, as_text, entities_as_json, entities_from_json, page_from_json
from pipeline.formats.given import MAX_BYTES, NOWHERE
from pipeline.model import (
    Alternative,
    Birth,
    Box,
    Cell,
    DateMention,
    Entities,
    FacilityMention,
    Line,
    Person,
    PlaceMention,
    Reading,
    ReferenceMention,
    Span,
    Table,
    Word,
)

WORDS = (Word("المدعو", Box(300, 10, 400, 40), 0.9), Word("خالد", Box(200, 10, 290, 40), 0.8, (Alternative("خاله", 0.15),)))
READING = Reading(
    1000,
    1400,
    "tesseract 5.3.0",
    (Line("المدعو خالد", Box(200, 10, 400, 40), 0.85, WORDS),),
    tables=(Table(Box(100, 5, 300, 50), ((Cell("خالد", Box(200, 10, 290, 40), 1, 2),), ())),),
    unread=(Box(10, 60, 90, 80),),
    notes=("not-all-read",),
)
PAGE = ReadPage("box 1/مذكرة.pdf", 2, READING)
HOSTILE = "</p>&\"'<script>\x00\x1b[31m\ud800\ufffe ]]>"
HOSTILE_PAGE = ReadPage(
    f'a "b\\{HOSTILE}\n.tif', 1, Reading(10, 10, HOSTILE, (Line(HOSTILE, Box(0, 0, 5, 5), 0.1, (Word(HOSTILE, Box(0, 0, 5, 5), 0.1),)),))
)
BLANK = ReadPage("blank.png", 1, Reading(100, 100, "r", ()))
PERSON = Person(
    "خالد بن أحمد الحمصي",
    (WORDS[0].box, WORDS[1].box),
    "خالد",
    "أحمد",
    family="الحمصي",
    mother="فاطمة",
    birth=Birth(year=1985, place="حمص"),
    role="subject",
    confidence=0.7,
    how="marker",
)
ENTITIES = Entities(
    people=(PERSON, Person("العميد سمير", (), rank="عميد", role="official")),
    dates=(DateMention("٣/٤/٢٠١٢", (Box(1, 2, 3, 4),), "2012-04-03", "2012-04-03", (Span("2012-03-04", "2012-03-04"),), role="letter"),),
    facilities=(FacilityMention("الفرع ٢١٥", (Box(1, 2, 3, 4),), "MI-215", "الفرع 215", 0.9),),
    places=(PlaceMention("حمص", (), "SY04"),),
    references=(ReferenceMention("١٢٣/ص", (Box(5, 5, 9, 9),), "123/ص"),),
    type="memo",
)

# ALTO 4.4 cut down to what we write: order, nesting, required attributes, unique ids and references that lead somewhere.
ALTO = etree.DTD(
    StringIO("""
<!ELEMENT alto (Description, Layout)>
<!ATTLIST alto xmlns CDATA #FIXED "http://www.loc.gov/standards/alto/ns-v4#" SCHEMAVERSION CDATA #REQUIRED>
<!ELEMENT Description (MeasurementUnit, sourceImageInformation?, Processing*)> <!ELEMENT MeasurementUnit (#PCDATA)>
<!ELEMENT sourceImageInformation (fileName)> <!ELEMENT fileName (#PCDATA)>
<!ELEMENT Processing (processingCategory, processingStepDescription, processingSoftware)> <!ATTLIST Processing ID ID #REQUIRED>
<!ELEMENT processingCategory (#PCDATA)> <!ELEMENT processingStepDescription (#PCDATA)>
<!ELEMENT processingSoftware (softwareName)> <!ELEMENT softwareName (#PCDATA)>
<!ELEMENT Layout (Page+)> <!ELEMENT Page (PrintSpace)>
<!ATTLIST Page ID ID #REQUIRED PHYSICAL_IMG_NR CDATA #REQUIRED PROCESSINGREFS IDREFS #REQUIRED LANG CDATA #IMPLIED
               WIDTH CDATA #REQUIRED HEIGHT CDATA #REQUIRED>
<!ELEMENT PrintSpace (TextBlock*)>
<!ATTLIST PrintSpace HPOS CDATA #REQUIRED VPOS CDATA #REQUIRED WIDTH CDATA #REQUIRED HEIGHT CDATA #REQUIRED>
<!ELEMENT TextBlock (TextLine+)>
<!ATTLIST TextBlock ID ID #REQUIRED BASEDIRECTION (rtl) #REQUIRED
               HPOS CDATA #REQUIRED VPOS CDATA #REQUIRED WIDTH CDATA #REQUIRED HEIGHT CDATA #REQUIRED>
<!ELEMENT TextLine (String, (SP, String)*)>
<!ATTLIST TextLine ID ID #REQUIRED CS (true) #IMPLIED
               HPOS CDATA #REQUIRED VPOS CDATA #REQUIRED WIDTH CDATA #REQUIRED HEIGHT CDATA #REQUIRED>
<!ELEMENT SP EMPTY> <!ELEMENT String (ALTERNATIVE*)> <!ELEMENT ALTERNATIVE (#PCDATA)>
<!ATTLIST String CONTENT CDATA #REQUIRED WC CDATA #REQUIRED
               HPOS CDATA #REQUIRED VPOS CDATA #REQUIRED WIDTH CDATA #REQUIRED HEIGHT CDATA #REQUIRED>
""")
)
XHTML = "{http://www.w3.org/1999/xhtml}"


def parsed(markup: str) -> etree._Element:
    return etree.parse(BytesIO(markup.encode())).getroot()


def test_text_parts_pages_by_form_feeds() -> None:
    assert as_text([PAGE, BLANK]) == "المدعو خالد\n\f\n"


def test_json_has_exactly_the_promised_keys() -> None:
    (page,) = json.loads(as_json([PAGE]))
    words = [
        {"text": "المدعو", "box": [300, 10, 400, 40], "confidence": 0.9, "alternatives": []},
        {"text": "خالد", "box": [200, 10, 290, 40], "confidence": 0.8, "alternatives": [{"text": "خاله", "confidence": 0.15}]},
    ]
    cells = [{"text": "خالد", "box": [200, 10, 290, 40], "row_span": 1, "col_span": 2}]
    assert page == {
        "source": "box 1/مذكرة.pdf",
        "page": 2,
        "width": 1000,
        "height": 1400,
        "reader": "tesseract 5.3.0",
        "status": "partial",
        "notes": ["not-all-read"],
        "text": "المدعو خالد",
        "lines": [{"text": "المدعو خالد", "box": [200, 10, 400, 40], "confidence": 0.85, "words": words}],
        "tables": [{"box": [100, 5, 300, 50], "rows": [cells, []]}],
        "unread": [[10, 60, 90, 80]],
    }


def test_json_of_no_pages_is_an_empty_list() -> None:
    assert json.loads(as_json([])) == []


def test_a_file_name_that_is_not_utf8_can_be_written() -> None:
    page = replace(PAGE, source="a\udcff.pdf")
    for write in (as_json, as_hocr, as_alto):
        assert "udcff" in write([page]).encode().decode()


@pytest.mark.parametrize("page", [PAGE, BLANK, replace(PAGE, entities=ENTITIES), replace(PAGE, entities=Entities())])
def test_what_is_written_can_be_read_back(page: ReadPage) -> None:
    (line,) = json.loads(as_json([page]))
    assert page_from_json(json.dumps(line)) == page


@pytest.mark.parametrize("pages", [[PAGE], [PAGE, BLANK, replace(PAGE, source="other.pdf")], [HOSTILE_PAGE]])
def test_alto_is_valid(pages: list[ReadPage]) -> None:
    assert ALTO.validate(parsed(as_alto(pages))), ALTO.error_log


def test_alto_says_what_was_read_where() -> None:
    root = parsed(as_alto([PAGE]))
    namespace = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
    strings = root.findall(".//a:String", namespace)
    assert [string.get("CONTENT") for string in strings] == ["المدعو", "خالد"]
    assert [strings[1].get(key) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT", "WC")] == ["200", "10", "90", "30", "0.8000"]
    assert root.findtext(".//a:fileName", namespaces=namespace) == "box 1/مذكرة.pdf"


def test_alto_gives_other_readings_of_a_word() -> None:
    namespace = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
    strings = parsed(as_alto([PAGE])).findall(".//a:String", namespace)
    assert [[other.text for other in string.findall("a:ALTERNATIVE", namespace)] for string in strings] == [[], ["خاله"]]


def test_hocr_marks_tables_and_keeps_words_whole() -> None:
    root = parsed(as_hocr([PAGE]))
    assert [table.get("title") for table in root.findall(f".//{XHTML}div[@class='ocr_table']")] == ["bbox 100 5 300 50"]
    assert "خاله" not in as_hocr([PAGE])


@pytest.mark.parametrize(
    ("lines", "unread", "status"),
    [((), (), "empty"), ((), (Box(1, 1, 2, 2),), "empty"), (READING.lines, (Box(1, 1, 2, 2),), "partial"), (READING.lines, (), "read")],
)
def test_a_page_says_how_it_stands(lines: tuple[Line, ...], unread: tuple[Box, ...], status: str) -> None:
    (page,) = json.loads(as_json([replace(PAGE, reading=replace(READING, lines=lines, unread=unread))]))
    assert page["status"] == status


def test_alto_marks_what_a_person_has_checked() -> None:
    line = replace(READING.lines[0], checked=True)
    assert 'CS="true"' in as_alto([replace(PAGE, reading=replace(READING, lines=(line,)))])
    assert 'CS="true"' not in as_alto([PAGE])


def test_hocr_says_what_was_read_where() -> None:
    root = parsed(as_hocr([PAGE, BLANK]))
    assert (root.tag, root.get("dir"), root.get("lang")) == (f"{XHTML}html", "rtl", "ar")
    pages = root.findall(f".//{XHTML}div[@class='ocr_page']")
    assert [page.get("title") for page in pages] == [
        'image "box%201/مذكرة.pdf"; bbox 0 0 1000 1400; ppageno 1',
        'image "blank.png"; bbox 0 0 100 100; ppageno 0',
    ]
    assert [line.get("title") for line in root.findall(f".//{XHTML}*[@class='ocr_line']")] == ["bbox 200 10 400 40"]
    words = root.findall(f".//{XHTML}span[@class='ocrx_word']")
    assert [(word.text, word.get("title")) for word in words] == [
        ("المدعو", "bbox 300 10 400 40; x_wconf 90"),
        ("خالد", "bbox 200 10 290 40; x_wconf 80"),
    ]


def test_hostile_text_stays_text() -> None:
    for write in (as_hocr, as_alto):
        markup = write([HOSTILE_PAGE])
        assert "<script" not in markup
        assert "\x00" not in markup
        assert "\x1b" not in markup
        parsed(markup)
    assert parsed(as_hocr([HOSTILE_PAGE])).find(".//*[@class='ocr_page']").get("title").count('"') == 2


def test_a_line_known_only_as_a_whole_keeps_its_text() -> None:
    page = replace(PAGE, reading=replace(READING, lines=(Line("سطر كامل", Box(1, 1, 9, 9), 1.0, ()),)))
    assert 'CONTENT="سطر كامل"' in as_alto([page])
    assert ">سطر كامل</span>" in as_hocr([page])


def given(**keys: object) -> bytes:
    return json.dumps({"source": "a.pdf", "page": 1, "lines": []} | keys).encode()


def test_text_without_lines_becomes_lines_without_boxes() -> None:
    reading = page_from_json('{"source": "a", "page": 3, "text": "سطر أول\\n\\n سطر ثان \\u202e", "more": {"x": 1}}').reading
    assert [line.text for line in reading.lines] == ["سطر أول", "سطر ثان"]
    assert {line.box for line in reading.lines} == {NOWHERE}
    assert [word.text for word in reading.lines[0].words] == ["سطر", "أول"]
    assert reading.confidence == 0.0  # nobody vouches for it


def test_what_a_line_leaves_out_comes_from_its_words_and_back() -> None:
    words = [{"text": "ا", "box": [5, 5, 9, 9], "confidence": 0.5}, {"text": "ب", "box": [1, 5, 4, 9], "confidence": 1}]
    (line,) = page_from_json(given(lines=[{"words": words}])).reading.lines
    assert (line.text, line.box, line.confidence) == ("ا ب", Box(1, 5, 9, 9), 0.75)
    (line,) = page_from_json(given(lines=[{"text": "ا ب", "box": [1, 5, 9, 9], "confidence": 0.4}])).reading.lines
    assert line.words == (Word("ا", Box(1, 5, 9, 9), 0.4), Word("ب", Box(1, 5, 9, 9), 0.4))


@pytest.mark.parametrize(
    ("as_given", "text"),
    [
        ("سطر\nواحد", "سطر واحد"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("\u202eabc\u202c", "abc"),
        ("\u0627\u0653", "\u0622"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_text_is_cleaned_of_what_cannot_be_seen(as_given: str, text: str) -> None:
    assert page_from_json(given(lines=[{"text": as_given}])).reading.text == text


def test_a_byte_order_mark_is_passed_over() -> None:
    assert page_from_json(b"\xef\xbb\xbf" + given()).source == "a.pdf"
    assert page_from_json("\ufeff" + given().decode()).source == "a.pdf"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "EOF"),
        (b"[]", "object"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[" * 100_000, "recursion"),
        (b'{"source": "\\ud800", "page": 1, "text": ""}', "Invalid JSON"),
        ('{"source": "\ud800", "page": 1, "text": ""}', "Invalid JSON"),
        (b'{"source": "a", "page": ' + b"9" * 10_000 + b"}", "number out of range"),
        (b'{"source": "a", "page": 1, "Text": "misspelt"}', "needs lines or a text"),
        (b" " * (MAX_BYTES + 1), "longer than 16 MiB"),
        (given(source=""), "source"),
        (given(source="x" * 5000), "source"),
        (given(page=0), "page"),
        (given(page=1.5), "page"),
        (given(page="1"), "page"),
        (given(width=-1), "width"),
        (given(lines={}), "lines"),
        (given(lines=[{"text": "a", "box": [1, 2, 3]}]), "lines.0.box"),
        (given(lines=[{"text": "a"}, {"text": "a", "box": [9, 2, 3, 4]}]), "lines.1.box: Value error, a box is"),
        (given(lines=[{"text": "a", "box": [-1, 2, 3, 4]}]), "lines.0.box.0"),
        (given(lines=[{"text": "a", "box": [0, 0, 1, 10**12]}]), "lines.0.box.3"),
        (given(lines=[{"text": "a", "confidence": 1.1}]), "lines.0.confidence"),
        (given(lines=[{"text": "a", "confidence": float("nan")}]), "lines.0.confidence"),
        (given(lines=[{"text": "a", "confidence": True}]), "lines.0.confidence"),
        (given(lines=[{"words": [{"text": 5}]}]), "lines.0.words.0.text"),
        (given(lines=[{"text": ""}] * 20_001), "lines"),
        (given(lines=[{"words": [{"text": "ا", "alternatives": [{"text": "ب"}]}]}]), "lines.0.words.0.alternatives.0.confidence"),
        (given(lines=[{"words": [{"text": "ا", "alternatives": [{"text": "ب", "confidence": 0.1}] * 101}]}]), "alternatives"),
        (given(unread=[[5, 5, 1, 9]]), "unread.0: Value error, a box is"),
        (given(unread=[[0, 0, 1, 1]] * 20_001), "unread"),
        (given(tables=[{"rows": []}]), "tables.0.box"),
        (given(tables=[{"box": [0, 0, 9, 9], "rows": [{"text": "ا"}]}]), "tables.0.rows.0"),
        (given(tables=[{"box": [0, 0, 9, 9], "rows": [[{"text": "ا"}]]}]), "tables.0.rows.0.0.box"),
        (given(tables=[{"box": [0, 0, 9, 9], "rows": [[{"text": "ا", "box": [0, 0, 9, 9], "row_span": 0}]]}]), "row_span"),
        (given(tables=[{"box": [0, 0, 9, 9], "rows": [[{"text": "ا", "box": [0, 0, 9, 9], "col_span": 10**9}]]}]), "col_span"),
        (given(notes=["Not a code"]), "notes.0"),
        (given(notes=["x"] * 101), "notes"),
        (given(people=[{"mother": "فاطمة"}]), "people.0"),
        (given(people=[{"given": "خالد", "role": "king"}]), "people.0.role"),
        (given(people=[{"given": "خالد", "birth": {"year": 0}}]), "people.0.birth.year"),
        (given(dates=[{"earliest": "2012-13-01", "latest": "2012-13-01"}]), "dates.0.earliest"),
        (given(dates=[{"earliest": "2012-02-01", "latest": "2012-01-01"}]), "latest is before earliest"),
        (given(entities={"references": [{"text": "١٢"}]}), "entities.references.0.number"),
        (given(people=[], type="Not a code"), "type"),
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_what_is_wrong(data: bytes | str, said: str) -> None:
    with pytest.raises(Usage) as refused:
        page_from_json(data, "pages.jsonl line 7")
    assert refused.value.code == "bad-line"
    assert refused.value.detail.startswith("pages.jsonl line 7: ")
    assert said in refused.value.detail


def test_three_thousand_people_on_one_page_are_taken() -> None:
    page = page_from_json(given(people=[{"given": "خالد", "family": str(n), "box": [0, n, 9, n + 1]} for n in range(3000)]))
    assert page.entities is not None
    assert page.entities.people[2999] == Person("خالد 2999", (Box(0, 2999, 9, 3000),), "خالد", family="2999", how="given")


@pytest.mark.parametrize("keys", [entities_as_json(ENTITIES), {"entities": entities_as_json(ENTITIES)}])
def test_given_entities_are_kept(keys: dict[str, object]) -> None:
    assert entities_from_json(given(**keys)) == page_from_json(given(**keys)).entities
    found = entities_from_json(given(**keys))
    assert found == replace(ENTITIES, people=(PERSON, replace(ENTITIES.people[1], how="")))


@pytest.mark.parametrize("keys", [{}, {"type": "memo"}, {"entities": None}])
def test_a_page_without_entities_is_left_to_be_searched_for_them(keys: dict[str, object]) -> None:
    assert entities_from_json(given(**keys)) is None


def test_no_file_can_claim_that_a_person_checked_it() -> None:
    page = page_from_json(given(lines=[{"text": "ا", "checked": True}], people=[{"given": "خالد", "checked": True}]))
    assert page.entities is not None
    assert (page.reading.lines[0].checked, page.entities.people[0].checked) == (False, False)
    assert "checked" not in json.dumps(entities_as_json(Entities(people=(replace(PERSON, checked=True),))))


def test_a_mention_has_one_box_around_all_its_words() -> None:
    (person, bare) = entities_as_json(ENTITIES)["people"]
    assert (person["box"], person["boxes"]) == (Box(200, 10, 400, 40), (WORDS[0].box, WORDS[1].box))
    assert (bare["box"], bare["boxes"]) == (None, ())
