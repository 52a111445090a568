"""An archive whose pages take a moment and fail as told: the fake behind the tests of the flows."""

import threading
import time
from collections.abc import Mapping, Sequence

from pipeline.ledger import Failure, HoldingLedger, Tally

SECRET = "ملف يخص شخصاً مذكوراً بالاسم.pdf"  # noqa: S105  # a source name: must never reach Prefect
HOLDING = 7003  # no other test has so many on the server they share


class FakeWork:
    """``pages`` pages in holding 3; those in ``bad`` fail; the first calls of `read` raise ``troubles``, one each."""

    def __init__(
        self, pages: int, *, seconds: float = 0.0, bad: Mapping[int, str] | None = None, troubles: Sequence[Exception] = (), lost: int = 0
    ) -> None:
        self.pages, self.seconds, self.bad, self.troubles = pages, seconds, dict(bad or {}), list(troubles)
        self.read_keys: list[int] = []
        self.lost = lost  # pages the ledger does not know of
        self.indexed = 0
        self._lock = threading.Lock()

    def pending(self) -> list[int]:
        return [key for key in range(1, self.pages + 1) if key not in self.read_keys]

    def read(self, keys: Sequence[int]) -> Tally:
        with self._lock:
            if self.troubles:
                raise self.troubles.pop(0)
        time.sleep(self.seconds * len(keys))
        with self._lock:
            self.read_keys += keys
        failed = [self.bad[key] for key in keys if key in self.bad]
        return Tally(len(keys) - len(failed), len(failed), {code: failed.count(code) for code in failed})

    def index(self) -> Tally:
        self.indexed = len(set(self.read_keys) - set(self.bad))
        return Tally(self.indexed)

    def ledger(self) -> list[HoldingLedger]:
        done = set(self.read_keys)
        failures = tuple(Failure(SECRET, key, self.bad[key], SECRET, f"{'ab' * 32}-{key}") for key in sorted(done & set(self.bad)))
        waiting = self.pages - len(done)
        counts = {"pages": self.pages, "indexed": self.indexed - self.lost, "waiting": waiting, "failed": len(failures)}
        files = {"files": 1, "accepted": 1, "duplicates": 0, "refused": 0, "withdrawn": 0, "low_confidence": 0}
        return [HoldingLedger(HOLDING, SECRET, **files, **counts, failures=failures, rescan=())]


class ShownNumbers:
    """A progress callback that keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, int]] = []

    def __call__(self, done: int, failed: int, total: int) -> None:
        self.told.append((done, failed, total))
