"""read: files without an archive, in four forms; boxes in pixels of the page as it came, whatever way it lies."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest
from PIL import Image

from tests.e2e.command import SCANS, Sijill

UPRIGHT = "verdict-field-court.pdf"  # two pages
LINE = "المدعو سامر بن نزار الحلبي تاريخ ١٢/٣/٢٠١٣"  # what the constant reader reads


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Sijill:
    """Reading must not make an archive."""
    return Sijill(tmp_path_factory.mktemp("none") / "archive", {})


@pytest.fixture(scope="module")
def quick_reader(nowhere: Sijill) -> Sijill:
    return nowhere.having(reader="constant")


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upright page of the fixtures without any orientation or resolution of its own."""
    path = tmp_path_factory.mktemp("picture") / "page.png"
    with Image.open(SCANS / "death-registry.png") as page:
        page.convert("L").save(path)
    return path


def words_in_place(page: dict[str, Any], lines: list[dict[str, Any]]) -> float:
    """Share of the words read exactly as in the truth whose middle stands in a line that has them."""
    good = [0, 0]
    for line in page["lines"]:
        for word in line["words"]:
            boxes = [known["box"] for known in lines if word["text"] in known["text"].split()]
            if len(word["text"]) >= 4 and boxes:
                x, y = (word["box"][0] + word["box"][2]) / 2, (word["box"][1] + word["box"][3]) / 2
                good[any(x0 - 8 <= x <= x1 + 8 and y0 - 8 <= y <= y1 + 8 for x0, y0, x1, y1 in boxes)] += 1
    assert sum(good) >= 15, "too few words were read to say"
    return good[1] / sum(good)


def well_formed(page: dict[str, Any]) -> None:
    assert {"source", "page", "width", "height", "reader", "text", "lines"} <= set(page)
    assert page["text"] == "\n".join(line["text"] for line in page["lines"])
    for line in page["lines"]:
        assert {"text", "box", "confidence", "words"} <= set(line)
        for item in (line, *line["words"]):
            x0, y0, x1, y1 = item["box"]
            assert 0 <= x0 < x1 <= page["width"]
            assert 0 <= y0 < y1 <= page["height"]
            assert 0 <= item["confidence"] <= 1
    assert not set(page["text"]) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"), "bidi marks"


def turned(box: list[int], width: int, height: int) -> list[int]:
    x0, y0, x1, y1 = box
    return [width - x1, height - y1, width - x0, height - y0]


def test_pages_that_lie_otherwise(nowhere: Sijill, picture: Path, truth: list[dict[str, Any]], tmp_path: Path) -> None:
    """EXIF and /Rotate turn the page before it is measured; a page scanned upside down is read, its boxes as it came."""
    [known] = [page for page in truth if page["source"] == "death-registry.png"]
    width, height = known["width"], known["height"]
    with Image.open(picture) as upright:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be shown turned a quarter clockwise
        upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "exif.jpg", quality=95, exif=exif)
        upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "lying.pdf", resolution=150)
        upright.transpose(Image.Transpose.ROTATE_180).save(tmp_path / "turned.png")
    with pikepdf.open(tmp_path / "lying.pdf") as pdf:
        pdf.pages[0].Rotate = 90
        pdf.save(tmp_path / "rotate.pdf")
    read = nowhere("read", *(tmp_path / name for name in ("exif.jpg", "rotate.pdf", "turned.png")), "--format", "json").ok().json
    exif_page, rotate_page, turned_page = read
    for page in read:
        well_formed(page)
        assert page["reader"].startswith("sijill-lines ")
    assert (exif_page["width"], exif_page["height"]) == (width, height)
    assert words_in_place(exif_page, known["lines"]) >= 0.95
    assert (rotate_page["width"], rotate_page["height"]) == pytest.approx((2 * width, 2 * height), abs=2)  # 300 dpi
    doubled = [{**line, "box": [2 * at for at in line["box"]]} for line in known["lines"]]
    assert words_in_place(rotate_page, doubled) >= 0.95
    assert (turned_page["width"], turned_page["height"]) == (width, height)
    over = [{**line, "box": turned(line["box"], width, height)} for line in known["lines"]]
    assert words_in_place(turned_page, over) >= 0.95
    assert not nowhere.home.exists()


