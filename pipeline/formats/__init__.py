"""The forms in which read pages leave Sijill and come back: text, JSON, hOCR, ALTO."""

from pipeline.formats.given import entities_from_json, page_from_json
from pipeline.formats.markup import as_alto, as_hocr
from pipeline.formats.written import ReadPage, as_json, as_text, entities_as_json

__all__ = ["ReadPage", "as_alto", "as_hocr", "as_json", "as_text", "entities_as_json", "entities_from_json", "page_from_json"]
