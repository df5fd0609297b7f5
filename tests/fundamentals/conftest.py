from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import hansard
from hansard import Database, Services
from hansard.providers.echo import Echo


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with hansard.connect(tmp_path / "chats.db", providers=[Echo()]) as opened:
        yield opened


@pytest.fixture
def ada(db: Database) -> Services:
    """What Ada, a user of the tenant acme, can do."""
    return db.scope(tenant="acme", user="ada")
