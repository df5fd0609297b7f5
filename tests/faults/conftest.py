from __future__ import annotations

from collections.abc import Iterator

import pytest

from faults.installed import strict_writer_pool
from hansard.torture.writer_processes import WriterPool
from indexing import index_little


@pytest.fixture(scope="module")
def writers() -> Iterator[WriterPool]:
    """A program whose writers can be killed."""
    with strict_writer_pool() as running:
        yield running


@pytest.fixture
def never_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is left for later is done."""
    index_little(monkeypatch)
