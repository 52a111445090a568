"""What the catalogue's contract tests share."""

from pipeline.catalogue import Catalogue
from pipeline.errors import PageFailed, WorkerLost
from pipeline.model import Box, DateMention, Entities, FacilityMention, Person, PlaceMention, ReferenceMention, Span

HUNG = WorkerLost("reader-hung", "took too long")
BROKEN = PageFailed("render-failed", "cannot be drawn")

PEOPLE = (
    Person("سالم يوسف الحداد", (Box(1, 2, 3, 4),), "سالم", "يوسف", None, "الحداد", "هند", None, "12", "subject", None, None, 0.5, "marker"),
    Person("خالد", ()),
)
ENTITIES = Entities(
    PEOPLE,
    (
        DateMention(
            "٣/٤", (Box(0, 0, 1, 1),), "2013-03-04", "2013-03-04", (Span("2013-04-03", "2013-04-03"),), "hijri", "arrest", 0.1, ("f",)
        ),
    ),
    (FacilityMention("ف", (), "id", "name", 0.2),),
    (PlaceMention("حمص", (), "SY04"),),
    (ReferenceMention("١٢", (), "12"),),
    "court",
)


def acts(made: Catalogue, holding: int = 1) -> list[tuple[str, str]]:
    return [(entry.action, entry.subject) for entry, _ in made.custody.entries(holding)]


def waiting_texts(made: Catalogue) -> dict[int, str | None]:
    """What the index would be told: page key to text, None for a page to be taken out."""
    return {ref.key: page.text if page else None for ref, page in made.outbox.waiting(1000)}
