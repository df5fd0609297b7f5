"""Requests to a server over HTTP, with retries."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import count
from typing import Any, cast
from urllib.parse import quote

import httpx2 as httpx
import msgspec

from hansard.api.operation import Operation
from hansard.client.events import error_of
from hansard.errors import (
    HansardError,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Overloaded,
    StorageError,
    TooLarge,
    TooManyRequests,
    Unavailable,
)
from hansard.model.checks import check_json

MIN_BACKOFF, MAX_BACKOFF = 0.1, 5.0
"""Seconds until the next attempt."""
TIMEOUT = httpx.Timeout(30.0, read=300.0)
Query = tuple[tuple[str, str], ...]
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Http:
    """Requests to the API of the server at `url`, with its `token`.

    A request is repeated for `patience` seconds while the server is unreachable or overloaded. After a lost connection
    it is repeated if that is safe; otherwise it raises OutcomeUnknown.
    """

    def __init__(self, url: str, token: str, patience: float) -> None:
        try:
            self._base = httpx.URL(f"{url.rstrip('/')}/api/v1")
        except (httpx.InvalidURL, ValueError) as error:
            raise not_a_server(url) from error
        self._headers = {"Authorization": f"Bearer {token}"}
        self._patience = patience
        self._client: httpx.AsyncClient | None = None

    def open(self) -> None:
        self._client = httpx.AsyncClient(
            base_url=self._base, headers=self._headers, timeout=TIMEOUT, trust_env=False
        )

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def call(self, operation: Operation, values: dict[str, Any], *, repeatable: bool) -> Any:
        """Call an operation and return its result."""
        path = operation.path
        for field in operation.in_path:
            part = segment(values[field.name], f"/{field.name}")
            path = path.replace(f"{{{field.name}}}", part)
        others = {f.name: values[f.name] for f in operation.others if f.name in values}
        query = None if operation.has_body else query_of(**others)
        content = encoded(others) if operation.body is not None else None
        response = await self.request(
            operation.verb, path, query=query, content=content, repeatable=repeatable
        )
        return decoded(response, operation.result)

    async def request(
        self,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        content: bytes | None = None,
        media_type: str = "application/json",
        repeatable: bool = True,
        accepted: int = 200,
    ) -> httpx.Response:
        """Send a request and return the response. Raises its error, unless its status is the `accepted` one."""
        headers = {} if content is None else {"Content-Type": media_type}
        deadline = asyncio.get_running_loop().time() + self._patience
        for tries in count():
            try:
                response = await self._opened().request(
                    verb, path, params=query, content=content, headers=headers
                )
                if response.is_success or response.status_code == accepted:
                    return response
                failure = error_of(response.content)
                if not _may_repeat(failure, repeatable):
                    raise failure
            except httpx.LocalProtocolError as error:
                raise InvalidInput(f"The request cannot be sent: {error}.") from error
            except httpx.TransportError as error:
                if not repeatable and not isinstance(error, _NOT_SENT):
                    raise OutcomeUnknown() from error
                failure = Unavailable("The server cannot be reached.")
            await _pause(failure, tries, deadline)
        raise AssertionError

    @asynccontextmanager
    async def stream(
        self,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        media_type: str = "application/json",
    ) -> AsyncIterator[httpx.Response]:
        """A context with a response whose body is read in pieces; the request is sent once.

        Raises the error of the response, and Unavailable if the connection breaks.
        """
        headers = {} if content is None else {"Content-Type": media_type}
        request = self._opened().build_request(
            verb, path, params=query, content=content, headers=headers
        )
        try:
            response = await self._opened().send(request, stream=True)
            try:
                if not response.is_success:
                    raise error_of(await response.aread())
                yield response
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise Unavailable("The connection to the server broke.") from error

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            raise StorageError(
                "The database is not open: use `async with hansard.connect(…) as db`."
            )
        return self._client


def decoded(response: httpx.Response, kind: Any) -> Any:
    """Return the JSON body of a response as a record."""
    if kind is None:
        return None
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.MsgspecError as error:
        raise HansardError(
            "The server sent a response that this version of the client does not know; "
            "install the version of the server."
        ) from error


def _may_repeat(failure: HansardError, repeatable: bool) -> bool:
    """Return whether a request that failed with this error may be sent again."""
    if isinstance(failure, OutcomeUnknown):
        return repeatable
    return type(failure) in (Overloaded, TooManyRequests, Unavailable)  # which changed nothing


async def _pause(failure: HansardError, tries: int, deadline: float) -> None:
    """Wait before the next attempt, as long as the server asks for. Raises `failure` after the deadline."""
    pause = max(backoff(tries, MAX_BACKOFF), float(failure.details.get("retry_after", 0)))
    if asyncio.get_running_loop().time() + pause > deadline:
        raise failure
    await asyncio.sleep(pause)


def backoff(tries: int, longest: float) -> float:
    """Return the seconds until the next attempt: doubled each time, with a random factor from 0.5 to 1.5."""
    seconds = min(longest, MIN_BACKOFF * 2 ** min(tries, 10))
    return random.uniform(0.5, 1.5) * seconds  # noqa: S311 - so that clients do not retry at once


def not_a_server(url: str) -> InvalidInput:
    return InvalidInput(f"{url} is not a server URL; use one such as http://127.0.0.1:8765.")


def encoded(values: dict[str, Any]) -> bytes:
    """Return values as JSON. Raises InvalidInput for text or numbers that JSON has not."""
    content: bytes | None = None
    with suppress(UnicodeEncodeError, OverflowError):
        content = msgspec.json.encode(values)
    if content is None or b"null" in content:  # which stands for None and for NaN
        with suppress(TooLarge):  # the server decides what is too large
            check_json(msgspec.to_builtins(values), "", sys.maxsize)
    return content or b""


def segment(value: Any, pointer: str = "/id") -> str:
    """Return a value as one segment of a path. Raises NotFound or InvalidInput for one that cannot be a segment."""
    text = _sendable(str(value), pointer)
    if text in ("", ".", ".."):
        if pointer == "/name":
            raise InvalidInput("The name must not be empty.", pointer=pointer)
        raise NotFound("There is no such record.")
    return quote(text, safe="")


def _sendable(text: str, pointer: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("The text is not valid Unicode.", pointer=pointer) from None
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def query_of(**values: Any) -> Query:
    """Return the query of a request; None is omitted, and the items of a list are repeated parameters."""
    items: list[tuple[str, str]] = []
    for name, value in values.items():
        several = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
        items += [
            (name, _sendable(_text(each), f"/{name}")) for each in several if each is not None
        ]
    return tuple(items)


def pieces(lines: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield an iterable's items to a request as its body."""

    async def each() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    return each()
