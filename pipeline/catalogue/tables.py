"""The catalogue's tables: the truth of the archive. Times are seconds since the epoch (UTC) unless named otherwise."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from pipeline.catalogue.text import Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

holding = Table(
    "holding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Words(200), nullable=False, unique=True),
    Column("opened_at", Float, nullable=False),
)

# One batch of a holding: what came in together, with what is known of where it was found.
accession = Table(
    "accession",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("holding_id", ForeignKey("holding.id"), nullable=False, index=True),
    Column("box", Words(200)),
    Column("manifest", Words(), nullable=False),  # JSON: place and date of seizure, previous holders, consent terms, known gaps
    Column("opened_at", Float, nullable=False),
)

# Bytes that could be opened, by content: shared by every holding that has them.
scan = Table(
    "scan",
    metadata,
    Column("sha256", Words(64), primary_key=True),
    Column("media_type", Words(80), nullable=False),
    Column("pages", Integer, nullable=False),
)

# Provenance: one row for each file that was offered, whatever became of it.
source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("holding_id", ForeignKey("holding.id"), nullable=False),
    Column("accession_id", ForeignKey("accession.id"), nullable=False, index=True),
    Column("location", Words(), nullable=False),  # where it was found, absolute
    Column("location_digest", Words(64), nullable=False),  # locations may be longer than an index takes
    Column("name", Words(), nullable=False),  # as the archivist named it
    Column("sha256", Words(64), nullable=False, server_default=""),  # empty: no bytes could be had
    Column("bytes", BigInteger().with_variant(Integer(), "sqlite")),
    Column("status", Words(10), nullable=False),
    Column("code", Words(40)),
    Column("detail", Words()),
    Column("seen_at", Float, nullable=False),
    UniqueConstraint("holding_id", "location_digest", "sha256"),
    CheckConstraint("status in ('accepted', 'duplicate', 'refused')", name="status"),
    Index("ix_source_sha256", "sha256"),
)

# One page of one accession: its way through the pipeline.
page = Table(
    "page",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("holding_id", ForeignKey("holding.id"), nullable=False),
    Column("source_id", ForeignKey("source.id"), nullable=False, index=True),
    Column("sha256", ForeignKey("scan.sha256"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("page_id", Words(80), nullable=False, index=True),  # sha256-number: the same in every holding
    Column("state", Words(8), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_owner", Words(200)),
    Column("lease_until", Float),
    Column("code", Words(40)),
    Column("detail", Words()),
    Column("confidence", Float),
    Column("version", Integer, nullable=False, server_default="0"),  # grows with every change the index must follow
    Column("withdrawn", Boolean, nullable=False, server_default="0"),
    UniqueConstraint("holding_id", "page_id"),
    CheckConstraint("state in ('waiting', 'read', 'indexed', 'failed')", name="state"),
    Index("ix_page_state", "state", "key"),
    Index("ix_page_holding_state", "holding_id", "state"),
    Index("ix_page_lease_owner", "lease_owner"),
)

# Readings by content: revision 0 is the machine's, later ones are people's corrections. Never changed, never removed.
reading = Table(
    "reading",
    metadata,
    Column("page_id", Words(80), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("stage_key", Words(64), nullable=False, index=True),  # sha256 of input, tool, version and settings
    Column("reader", Words(), nullable=False),
    Column("content", LargeBinary, nullable=False),  # the Reading as JSON, zlib
    Column("digest", Words(64), nullable=False),  # of all the revision says, also in the custody record
    Column("type", Words(10)),
    Column("confidence", Float),
    Column("checked", Boolean, nullable=False, server_default="0"),
    Column("by", Words(200)),
    Column("at", Float, nullable=False),
)

mention = Table(
    "mention",
    metadata,
    Column("page_id", Words(80), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("kind", Words(10), nullable=False),
    Column("text", Words(), nullable=False),
    Column("content", Words(), nullable=False),  # the mention as JSON
    CheckConstraint("kind in ('person', 'date', 'facility', 'place', 'reference')", name="kind"),
)

# Why to scan a page again, or what the papers show is missing.
rescan = Table(
    "rescan",
    metadata,
    Column("page_key", ForeignKey("page.key"), primary_key=True),
    Column("code", Words(40), primary_key=True),
    Column("detail", Words(), nullable=False),
)

# Pages whose index documents are behind, written in the transaction that made them so.
outbox = Table(
    "outbox",
    metadata,
    Column("page_key", ForeignKey("page.key"), primary_key=True),
    Column("version", Integer, nullable=False),
)

withdrawal = Table(
    "withdrawal",
    metadata,
    Column("page_id", Words(80), primary_key=True),
    Column("reason", Words(), nullable=False),
    Column("by", Words(200), nullable=False),
    Column("at", Float, nullable=False),
)

# What the givers of a holding allow: every decision is a row, the latest one holds.
consent = Table(
    "consent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("holding_id", ForeignKey("holding.id"), nullable=False, index=True),
    Column("training", Boolean, nullable=False),  # may its corrected lines train a reader
    Column("reason", Words(), nullable=False),
    Column("by", Words(200), nullable=False),
    Column("at", Float, nullable=False),
)

# One chain a holding; holding 0 is the archive as a whole: who was let in, and what was asked of it.
custody = Table(
    "custody",
    metadata,
    Column("holding_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Words(32), nullable=False),  # ISO 8601 UTC, as hashed
    Column("actor", Words(200), nullable=False),
    Column("action", Words(40), nullable=False),
    Column("subject", Words(), nullable=False),
    Column("details", Words(), nullable=False),
    Column("previous", Words(64), nullable=False),
    Column("hash", Words(64), nullable=False),
)

# What was searched for, beside the chain that holds only its salted digest: it can be taken out without breaking the chain.
asked = Table(
    "asked",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # of the entry in the chain of holding 0
    Column("salt", Words(32), nullable=False),
    Column("query", Words(), nullable=False),  # JSON
)

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Words(200), nullable=False, unique=True),
    Column("key", Words(64), nullable=False, unique=True),  # sha256 of the account's key, which is not kept
    Column("disabled", Boolean, nullable=False, server_default="0"),
    Column("made_at", Float, nullable=False),
)

grant = Table(
    "account_grant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("role", Words(20), nullable=False),
    Column("holding_id", ForeignKey("holding.id")),  # empty: every holding
)
