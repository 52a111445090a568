"""Accounts and their grants; a chain of the archive as a whole, which is no holding, and beside it what was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("custody") as batch_op:
        batch_op.drop_constraint(op.f("fk_custody_holding_id"), type_="foreignkey")
    op.create_table(
        "asked",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", words(32), nullable=False),
        sa.Column("query", words(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_asked")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", words(200), nullable=False),
        sa.Column("key", words(64), nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        sa.UniqueConstraint("key", name=op.f("uq_account_key")),
    )
    op.create_table(
        "account_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", words(20), nullable=False),
        sa.Column("holding_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_grant_account_id")),
        sa.ForeignKeyConstraint(["holding_id"], ["holding.id"], name=op.f("fk_account_grant_holding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_grant")),
    )
    op.create_index("ix_account_grant_account_id", "account_grant", ["account_id"])


def words(length: int | None = None) -> sa.String:
    """Text ordered by code point, as SQLite does anyway."""
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    return sa.String(length, collation) if length else sa.Text(collation=collation)
