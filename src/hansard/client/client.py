"""The client: requests and change streams over WebSockets, with automatic reconnects.

Requests share one connection; each stream has its own and resumes from the last position that it yielded. After a lost
connection, a request is repeated if that is safe: if it only reads, or has an id. Otherwise it raises OutcomeUnknown.
Requests over the rate limit are always repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, suppress
from itertools import count
from typing import Any, Self, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException
from websockets.uri import parse_uri

from hansard.api.envelopes import StartedRuns, WholeArtifact
from hansard.arguments import check_arguments
from hansard.client.events import (
    Event,
    Frame,
    Resync,
    error_of,
    event_of,
    frame_of,
)
from hansard.client.http import backoff, not_a_server
from hansard.errors import (
    HansardError,
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

MAX_BACKOFF = 10.0
"""Seconds until the next attempt to connect."""
TOO_BIG, SIGNED_OUT = 1009, 4401
_BROKEN = (WebSocketException, OSError)


class PendingRequest(msgspec.Struct, frozen=True, eq=False):
    """A request without a reply yet."""

    size: int
    """Bytes of the request."""
    reply: asyncio.Future[Frame | Exception]

    def resolve(self, reply: Frame | Exception) -> None:
        if not self.reply.done():
            self.reply.set_result(reply)


class Client:
    """A client of the server at `url`, such as `http://127.0.0.1:8765`, with the installation's `token`.

    Requests are retried for `patience` seconds while the server is unreachable or overloaded, and then raise
    Unavailable or TooManyRequests; streams retry forever. Every request also raises the errors of the service that it
    calls, Unauthenticated if the token is invalid, and TooLarge if it is too large for one frame. Raises InvalidInput
    if `url` is not a URL.
    """

    @check_arguments
    def __init__(self, url: str, token: str, *, patience: float = 30.0) -> None:
        self._address = f"{url.rstrip('/').replace('http', 'ws', 1)}/api/v1/ws"
        try:
            parse_uri(self._address)
        except (InvalidURI, ValueError) as error:
            raise not_a_server(url) from error
        self._headers = {"Authorization": f"Bearer {token}"}
        self._patience = patience
        self._numbers = count(1)
        self._pending: dict[Any, PendingRequest] = {}
        self._connection: ClientConnection | None = None
        self._receiving: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection and all streams. Pending requests raise Unavailable or OutcomeUnknown."""
        self._closed.set()
        if self._connection is not None and self._receiving is not None:
            await self._connection.close()
            await self._receiving

    # Requests

    async def get_artifacts(
        self, conversation_id: str, *, message_id: str | None = None, limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Artifact]:  # fmt: skip
        """List the artifacts of a conversation, the most recently changed first.

        `message_id` selects those that a message created or revised; `cursor` is the `next` of the previous page.
        """
        fields: Fields = {"message_id": message_id, "limit": limit, "cursor": cursor}
        return await self._request(
            Page[Artifact], "get_artifacts", conversation_id=conversation_id, **fields
        )

    async def get_artifact(self, artifact_id: str, revision: int | None = None) -> WholeArtifact:
        """Return an artifact with its newest content, or that of `revision`."""
        fields: Fields = {"artifact_id": artifact_id, "revision": revision}
        return await self._request(WholeArtifact, "get_artifact", **fields)

    async def create_artifact(self, **fields: Any) -> Artifact:
        """Create an artifact; `fields` are those of `POST /artifacts`. Without an `id`, one is generated."""
        return await self._request(Artifact, "create_artifact", artifact={"id": new_id()} | fields)

    async def update_artifact(self, artifact_id: str, **updates: Any) -> Artifact:
        """Change an artifact; `updates` are the fields of `PATCH /artifacts/{id}`.

        With `expect_revision`, raises RevisionConflict if there is a newer revision, and OutcomeUnknown if the
        connection is lost before the reply.
        """
        repeatable = updates.get("expect_revision") is None
        fields: Fields = {"artifact_id": artifact_id, "updates": updates}
        return await self._request(Artifact, "update_artifact", repeatable=repeatable, **fields)

    async def delete_artifact(self, artifact_id: str) -> Artifact:
        """Move an artifact to the trash. Raises OutcomeUnknown if the connection is lost before the reply."""
        return await self._request(
            Artifact, "delete_artifact", repeatable=False, artifact_id=artifact_id
        )

    async def send_message(self, conversation_id: str, **message: Any) -> list[Run]:
        """Send a prompt and return the started runs; `message` has the fields of `POST …/chat`.

        Without an `id`, one is generated.
        """
        message = {"id": new_id()} | message
        fields: Fields = {"conversation_id": conversation_id, "message": message}
        return (await self._request(StartedRuns, "send_message", **fields)).runs

    async def cancel_run(self, run_id: str) -> Run:
        """Cancel a run and return it; a run that has ended stays unchanged."""
        return await self._request(Run, "cancel_run", run_id=run_id)

    # Streams

    async def events(
        self, topics: Iterable[str] = ("*",), *, after: int | None = None
    ) -> AsyncIterator[Event | Resync]:
        """Yield changes without end: all after the position `after`, or those from now on.

        An event carries the record that changed. A `Resync` means that changes were missed and the caller must reload
        its state. Raises InvalidInput if a topic does not exist, Unauthenticated if the token is invalid, Unavailable
        if the client is closed.
        """
        subscription: Fields = {"topics": list(topics), "after": after}
        async with aclosing(self._frames(subscription)) as frames:
            async for frame in frames:
                if frame.type == "ok":
                    if subscription["after"] is None:
                        subscription["after"] = msgspec.json.decode(frame.result)["position"]
                    continue
                subscription["after"] = frame.position
                if frame.entry is not None:
                    yield event_of(frame, frame.entry)
                else:
                    yield Resync(frame.position)

    async def run_events(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        """Yield the events of a run with a number above `after`, until the one that ends it.

        Raises NotFound if the run does not exist, Unauthenticated if the token is invalid, Unavailable if the client is
        closed.
        """
        subscription: Fields = {"runs": {run_id: after}}
        async with aclosing(self._frames(subscription)) as frames:
            async for frame in frames:
                if frame.event is not None:
                    subscription["runs"] = {run_id: frame.event.number}
                    yield frame.event
                    if frame.event.type in ENDED:
                        return

    async def _frames(self, subscription: Fields) -> AsyncGenerator[Frame]:
        """Yield frames; reconnect and resubscribe when the connection breaks.

        The caller updates `subscription`, so that a new connection resumes where the last one ended.
        """
        tries = 0
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.send(_encode("subscribe", 0, subscription))
                    async for text in connection:
                        frame = frame_of(text)
                        if frame.type == "error":
                            raise error_of(bytes(frame.problem))
                        tries = 0
                        yield frame
            except _BROKEN as error:
                _check_end(error)
            await self._pause(tries)
            tries += 1

    # Connections

    async def _request(
        self, kind: type[T], name: str, *, repeatable: bool = True, **fields: Any
    ) -> T:
        """Send a request and return its result; `repeatable` allows to repeat it after a lost connection."""
        deadline = asyncio.get_running_loop().time() + self._patience
        failure: HansardError = Unavailable("The server cannot be reached.")
        for tries in count():
            try:
                async with asyncio.timeout_at(deadline):
                    if tries:
                        await self._pause(tries - 1)
                    connection = await self._open_connection()
            except TimeoutError:
                raise failure from None
            try:
                frame = await self._reply(connection, name, fields)
            except _BROKEN as error:
                _check_end(error)
                if not repeatable:
                    raise OutcomeUnknown() from error
                continue
            if frame.type != "error":
                return msgspec.json.decode(frame.result, type=kind)
            failure = error_of(bytes(frame.problem))
            if not isinstance(failure, TooManyRequests):
                raise failure
        raise AssertionError

    async def _reply(self, connection: ClientConnection, name: str, fields: Fields) -> Frame:
        """Send a request once and return the reply; raises the error that broke the connection."""
        number = next(self._numbers)
        text = _encode(name, number, fields)
        pending = PendingRequest(len(text.encode()), asyncio.get_running_loop().create_future())
        self._pending[number] = pending
        try:
            with suppress(*_BROKEN):  # `_receive` resolves the request with the error
                await connection.send(text)
            reply = await pending.reply
        finally:
            del self._pending[number]
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def _open_connection(self) -> ClientConnection:
        """Return the connection for requests, and open it if necessary."""
        async with self._opening:
            if self._receiving is None or self._receiving.done():
                self._connection = await self._reconnect()
                self._receiving = asyncio.create_task(self._receive(self._connection))
            assert self._connection is not None  # noqa: S101 - it is set before `_receiving`
            return self._connection

    async def _reconnect(self) -> ClientConnection:
        for tries in count():
            try:
                return await self._connect()
            except _BROKEN:
                await self._pause(tries)
        raise AssertionError

    async def _connect(self) -> ClientConnection:
        """Open a connection. Raises Unavailable if the client is closed."""
        if not self._closed.is_set():
            connection = await self._handshake()
            if not self._closed.is_set():
                return connection
            await connection.close()
        raise Unavailable("The client is closed.")

    async def _handshake(self) -> ClientConnection:
        try:
            return await connect(
                self._address, additional_headers=self._headers, max_size=None, compression=None
            )
        except InvalidStatus as error:
            if error.response.status_code < 500:
                raise error_of(bytes(error.response.body or b"")) from error
            raise

    async def _receive(self, connection: ClientConnection) -> None:
        """Resolve pending requests with their replies, until the connection ends."""
        try:
            while True:
                frame = frame_of(await connection.recv())
                if (pending := self._pending.get(frame.id)) is not None:
                    pending.resolve(frame)
        except (*_BROKEN, HansardError) as error:
            self._fail_pending(error)

    def _fail_pending(self, error: Exception) -> None:
        """Resolve all pending requests with the error; if one was too large, it was the largest."""
        requests = sorted(self._pending.values(), key=lambda request: request.size)
        if requests and _close_code(error) == TOO_BIG:
            requests.pop().resolve(TooLarge())
        for request in requests:
            request.resolve(error)

    async def _pause(self, tries: int) -> None:
        """Wait before the next attempt, or until the client is closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(backoff(tries, MAX_BACKOFF)):
                await self._closed.wait()


def _encode(name: str, number: int, fields: Fields) -> str:
    return msgspec.json.encode({"type": name, "id": number, **fields}).decode()


def _close_code(error: Exception) -> int | None:
    """Return the code with which the server closed the connection."""
    return error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else None


def _check_end(error: Exception) -> None:
    """Raise Unauthenticated if the server closed the connection because the token is no longer valid."""
    if _close_code(error) == SIGNED_OUT:
        raise Unauthenticated("The token is no longer valid.") from error
