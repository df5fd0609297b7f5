"""Long texts: what search keeps of them is made on threads of its own, not where others wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import hansard
from hansard import Services
from hansard.storage import search_terms
from hansard.storage.memory import storage as memory_storage
from hansard.storage.postgres import index as postgres_index
from hansard.storage.postgres import storage as postgres_storage
from hansard.storage.sqlite import index as sqlite_index
from hansard.storage.sqlite import storage as sqlite_storage

pytestmark = pytest.mark.anyio

BOOK = "กรุงเทพ and a word; " * 2_000
assert len(BOOK) > search_terms.LONG


class Watch:
    """On which threads long texts were looked through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[str] = []
        made, placed = self._noting(sqlite_index.passages), self._noting(postgres_index.lexemes)
        for module in (memory_storage, sqlite_storage, sqlite_index):
            monkeypatch.setattr(module, "passages", made)
        for module in (postgres_storage, postgres_index):
            monkeypatch.setattr(module, "lexemes", placed)

    def _noting(self, make: Callable[[str], Any]) -> Callable[[str], Any]:
        def noting(text: str) -> Any:
            if len(text) > search_terms.LONG:
                self.threads.append(threading.current_thread().name)
            return make(text)

        return noting


async def test_their_terms_are_made_before_the_unit_and_beside_the_loop(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await ada.conversations.create()
    watch = Watch(monkeypatch)
    said = hansard.assistant(f"```text book.txt\n{BOOK}\na\nb\nc\nd\n```\n", model="x/m")
    [message] = await ada.messages.append(talk.id, [said])
    [artifact] = (await ada.artifacts.list()).items
    await ada.artifacts.update(artifact.id, content=f"{BOOK} กรุง")
    await ada.messages.edit(talk.id, message.id, f"{BOOK} again")
    assert watch.threads
    assert not [name for name in watch.threads if not name.startswith("asyncio_")]
    hits = [hit async for hit in ada.search.messages("กรุงเทพ")]
    assert len(hits) == 2
    assert all(hit.marks for hit in hits)
    assert not search_terms._ready


async def test_a_unit_with_too_much_text_makes_the_rest_itself(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_terms, "MAX_READY", len(BOOK) + 10)
    talk = await ada.conversations.create()
    books = [hansard.user(f"{BOOK} {number}") for number in "123"]
    await ada.messages.append(talk.id, books)
    assert [hit.message.text[-1] async for hit in ada.search.messages("กรุง 2", match="all")] == [
        "2"
    ]
