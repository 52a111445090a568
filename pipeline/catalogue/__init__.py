"""The catalogue: the truth of the archive, in tables of SQLite or PostgreSQL, each concern behind its port."""

from collections.abc import Set

from pipeline.catalogue.accessions import SqlAccessions
from pipeline.catalogue.accounts import SqlAccounts
from pipeline.catalogue.audit import SqlAudit
from pipeline.catalogue.chain import CustodyRecord
from pipeline.catalogue.consents import SqlConsents
from pipeline.catalogue.database import Database
from pipeline.catalogue.incoming import SqlIncoming
from pipeline.catalogue.ledger import SqlLedger
from pipeline.catalogue.readings import SqlOutbox, SqlReadings
from pipeline.catalogue.record import SqlRecord
from pipeline.catalogue.work import SqlWork


class Catalogue:
    """Everything the catalogue does, over one database.

    ``within``: the holdings that whoever asks may see, by id (None: all). What belongs to others is as if it were not there; only what
    machines pass on by its key (work under lease, the outbox) and the record as a whole (custody, fixity) know no such bounds.
    """

    def __init__(self, database: Database, within: Set[int] | None = None) -> None:
        self.database = database
        self.accessions = SqlAccessions(database, within)
        self.work = SqlWork(database, within)
        self.readings = SqlReadings(database, within)
        self.outbox = SqlOutbox(database)
        self.ledger = SqlLedger(database, within)
        self.record = SqlRecord(self.readings, self.ledger)
        self.custody = CustodyRecord(database)
        self.consents = SqlConsents(database, within)
        self.incoming = SqlIncoming(database)
        self.accounts = SqlAccounts(database)
        self.audit = SqlAudit(database)

    def close(self) -> None:
        self.database.close()
