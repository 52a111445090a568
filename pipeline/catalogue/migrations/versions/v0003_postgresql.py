"""Leases found by their owner; on PostgreSQL text ordered by code point, and sizes of files over 2 GiB."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite compares bytes and keeps any whole number as it is.
TEXTS: dict[str, dict[str, int | None]] = {
    "holding": {"name": 200},
    "accession": {"box": 200, "manifest": None},
    "scan": {"sha256": 64, "media_type": 80},
    "source": {"location": None, "location_digest": 64, "name": None, "sha256": 64, "status": 10, "code": 40, "detail": None},
    "page": {"sha256": 64, "page_id": 80, "state": 8, "lease_owner": 200, "code": 40, "detail": None},
    "reading": {"page_id": 80, "stage_key": 64, "reader": None, "digest": 64, "type": 10, "by": 200},
    "mention": {"page_id": 80, "kind": 10, "text": None, "content": None},
    "rescan": {"code": 40, "detail": None},
    "withdrawal": {"page_id": 80, "reason": None, "by": 200},
    "consent": {"reason": None, "by": 200},
    "custody": {"at": 32, "actor": 200, "action": 40, "subject": None, "details": None, "previous": 64, "hash": 64},
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, texts in TEXTS.items():
            for column, length in texts.items():
                op.alter_column(table, column, type_=sa.String(length, "C") if length else sa.Text(collation="C"))
        op.alter_column("source", "bytes", type_=sa.BigInteger())
    op.create_index("ix_page_lease_owner", "page", ["lease_owner"])
