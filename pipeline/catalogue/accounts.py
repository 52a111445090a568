"""Accounts and their grants; every change stands in the chain of the archive as a whole, in the transaction that makes it."""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from pipeline.access import Access, Account, Grant, Role
from pipeline.catalogue import chain, locks
from pipeline.catalogue.chain import Act
from pipeline.catalogue.database import Database
from pipeline.catalogue.tables import account, grant, holding
from pipeline.catalogue.text import digest
from pipeline.custody import ARCHIVE
from pipeline.errors import Conflict, Forbidden, NotFound, Usage
from pipeline.model import Value

LOOKS_AFTER = Grant(Role.ADMIN)
"""Of these there is always one that is not disabled, once there are accounts at all."""


class SqlAccounts:
    """ports.Accounts on the catalogue database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def none(self) -> bool:
        with self._database.read() as connection:
            return _none(connection)

    def of_key(self, key: str) -> Account | None:
        with self._database.read() as connection:
            return _one(connection, account.c.key == key)

    def all(self) -> list[Account]:
        with self._database.read() as connection:
            return [_account(connection, row) for row in connection.execute(select(account).order_by(account.c.id)).all()]

    def add(self, name: str, key: str, grants: Collection[tuple[Role, str | None]], by: Access) -> Account:
        with self._changing() as connection:
            if not _none(connection):
                if by.founding:  # somebody else was first meanwhile
                    raise Forbidden("account-needed", "this archive has accounts by now", "Set SIJILL_ACCOUNT_KEY.")
            elif (Role.ADMIN, None) not in grants:
                raise Usage("first-account", "the first account has to look after the others", "Add it with --role admin.")
            if _one(connection, account.c.name == name):
                raise Conflict("account-there", "there is an account of that name", "Choose another; a disabled one keeps its name.")
            now = self._database.now(connection)
            row = insert(account).values(name=name, key=key, made_at=now).returning(account.c.id)
            id_ = int(connection.execute(row).scalar_one())
            given = [Grant(role, _holding_id(connection, named)) for role, named in grants]
            self._tell(connection, by, "account-added", id_, {})
            for each in given:
                self._give(connection, by, id_, each)
            return Account(id_, name, grants=_grants(connection, id_))

    def grant(self, name: str, role: Role, holdings: Sequence[str], by: Access) -> Account:
        with self._changing() as connection:
            found = _named(connection, name)
            for each in _meant(connection, role, holdings):
                if each not in found.grants:
                    self._give(connection, by, found.id, each)
            return _named(connection, name)

    def revoke(self, name: str, role: Role, holdings: Sequence[str], by: Access) -> Account:
        with self._changing() as connection:
            found = _named(connection, name)
            taken = _meant(connection, role, holdings)
            if missing := [each for each in taken if each not in found.grants]:
                raise NotFound("no-such-grant", f"the account has no such grant: {missing[0].role}", "`sijill account list` tells them.")
            for each in taken:
                mine = (grant.c.account_id == found.id) & (grant.c.role == each.role) & _in(each.holding)
                connection.execute(delete(grant).where(mine))
                self._tell(connection, by, "account-revoked", found.id, _said(each))
            _require_one_left(connection)
            return _named(connection, name)

    def disable(self, name: str, by: Access) -> Account:
        with self._changing() as connection:
            found = _named(connection, name)
            if not found.disabled:
                connection.execute(update(account).where(account.c.id == found.id).values(disabled=True))
                self._tell(connection, by, "account-disabled", found.id, {})
                _require_one_left(connection)
            return _named(connection, name)

    def rekey(self, name: str, key: str, by: Access) -> Account:
        with self._changing() as connection:
            found = _named(connection, name)
            if found.disabled:
                raise Conflict("account-closed", "the account is disabled", "Add another one.")
            connection.execute(update(account).where(account.c.id == found.id).values(key=key))
            self._tell(connection, by, "account-rekeyed", found.id, {})
            return found

    def states(self) -> Iterator[tuple[str, str]]:
        """(id, digest of all that is stored of it) of every account, for checking against the custody record."""
        with self._database.read() as connection:
            for id_ in connection.scalars(select(account.c.id).order_by(account.c.id)).all():
                yield str(id_), _state(connection, id_)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """One change at a time: whether an administrator is left has to be true when it is done."""
        with self._database.write() as connection:
            locks.own_chain(connection)
            yield connection

    def _give(self, connection: Connection, by: Access, id_: int, given: Grant) -> None:
        connection.execute(insert(grant).values(account_id=id_, role=given.role.value, holding_id=given.holding))
        self._tell(connection, by, "account-granted", id_, _said(given))

    def _tell(self, connection: Connection, by: Access, action: str, id_: int, details: dict[str, Value]) -> None:
        """Enter what was done to an account, with a digest of how it is now."""
        told = {**details, **({} if by.account is None else {"by": by.account}), "state": _state(connection, id_)}
        chain.append(connection, ARCHIVE, by.who, [Act(action, str(id_), told)], self._database.now(connection))


def _none(connection: Connection) -> bool:
    return not connection.scalar(select(func.count()).select_from(account))


def _one(connection: Connection, where: ColumnElement[bool]) -> Account | None:
    row = connection.execute(select(account).where(where)).one_or_none()
    return _account(connection, row) if row else None


def _named(connection: Connection, name: str) -> Account:
    found = _one(connection, account.c.name == name)
    if found is None:
        raise NotFound("no-such-account", "there is no account of that name", "`sijill account list` tells them.")
    return found


def _account(connection: Connection, row: Row[Any]) -> Account:
    return Account(row.id, row.name, bool(row.disabled), _grants(connection, row.id))


def _state(connection: Connection, id_: int) -> str:
    row = connection.execute(select(account).where(account.c.id == id_)).one()
    grants = [(one.role, one.holding) for one in _grants(connection, id_)]
    return digest(json.dumps([row.name, row.key, bool(row.disabled), grants], ensure_ascii=False))


def _grants(connection: Connection, id_: int) -> tuple[Grant, ...]:
    rows = connection.execute(select(grant.c.role, grant.c.holding_id).where(grant.c.account_id == id_).order_by(grant.c.id))
    return tuple(Grant(Role(row.role), row.holding_id) for row in rows)


def _meant(connection: Connection, role: Role, holdings: Sequence[str]) -> list[Grant]:
    return [Grant(role, _holding_id(connection, name)) for name in dict.fromkeys(holdings)] or [Grant(role)]


def _holding_id(connection: Connection, name: str | None) -> int | None:
    if name is None:
        return None
    found: int | None = connection.scalar(select(holding.c.id).where(holding.c.name == name))
    if found is None:
        raise NotFound("no-such-holding", f"there is no holding {name!r}", "`sijill status` lists them.")
    return found


def _in(holding_id: int | None) -> ColumnElement[bool]:
    return grant.c.holding_id.is_(None) if holding_id is None else grant.c.holding_id == holding_id


def _said(given: Grant) -> dict[str, Value]:
    return {"role": given.role.value, "holding": "all" if given.holding is None else given.holding}


def _require_one_left(connection: Connection) -> None:
    looking_after = (grant.c.role == LOOKS_AFTER.role.value) & grant.c.holding_id.is_(None) & ~account.c.disabled
    if not connection.scalar(select(func.count()).select_from(account.join(grant)).where(looking_after)):
        raise Conflict("last-admin", "nobody would be left to look after the accounts", "Give another account the role admin first.")
