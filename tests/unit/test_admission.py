"""Who is let in to a shared archive, and that all of it is on record, refusals too."""

from collections.abc import Mapping
from contextlib import ExitStack

import pytest

from pipeline.access import Access, Account, Act, Grant, Role, key_digest
from pipeline.admission import admitted
from pipeline.errors import Forbidden, NotFound, Unavailable
from pipeline.ports import Accounts, Audit


class Kept:
    """Accounts by key, and what was noted; ``full`` says that nothing more can be noted."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = {key_digest(f"key of {account.name}"): account for account in accounts}
        self.noted: list[tuple[str, str, str, dict[str, object]]] = []
        self.full = False

    def none(self) -> bool:
        return not self.accounts

    def of_key(self, digest: str) -> Account | None:
        return self.accounts.get(digest)

    def note(self, who: str, action: str, subject: str, details: Mapping[str, object]) -> None:
        if self.full:
            raise Unavailable("disk-full", "no room")
        self.noted.append((who, action, subject, dict(details)))

    def enter(self, key: str, act: Act, filling: bool = False) -> Access:
        with ExitStack() as stack:
            return stack.enter_context(admitted(self, self, key, act, filling))  # type: ignore[arg-type]  # only what it asks for


@pytest.fixture
def kept() -> Kept:
    return Kept(
        Account(1, "amal", False, (Grant(Role.ADMIN),)),
        Account(2, "basim", False, (Grant(Role.INVESTIGATOR, 5),)),
        Account(3, "gone", True, (Grant(Role.ADMIN),)),
    )


def test_an_account_is_let_in_for_what_it_is_granted_and_nothing_else(kept: Kept) -> None:
    access = kept.enter("key of basim", Act.SEARCH)
    assert (access.who, access.account, access.holdings(Act.SEARCH)) == ("basim", 2, frozenset({5}))
    with pytest.raises(Forbidden) as caught:
        kept.enter("key of basim", Act.MANAGE)
    assert caught.value.code == "not-allowed"
    assert kept.noted == [
        ("basim", "opened", "search", {"account": 2}), ("basim", "refused", "manage", {"account": 2, "code": "not-allowed"}),
    ]  # fmt: skip


def test_a_key_that_never_was_and_one_of_a_disabled_account_are_told_alike(kept: Kept) -> None:
    said = []
    for key in ("guessed", "key of gone"):
        with pytest.raises(Forbidden) as caught:
            kept.enter(key, Act.SEARCH)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "[account-unknown]" in said[0]
    assert [(who, action, details["account"]) for who, action, _, details in kept.noted] == [
        ("nobody", "refused", 0),
        ("nobody", "refused", 3),
    ]


def test_without_a_key_nobody_is_let_in(kept: Kept) -> None:
    with pytest.raises(Forbidden) as caught:
        kept.enter("", Act.LOOK)
    assert caught.value.code == "account-needed"
    assert [noted[:3] for noted in kept.noted] == [("nobody", "refused", "look")]


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("filling", [False, True])
def test_without_any_account_only_the_first_is_made_or_a_copy_taken(act: Act, filling: bool) -> None:
    kept = Kept()
    if act is Act.MANAGE or (act is Act.COPY and filling):
        assert kept.enter("", act, filling).founding
    else:
        with pytest.raises(Forbidden) as caught:
            kept.enter("any", act, filling)
        assert caught.value.code == "account-needed"
    assert kept.noted == []


def test_what_is_refused_or_not_there_on_the_way_is_on_record(kept: Kept) -> None:
    for error in (Forbidden("not-allowed", "no"), NotFound("no-such-holding", "no")):
        with pytest.raises(type(error)), admitted(kept, kept, "key of basim", Act.SEARCH, False):  # type: ignore[arg-type]
            raise error
    assert [(action, details.get("code")) for _, action, _, details in kept.noted] == [
        ("opened", None), ("refused", "not-allowed"), ("opened", None), ("refused", "no-such-holding"),
    ]  # fmt: skip


def test_what_cannot_be_put_on_record_is_not_done(kept: Kept) -> None:
    kept.full = True
    with pytest.raises(Unavailable):
        kept.enter("key of basim", Act.SEARCH)


def test_the_ports_are_what_is_asked_for() -> None:
    assert {"none", "of_key"} <= set(vars(Accounts))
    assert "note" in vars(Audit)
