"""age as Sijill uses it: who may open what, and what is said when somebody may not."""

import errno
import io
from pathlib import Path

import pytest
from pyrage.x25519 import Identity

from pipeline.errors import Damaged, Usage
from pipeline.storage.age import Opener, Sealer

PLAIN = bytes(range(256)) * 1000  # over three of age's chunks of 64 KiB


@pytest.fixture
def one() -> Identity:
    return Identity.generate()


@pytest.fixture
def two() -> Identity:
    return Identity.generate()


def key_file(folder: Path, *identities: Identity) -> Path:
    """As `age-keygen` writes it."""
    path = folder / f"key{len(identities)}"
    path.write_text("".join(f"# created: 2027-01-02\n# public key: {one.to_public()}\n{one}\n" for one in identities))
    return path


def sealed(folder: Path, *to: Identity) -> Path:
    path = folder / "sealed.age"
    with path.open("wb") as file:
        Sealer([str(one.to_public()) for one in to]).seal(io.BytesIO(PLAIN), file)
    return path


def opened(path: Path, key: Path) -> bytes:
    target = io.BytesIO()
    Opener(key).open(path, target)
    return target.getvalue()


def test_each_recipient_opens_it_and_nothing_of_it_can_be_read(tmp_path: Path, one: Identity, two: Identity) -> None:
    path = sealed(tmp_path, one, two)
    for identity in (one, two):
        assert opened(path, key_file(tmp_path, identity)) == PLAIN
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n")
    assert PLAIN[:64] not in path.read_bytes()
    assert str(one.to_public()).encode() not in path.read_bytes()


def test_a_file_of_several_identities(tmp_path: Path, one: Identity, two: Identity) -> None:
    assert opened(sealed(tmp_path, one), key_file(tmp_path, two, one)) == PLAIN


def test_names_change_with_recipients_alone(one: Identity, two: Identity) -> None:
    a, b = str(one.to_public()), str(two.to_public())
    assert Sealer([a, b]).name_key == Sealer([b, a, b]).name_key
    assert len({Sealer([a]).name_key, Sealer([b]).name_key, Sealer([a, b]).name_key}) == 3


def test_somebody_else_s_identity(tmp_path: Path, one: Identity, two: Identity) -> None:
    with pytest.raises(Usage) as caught:
        opened(sealed(tmp_path, one), key_file(tmp_path, two))
    assert caught.value.code == "wrong-identity"


@pytest.mark.parametrize("at", [0, 300, 70_000, -1], ids=["head", "first chunk", "second chunk", "last byte"])
def test_a_changed_byte_anywhere(tmp_path: Path, one: Identity, at: int) -> None:
    path = sealed(tmp_path, one)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(Damaged) as caught:
        opened(path, key_file(tmp_path, one))
    assert caught.value.code == "backup-damaged"


@pytest.mark.parametrize("length", [0, 100, 65_000, -1])
def test_a_file_cut_short(tmp_path: Path, one: Identity, length: int) -> None:
    path = sealed(tmp_path, one)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(Damaged) as caught:
        opened(path, key_file(tmp_path, one))
    assert caught.value.code == "backup-damaged"


def test_a_file_that_is_gone(tmp_path: Path, one: Identity) -> None:
    with pytest.raises(Damaged) as caught:
        opened(tmp_path / "none.age", key_file(tmp_path, one))
    assert caught.value.code == "backup-missing"


@pytest.mark.parametrize("text", ["", "age1xyz", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1"])
def test_what_is_no_recipient(text: str) -> None:
    with pytest.raises(Usage) as caught:
        Sealer([text])
    assert caught.value.code == "bad-recipient"


def test_an_identity_given_as_recipient_is_not_told_again(one: Identity) -> None:
    with pytest.raises(Usage) as caught:
        Sealer([str(one)])
    assert str(one) not in str(caught.value)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "AGE-SECRET-KEY-1NONE\n", "age-encryption.org/v1\n\xff"])
def test_what_is_no_file_of_identities(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, "latin-1")
    for which in (path, tmp_path / "none"):
        with pytest.raises(Usage) as caught:
            Opener(which)
        assert caught.value.code == "bad-identity"


class Full(io.BytesIO):
    def write(self, data: object) -> int:  # noqa: ARG002  # so it is called
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_as_such(tmp_path: Path, one: Identity) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        Sealer([str(one.to_public())]).seal(io.BytesIO(PLAIN), Full())
    assert caught.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match="No space left") as caught:
        Opener(key_file(tmp_path, one)).open(sealed(tmp_path, one), Full())
    assert caught.value.errno == errno.ENOSPC
