"""Giving a batch out: every page comes to its end or the batch says why not, whatever runs and server do."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import pytest

from flows.give_out import AWAY_SECONDS, IDLE, LEAST, PAUSES, WINDOW, GiveOut, Seen, cut, error_of
from flows.job import Away, Job
from pipeline.errors import Damaged, SijillError, Terminal, Unavailable, WorkerLost
from tests.e2e.fake_work import HOLDING, FakeWork, ShownNumbers

STALL = 100.0


class FakeDesk:
    """A pool: ``turn`` says, at each look, what becomes of the run of that number; by default it is read at once."""

    def __init__(self, work: FakeWork, turn: Callable[[int], str] = lambda _: "COMPLETED") -> None:
        self.work, self.turn = work, turn
        self.given: list[list[int]] = []
        self.tickets: list[str] = []
        self.cancelled: list[tuple[list[str], bool]] = []
        self.crashed: list[str] = []
        self.away = self.stop = False
        self.most_asked = 0

    def submit(self, name: str, keys: Sequence[int], ticket: str) -> str:
        self._answer()
        assert name.startswith("Batch 1: pages ")
        self.given.append(list(keys))
        self.tickets.append(ticket)
        return str(len(self.given) - 1)

    def seen(self, runs: Sequence[str]) -> Mapping[str, Seen]:
        self._answer()
        self.most_asked = max(self.most_asked, len(runs))
        return {run: self._turned(int(run)) for run in runs}

    def _turned(self, run: int) -> Seen:
        state, _, message = self.turn(run).partition("|")
        if state == "COMPLETED":
            self.work.read(self.given[run])
        return Seen(state, message)

    def stopped(self) -> bool:
        self._answer()
        return self.stop

    def cancel(self, runs: Sequence[str], waiting_only: bool) -> None:
        self.cancelled.append((list(runs), waiting_only))

    def crash(self, run: str) -> None:
        self.crashed.append(run)

    def _answer(self) -> None:
        if self.away:
            raise Away


class Clock:
    """Goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.at: dict[float, Callable[[], None]] = {}

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for due in [due for due in self.at if due <= self.now]:
            self.at.pop(due)()


def give_out(
    desk: FakeDesk, shown: ShownNumbers | None = None, clock: Clock | None = None, tell: Callable[[str], None] = lambda _: None
) -> GiveOut:
    clock = clock or Clock()
    job = Job(desk.work, 1, HOLDING, desk.work.pending(), shown or ShownNumbers())
    return GiveOut(job, desk, STALL, lambda: None, tell, clock, clock.sleep)


@pytest.mark.parametrize("pages", [1, 31, 32, 33, 3200, 3201, 25_600, 100_000])
def test_every_page_is_in_one_chunk_of_a_size_that_is_worth_a_process(pages: int) -> None:
    chunks = list(cut(range(7, pages + 7)))
    assert sorted(key for chunk in chunks for key in chunk.keys) == list(range(7, pages + 7))
    assert all(LEAST <= len(chunk.keys) <= 256 for chunk in chunks[:-1])
    assert (chunks[0].first, chunks[-1].last) == (1, pages)


def test_a_batch_is_read_and_shown_with_what_failed() -> None:
    work, shown = FakeWork(100, bad={7: "reader-hung"}), ShownNumbers()
    desk = FakeDesk(work)
    give_out(desk, shown)()
    assert sorted(work.read_keys) == list(range(1, 101))
    assert shown.told[-1] == (99, 1, 100)


def test_no_more_is_given_out_at_one_time_than_can_be_listed() -> None:
    work = FakeWork(LEAST * (WINDOW + 10))
    desk = FakeDesk(work)
    give_out(desk)()
    assert desk.most_asked == WINDOW
    assert not work.pending()


@pytest.mark.parametrize("end", ["CRASHED", "DELETED", "FAILED|Unavailable: disk-full", "FAILED|WorkerLost: reader-died"])
def test_a_chunk_that_was_lost_is_given_out_again_with_another_ticket(end: str) -> None:
    work = FakeWork(LEAST)
    ends = {0: end}
    desk = FakeDesk(work, lambda run: ends.get(run, "COMPLETED"))
    give_out(desk)()
    assert desk.given == [list(range(1, LEAST + 1))] * 2
    assert len(set(desk.tickets)) == 2
    assert not work.pending()


def test_a_run_that_is_in_work_and_reads_nothing_is_marked_and_given_out_again() -> None:
    work, clock = FakeWork(LEAST), Clock()
    desk = FakeDesk(work, lambda run: "RUNNING" if run == 0 else "COMPLETED")
    give_out(desk, clock=clock)()
    assert desk.crashed == ["0"]
    assert clock.now > STALL
    assert not work.pending()


def test_a_run_that_reads_slowly_is_left_alone() -> None:
    work, clock = FakeWork(LEAST), Clock()

    def slowly(_run: int) -> str:
        if clock.now > STALL / 2 * (len(work.read_keys) + 1):
            work.read([len(work.read_keys) + 1])
        return "RUNNING"

    desk = FakeDesk(work, slowly)
    give_out(desk, clock=clock)()
    assert desk.crashed == []
    assert len(desk.given) == 1


