"""Requests and changes over WebSockets, which are opened again when they break.

Requests share one connection; each stream of changes has its own, and remembers the last position that it gave, so that
it goes on from there. A request that was cut off is asked again if that is harmless, as it is for all that only read
and for all that carry an id; any other is `OutcomeUnknown`. One that was refused because requests come too fast is
asked again in any case.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, suppress
from itertools import count
from typing import Any, Self, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException
from websockets.uri import parse_uri

from hansard.client.events import Event, Frame, Resync, Started, WholeArtifact, error_of, frame_of
from hansard.errors import (
    HansardError,
    InvalidInput,
    OutcomeUnknown,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from hansard.ids import new_id
from hansard.model.artifacts import Artifact
from hansard.model.pages import Page
from hansard.model.runs import ENDED, Run, RunEvent

T = TypeVar("T")
Fields = dict[str, Any]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds until a broken connection is tried again, each time twice as long, give or take a half."""
TOO_BIG, SIGNED_OUT = 1009, 4401
_BROKEN = (WebSocketException, OSError)


class Waiting(msgspec.Struct, frozen=True, eq=False):
    """A request that was sent, and will be replied to, or told why not."""

    size: int
    reply: asyncio.Future[Frame | Exception]

    def tell(self, reply: Frame | Exception) -> None:
        if not self.reply.done():
            self.reply.set_result(reply)


