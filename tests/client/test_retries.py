"""Which requests of a remote database are sent again, and after which failures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

import hansard
from hansard import Services
from hansard.client import RemoteDatabase
from hansard.errors import OutcomeUnknown, StorageFull, TooManyRequests
from hansard.ids import new_id
from server.harness import TOKEN

pytestmark = pytest.mark.anyio

SCOPE = {"tenant": "local", "user": "me", "rights": ["read", "write", "admin"]}
DROPPED = ("", 0)
"""The connection is closed instead of a response."""
UNKNOWN = ("outcome-unknown", 503)
Call = Callable[[Services], Awaitable[Any]]


class Failing:
    """A server that reads each request, fails the first ones, and then refuses all as not found."""

    def __init__(self, *failures: tuple[str, int]) -> None:
        self.failures = list(failures)
        self.bodies: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
                )  # fmt: skip
                body = await reader.readexactly(length)
                if b"/readyz" in head:
                    self._send(writer, 503, {"health": {"faults": ["disk-full"]}})
                    continue
                if b"/scope" in head:
                    self._send(writer, 200, SCOPE)
                    continue
                self.bodies.append(body)
                code, status = self.failures.pop(0) if self.failures else ("not-found", 404)
                if not code:
                    return
                self._send(
                    writer, status, {"type": f"urn:hansard:problem:{code}", "retry_after": 0}
                )
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def _send(self, writer: asyncio.StreamWriter, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)


@asynccontextmanager
async def _failing(*failures: tuple[str, int]) -> AsyncIterator[tuple[Failing, Services]]:
    failing = Failing(*failures)
    async with await asyncio.start_server(failing.answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with RemoteDatabase(f"http://127.0.0.1:{port}", TOKEN, patience=10) as db:
            yield failing, db.scope()


async def _append(ada: Services) -> None:
    await ada.messages.append(new_id(), [hansard.user("a")])


REPEATABLE: list[Call] = [
    lambda ada: ada.conversations.get(new_id()),
    lambda ada: ada.conversations.create(title="a"),
    lambda ada: ada.conversations.update(new_id(), title="a"),
    lambda ada: ada.chat.send(new_id(), "a"),
    _append,
]
ONCE: list[Call] = [
    lambda ada: ada.conversations.delete(new_id()),
    lambda ada: ada.conversations.update(new_id(), title="a", version=1),
    lambda ada: ada.branches.switch(new_id(), new_id()),
]


@pytest.mark.parametrize("call", REPEATABLE)
@pytest.mark.parametrize("failure", [DROPPED, UNKNOWN])
async def test_a_request_that_may_be_repeated_is_repeated_as_it_was(
    call: Call, failure: tuple[str, int]
) -> None:
    async with _failing(failure, failure) as (server, ada):
        with pytest.raises(hansard.NotFound):
            await call(ada)
    assert len(server.bodies) == 3
    assert len(set(server.bodies)) == 1


@pytest.mark.parametrize("call", ONCE)
@pytest.mark.parametrize("failure", [DROPPED, UNKNOWN])
async def test_a_request_that_may_not_be_repeated_has_an_unknown_outcome(
    call: Call, failure: tuple[str, int]
) -> None:
    async with _failing(failure) as (server, ada):
        with pytest.raises(OutcomeUnknown):
            await call(ada)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("call", [*REPEATABLE, *ONCE])
@pytest.mark.parametrize("code", ["overloaded", "too-many-requests", "unavailable"])
async def test_a_request_that_changed_nothing_is_always_repeated(call: Call, code: str) -> None:
    async with _failing((code, 503)) as (server, ada):
        with pytest.raises(hansard.NotFound):
            await call(ada)
    assert len(server.bodies) == 2


async def test_a_request_is_not_repeated_for_ever() -> None:
    async with _failing(*[("too-many-requests", 429)] * 100) as (server, ada):
        services: Any = ada
        services.conversations._connection.http._patience = 0.3
        with pytest.raises(TooManyRequests):
            await ada.conversations.list()
    assert 1 < len(server.bodies) < 20


async def test_a_full_disk_is_reported_at_once() -> None:
    async with _failing(("storage-full", 507)) as (server, ada):
        with pytest.raises(StorageFull):
            await ada.conversations.create()
    assert len(server.bodies) == 1


async def test_the_health_of_a_server_that_is_not_ready_has_its_faults() -> None:
    server = await asyncio.start_server(Failing().answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with RemoteDatabase(f"http://127.0.0.1:{port}", TOKEN) as db:
            assert (await db.health()).faults == ("disk-full",)
