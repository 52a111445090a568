"""Holdings, accessions, provenance, pages, readings, mentions, outbox, custody."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
        sa.UniqueConstraint("name", name=op.f("uq_holding_name")),
    )
    op.create_table(
        "mention",
        sa.Column("page_id", sa.String(length=80), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('person', 'date', 'facility', 'place', 'reference')", name=op.f("ck_mention_kind")),
        sa.PrimaryKeyConstraint("page_id", "revision", "ordinal", name=op.f("pk_mention")),
    )
    op.create_table(
        "reading",
        sa.Column("page_id", sa.String(length=80), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("stage_key", sa.String(length=64), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("checked", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("page_id", "revision", name=op.f("pk_reading")),
    )
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reading_stage_key"), ["stage_key"], unique=False)

    op.create_table(
        "scan",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_scan")),
    )
    op.create_table(
        "withdrawal",
        sa.Column("page_id", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_withdrawal")),
    )
    op.create_table(
        "accession",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holding_id", sa.Integer(), nullable=False),
        sa.Column("box", sa.String(length=200), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name=op.f("fk_accession_holding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accession")),
    )
    with op.batch_alter_table("accession", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accession_holding_id"), ["holding_id"], unique=False)

    op.create_table(
        "custody",
        sa.Column("holding_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name=op.f("fk_custody_holding_id")),
        sa.PrimaryKeyConstraint("holding_id", "number", name=op.f("pk_custody")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holding_id", sa.Integer(), nullable=False),
        sa.Column("accession_id", sa.Integer(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("location_digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), server_default="", nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.CheckConstraint("status in ('accepted', 'duplicate', 'refused')", name=op.f("ck_source_status")),
        sa.ForeignKeyConstraint(["accession_id"], ["accession.id"], name=op.f("fk_source_accession_id")),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name=op.f("fk_source_holding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("holding_id", "location_digest", "sha256", name=op.f("uq_source_holding_id_location_digest_sha256")),
    )
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_accession_id"), ["accession_id"], unique=False)
        batch_op.create_index("ix_source_sha256", ["sha256"], unique=False)

    op.create_table(
        "page",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("holding_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sa.Float(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("withdrawn", sa.Boolean(), server_default="0", nullable=False),
        sa.CheckConstraint("state in ('waiting', 'read', 'indexed', 'failed')", name=op.f("ck_page_state")),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name=op.f("fk_page_holding_id")),
        sa.ForeignKeyConstraint(["sha256"], ["scan.sha256"], name=op.f("fk_page_sha256")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_page_source_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_page")),
        sa.UniqueConstraint("holding_id", "page_id", name=op.f("uq_page_holding_id_page_id")),
    )
    with op.batch_alter_table("page", schema=None) as batch_op:
        batch_op.create_index("ix_page_holding_state", ["holding_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_page_page_id"), ["page_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_page_source_id"), ["source_id"], unique=False)
        batch_op.create_index("ix_page_state", ["state", "key"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("page_key", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["page_key"], ["page.key"], name=op.f("fk_outbox_page_key")),
        sa.PrimaryKeyConstraint("page_key", name=op.f("pk_outbox")),
    )
    op.create_table(
        "rescan",
        sa.Column("page_key", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["page_key"], ["page.key"], name=op.f("fk_rescan_page_key")),
        sa.PrimaryKeyConstraint("page_key", "code", name=op.f("pk_rescan")),
    )
