"""Places in S3 stores that papers come from: what is in already, what is watched, which batches are under way."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arrival",
        sa.Column("holding_id", sa.Integer(), nullable=False),
        sa.Column("name_digest", words(64), nullable=False),
        sa.Column("mark", words(64), nullable=False),
        sa.Column("status", words(10), nullable=False),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name=op.f("fk_arrival_holding_id")),
        sa.PrimaryKeyConstraint("holding_id", "name_digest", name=op.f("pk_arrival")),
    )
    op.create_table(
        "incoming",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holding_id", sa.Integer(), nullable=False),
        sa.Column("place", words(), nullable=False),
        sa.Column("accession_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name=op.f("fk_incoming_holding_id")),
        sa.ForeignKeyConstraint(["accession_id"], ["accession.id"], name=op.f("fk_incoming_accession_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming")),
        sa.UniqueConstraint("holding_id", "place", name=op.f("uq_incoming_holding_id_place")),
    )
    op.create_table(
        "incoming_batch",
        sa.Column("accession_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("incoming_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["accession_id"], ["accession.id"], name=op.f("fk_incoming_batch_accession_id")),
        sa.ForeignKeyConstraint(["incoming_id"], ["incoming.id"], name=op.f("fk_incoming_batch_incoming_id")),
        sa.PrimaryKeyConstraint("accession_id", name=op.f("pk_incoming_batch")),
    )
    op.create_index("ix_incoming_batch_incoming_id", "incoming_batch", ["incoming_id"])


def words(length: int | None = None) -> sa.String:
    """Text ordered by code point, as SQLite does anyway."""
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    return sa.String(length, collation) if length else sa.Text(collation=collation)
