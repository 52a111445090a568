"""How a batch is cut into tasks and calls."""

import pytest

from flows.work import chunk_size, chunks, slice_size


@pytest.mark.parametrize(("pages", "chunk"), [(0, 16), (1, 16), (26, 16), (200, 16), (800, 16), (801, 32), (10_000, 224), (50_000, 256)])
def test_chunks_grow_with_the_batch(pages: int, chunk: int) -> None:
    assert chunk_size(pages) == chunk


@pytest.mark.parametrize("pages", [0, 1, 15, 16, 17, 200, 801, 1601, 10_000, 50_001])
def test_every_page_is_in_one_chunk_and_slices_never_cross_chunks(pages: int) -> None:
    cut = list(chunks(pages))
    assert [page for first, last in cut for page in range(first, last + 1)] == list(range(1, pages + 1))
    assert chunk_size(pages) % slice_size(pages) == 0
