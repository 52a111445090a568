"""The catalogue: the truth of the archive, in tables of SQLite or PostgreSQL, each concern behind its port."""

from pipeline.catalogue.accessions import SqlAccessions
from pipeline.catalogue.chain import CustodyRecord
from pipeline.catalogue.consents import SqlConsents
from pipeline.catalogue.database import Database
from pipeline.catalogue.ledger import SqlLedger
from pipeline.catalogue.readings import SqlOutbox, SqlReadings
from pipeline.catalogue.record import SqlRecord
from pipeline.catalogue.work import SqlWork


class Catalogue:
    """Everything the catalogue does, over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.accessions = SqlAccessions(database)
        self.work = SqlWork(database)
        self.readings = SqlReadings(database)
        self.outbox = SqlOutbox(database)
        self.ledger = SqlLedger(database)
        self.record = SqlRecord(self.readings, self.ledger)
        self.custody = CustodyRecord(database)
        self.consents = SqlConsents(database)

    def close(self) -> None:
        self.database.close()
