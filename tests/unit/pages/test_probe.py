"""Which scans are let in, which are refused and why, and what a hostile one may cost."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from pipeline.errors import WAYS_OUT, Refused, SijillError
from pipeline.pages import Limits, ScanInfo, probe, render
from pipeline.sandbox import Sandbox
from tests.hostile import HOSTILE, Hostile, encoded, pdf_file
from tests.unit.pages.scans import (
    COLOUR,
    GREY,
    JP2,
    JPEG,
    LIMITS,
    PDF,
    PNG,
    TIFF,
    pdf_page,
    put,
    refusal,
    save,
)

KINDS: list[tuple[str, Callable[[], bytes], ScanInfo]] = [
    ("pdf", lambda: pdf_page(b"/MediaBox [0 0 595 842]"), ScanInfo(PDF, 1)),
    ("pdf-in-junk", lambda: b"\n" * 500 + pdf_page(b"/MediaBox [0 0 595 842]"), ScanInfo(PDF, 1)),
    ("tiff", lambda: save(GREY, "TIFF", save_all=True, append_images=[COLOUR.copy(), GREY.copy()]), ScanInfo(TIFF, 3)),
    ("bigtiff", lambda: save(GREY, "TIFF", big_tiff=True, save_all=True, append_images=[GREY]), ScanInfo(TIFF, 2)),
    ("jpeg", lambda: save(COLOUR, "JPEG"), ScanInfo(JPEG, 1)),
    ("jpeg-progressive", lambda: save(COLOUR, "JPEG", progressive=True), ScanInfo(JPEG, 1)),
    ("jpeg-restarts", lambda: save(COLOUR, "JPEG", restart_marker_rows=1), ScanInfo(JPEG, 1)),
    ("jpeg-cmyk", lambda: save(COLOUR.convert("CMYK"), "JPEG"), ScanInfo(JPEG, 1)),
    ("png", lambda: save(COLOUR, "PNG"), ScanInfo(PNG, 1)),
    ("jp2", lambda: save(COLOUR, "JPEG2000"), ScanInfo(JP2, 1)),
    ("codestream", lambda: save(COLOUR, "JPEG2000", no_jp2=True), ScanInfo(JP2, 1)),
]


@pytest.mark.parametrize(("make", "info"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])
def test_a_scan_is_known_by_its_content(tmp_path: Path, make: Callable[[], bytes], info: ScanInfo) -> None:
    path = put(tmp_path, make())
    assert probe(path, LIMITS) == info
    assert render(path, info.pages, info.media_type, LIMITS).pixels.size > 0


@pytest.mark.parametrize(("make", "info"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])
@pytest.mark.parametrize("keep", [0.05, 0.3, 0.6, 0.9])
def test_half_a_scan_is_never_taken_for_a_whole(tmp_path: Path, make: Callable[[], bytes], info: ScanInfo, keep: float) -> None:
    whole = make()
    path = put(tmp_path, whole[: int(len(whole) * keep)])
    assert refusal(path).code in ({"truncated", "unknown-format"} if info.media_type == PDF and keep < 0.6 else {"truncated"})


PICTURES = [kind for kind in KINDS if "pdf" not in kind[0]]


@pytest.mark.parametrize("make", [kind[1] for kind in PICTURES], ids=[kind[0] for kind in PICTURES])
@pytest.mark.parametrize(
    ("tail", "code"),
    [
        (b"%PDF-1.4\n", "hidden-payload"),
        (bytes(40) + b"PK\x03\x04rest", "hidden-payload"),
        (save(GREY, "PNG"), "hidden-payload"),
        (save(GREY, "JPEG"), "hidden-payload"),
        (bytes(600), None),
    ],
    ids=["pdf", "zip", "png", "jpeg", "padding"],
)
def test_a_document_behind_a_picture_is_found(tmp_path: Path, make: Callable[[], bytes], tail: bytes, code: str | None) -> None:
    path = put(tmp_path, make() + tail)
    if code is None:
        assert probe(path, LIMITS)
    else:
        assert refusal(path).code == code


def test_documents_behind_a_pdf_are_found(tmp_path: Path) -> None:
    first, second = pdf_page(b"/MediaBox [0 0 595 842]"), pdf_page(b"/MediaBox [0 0 200 200] /Rotate 90")
    assert refusal(put(tmp_path, first + second)).code == "hidden-payload"
    assert refusal(put(tmp_path, first + b"PK\x03\x04rest")).code == "hidden-payload"


def test_a_phones_second_picture_is_no_hidden_document(tmp_path: Path) -> None:
    path = put(tmp_path, save(COLOUR, "MPO", save_all=True, append_images=[GREY]))
    assert probe(path, LIMITS) == ScanInfo(JPEG, 1)
    assert render(path, 1, JPEG, LIMITS).pixels.shape == (120, 90, 3)


@pytest.mark.parametrize(
    ("data", "limits", "code", "figures"),
    [
        (b"", LIMITS, "empty-file", ("0 bytes",)),
        (bytes(3 << 20), Limits(file_mb=2), "too-large", ("3.0", "2")),
        (save(GREY.resize((1100, 1000)), "PNG"), Limits(megapixels=1), "too-many-pixels", ("1.1", "1")),
        (save(GREY.resize((3000, 4)), "TIFF"), Limits(side=2999), "too-many-pixels", ("3,000", "2,999")),
        (save(GREY, "TIFF", save_all=True, append_images=[GREY] * 3), Limits(pages=3), "too-many-pages", ("3",)),
        (pdf_page(b"/MediaBox [0 0 595 842]"), Limits(megapixels=8), "too-many-pixels", ("8.7", "8")),
        (pdf_page(b"/MediaBox [0 0 595 842] /UserUnit 5"), LIMITS, "too-many-pixels", ("217", "200")),
        (pdf_file(b"<< /Type /Catalog >>"), LIMITS, "damaged-file", ()),
    ],
    ids=["empty", "large", "pixels", "long", "frames", "pdf-pixels", "user-unit", "no-pages"],
)
def test_refusals_name_the_figure_and_the_limit(tmp_path: Path, data: bytes, limits: Limits, code: str, figures: tuple[str, ...]) -> None:
    refused = refusal(put(tmp_path, data), limits)
    assert refused.code == code
    assert refused.way_out == WAYS_OUT[code]
    assert all(figure in refused.detail for figure in figures)


@pytest.mark.parametrize(("count", "kids"), [(1, b"3 0 R " * 3), (5, b"3 0 R"), (1, b"2 0 R"), (1, b"9 0 R"), (1, b"")])
def test_a_pdf_that_lies_about_its_pages_is_refused(tmp_path: Path, count: int, kids: bytes) -> None:
    tree = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (count, kids)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    data = pdf_file(b"<< /Type /Catalog /Pages 2 0 R >>", tree, page)
    assert refusal(put(tmp_path, data)).code == "damaged-file"


def test_a_pdf_locked_for_its_owner_only_is_read(tmp_path: Path) -> None:
    path = tmp_path / "scan"
    with pikepdf.open(io.BytesIO(pdf_page(b"/MediaBox [0 0 595 842]"))) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="owner", user=""))
    assert probe(path, LIMITS).pages == 1
    assert render(path, 1, PDF, LIMITS).pixels.shape == (3509, 2480)


def test_a_pdf_with_a_broken_table_but_its_end_is_mended(tmp_path: Path) -> None:
    path = put(tmp_path, pdf_page(b"/MediaBox [0 0 595 842]").replace(b"startxref\n", b"startxref\n9"))
    assert probe(path, LIMITS).pages == 1


BAD_CONTENT = [hostile for hostile in HOSTILE if not hostile.name.startswith(("name-", "path-", "link-", "named-", "unreadable"))]


def digest(path: Path, limits: Limits) -> tuple[str | None, float]:
    """Reason code (None: all pages were taken), and the MiB the probe took; runs in a worker."""
    peak_mib()
    before = peak_mib()
    code, info = None, None
    try:
        info = probe(path, limits)
    except Refused as refused:
        code = refused.code
    mib = peak_mib() - before
    try:
        for number in range(1, info.pages + 1) if info else ():
            render(path, number, info.media_type if info else "", limits)
    except SijillError as failed:
        code = failed.code
    return code, mib


def peak_mib() -> float:
    """Most memory held since the last call, which starts the count again (proc(5))."""
    lines = Path("/proc/self/status").read_text().splitlines()
    Path("/proc/self/clear_refs").write_text("5")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(workers=1, memory_mb=3072, seconds=60) as made:
        yield made


@pytest.mark.parametrize("hostile", BAD_CONTENT, ids=lambda hostile: hostile.name)
def test_hostile_files_cost_little(sandbox: Sandbox, tmp_path: Path, hostile: Hostile) -> None:
    path = hostile.write(tmp_path)
    code, mib = sandbox.submit(digest, path, Limits(seconds=4)).result(100)  # one that hangs is ended by the sandbox
    assert code in hostile.codes
    assert mib < 150


def test_the_environment_is_left_as_it_was(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS, Path.cwd()
    render(put(tmp_path, encoded(1)), 1, PNG, LIMITS)
    assert (Image.MAX_IMAGE_PIXELS, Path.cwd()) == before
