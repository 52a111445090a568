"""Encryption that the holder of an identity alone can undo: age (age-encryption.org/v1) with X25519, in our own words."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pyrage import DecryptError, EncryptError, IdentityError, RecipientError, decrypt_io, encrypt_io
from pyrage.x25519 import Identity, Recipient

from pipeline.errors import Damaged, Usage

IDENTITY = "AGE-SECRET-KEY-1"
ELSEWHERE = "Restore another record, or from another copy of the backup."


class Sealer:
    """Encrypts to every one of ``recipients`` (``age1…``). Raises Usage (bad-recipient)."""

    def __init__(self, recipients: Sequence[str]) -> None:
        if not recipients:
            raise Usage("bad-recipient", "say for whom to encrypt", "Give --to age1…, as `age-keygen` prints it.")
        self._recipients = [_recipient(text) for text in sorted(set(recipients))]
        self.name_key = hashlib.sha256("\n".join(map(str, self._recipients)).encode()).digest()
        """Not told by what is encrypted, the same for the same recipients, another for others."""

    def seal(self, source: BinaryIO, target: BinaryIO) -> tuple[str, str]:
        """Encrypt all that is left of ``source`` into ``target``; returns the sha256 of what was read and of what was written."""
        read, written = _Watched(source), _Watched(target)
        try:
            encrypt_io(read, written, self._recipients)
        except (EncryptError, OSError) as error:
            raise read.error or written.error or error from None
        return read.digest.hexdigest(), written.digest.hexdigest()


class Opener:
    """Decrypts with the identities in a file as `age-keygen` writes it. Raises Usage (bad-identity)."""

    def __init__(self, path: Path) -> None:
        try:
            lines = path.read_text("utf-8").splitlines()
            self._identities = [Identity.from_str(line.strip()) for line in lines if line.strip().startswith(IDENTITY)]
        except (OSError, UnicodeDecodeError, IdentityError) as error:
            raise Usage("bad-identity", f"{path}: {error}", "Name the file that `age-keygen -o` wrote.") from None
        if not self._identities:
            way_out = "Name the file that `age-keygen -o` wrote; one with a passphrase is opened by `age -d` first."
            raise Usage("bad-identity", f"{path} holds no line {IDENTITY}…", way_out)

    def open(self, sealed: Path, target: BinaryIO) -> None:
        """Decrypt a whole file into ``target``. What is wrong with the file is told by its name alone.

        Raises Usage (wrong-identity), Damaged (backup-damaged, backup-missing), OSError of reading or writing.
        """
        written = _Watched(target)
        with _opened(sealed) as file:
            read = _Watched(file)
            try:
                decrypt_io(read, written, self._identities)
            except (DecryptError, OSError) as error:
                raise read.error or written.error or _fault(sealed, str(error)) from None


def _fault(sealed: Path, said: str) -> Usage | Damaged:
    if "No matching keys" in said:
        detail = f"{sealed.name} was encrypted for others, or its first bytes are damaged"
        return Usage("wrong-identity", detail, "Give the identity it was made for; --check tells of damage.")
    return Damaged("backup-damaged", f"{sealed.name} is damaged: {said}", ELSEWHERE)


def _recipient(text: str) -> Recipient:
    try:
        return Recipient.from_str(text.strip())
    except RecipientError:
        raise Usage("bad-recipient", "a recipient is written age1…", "Take what `age-keygen` calls the public key.") from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise Damaged("backup-missing", f"{path.name} is not in the backup", ELSEWHERE) from None
    with file:
        yield file


class _Watched:
    """A file whose bytes are hashed as they pass, and whose own error is kept: the library tells of it in words alone."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.error: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        with self._keeping():
            data = self._file.read(size)
            self.digest.update(data)
            return data

    def write(self, data: bytes) -> int:
        with self._keeping():
            self.digest.update(data)
            return self._file.write(data)

    def flush(self) -> None:
        with self._keeping():
            self._file.flush()

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.error = error
            raise