class Client:
    """A client of the server at a URL, such as `http://127.0.0.1:8765`; raises InvalidInput if it is none.

    A request is tried again for `patience` seconds while the server is away or has too much to do, and then raises
    Unavailable or TooManyRequests; streams wait for ever.
    """

    def __init__(self, url: str, token: str, *, patience: float = 30.0) -> None:
        self._address = f"{url.rstrip('/').replace('http', 'ws', 1)}/api/v1/ws"
        try:
            parse_uri(self._address)
        except (InvalidURI, ValueError) as error:
            raise InvalidInput(f"{url} is not like http://127.0.0.1:8765.") from error
        self._headers = {"Authorization": f"Bearer {token}"}
        self._patience = patience
        self._numbers = count(1)
        self._waiting: dict[Any, Waiting] = {}
        self._line: ClientConnection | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the connection: requests that wait are Unavailable, or OutcomeUnknown. No stream connects again."""
        self._closed.set()
        if self._line is not None and self._hearing is not None:
            await self._line.close()
            await self._hearing

    # Requests

    async def get_artifacts(
        self, conversation_id: str, *, message_id: str | None = None, limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Artifact]:  # fmt: skip
        fields: Fields = {"message_id": message_id, "limit": limit, "cursor": cursor}
        return await self._ask(
            Page[Artifact], "get_artifacts", conversation_id=conversation_id, **fields
        )

    async def get_artifact(self, artifact_id: str, revision: int | None = None) -> WholeArtifact:
        fields: Fields = {"artifact_id": artifact_id, "revision": revision}
        return await self._ask(WholeArtifact, "get_artifact", **fields)

    async def create_artifact(self, **fields: Any) -> Artifact:
        """Make an artifact; it is given an id if it has none."""
        return await self._ask(Artifact, "create_artifact", artifact={"id": new_id()} | fields)

    async def update_artifact(self, artifact_id: str, **updates: Any) -> Artifact:
        """Change an artifact, with `expect_revision` only if that is still the newest."""
        again = updates.get("expect_revision") is None
        fields: Fields = {"artifact_id": artifact_id, "updates": updates}
        return await self._ask(Artifact, "update_artifact", again=again, **fields)

    async def delete_artifact(self, artifact_id: str) -> Artifact:
        return await self._ask(Artifact, "delete_artifact", again=False, artifact_id=artifact_id)

    async def send_message(self, conversation_id: str, **message: Any) -> list[Run]:
        """Say something and have it answered; the message is given an id if it has none."""
        message = {"id": new_id()} | message
        fields: Fields = {"conversation_id": conversation_id, "message": message}
        return (await self._ask(Started, "send_message", **fields)).runs

    async def cancel_run(self, run_id: str) -> Run:
        return await self._ask(Run, "cancel_run", run_id=run_id)

    # What is told

    async def events(
        self, topics: Iterable[str] = ("*",), *, after: int | None = None
    ) -> AsyncIterator[Event | Resync]:
        """Changes as they come, without end: after a position all that came since, without one from now on."""
        asked: Fields = {"topics": list(topics), "after": after}
        async with aclosing(self._frames(asked)) as frames:
            async for frame in frames:
                if frame.type == "ok":
                    if asked["after"] is None:
                        asked["after"] = msgspec.json.decode(frame.result)["position"]
                    continue
                asked["after"] = frame.position
                if frame.entry is not None:
                    yield Event(frame.type, frame.position, frame.entry)
                else:
                    yield Resync(frame.position)

    async def run_events(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        """What a run says, as it says it, to the event that ends it."""
        asked: Fields = {"runs": {run_id: after}}
        async with aclosing(self._frames(asked)) as frames:
            async for frame in frames:
                if frame.event is not None:
                    asked["runs"] = {run_id: frame.event.number}
                    yield frame.event
                    if frame.event.type in ENDED:
                        return

    async def _frames(self, asked: Fields) -> AsyncGenerator[Frame]:
        """What comes over connections that subscribe to what is asked for at the time."""
        tries = 0
        while True:
            try:
                async with await self._connect() as line:
                    await line.send(_text("subscribe", 0, asked))
                    async for text in line:
                        frame = frame_of(text)
                        if frame.type == "error":
                            raise error_of(bytes(frame.problem))
                        tries = 0
                        yield frame
            except _BROKEN as error:
                _check_end(error)
            await self._pause(tries)
            tries += 1

    # The wire

    async def _ask(self, kind: type[T], name: str, *, again: bool = True, **fields: Any) -> T:
        """The result of a request."""
        deadline = asyncio.get_running_loop().time() + self._patience
        failure: HansardError = Unavailable("The server cannot be reached.")
        for tries in count():
            try:
                async with asyncio.timeout_at(deadline):
                    if tries:
                        await self._pause(tries - 1)
                    line = await self._opened()
            except TimeoutError:
                raise failure from None
            try:
                frame = await self._reply(line, name, fields)
            except _BROKEN as error:
                _check_end(error)
                if not again:
                    raise OutcomeUnknown() from error
                continue
            if frame.type != "error":
                return msgspec.json.decode(frame.result, type=kind)
            failure = error_of(bytes(frame.problem))
            if not isinstance(failure, TooManyRequests):
                raise failure
        raise AssertionError

    async def _reply(self, line: ClientConnection, name: str, fields: Fields) -> Frame:
        """The reply to a request, asked once; raises what broke the connection."""
        number = next(self._numbers)
        text = _text(name, number, fields)
        waiting = Waiting(len(text.encode()), asyncio.get_running_loop().create_future())
        self._waiting[number] = waiting
        try:
            with suppress(*_BROKEN):  # whoever hears the connection tells what became of it
                await line.send(text)
            reply = await waiting.reply
        finally:
            del self._waiting[number]
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def _opened(self) -> ClientConnection:
        """The connection for requests."""
        async with self._opening:
            if self._hearing is None or self._hearing.done():
                self._line = await self._reconnect()
                self._hearing = asyncio.create_task(self._hear(self._line))
            assert self._line is not None  # noqa: S101 - it is there once somebody hears it
            return self._line

    async def _reconnect(self) -> ClientConnection:
        for tries in count():
            try:
                return await self._connect()
            except _BROKEN:
                await self._pause(tries)
        raise AssertionError

    async def _connect(self) -> ClientConnection:
        """A new connection; raises Unavailable if the client is closed."""
        if not self._closed.is_set():
            line = await self._greet()
            if not self._closed.is_set():
                return line
            await line.close()
        raise Unavailable("This client was closed.")

    async def _greet(self) -> ClientConnection:
        try:
            return await connect(
                self._address, additional_headers=self._headers, max_size=None, compression=None
            )
        except InvalidStatus as refused:
            if refused.response.status_code < 500:
                raise error_of(bytes(refused.response.body or b"")) from refused
            raise

    async def _hear(self, line: ClientConnection) -> None:
        """Hand replies to those who wait for them, until the connection ends."""
        try:
            while True:
                frame = frame_of(await line.recv())
                if (waiting := self._waiting.get(frame.id)) is not None:
                    waiting.tell(frame)
        except _BROKEN as error:
            self._lose(error)

    def _lose(self, end: Exception) -> None:
        """Tell all who wait that the connection has ended; if a request was too large, it was the largest."""
        waiting = sorted(self._waiting.values(), key=lambda each: each.size)
        if waiting and _code(end) == TOO_BIG:
            waiting.pop().tell(TooLarge())
        for each in waiting:
            each.tell(end)

    async def _pause(self, tries: int) -> None:
        """Wait before another try, if the client is not closed."""
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries, 10))
        pause = random.uniform(0.5, 1.5) * longest  # noqa: S311 - so that not all come at once
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._closed.wait()


def _text(name: str, number: int, fields: Fields) -> str:
    return msgspec.json.encode({"type": name, "id": number, **fields}).decode()


def _code(error: Exception) -> int | None:
    """What the server said as it closed the connection."""
    return error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else None


def _check_end(error: Exception) -> None:
    """Raise what another try would not mend."""
    if _code(error) == SIGNED_OUT:
        raise Unauthenticated("The token is no longer good.") from error
