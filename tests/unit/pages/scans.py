"""Small scans made in memory: pictures of noise, PDF files by hand."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import Refused
from pipeline.pages import Limits, probe
from tests.hostile import pdf_file

LIMITS = Limits()
PDF, TIFF, JPEG, PNG, JP2 = "application/pdf", "image/tiff", "image/jpeg", "image/png", "image/jp2"

NOISE = np.random.default_rng(3).integers(0, 256, (120, 90, 3), dtype=np.uint8)
COLOUR = Image.fromarray(NOISE)
GREY = Image.fromarray(NOISE[..., 0])
BILEVEL = GREY.point(lambda value: 255 * (value > 127), "1")
DEEP = (NOISE[..., 0].astype(np.uint16) << 8) | 0x80


def save(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def pdf_page(fields: bytes, contents: bytes = b"0 0 100 200 re f", *more: bytes) -> bytes:
    """A PDF of one page: a black box at the lower left of it."""
    return pdf_file(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R %b >>" % fields,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(contents), contents),
        *more,
    )


def pdf_picture(kind: bytes, data: bytes) -> bytes:
    head = b"/Type /XObject /Subtype /Image /Width 90 /Height 120 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /%b" % kind
    image = b"<< %b /Length %d >>\nstream\n%b\nendstream" % (head, len(data), data)
    return pdf_page(b"/MediaBox [0 0 90 120] /Resources << /XObject << /I 5 0 R >> >>", b"90 0 0 120 0 0 cm /I Do", image)


def put(folder: Path, data: bytes) -> Path:
    path = folder / "scan"
    path.write_bytes(data)
    return path


def refusal(path: Path, limits: Limits = LIMITS) -> Refused:
    with pytest.raises(Refused) as refused:
        probe(path, limits)
    return refused.value
