"""Read pages as hOCR 1.2 (valid XHTML) and ALTO 4.4 (https://www.loc.gov/standards/alto/)."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from pipeline.formats.written import ReadPage, speakable
from pipeline.model import Box, Line, Word

NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even escaped."""


def as_hocr(pages: Sequence[ReadPage]) -> str:
    """One XHTML document: ocr_page, ocr_line and ocrx_word with bbox in pixels and x_wconf 0-100, right to left.

    An ocr_table marks where a ruled table stands; its text is in the lines. Other readings of a word are left out: hOCR puts them inside
    the word, where programs that take its text would run them together.
    """
    html = ET.Element("html", {"xmlns": "http://www.w3.org/1999/xhtml", "lang": "ar", "xml:lang": "ar", "dir": "rtl"})
    head = ET.SubElement(html, "head")
    ET.SubElement(head, "title").text = "Sijill"
    ET.SubElement(head, "meta", {"charset": "utf-8"})
    readers = dict.fromkeys(_xml(page.reading.reader) for page in pages)
    ET.SubElement(head, "meta", {"name": "ocr-system", "content": "; ".join(readers)})
    ET.SubElement(head, "meta", {"name": "ocr-capabilities", "content": "ocr_page ocr_line ocr_table ocrx_word"})
    body = ET.SubElement(html, "body")
    for number, page in enumerate(pages, 1):
        _hocr_page(body, page, number)
    ET.indent(html, " ")
    return "<!DOCTYPE html>\n" + ET.tostring(html, encoding="unicode") + "\n"


def _hocr_page(body: ET.Element, page: ReadPage, number: int) -> None:
    # hOCR 1.2 knows no escape inside a quoted file name
    image = re.sub(r'["\\\s]', lambda found: f"%{ord(found[0]):02X}", _xml(speakable(page.source)))
    extent = Box(0, 0, page.reading.width, page.reading.height)
    title = f'image "{image}"; {_bbox(extent)}; ppageno {page.page - 1}'
    div = ET.SubElement(body, "div", {"class": "ocr_page", "id": f"page_{number}", "title": title})
    for at, line in enumerate(page.reading.lines, 1):
        span = ET.SubElement(div, "p", {"class": "ocr_line", "id": f"line_{number}_{at}", "title": _bbox(line.box)})
        for word in _words(line):
            title = f"{_bbox(word.box)}; x_wconf {round(word.confidence * 100)}"
            ET.SubElement(span, "span", {"class": "ocrx_word", "title": title}).text = _xml(word.text)
    for at, table in enumerate(page.reading.tables, 1):
        ET.SubElement(div, "div", {"class": "ocr_table", "id": f"table_{number}_{at}", "title": _bbox(table.box)})


def as_alto(pages: Sequence[ReadPage]) -> str:
    """One ALTO document in pixels; each page refers to a Processing that names its source and reader. Needs at least one page.

    Other readings of a word are its ALTERNATIVEs, the likeliest first.
    """
    alto = ET.Element("alto", {"xmlns": "http://www.loc.gov/standards/alto/ns-v4#", "SCHEMAVERSION": "4.4"})
    description = ET.SubElement(alto, "Description")
    ET.SubElement(description, "MeasurementUnit").text = "pixel"
    sources = {page.source for page in pages}
    if len(sources) == 1:
        ET.SubElement(ET.SubElement(description, "sourceImageInformation"), "fileName").text = _xml(speakable(sources.pop()))
    layout = ET.SubElement(alto, "Layout")
    for number, page in enumerate(pages, 1):
        _alto_processing(description, page, number)
        _alto_page(layout, page, number)
    ET.indent(alto, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(alto, encoding="unicode") + "\n"


def _alto_processing(description: ET.Element, page: ReadPage, number: int) -> None:
    processing = ET.SubElement(description, "Processing", {"ID": f"processing_{number}"})
    ET.SubElement(processing, "processingCategory").text = "contentGeneration"
    ET.SubElement(processing, "processingStepDescription").text = f"read page {page.page} of {_xml(speakable(page.source))}"
    ET.SubElement(ET.SubElement(processing, "processingSoftware"), "softwareName").text = _xml(page.reading.reader)


def _alto_page(layout: ET.Element, page: ReadPage, number: int) -> None:
    size = {"WIDTH": str(page.reading.width), "HEIGHT": str(page.reading.height)}
    known = {"ID": f"page_{number}", "PHYSICAL_IMG_NR": str(page.page), "PROCESSINGREFS": f"processing_{number}", "LANG": "ar"}
    space = ET.SubElement(ET.SubElement(layout, "Page", known | size), "PrintSpace", {"HPOS": "0", "VPOS": "0"} | size)
    lines = [line for line in page.reading.lines if _words(line)]
    if not lines:
        return
    extent = _extent(Box.around([line.box for line in lines]))
    block = ET.SubElement(space, "TextBlock", {"ID": f"block_{number}", "BASEDIRECTION": "rtl"} | extent)
    for at, line in enumerate(lines, 1):
        _alto_line(block, line, f"line_{number}_{at}")


def _alto_line(block: ET.Element, line: Line, line_id: str) -> None:
    checked = {"CS": "true"} if line.checked else {}
    element = ET.SubElement(block, "TextLine", {"ID": line_id} | checked | _extent(line.box))
    for at, word in enumerate(_words(line)):
        if at:
            ET.SubElement(element, "SP")
        string = ET.SubElement(element, "String", {"CONTENT": _xml(word.text), "WC": f"{word.confidence:.4f}"} | _extent(word.box))
        for other in word.alternatives:
            ET.SubElement(string, "ALTERNATIVE").text = _xml(other.text)


def _words(line: Line) -> tuple[Word, ...]:
    """The words of a line; a line known only as a whole is given as one."""
    return line.words or ((Word(line.text, line.box, line.confidence),) if line.text else ())


def _xml(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)


def _bbox(box: Box) -> str:
    return f"bbox {box.x0} {box.y0} {box.x1} {box.y1}"


def _extent(box: Box) -> dict[str, str]:
    return {"HPOS": str(box.x0), "VPOS": str(box.y0), "WIDTH": str(box.x1 - box.x0), "HEIGHT": str(box.y1 - box.y0)}
