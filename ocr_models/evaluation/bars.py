"""What the reader is held to, on the frozen test sets."""

from dataclasses import dataclass

from ocr_models.evaluation.metrics import LOWER_IS_BETTER

_TITLES = {
    "cer": "CER", "words": "words exact", "numbers": "numbers exact", "names": "full names exact", "cells": "cells right",
    "four_digits": "four-digit groups exact",
}  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """A share that a measure is not to exceed, or not to fall below; of one condition, or of the whole set."""

    set: str
    measure: str
    share: float
    condition: str | None = None

    @property
    def title(self) -> str:
        return _TITLES[self.measure] + (f", {self.condition}" if self.condition else "")

    @property
    def told(self) -> str:
        return f"{'≤' if self.measure in LOWER_IS_BETTER else '≥'} {100 * self.share:g} %"

    def met(self, share: float) -> bool:
        return share <= self.share if self.measure in LOWER_IS_BETTER else share >= self.share


BARS: tuple[Bar, ...] = (
    Bar("clean", "cer", 0.004), Bar("clean", "words", 0.993), Bar("clean", "numbers", 0.995), Bar("clean", "names", 0.985),
    Bar("typewriter", "cer", 0.025), Bar("typewriter", "numbers", 0.95),
    Bar("photocopy", "cer", 0.006), Bar("photocopy", "numbers", 0.99), Bar("photocopy", "names", 0.98),
    Bar("fax", "cer", 0.03), Bar("fax", "numbers", 0.95), Bar("fax", "names", 0.92),
    Bar("tables", "cells", 0.97), Bar("tables-photocopy", "cells", 0.95),
    Bar("book", "cer", 0.02), Bar("jstor", "cer", 0.02), Bar("jstor", "four_digits", 0.97),
    Bar("hand", "cer", 0.15),
)  # fmt: skip