def test_text_of_every_page(quick_reader: Sijill) -> None:
    done = quick_reader("read", SCANS / UPRIGHT).ok()
    assert done.out.count("\f") == 1
    assert [part.strip() for part in done.out.split("\f")] == [LINE, LINE]


def test_json_of_a_folder(quick_reader: Sijill, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "in" / name).write_bytes(picture.read_bytes())
    pages = quick_reader("read", tmp_path / "in", SCANS / UPRIGHT, "--format", "json").ok().json
    assert [(Path(page["source"]).name, page["page"]) for page in pages] == [("a.png", 1), ("b.png", 1), (UPRIGHT, 1), (UPRIGHT, 2)]
    for page in pages:
        well_formed(page)


@pytest.mark.parametrize(("form", "ending"), [("text", "txt"), ("json", "json"), ("hocr", "hocr"), ("alto", "xml")])
def test_one_file_a_scan(quick_reader: Sijill, tmp_path: Path, form: str, ending: str) -> None:
    done = quick_reader("read", SCANS / UPRIGHT, "--format", form, "--out", tmp_path / "out").ok()
    assert done.out == ""
    [written] = (tmp_path / "out").iterdir()
    assert written.name == f"{UPRIGHT}.{ending}"
    content = written.read_text("utf-8")
    assert content.count("سامر") >= 2
    if form in ("hocr", "alto"):
        root = ElementTree.fromstring(content.encode())  # noqa: S314  # our own output
        pages = [item for item in root.iter() if item.get("class") == "ocr_page" or item.tag.endswith("}Page")]
        assert len(pages) == 2


def test_a_bad_file_among_good_ones(quick_reader: Sijill, picture: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff\xe0 cut off")
    empty = tmp_path / "empty.pdf"
    empty.touch()
    done = quick_reader("read", bad, picture, empty, SCANS / UPRIGHT, "--format", "json")
    done.failed(65, "not-all-read")
    assert [Path(page["source"]).name for page in done.json] == ["page.png", UPRIGHT, UPRIGHT]
    assert f"{bad}: " in done.err
    assert f"{empty}: " in done.err
    assert "Scan or copy the file again." in done.err


def test_two_scans_of_one_name(quick_reader: Sijill, picture: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.png").write_bytes(picture.read_bytes())
    quick_reader("read", tmp_path / "one", tmp_path / "two", "--out", tmp_path / "out").ok()
    assert len(list((tmp_path / "out").iterdir())) == 2


@pytest.mark.parametrize(
    ("args", "reason"),
    [(["/no/such/file"], "no-such-path"), ([str(SCANS / UPRIGHT), "--reader", "nobody"], "bad-setting")],
)
def test_what_cannot_be_asked(nowhere: Sijill, args: list[str], reason: str) -> None:
    nowhere("read", *args).failed(64, reason)


def test_what_was_read_can_be_imported(scans: Sijill, tmp_path: Path) -> None:
    """`read --format json`, a page a line, joins an archive's search: the same hits, without an image."""
    name = "death-registry.png"
    pages = scans("read", SCANS / name, "--format", "json").ok().json
    lines = tmp_path / "pages.jsonl"
    lines.write_text("".join(json.dumps(page, ensure_ascii=False) + "\n" for page in [*pages, {"page": "no"}]), "utf-8")
    other = Sijill(tmp_path / "archive", {})
    other.quick("import", str(lines), "--holding", "Elsewhere").ok()
    row = other.ledger()
    assert (row["files"], row["accepted"], row["refused"], row["pages"], row["indexed"]) == (2, 1, 1, 1, 1)
    assert row["failures"][0]["code"] == "bad-line"
    asked = "راتب شبلي الحفار"
    here = other.hits(asked)
    there = [hit for hit in scans.hits(asked, "--limit", "50") if Path(hit["source"]).name == name]
    same = ("kind", "page", "box", "boxes", "text", "score", "likely", "person", "reasons")
    assert [[hit[key] for key in same] for hit in here] == [[hit[key] for key in same] for hit in there]
    assert [hit["image"] for hit in here] == [False] * len(here)
    assert [hit["image"] for hit in there] == [True] * len(there)
    assert {hit["source"] for hit in here} == {str(SCANS / name)}
    assert "no image" in other.quick("search", asked).ok().out
    before = other.ledger()
    other.quick("import", str(lines), "--holding", "Elsewhere").ok()
    assert {**other.ledger(), "batches": []} == {**before, "batches": []}
    other.quick("verify").ok()
