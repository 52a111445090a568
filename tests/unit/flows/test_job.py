"""A batch without Prefect: nothing read twice, retries where they help, an account of every page, no words in a Trouble."""

import pickle
from dataclasses import replace

import pytest

from flows.job import Job, Stopped, Trouble
from pipeline.errors import Damaged, SijillError, Unavailable
from tests.e2e.fake_work import HOLDING, SECRET, FakeWork, ShownNumbers

STORE = Unavailable("store-unavailable", SECRET)


def job(work: FakeWork) -> Job:
    return Job(work, 1, HOLDING, work.pending(), ShownNumbers(), retry_seconds=(0.0, 0.0))


def test_what_the_head_start_read_is_not_read_again() -> None:
    work = FakeWork(64, seconds=0.001)
    made = job(work)
    with made.head_start():
        while len(work.read_keys) < 32:
            pass
    assert made.read(1, 64).done == 64
    assert sorted(work.read_keys) == list(range(1, 65))


def test_a_head_start_in_trouble_leaves_it_to_the_flow() -> None:
    work = FakeWork(16, troubles=[STORE])
    made = job(work)
    with made.head_start():
        pass
    assert work.read_keys == []
    assert made.read(1, 16).done == 16


def test_progress_counts_up_to_the_whole_batch() -> None:
    shown = ShownNumbers()
    work = FakeWork(40, bad={2: "reader-hung"})
    Job(work, 1, HOLDING, work.pending(), shown).read(1, 40)
    assert shown.told == [(15, 1, 40), (31, 1, 40), (39, 1, 40)]


def test_finishing_alone_tries_again_twice_and_no_more() -> None:
    work = FakeWork(16, troubles=[STORE] * 2)
    job(work).finish()
    assert work.indexed == 16
    with pytest.raises(Unavailable):
        job(FakeWork(16, troubles=[STORE] * 3)).finish()


def test_stopped_reads_nothing_more() -> None:
    work = FakeWork(16)
    made = job(work)
    made.stop.set()
    with pytest.raises(Stopped):
        made.read(1, 16)
    assert work.read_keys == []


@pytest.mark.parametrize(
    ("change", "code"),
    [((1, 3, 0), "ledger-broken"), ((2, 4, 0), "ledger-broken"), ((1, 3, 1), "pages-waiting")],
)
def test_a_page_not_accounted_for_is_an_error(change: tuple[int, int, int], code: str) -> None:
    work = FakeWork(4)
    made = job(work)
    made.read(1, 4)
    made.index()
    whole = made.ledger()
    made.accounted_for(whole)
    files, indexed, waiting = change
    with pytest.raises(SijillError) as caught:
        made.accounted_for([replace(whole[0], files=files, indexed=indexed, waiting=waiting)])
    assert caught.value.code == code


def test_pages_of_another_holding_may_wait() -> None:
    work = FakeWork(4)
    made = job(work)
    made.accounted_for([replace(made.ledger()[0], id=HOLDING + 1)])


@pytest.mark.parametrize(("error", "code", "retryable"), [(STORE, "store-unavailable", True), (Damaged("chain-broken", SECRET), "chain-broken", False), (KeyError(SECRET), "bug-KeyError", False)])  # fmt: skip # noqa: E501
def test_a_trouble_carries_a_code_and_no_word(error: Exception, code: str, retryable: bool) -> None:
    made = job(FakeWork(1))
    with pytest.raises(Trouble) as caught, made.codes_only():
        raise error
    assert (str(caught.value), caught.value.retryable) == (code, retryable)
    assert caught.value.__suppress_context__
    assert SECRET.encode() not in pickle.dumps((caught.value.args, vars(caught.value)))
    assert made.original(caught.value) is error


@pytest.mark.parametrize(("batch", "pages", "title"), [(12, 26, "Batch 12: 26 pages of holding 7003"), (1, 1, "Batch 1: 1 page of holding 7003"), (0, 2, "Reading again: 2 pages")])  # fmt: skip # noqa: E501
def test_the_title_is_a_sentence(batch: int, pages: int, title: str) -> None:
    work = FakeWork(pages)
    assert Job(work, batch, HOLDING, work.pending(), ShownNumbers()).title == title
