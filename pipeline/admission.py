"""Who is let in to an archive: by the key of an account where it is shared. Each access is on record before anything is shown."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.access import Access, Act, key_digest
from pipeline.errors import Forbidden, NotFound
from pipeline.ports import Accounts, Audit

NOBODY = "nobody"
"""Stands in the record for who gave no key, or one that is not let in."""


def login() -> str:
    """Who is at work on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


@contextmanager
def admitted(accounts: Accounts, audit: Audit, key: str, act: Act, filling: bool) -> Iterator[Access]:
    """For one act on a shared archive; what is refused on the way, here or in the block, is on record too.

    ``filling``: the archive is to take a copy of another one. While it has no accounts, only that is let in, and who makes the first.
    Raises Forbidden (account-needed, account-unknown, not-allowed).
    """
    account = accounts.of_key(key_digest(key)) if key else None
    if account is None and accounts.none():
        yield _founder(act, filling)
        return
    if account is None or account.disabled:
        audit.note(NOBODY, "refused", act, {"account": account.id if account else 0})
        raise _not_let_in(key)
    access = Access(account.name, account.grants, account.id)
    try:
        access.require(act)
        audit.note(access.who, "opened", act, {"account": account.id})
        yield access
    except (Forbidden, NotFound) as error:
        audit.note(access.who, "refused", act, {"account": account.id, "code": error.code})
        raise


def _founder(act: Act, filling: bool) -> Access:
    if act is Act.MANAGE or (act is Act.COPY and filling):
        return Access.founder(login())
    raise Forbidden("account-needed", "this shared archive has no account yet", "`sijill account add NAME --role admin` makes the first.")


def _not_let_in(key: str) -> Forbidden:
    """A key that was never given out and one of a disabled account are told alike."""
    if not key:
        return Forbidden("account-needed", "a shared archive asks who you are", "Set SIJILL_ACCOUNT_KEY to the key of your account.")
    return Forbidden("account-unknown", "this account key is not let in", "Ask who manages the accounts.")
