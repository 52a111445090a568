"""Every role and every act: what is not listed here is refused."""

from collections.abc import Callable

import pytest

from pipeline.access import ALLOWED, WHOLE, WHOLE_ROLES, Access, Act, Grant, Role, key_digest, new_key
from pipeline.errors import Forbidden

ACTS = list(Act)
EXPECTED = {
    "archivist": "take-in read-again look withdraw consent",
    "investigator": "search look",
    "reviewer": "search look review",
    "liaison": "search look withdraw",
    "operator": "read-again work look train verify rebuild copy",
    "admin": "look verify rebuild copy manage",
}
"""Kept apart from the table in the code, so that a change to what anybody may do is made twice, on purpose."""


def access(*grants: Grant) -> Access:
    return Access("amal", grants, 1)


def refused(asked: Callable[[], None]) -> bool:
    try:
        asked()
    except Forbidden as error:
        return (error.code, error.exit_code, error.http_status) == ("not-allowed", 77, 403)
    return False


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", Role)
def test_a_role_in_every_holding(role: Role, act: Act) -> None:
    allowed = act in EXPECTED[role].split()
    one = access(Grant(role))
    assert one.holdings(act) == (None if allowed else frozenset())
    assert refused(lambda: one.require(act)) is not allowed


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", Role)
def test_a_role_in_one_holding(role: Role, act: Act) -> None:
    allowed = act in EXPECTED[role].split() and act not in WHOLE
    one = access(Grant(role, 7))
    assert one.holdings(act) == (frozenset({7}) if allowed else frozenset())
    assert refused(lambda: one.require(act)) is not allowed


@pytest.mark.parametrize("act", ACTS)
def test_without_a_grant_nothing_is_allowed(act: Act) -> None:
    assert refused(lambda: access().require(act))
    assert access().holdings(act) == frozenset()


@pytest.mark.parametrize("act", ACTS)
def test_who_owns_the_files_may_do_everything(act: Act) -> None:
    owner = Access.owner("login")
    owner.require(act)
    assert owner.holdings(act) is None
    assert (owner.who, owner.account) == ("login", None)


def test_grants_add_up() -> None:
    one = access(Grant(Role.ARCHIVIST, 2), Grant(Role.INVESTIGATOR, 3), Grant(Role.INVESTIGATOR, 4))
    assert one.holdings(Act.TAKE_IN) == frozenset({2})
    assert one.holdings(Act.SEARCH) == frozenset({3, 4})
    assert one.holdings(Act.LOOK) == frozenset({2, 3, 4})
    assert access(*one.grants, Grant(Role.REVIEWER)).holdings(Act.SEARCH) is None


def test_the_table_has_every_role_and_every_act_somewhere() -> None:
    assert ALLOWED.keys() == set(Role)
    assert frozenset().union(*ALLOWED.values()) == set(Act)


def test_who_looks_after_the_archive_reads_no_papers() -> None:
    papers = {Act.SEARCH, Act.REVIEW}
    for role in WHOLE_ROLES:
        assert not ALLOWED[role] & papers


def test_keys_are_random_and_only_their_digest_is_kept() -> None:
    first, second = new_key(), new_key()
    assert first != second
    assert len(first) >= 43, "256 bits"
    assert key_digest(first) != key_digest(second)
    assert first not in key_digest(first)
    assert len(key_digest("\udcff")) == 64, "whatever stands in the environment"
