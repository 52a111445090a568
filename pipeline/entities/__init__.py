"""People, dates, facilities, places and reference numbers of one reading, each with the words it stands in."""

from pipeline.entities import dates, doctype, facilities, page, people, places, references, tables
from pipeline.model import Entities, Reading


def extract(reading: Reading) -> Entities:
    """Everything drawn out of one reading, in reading order. Total: hostile or empty text gives what can be found in it, never an error."""
    text = page.read(reading)
    table = tables.read(text)
    found = dates.find(text, table)
    held = facilities.find(text)
    return Entities(
        people=people.find(text, table, found, [(one.start, one.end) for one in held]),
        dates=tuple(one.mention for one in found),
        facilities=tuple(one.mention for one in held),
        places=places.find(text),
        references=references.find(text),
        type=doctype.of(text, table),
    )