def test_a_run_nobody_takes_up_waits_for_a_worker_as_long_as_it_takes() -> None:
    work, clock = FakeWork(LEAST), Clock()
    told: list[str] = []
    desk = FakeDesk(work, lambda _: "COMPLETED" if clock.now > 100 * STALL else "SCHEDULED")
    give_out(desk, clock=clock, tell=told.append)()
    assert len(desk.given) == 1
    assert told == [IDLE]


@pytest.mark.parametrize(
    ("end", "kind", "code", "tries"),
    [
        ("FAILED|Damaged: chain-broken", Damaged, "chain-broken", 1),
        ("FAILED|Unavailable: disk-full", Unavailable, "disk-full", 1 + len(PAUSES)),
        ("CRASHED", Unavailable, "pages-waiting", 1 + len(PAUSES)),
        ("FAILED|ValueError: bug-ValueError", Terminal, "unforeseen", 1),
    ],
)
def test_trouble_that_stays_ends_the_batch_with_its_code(end: str, kind: type[SijillError], code: str, tries: int) -> None:
    desk = FakeDesk(FakeWork(LEAST), lambda _: end)
    with pytest.raises(kind) as caught:
        give_out(desk)()
    assert caught.value.code == code
    assert len(desk.given) == tries


def test_a_chunk_cancelled_by_the_operator_is_left_and_the_others_are_read() -> None:
    work = FakeWork(3 * LEAST)
    desk = FakeDesk(work, lambda run: "CANCELLED" if run == 1 else "COMPLETED")
    give_out(desk)()
    assert work.pending() == list(range(LEAST + 1, 2 * LEAST + 1))
    assert len(desk.given) == 3


def test_a_batch_cancelled_by_the_operator_takes_its_runs_along() -> None:
    work, clock = FakeWork(2 * LEAST), Clock()
    desk = FakeDesk(work, lambda _: "RUNNING")
    clock.at[5.0] = lambda: setattr(desk, "stop", True)
    given = give_out(desk, clock=clock)
    with pytest.raises(KeyboardInterrupt):
        given()
    assert given.job.stop.is_set()
    assert desk.cancelled == [(["0", "1"], False)]


def test_a_ctrl_c_that_was_lost_on_its_way_cancels_all_the_same() -> None:
    work, clock = FakeWork(2 * LEAST), Clock()
    desk = FakeDesk(work, lambda _: "RUNNING")
    given = give_out(desk, clock=clock)
    clock.at[5.0] = given.job.stop.set
    with pytest.raises(KeyboardInterrupt):
        given()
    assert desk.cancelled == [(["0", "1"], False)]


def test_while_the_server_is_away_the_catalogue_is_listened_to_and_the_rest_is_given_out_afterwards() -> None:
    work, clock, shown = FakeWork(LEAST * (WINDOW + 1)), Clock(), ShownNumbers()
    desk = FakeDesk(work, lambda _: "COMPLETED" if clock.now > 50 else "RUNNING")

    def go_away() -> None:
        desk.away = True
        work.read(desk.given[0])

    clock.at |= {3.0: go_away, 40.0: lambda: setattr(desk, "away", False)}
    give_out(desk, shown, clock)()
    assert (LEAST, 0, LEAST * (WINDOW + 1)) in shown.told
    assert not work.pending()


def test_a_server_that_stays_away_is_given_up() -> None:
    desk, clock = FakeDesk(FakeWork(LEAST)), Clock()
    desk.away = True
    with pytest.raises(Away):
        give_out(desk, clock=clock)()
    assert clock.now > AWAY_SECONDS


@pytest.mark.parametrize(
    ("message", "kind", "code"),
    [
        ("WorkerLost: reader-hung", WorkerLost, "reader-hung"),
        ("Finished in state Failed('Damaged: blob-missing", Damaged, "blob-missing"),
        ("Mapping: no-such", Terminal, "unforeseen"),
        ("", Terminal, "unforeseen"),
    ],
)
def test_what_a_run_tells_becomes_the_error_it_was(message: str, kind: type[SijillError], code: str) -> None:
    error = error_of(message)
    assert type(error) is kind
    assert error.code == code


class SlowDesk(FakeDesk):
    """A pool whose server takes a minute for each look."""

    def __init__(self, work: FakeWork, clock: Clock) -> None:
        super().__init__(work)
        self.clock, self.looks = clock, [clock.now]

    def seen(self, runs: Sequence[str]) -> Mapping[str, Seen]:
        self.looks.append(self.clock.now)
        self.clock.now += 60
        return dict.fromkeys(runs, Seen("RUNNING"))


def test_a_server_that_answers_after_a_minute_does_not_put_off_the_next_look() -> None:
    clock = Clock()
    desk = SlowDesk(FakeWork(LEAST), clock)
    given = give_out(desk, clock=clock)
    clock.at[10 * STALL] = given.job.stop.set
    with pytest.raises(KeyboardInterrupt):
        given()
    assert max(later - earlier for earlier, later in pairwise(desk.looks)) < 2 * 60
