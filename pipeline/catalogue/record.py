"""What a search asks of the catalogue: pages as they are now, and how many of them it could not see."""

from collections.abc import Mapping, Sequence

from pipeline.catalogue.ledger import SqlLedger
from pipeline.catalogue.readings import SqlReadings
from pipeline.model import Query, StoredPage
from search.coverage import Counts


class SqlRecord:
    """search.find.Record on the catalogue database."""

    def __init__(self, readings: SqlReadings, ledger: SqlLedger) -> None:
        self._readings, self._ledger = readings, ledger

    def pages(self, keys: Sequence[int]) -> Mapping[int, StoredPage]:
        return self._readings.found(keys)

    def counts(self, query: Query) -> Counts:
        return self._ledger.counts(query.holdings)
