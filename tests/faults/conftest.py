from __future__ import annotations

from collections.abc import Iterator

import pytest

from faults.installed import strict_nursery
from hansard.torture.writers import Nursery


@pytest.fixture(scope="module")
def writers() -> Iterator[Nursery]:
    """A program whose writers can be killed."""
    with strict_nursery() as running:
        yield running
