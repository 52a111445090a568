"""One tree of errors: each says its reason code, whether trying again can help, and the way out.

SijillError
├── Retryable               the world was in the way: try again
│   ├── Unavailable         a store, index, catalogue or server did not answer       (store-unavailable, disk-full …)
│   └── WorkerLost          the child process that worked on a page is gone          (reader-hung, reader-died, out-of-memory)
└── Terminal                trying again gives the same answer
    ├── Refused             a file that cannot be taken in                           (truncated, encrypted, too-many-pages …)
    ├── PageFailed          one page of an accepted file that cannot be read         (render-failed, too-many-pixels …)
    ├── Damaged             stored bytes or records are not what was written         (blob-damaged, blob-missing, chain-broken …)
    ├── Conflict            somebody else changed it first                           (stale-revision …)
    ├── Forbidden           this account may not do this, or none was given          (not-allowed, account-needed …)
    ├── NotFound            no such page, file, holding or record                    (not-found)
    ├── Usage               the request makes no sense as it stands                  (bad-query, bad-manifest, bad-line …)
    └── Missing             something this machine needs is not installed            (not-installed, archive-outdated …)
"""

from collections.abc import Mapping
from typing import ClassVar


class SijillError(Exception):
    """Base of every error Sijill raises on purpose.

    ``code`` is a stable kebab-case reason (safe for logs: never a name or a path), ``detail`` says what was found for a person,
    ``way_out`` says what that person can do next.
    """

    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, code: str, detail: str, way_out: str = "") -> None:
        super().__init__(code, detail, way_out)
        self.code, self.detail, self.way_out = code, detail, way_out

    def __str__(self) -> str:
        return f"{self.detail} [{self.code}]" + (f" {self.way_out}" if self.way_out else "")


class Retryable(SijillError):
    """Trying again may succeed."""

    retryable = True
    exit_code = 75  # EX_TEMPFAIL
    http_status = 503


class Unavailable(Retryable):
    """A store, index, catalogue or server did not answer, or has no room left."""


class WorkerLost(Retryable):
    """The child process working on a page hung, died or ran out of memory."""


class Terminal(SijillError):
    """Trying again gives the same answer."""


class Refused(Terminal):
    """A file that cannot be taken in."""

    exit_code = 65  # EX_DATAERR
    http_status = 422


class PageFailed(Terminal):
    """One page of an accepted file that cannot be read."""

    exit_code = 65
    http_status = 422


class Damaged(Terminal):
    """Stored bytes or records are not what was written: an alarm, never repaired silently."""

    exit_code = 74  # EX_IOERR
    http_status = 500


class Conflict(Terminal):
    """Somebody else changed it first."""

    exit_code = 73
    http_status = 409


class Forbidden(Terminal):
    """Nobody that is let in, or not for this."""

    exit_code = 77  # EX_NOPERM
    http_status = 403


class NotFound(Terminal):
    """No such page, file, holding or record."""

    exit_code = 66  # EX_NOINPUT
    http_status = 404


class Usage(Terminal):
    """The request makes no sense as it stands."""

    exit_code = 64  # EX_USAGE
    http_status = 400


class Missing(Terminal):
    """Something this machine or archive needs is not there."""

    exit_code = 69  # EX_UNAVAILABLE
    http_status = 503


WAYS_OUT: Mapping[str, str] = {
    "empty-file": "Scan or copy the file again.",
    "unknown-format": "Sijill takes PDF, TIFF, JPEG, PNG and JPEG 2000; convert the file to one of these.",
    "truncated": "The file ends too early; copy it again from where it came, or scan it again.",
    "damaged-file": "The file cannot be decoded; copy it again from where it came, or scan it again.",
    "encrypted": "Remove the password (for example `qpdf --decrypt`) and ingest the file again.",
    "too-many-pages": "Split the file, or raise SIJILL_MAX_PAGES.",
    "too-many-pixels": "Scan at a lower resolution, or raise SIJILL_MAX_MEGAPIXELS.",
    "too-large": "Split the file, or raise SIJILL_MAX_FILE_MB.",
    "hidden-payload": "Another document is hidden behind the picture; separate the two and ingest each.",
    "link-outside": "The link points out of the folder; ingest its target by its own path.",
    "link-broken": "Find the file the link was meant for and ingest it.",
    "link-to-folder": "Nothing to do: the folder's files are taken in where they are.",
    "not-a-file": "Only files and folders can be ingested; copy the contents into a file.",
    "unreadable": "Give this user permission to read the file, then ingest it again.",
    "name-too-long": "Move the folder nearer to the root, or give it a shorter name.",
    "bad-key": "Copy the object to a key none of whose parts is . or .. and ingest that one.",
    "vanished": "The file was there and is gone; ingest the folder again.",
    "reader-hung": "The page took longer than SIJILL_PAGE_SECONDS; raise it, then `sijill retry --failed-only`.",
    "model-changed": "`sijill retry --failed-only` reads the page with the new model.",
    "reader-died": "The reader crashed on this page; `sijill retry --failed-only` tries it again.",
    "out-of-memory": "The page needed more than SIJILL_MEMORY_MB; raise it, then `sijill retry --failed-only`.",
    "render-failed": "The page cannot be drawn; open the file in a viewer, and scan the page again if it is broken there too.",
    "unforeseen": "A fault in Sijill: report it with the reason, without the page; the bytes are kept for a later version.",
    "disk-full": "Free some space, then run the same command again: it goes on where it stopped.",
    "blob-damaged": "Stored bytes changed: restore this blob from a backup and run `sijill verify`.",
    "blob-missing": "Stored bytes are gone: restore this blob from a backup and run `sijill verify`.",
}
"""What a person can do about each reason code, for errors and for `sijill status`."""


def way_out(code: str) -> str:
    """The advice for a reason code, empty when there is none."""
    return WAYS_OUT.get(code, "")
