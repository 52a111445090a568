"""The store that misbehaves on request."""

from collections.abc import Iterator

import pytest

from tests.unit.storage.shelf import Shelf, serving


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with serving(Shelf()) as opened:
        yield opened
