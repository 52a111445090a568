"""An archive on PostgreSQL asks who you are: what each account may do and see, and that all of it is on record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pipeline.catalogue.database import Database
from tests.e2e.command import Sijill
from tests.services.endpoints import PostgresEndpoint

PAGES = {
    "Branch 215": ["المدعو سامر بن نزار الحلبي", "كتاب رقم ١٢٣ الى سامر نزار الحلبي"],
    "Box of the lawyer": ["السيد سامر نزار الحلبي توكيل محام"],
}
ASKED = "سامر نزار الحلبي"
KEY = "Key, shown this once: "


@pytest.fixture
def bare(new_database: Callable[[], PostgresEndpoint], tmp_path: Path) -> Sijill:
    """The settings of who has the passwords of the engines, on an archive that is not there yet; no account."""
    database = new_database()
    return Sijill(tmp_path / "home", {"catalogue": database.url, "catalogue_password": database.password, "processes": "1"})


@pytest.fixture
def amal(bare: Sijill) -> Sijill:
    """Looks after the accounts of an archive of two holdings."""
    admin = added(bare, bare, "amal", "--role", "admin")
    archivist = added(admin, bare, "rana", "--role", "archivist")
    for holding, lines in PAGES.items():
        taken_in(archivist, holding, lines).ok()
    return admin


def added(by: Sijill, bare: Sijill, name: str, *options: str) -> Sijill:
    said = by.quick("account", "add", name, *options).ok().out
    return bare.having(account_key=said.partition(KEY)[2].split()[0])


def taken_in(by: Sijill, holding: str, lines: list[str]) -> Any:
    path = by.home.with_name("pages.jsonl")
    pages = [{"source": f"{holding} {number}.pdf", "page": 1, "text": line} for number, line in enumerate(lines)]
    path.write_text("".join(json.dumps(page, ensure_ascii=False) + "\n" for page in pages), "utf-8")
    return by.quick("import", path, "--holding", holding)


def answer(by: Sijill, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = by.quick("search", ASKED, "--json", *options).ok().json
    return found


def record(by: Sijill, last: int = 100) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = by.quick("account", "audit", "--json", "--last", str(last)).ok().json
    return found


COMMANDS = [
    ("status",), ("search", ASKED), ("review", "export"), ("review", "apply", "{file}", "--by", "x"),
    ("withdraw", "0" * 64, "--reason", "x"),
    ("consent",), ("consent", "Branch 215", "--allow-training", "--by", "x", "--reason", "x"), ("import", "{file}", "--holding", "new"),
    ("ingest", "{file}", "--holding", "new"), ("retry",), ("verify",), ("reindex",), ("model", "lines"), ("model", "list"),
    ("move", "{other}"), ("account", "list"), ("account", "add", "mallory", "--role", "admin"), ("account", "key", "amal"),
    ("account", "grant", "amal", "--role", "reviewer"), ("account", "disable", "amal"), ("account", "audit"),
]  # fmt: skip


def typed(command: tuple[str, ...], folder: Path) -> list[str]:
    """The command with files that are there in place of its words in braces."""
    (folder / "some.jsonl").write_text('{"source": "a.pdf", "page": 1, "text": "نص"}\n', "utf-8")
    other = folder / "other.env"
    other.touch(mode=0o600)
    other.write_text(f"SIJILL_HOME={folder / 'other'}\n")
    return [word.format(file=folder / "some.jsonl", other=other) for word in command]


def test_without_the_key_of_an_account_every_command_refuses(bare: Sijill, amal: Sijill, tmp_path: Path) -> None:
    before = answer(added(amal, bare, "basim", "--role", "investigator")), amal.quick("account", "list", "--json").ok().json
    for command in COMMANDS:
        words = typed(command, tmp_path)
        bare.quick(*words).failed(77, "account-needed")
        refused = bare.having(account_key="A" * 43).quick(*words).failed(77, "account-unknown")
        assert ASKED not in refused.out
    assert not (tmp_path / "other").exists()
    assert amal.quick("account", "list", "--json").ok().json == before[1]
    refusals = [one for one in record(amal, 1000) if one["who"] == "nobody"]
    assert len(refusals) == 2 * len(COMMANDS)
    assert {one["action"] for one in refusals} == {"refused"}


def test_a_shared_archive_without_accounts_lets_nobody_in_but_the_first_admin(bare: Sijill, tmp_path: Path) -> None:
    bare.quick("status").failed(69, "no-archive")
    bare.quick("account", "add", "basim", "--role", "investigator").failed(64, "first-account")
    for command in COMMANDS:
        if command[0] not in ("account",):
            bare.quick(*typed(command, tmp_path)).failed(77, "account-needed")
    added(bare, bare, "amal", "--role", "admin")
    bare.quick("account", "add", "basim", "--role", "admin").failed(77, "account-needed")


def test_who_is_granted_one_of_two_holdings_sees_that_one_alone(bare: Sijill, amal: Sijill) -> None:
    every = added(amal, bare, "dima", "--role", "investigator")
    one = added(amal, bare, "basim", "--role", "investigator", "--holding", "Box of the lawyer")
    assert {hit["holding"] for hit in answer(every)["hits"]} == set(PAGES)
    assert answer(every)["coverage"]["pages"] == 3
    found = answer(one)
    assert {hit["holding"] for hit in found["hits"]} == {"Box of the lawyer"}
    assert found["coverage"]["pages"] == found["coverage"]["indexed"] == 1
    assert found == answer(one, "--holding", "Box of the lawyer")
    assert [row["holding"] for row in one.quick("status", "--json").ok().json] == ["Box of the lawyer"]
    hidden, never = (
        one.quick("search", ASKED, "--holding", name).failed(66, "no-such-holding").err for name in ("Branch 215", "Branch 216")
    )
    assert hidden.replace("215", "216") == never
    only_there = answer(every, "--holding", "Branch 215")["hits"]
    assert only_there
    nothing = one.quick("search", "كتاب", "--json").ok().json
    assert nothing["hits"] == []
    amal.quick("account", "grant", "basim", "--role", "investigator", "--holding", "Branch 215").ok()
    assert len(answer(one)["hits"]) == len(answer(every)["hits"])
    amal.quick("account", "revoke", "basim", "--role", "investigator", "--holding", "Branch 215").ok()
    assert answer(one) == found


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("archivist", {"status", "withdraw", "consent", "ingest", "import", "retry"}),
        ("investigator", {"status", "search"}),
        ("reviewer", {"status", "search", "review"}),
        ("liaison", {"status", "search", "withdraw"}),
        ("operator", {"status", "retry", "verify", "reindex", "model", "move"}),
        ("admin", {"status", "verify", "reindex", "move", "account"}),
    ],
)
def test_each_role_does_its_work_and_no_other(bare: Sijill, amal: Sijill, tmp_path: Path, role: str, allowed: set[str]) -> None:
    one = added(amal, bare, "basim", "--role", role)
    for command in COMMANDS:
        if command[0] in ("ingest", "move", "retry", "account", "model") and command[0] in allowed:
            continue  # each has a test of its own, or starts Prefect
        done = one.quick(*typed(command, tmp_path))
        assert (done.code == 77) is (command[0] not in allowed), (command, done.code, done.err)
        if done.code == 77:
            assert "[not-allowed]" in done.err


def test_an_archivist_of_one_holding_takes_in_there_and_makes_no_other(bare: Sijill, amal: Sijill) -> None:
    one = added(amal, bare, "basim", "--role", "archivist", "--holding", "Branch 215")
    taken_in(one, "Branch 215", ["صفحة جديدة"]).ok()
    said = {taken_in(one, name, ["صفحة"]).failed(77, "not-allowed").err for name in ("Box of the lawyer", "A new one")}
    assert len(said) == 1, "a holding of others answers as one that is not there"
    assert [row["holding"] for row in one.quick("status", "--json").ok().json] == ["Branch 215"]


def test_corrections_and_withdrawals_stand_in_the_name_of_the_account(bare: Sijill, amal: Sijill, tmp_path: Path) -> None:
    one = added(amal, bare, "huda", "--role", "reviewer", "--holding", "Branch 215")
    lines = [json.loads(line) for line in one.quick("review", "export").ok().out.splitlines()]
    assert {line["holding"] for line in lines} == {"Branch 215"}
    one.quick("review", "export", "--holding", "Box of the lawyer").failed(66, "no-such-holding")
    path = tmp_path / "lines.jsonl"
    path.write_text(json.dumps(lines[0] | {"text": "مصحح", "checked": True}), "utf-8")
    one.quick("review", "apply", path, "--by", "somebody else").failed(64, "bad-name")
    one.quick("review", "apply", path).ok()
    of_others = answer(added(amal, bare, "dima", "--role", "investigator"), "--holding", "Box of the lawyer")["hits"][0]["page_id"]
    path.write_text(json.dumps({"page_id": of_others, "revision": 0, "text": "مصحح"}), "utf-8")
    assert "[not-found]" in one.quick("review", "apply", path).failed(73, "not-applied").err
    liaison = added(amal, bare, "lina", "--role", "liaison", "--holding", "Branch 215")
    liaison.quick("withdraw", of_others, "--reason", "a child").failed(66, "not-found")
    liaison.quick("withdraw", lines[0]["page_id"], "--reason", "a child").ok()
    told = [(one["who"], one["action"], one["subject"], one["details"].get("code")) for one in record(amal)]
    assert ("lina", "refused", "withdraw", "not-found") in told
    assert ("huda", "corrected", "pages", None) in told
    assert "0 alarms" in amal.quick("verify").ok().out


def test_a_disabled_account_and_a_key_that_was_changed_are_let_in_no_more(bare: Sijill, amal: Sijill) -> None:
    one = added(amal, bare, "basim", "--role", "investigator")
    answer(one)
    new = amal.quick("account", "key", "basim").ok().out.partition(KEY)[2].split()[0]
    unknown = one.quick("search", ASKED).failed(77, "account-unknown").err
    one = one.having(account_key=new)
    answer(one)
    amal.quick("account", "disable", "basim").ok()
    assert one.quick("search", ASKED).failed(77, "account-unknown").err == unknown
    amal.quick("account", "disable", "amal").failed(73, "last-admin")
    amal.quick("account", "revoke", "amal", "--role", "admin").failed(73, "last-admin")
    amal.quick("account", "grant", "amal", "--role", "admin", "--holding", "Branch 215").failed(64, "bad-grant")
    amal.quick("account", "add", "sijill").failed(64, "bad-account-name")


def test_what_was_asked_is_on_record_and_a_record_that_was_changed_is_found(bare: Sijill, amal: Sijill) -> None:
    one = added(amal, bare, "basim", "--role", "investigator", "--holding", "Branch 215")
    hits = answer(one)["hits"]
    one.quick("search", ASKED, "--holding", "Box of the lawyer").failed(66, "no-such-holding")
    one.quick("account", "list").failed(77, "not-allowed")
    told = [one for one in record(amal) if one["who"] == "basim"]
    assert [(entry["action"], entry["subject"]) for entry in told] == [
        ("opened", "search"), ("asked", ""), ("opened", "search"), ("refused", "search"), ("refused", "manage"),
    ]  # fmt: skip
    assert told[1]["details"]["hits"] == len(hits) == len(told[1]["details"]["pages"].split())
    assert told[1]["query"] == {"text": ASKED, "limit": 20}
    assert ASKED in amal.quick("account", "audit").ok().out
    chain = [entry["details"] for entry in record(amal)]
    assert ASKED not in json.dumps(chain, ensure_ascii=False)

    checkpoint = next(line for line in amal.quick("verify").ok().out.splitlines() if line.startswith("Checkpoint: 0:")).split()[1]
    number = told[1]["number"]
    sql(bare, 'update asked set query = \'{"text": "x"}\' where number = :number', number=number)
    assert "query-changed" in amal.quick("verify").failed(74, "verify-failed").err
    sql(bare, "delete from asked where number = :number", number=number)
    amal.quick("verify", "--checkpoint", checkpoint).ok()
    assert [entry["query"] for entry in record(amal) if entry["number"] == number] == [None]
    sql(bare, "update custody set actor = 'lina' where holding_id = 0 and number = :number", number=number)
    assert "chain-broken" in amal.quick("verify").failed(74, "verify-failed").err


def sql(bare: Sijill, statement: str, **values: object) -> None:
    """What somebody with the passwords of the engines can do."""
    database = Database(bare.settings["catalogue"], password=bare.settings["catalogue_password"])
    try:
        with database.write() as connection:
            connection.execute(text(statement), values)
    finally:
        database.close()


def test_accounts_go_with_a_copy_and_an_embedded_one_needs_none(
    bare: Sijill, amal: Sijill, new_database: Callable[[], PostgresEndpoint], tmp_path: Path
) -> None:
    home = tmp_path / "copy"
    file = settings_file(tmp_path / "copy.env", SIJILL_HOME=str(home))
    amal.quick("move", file).ok()
    copy = Sijill(home, {})
    assert {row["holding"] for row in copy.quick("status", "--json").ok().json} == set(PAGES)
    assert [one["name"] for one in copy.quick("account", "list", "--json").ok().json] == ["amal", "rana"]
    assert "0 alarms" in copy.quick("verify").ok().out

    database = new_database()
    again = bare.having(home=str(tmp_path / "again"), catalogue=database.url, catalogue_password=database.password)
    names = ("home", "catalogue", "catalogue_password")
    file = settings_file(tmp_path / "again.env", **{f"SIJILL_{name.upper()}": again.settings[name] for name in names})
    copy.quick("move", file).ok()
    again = Sijill(tmp_path / "again", {name: again.settings[name] for name in names[1:]})
    again.quick("status").failed(77, "account-needed")
    back = again.having(account_key=amal.settings["account_key"])
    assert {row["holding"] for row in back.quick("status", "--json").ok().json} == set(PAGES)
    assert "0 alarms" in back.quick("verify").ok().out
    amal.quick("move", file).failed(77, "account-needed")


def settings_file(path: Path, **settings: str) -> Path:
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return path
