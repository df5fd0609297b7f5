from __future__ import annotations

from collections.abc import Iterator

import pytest

from faults.writers import Nursery, nursery


@pytest.fixture(scope="module")
def writers() -> Iterator[Nursery]:
    """A program whose writers can be killed."""
    with nursery() as running:
        yield running
