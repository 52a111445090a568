"""Accounts on both engines: granted, revoked, disabled, never without an administrator, each change in the archive's own chain."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Executable, delete, insert, update

from pipeline import custody, verify
from pipeline.access import Access, Account, Act, Grant, Role, key_digest
from pipeline.accesses import accesses
from pipeline.catalogue import Catalogue
from pipeline.catalogue.tables import account, asked, grant
from pipeline.custody import ARCHIVE
from pipeline.errors import Conflict, Forbidden, NotFound, SijillError, Usage
from tests.contract.conftest import Again
from tests.support import take

FOUNDER = Access.founder("installer")
AMAL = Access("amal", (Grant(Role.ADMIN),), 1)
ADMIN = [(Role.ADMIN, None)]


@pytest.fixture
def kept(made: Catalogue) -> Catalogue:
    """Two holdings, and amal who looks after the accounts."""
    take(made, "one", "a")
    take(made, "two", "b")
    made.accounts.add("amal", key_digest("amal's"), ADMIN, FOUNDER)
    return made


def told(made: Catalogue) -> list[tuple[str, str, str, dict[str, object]]]:
    return [
        (entry.actor, entry.action, entry.subject, {name: value for name, value in entry.details.items() if name != "state"})
        for entry, _ in made.custody.entries(ARCHIVE)
    ]


def code(caught: pytest.ExceptionInfo[SijillError]) -> str:
    return caught.value.code


def test_an_archive_begins_without_accounts_and_the_first_looks_after_the_others(made: Catalogue) -> None:
    assert made.accounts.none()
    assert made.accounts.all() == []
    for grants in ([], [(Role.INVESTIGATOR, None)]):
        with pytest.raises(Usage) as caught:
            made.accounts.add("basim", key_digest("k"), grants, FOUNDER)
        assert code(caught) == "first-account"
    assert made.accounts.none()
    first = made.accounts.add("amal", key_digest("amal's"), ADMIN, FOUNDER)
    assert first == Account(1, "amal", False, (Grant(Role.ADMIN),))
    assert not made.accounts.none()
    with pytest.raises(Forbidden) as refused:
        made.accounts.add("basim", key_digest("k"), ADMIN, FOUNDER)
    assert code(refused) == "account-needed"
    assert made.accounts.all() == [first]


def test_two_who_make_the_first_at_once(again: Again) -> None:
    def first(name: str) -> bool:
        try:
            again().accounts.add(name, key_digest(name), ADMIN, FOUNDER)
        except Forbidden:
            return False
        return True

    with ThreadPoolExecutor(4) as at_once:
        assert sum(at_once.map(first, "abcd")) == 1


def test_an_account_is_found_by_its_key_alone(kept: Catalogue) -> None:
    found = kept.accounts.of_key(key_digest("amal's"))
    assert found is not None
    assert found.name == "amal"
    assert kept.accounts.of_key(key_digest("another")) is None
    assert kept.accounts.of_key("amal's") is None


def test_grants_are_given_and_taken_in_holdings(kept: Catalogue) -> None:
    basim = kept.accounts.add("basim", key_digest("basim's"), [(Role.INVESTIGATOR, "two")], AMAL)
    assert basim.grants == (Grant(Role.INVESTIGATOR, 2),)
    assert kept.accounts.grant("basim", Role.REVIEWER, ["one", "two", "one"], AMAL).grants == (
        Grant(Role.INVESTIGATOR, 2), Grant(Role.REVIEWER, 1), Grant(Role.REVIEWER, 2),
    )  # fmt: skip
    assert len(kept.accounts.grant("basim", Role.REVIEWER, ["one"], AMAL).grants) == 3, "again changes nothing"
    assert Grant(Role.REVIEWER) in kept.accounts.grant("basim", Role.REVIEWER, [], AMAL).grants
    left = kept.accounts.revoke("basim", Role.REVIEWER, ["one"], AMAL)
    assert left.grants == (Grant(Role.INVESTIGATOR, 2), Grant(Role.REVIEWER, 2), Grant(Role.REVIEWER))
    assert kept.accounts.revoke("basim", Role.REVIEWER, [], AMAL).grants == (Grant(Role.INVESTIGATOR, 2), Grant(Role.REVIEWER, 2))
    assert kept.accounts.of_key(key_digest("basim's")) == kept.accounts.all()[1]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda made: made.accounts.grant("nobody", Role.REVIEWER, [], AMAL), "no-such-account"),
        (lambda made: made.accounts.disable("nobody", AMAL), "no-such-account"),
        (lambda made: made.accounts.rekey("nobody", "k", AMAL), "no-such-account"),
        (lambda made: made.accounts.grant("amal", Role.REVIEWER, ["one", "three"], AMAL), "no-such-holding"),
        (lambda made: made.accounts.add("basim", "k", [(Role.REVIEWER, "three")], AMAL), "no-such-holding"),
        (lambda made: made.accounts.revoke("amal", Role.REVIEWER, [], AMAL), "no-such-grant"),
        (lambda made: made.accounts.revoke("amal", Role.ADMIN, ["one"], AMAL), "no-such-grant"),
        (lambda made: made.accounts.add("amal", "k", [], AMAL), "account-there"),
        (lambda made: made.accounts.disable("amal", AMAL), "last-admin"),
        (lambda made: made.accounts.revoke("amal", Role.ADMIN, [], AMAL), "last-admin"),
    ],
)
def test_what_cannot_be_changes_nothing(kept: Catalogue, act: object, expected: str) -> None:
    before, record = kept.accounts.all(), told(kept)
    with pytest.raises((NotFound, Conflict)) as caught:
        act(kept)  # type: ignore[operator]
    assert code(caught) == expected
    assert (kept.accounts.all(), told(kept)) == (before, record)


def test_an_administrator_leaves_once_there_is_another(kept: Catalogue) -> None:
    kept.accounts.add("basim", key_digest("basim's"), ADMIN, AMAL)
    assert kept.accounts.disable("amal", AMAL).disabled
    found = kept.accounts.of_key(key_digest("amal's"))
    assert found is not None
    assert found.disabled, "found, and told to be disabled"
    with pytest.raises(Conflict) as caught:
        kept.accounts.disable("basim", AMAL)
    assert code(caught) == "last-admin", "a disabled one looks after nothing"
    with pytest.raises(Conflict) as caught:
        kept.accounts.rekey("amal", key_digest("new"), AMAL)
    assert code(caught) == "account-closed"


def test_two_administrators_disabling_each_other_at_once(kept: Catalogue, again: Again) -> None:
    kept.accounts.add("basim", key_digest("basim's"), ADMIN, AMAL)

    def disable(name: str) -> bool:
        try:
            again().accounts.disable(name, AMAL)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as at_once:
        assert sorted(at_once.map(disable, ("amal", "basim"))) == [False, True]
    assert [account.disabled for account in kept.accounts.all()].count(False) == 1


def test_a_new_key_takes_the_place_of_the_old(kept: Catalogue) -> None:
    kept.accounts.rekey("amal", key_digest("new"), AMAL)
    assert kept.accounts.of_key(key_digest("amal's")) is None
    assert kept.accounts.of_key(key_digest("new")) == kept.accounts.all()[0]


def test_every_change_is_on_record_with_ids_and_no_names(kept: Catalogue) -> None:
    kept.accounts.add("basim", key_digest("basim's"), [(Role.INVESTIGATOR, "two")], AMAL)
    kept.accounts.revoke("basim", Role.INVESTIGATOR, ["two"], AMAL)
    kept.accounts.rekey("basim", key_digest("new"), AMAL)
    kept.accounts.disable("basim", AMAL)
    assert told(kept) == [
        ("installer", "account-added", "1", {}),
        ("installer", "account-granted", "1", {"role": "admin", "holding": "all"}),
        ("amal", "account-added", "2", {"by": 1}),
        ("amal", "account-granted", "2", {"role": "investigator", "holding": 2, "by": 1}),
        ("amal", "account-revoked", "2", {"role": "investigator", "holding": 2, "by": 1}),
        ("amal", "account-rekeyed", "2", {"by": 1}),
        ("amal", "account-disabled", "2", {"by": 1}),
    ]
    assert custody.check(kept.custody.entries(ARCHIVE))


def test_accesses_at_once_make_one_chain_beside_those_of_the_holdings(kept: Catalogue, again: Again) -> None:
    def work(number: int) -> None:
        mine = again()
        for at in range(5):
            mine.audit.note(f"worker {number}", "opened", "search", {"account": number})
            mine.audit.asked(f"worker {number}", {"text": f"name {at}"}, {"hits": at})
            take(mine, "one", f"{number} {at}")

    with ThreadPoolExecutor(4) as at_once:
        list(at_once.map(work, range(4)))
    ends, alarms, _ = verify.chains(kept.custody, [])
    assert alarms == []
    assert {end.holding for end in ends} == {ARCHIVE, 1, 2}
    assert next(end.size for end in ends if end.holding == ARCHIVE) == 2 + 4 * 5 * 2
    assert list(accesses(kept.custody, kept.audit, kept.accounts)) == []


def test_a_query_can_be_taken_out_and_cannot_be_changed(kept: Catalogue) -> None:
    name = "سامر نزار الحلبي"
    for text in (name, "other"):
        kept.audit.asked("amal", {"text": text, "limit": 20}, {"hits": 1, "pages": "1"})
    first, second = list(kept.audit.entries(2))
    assert name in (first.query or "")
    assert name not in str(told(kept)), "the chain itself does not hold the words"
    with kept.database.write() as connection:
        connection.execute(asked.delete().where(asked.c.number == first.entry.number))
    assert [one.query for one in kept.audit.entries(2)] == [None, second.query]
    assert list(accesses(kept.custody, kept.audit, kept.accounts)) == [], "text that was taken out is no alarm"
    with kept.database.write() as connection:
        connection.execute(asked.update().values(query='{"text": "something else"}'))
    assert [alarm.code for alarm in accesses(kept.custody, kept.audit, kept.accounts)] == ["query-changed"]
    with kept.database.write() as connection:
        connection.execute(asked.update().values(number=99))
    assert [alarm.code for alarm in accesses(kept.custody, kept.audit, kept.accounts)] == ["query-changed"]


@pytest.mark.parametrize(
    "change",
    [
        insert(grant).values(account_id=2, role="reviewer"),
        delete(grant).where(grant.c.account_id == 2),
        update(grant).where(grant.c.account_id == 2).values(holding_id=None),
        update(account).where(account.c.id == 2).values(disabled=False),
        update(account).where(account.c.id == 2).values(key=key_digest("guessed")),
        update(account).where(account.c.id == 2).values(name="amal's double"),
        insert(account).values(id=7, name="mallory", key=key_digest("mallory's"), made_at=0.0),
    ],
    ids=["granted", "revoked", "widened", "let in again", "key", "name", "added"],
)
def test_an_account_that_was_changed_behind_the_record_is_found(kept: Catalogue, change: Executable) -> None:
    kept.accounts.add("basim", key_digest("basim's"), [(Role.INVESTIGATOR, "two")], AMAL)
    kept.accounts.disable("basim", AMAL)
    assert list(accesses(kept.custody, kept.audit, kept.accounts)) == []
    with kept.database.write() as connection:
        connection.execute(change)
    assert {alarm.code for alarm in accesses(kept.custody, kept.audit, kept.accounts)} == {"account-changed"}


def test_only_the_newest_accesses_are_told(kept: Catalogue) -> None:
    for number in range(5):
        kept.audit.note("amal", "opened", Act.SEARCH, {"account": number})
    assert [one.entry.details["account"] for one in kept.audit.entries(3)] == [2, 3, 4]
