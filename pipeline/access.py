"""What can be done to an archive: every command names its act where it opens one, and what is not listed cannot be done."""

from enum import StrEnum


class Act(StrEnum):
    """One kind of access."""

    TAKE_IN = "take-in"  # ingest, import
    READ_AGAIN = "read-again"  # retry
    WORK = "work"  # read pages for others, as a worker does
    SEARCH = "search"
    LOOK = "look"  # the ledger: status
    REVIEW = "review"  # see readings to correct them, and correct
    WITHDRAW = "withdraw"  # hide a page everywhere
    CONSENT = "consent"  # what may be trained on
    TRAIN = "train"  # take corrected lines, change the model in use
    VERIFY = "verify"
    REBUILD = "rebuild"  # the index, from the record
    COPY = "copy"  # all of it: move, back up, restore
    MANAGE = "manage"  # accounts and their grants
