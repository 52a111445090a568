"""Commands for who may use a shared archive: account add, grant, revoke, list, disable, key, audit."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pipeline import wiring
from pipeline.access import WHOLE_ROLES, Account, Act, Grant, Role, key_digest, new_key
from pipeline.cli.common import named, print_json, say, settings, shown
from pipeline.custody import Entry
from pipeline.errors import Usage
from pipeline.wiring import archive

Name = Annotated[str, typer.Argument(help="The account's name, under which everything it does is on record.")]
Holdings = Annotated[
    list[str] | None, typer.Option("--holding", help="Only in this holding; may be given several times. Without: in every holding.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
MACHINE = "sijill"  # reads pages, and is on record for it


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(
        help="""Say who may do what on a shared archive, and see who did what.

        Roles: archivist, investigator, reviewer, liaison, each in every holding or in those named; operator and admin for the archive as a
        whole. On a shared archive every command works under the account whose key stands in SIJILL_ACCOUNT_KEY, or refuses.""",
        no_args_is_help=True,
    )
    for command in (add, grant, revoke, disable, key, audit):
        commands.command()(command)
    commands.command("list")(list_)
    app.add_typer(commands, name="account")


def add(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="What the account is let in as; more with `account grant`.")] = None,
    holding: Holdings = None,
) -> None:
    """Make an account and tell its key, this once.

    The first account of an archive is an admin, and is made by whoever has the passwords of the engines.
    """
    _require_name(name)
    _require_sense(role, holding)
    chosen, secret = settings(), new_key()
    if wiring.is_shared(chosen):
        wiring.make_catalogue(chosen)
    with archive(chosen, Act.MANAGE) as opened:
        grants = [(role, one) for one in (dict.fromkeys(holding or ()) or [None])] if role else []
        account = opened.catalogue.accounts.add(name, key_digest(secret), grants, opened.access)
        names = _names(opened.catalogue.ledger.names())
    say(_told(account, names))
    say(f"Key, shown this once: {secret}")


def grant(name: Name, role: Annotated[Role, typer.Option(help="The role to give.")], holding: Holdings = None) -> None:
    """Give an account a role, in every holding or in those named."""
    _require_sense(role, holding)
    with archive(settings(), Act.MANAGE) as opened:
        account = opened.catalogue.accounts.grant(name, role, holding or (), opened.access)
        say(_told(account, _names(opened.catalogue.ledger.names())))


def revoke(name: Name, role: Annotated[Role, typer.Option(help="The role to take away.")], holding: Holdings = None) -> None:
    """Take a role from an account. A role in every holding is taken as it was given: without --holding."""
    with archive(settings(), Act.MANAGE) as opened:
        account = opened.catalogue.accounts.revoke(name, role, holding or (), opened.access)
        say(_told(account, _names(opened.catalogue.ledger.names())))


def disable(name: Name) -> None:
    """Let an account in no more. It keeps its name, and stands in the record for what it did."""
    with archive(settings(), Act.MANAGE) as opened:
        account = opened.catalogue.accounts.disable(name, opened.access)
        say(_told(account, _names(opened.catalogue.ledger.names())))


def key(name: Name) -> None:
    """Give an account another key, told this once. The one it had is let in no more."""
    secret = new_key()
    with archive(settings(), Act.MANAGE) as opened:
        opened.catalogue.accounts.rekey(name, key_digest(secret), opened.access)
    say(f"Key, shown this once: {secret}")


def list_(as_json: AsJson = False) -> None:
    """Tell the accounts and what they may do."""
    with archive(settings(), Act.MANAGE) as opened:
        names, accounts = _names(opened.catalogue.ledger.names()), opened.catalogue.accounts.all()
    if as_json:
        print_json([_json(account, names) for account in accounts])
        return
    for account in accounts:
        say(_told(account, names))


def audit(
    last: Annotated[int, typer.Option(min=1, help="How many records, the newest.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Tell who was let in, what they asked and changed, and what was refused; the holdings' own records are in their custody chains.

    `sijill verify` checks that no record was edited, removed or reordered.
    """
    with archive(settings(), Act.MANAGE) as opened:
        told = list(opened.catalogue.audit.entries(last))
    if as_json:
        print_json([_entry_json(one.entry, one.query) for one in told])
        return
    for one in told:
        details = " ".join(f"{name}={value}" for name, value in one.entry.details.items() if name != "query")
        say(f"{one.entry.number:6} {one.entry.at} {named(one.entry.actor)} {one.entry.action} {one.entry.subject} {details}".rstrip())
        if one.query is not None:
            say(f"       {shown(str(json.loads(one.query)['text']))}")


def _require_name(name: str) -> None:
    """One that cannot be taken for another in the record."""
    plain = name == name.strip() and not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for sign in name)
    if not plain or not 0 < len(name) <= 200 or name.casefold() in (MACHINE, "nobody"):
        raise Usage("bad-account-name", "an account has a name of 1 to 200 visible characters, and not sijill or nobody")


def _require_sense(role: Role | None, holding: list[str] | None) -> None:
    if holding and role is None:
        raise Usage("bad-grant", "a holding is granted with a role", "Give --role.")
    if holding and role in WHOLE_ROLES:
        raise Usage("bad-grant", f"the role {role} is for the archive as a whole", "Leave --holding out.")


def _names(known: Mapping[str, int]) -> Mapping[int, str]:
    return {id_: name for name, id_ in known.items()}


def _told(account: Account, names: Mapping[int, str]) -> str:
    """An account as a person reads it."""
    grants = ", ".join(f"{one.role} in {_where(one, names)}" for one in account.grants) or "no role"
    return f"{account.id}. {named(account.name)}: {'disabled' if account.disabled else grants}"


def _where(given: Grant, names: Mapping[int, str]) -> str:
    return "every holding" if given.holding is None else named(names[given.holding])


def _json(account: Account, names: Mapping[int, str]) -> dict[str, Any]:
    grants = [{"role": one.role, "holding": None if one.holding is None else names[one.holding]} for one in account.grants]
    return {"id": account.id, "name": account.name, "disabled": account.disabled, "grants": grants}


def _entry_json(entry: Entry, query: str | None) -> dict[str, Any]:
    asked = json.loads(query) if query is not None else None
    return {
        "number": entry.number, "at": entry.at, "who": entry.actor, "action": entry.action, "subject": entry.subject,
        "details": dict(entry.details), "query": asked,
    }  # fmt: skip
