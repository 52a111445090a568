"""Who may do what to an archive: one table of roles and acts. What is not listed is refused; nothing here reads or writes anything."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.errors import Forbidden


class Act(StrEnum):
    """One kind of access."""

    TAKE_IN = "take-in"  # ingest, import
    READ_AGAIN = "read-again"  # retry
    WORK = "work"  # read pages for others, as a worker does
    SEARCH = "search"
    LOOK = "look"  # the ledger: status
    REVIEW = "review"  # see readings to correct them, and correct
    WITHDRAW = "withdraw"  # hide a page everywhere
    CONSENT = "consent"  # what may be trained on
    TRAIN = "train"  # take corrected lines, change the model in use
    VERIFY = "verify"
    REBUILD = "rebuild"  # the index, from the record
    COPY = "copy"  # all of it: move, back up, restore
    MANAGE = "manage"  # accounts and their grants


class Role(StrEnum):
    """What somebody is to an archive."""

    ARCHIVIST = "archivist"
    INVESTIGATOR = "investigator"
    REVIEWER = "reviewer"
    LIAISON = "liaison"
    OPERATOR = "operator"
    ADMIN = "admin"


ALLOWED: Mapping[Role, frozenset[Act]] = {
    Role.ARCHIVIST: frozenset({Act.TAKE_IN, Act.READ_AGAIN, Act.LOOK, Act.WITHDRAW, Act.CONSENT}),
    Role.INVESTIGATOR: frozenset({Act.SEARCH, Act.LOOK}),
    Role.REVIEWER: frozenset({Act.SEARCH, Act.LOOK, Act.REVIEW}),
    Role.LIAISON: frozenset({Act.SEARCH, Act.LOOK, Act.WITHDRAW}),
    Role.OPERATOR: frozenset({Act.READ_AGAIN, Act.WORK, Act.LOOK, Act.TRAIN, Act.VERIFY, Act.REBUILD, Act.COPY}),
    Role.ADMIN: frozenset({Act.LOOK, Act.VERIFY, Act.REBUILD, Act.COPY, Act.MANAGE}),
}
"""The one table. Whoever manages accounts, or keeps the machines running, reads no papers by that."""

WHOLE = frozenset({Act.WORK, Act.TRAIN, Act.VERIFY, Act.REBUILD, Act.COPY, Act.MANAGE})
"""Acts that cannot be done to one holding alone: they take a grant for every holding."""

WHOLE_ROLES = frozenset({Role.OPERATOR, Role.ADMIN})
"""Roles that are for the archive as a whole."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in one holding, by its id; None: in every holding, those to come included."""

    role: Role
    holding: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody, or a program, that is let in by a key."""

    id: int
    name: str
    disabled: bool = False
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """What one who was let in may do. ``account`` is None for who owns the files of an embedded archive."""

    who: str
    grants: tuple[Grant, ...]
    account: int | None = None
    founding: bool = False

    @classmethod
    def owner(cls, who: str) -> "Access":
        """All of it: who owns the files can do as they like with them anyway."""
        return cls(who, tuple(map(Grant, Role)))

    @classmethod
    def founder(cls, who: str) -> "Access":
        """For an archive on shared engines that has no account yet: to make the first one, or to fill it with a copy of another."""
        return cls(who, (Grant(Role.ADMIN),), founding=True)

    def holdings(self, act: Act) -> frozenset[int] | None:
        """The ids of the holdings in which this may be done; None: all, those to come included."""
        granted = {grant.holding for grant in self.grants if act in ALLOWED[grant.role]}
        if None in granted:
            return None
        return frozenset() if act in WHOLE else frozenset(holding for holding in granted if holding is not None)

    def require(self, act: Act) -> None:
        """Raises Forbidden (not-allowed) where this may be done nowhere."""
        allowed = self.holdings(act)
        if allowed is not None and not allowed:
            raise refusal(f"your account may not do this ({act})")


def refusal(detail: str) -> Forbidden:
    return Forbidden("not-allowed", detail, "Ask who manages the accounts for a grant.")


def new_key() -> str:
    """256 random bits, as text: shown once, never kept."""
    return secrets.token_urlsafe(32)


def key_digest(key: str) -> str:
    """What is kept of a key.

    A plain sha256: slow, salted hashes are for passwords, which can be guessed; 256 random bits cannot, however fast the hash. An account
    is looked up by this digest, so that no comparison's time tells anything of a key: who has not the key cannot choose the digest.
    """
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()
