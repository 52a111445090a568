"""What the givers of a holding allow beyond keeping and reading it: nothing, until somebody says so in their name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """Whether a holding's corrected lines may train a reader; who decided, why and when (seconds since the epoch).

    ``by`` is None while nobody has decided: then it is not allowed.
    """

    holding_id: int
    holding: str
    training: bool = False
    reason: str = ""
    by: str | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Pages with corrected lines that may not be learned from: how many, of which holding, and why.

    ``code``: not-allowed (its terms), withdrawn (the pages), also-elsewhere (another holding that has the same pages does not allow it).
    """

    holding_id: int
    code: str
    pages: int
