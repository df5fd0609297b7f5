"""HTTP to one endpoint: requests, streams of events, and the translation of errors.

Proxies come from the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), both for lists of models and
for answers. Redirects are not followed, so that a key is only sent to the configured URL.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from hansard.errors import InvalidConfig, ProviderError, ProviderUnavailable
from hansard.providers.failures import Failure, error_of, failure_in, failure_of, moved, short_text
from hansard.providers.sse import EventReader, EventTooLarge, ServerEvent

CONNECT_TIMEOUT = 10.0
MAX_BODY = 16 * 1024 * 1024
"""The maximum size of a list or an error, in bytes."""


def load() -> Any:
    """Import the HTTP library, which takes so long that it is done on a thread."""
    return importlib.import_module("httpx2")


class Transport:
    def __init__(self, name: str, url: str, headers: Mapping[str, str]) -> None:
        self.name = name
        self.url = url
        self._headers = dict(headers)
        self._client: Any = None
        self._opening = asyncio.Lock()

    async def events(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[ServerEvent]:
        """Send a request and yield the events of the response. Raises ProviderError."""
        async with self._sent("POST", path, body) as response:
            reader = EventReader()
            try:
                async for data in response.aiter_bytes():
                    for event in reader.feed(data):
                        yield event
                for event in reader.close():
                    yield event
            except load().RequestError:
                for event in reader.close():  # the data received so far counts
                    yield event
                raise
            except EventTooLarge as error:
                raise ProviderError(f"{self.name} sent an event that is too large.") from error

    async def document(self, path: str) -> Any:
        """Return the JSON at a path. Raises ProviderError."""
        async with self._sent("GET", path, None) as response:
            try:
                document = json.loads(await _body(response))
            except (ValueError, RecursionError) as error:
                raise ProviderError(f"{self.name} sent a response that is not JSON.") from error
        if failure := failure_in(document):
            raise error_of(self.name, failure)
        return document

    async def open(self) -> None:
        """Import the library and create the client on a thread, because that may take a second."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make)

    def _make(self) -> Any:
        library = load()
        try:
            return library.AsyncClient(
                headers=self._headers,
                timeout=library.Timeout(None, connect=CONNECT_TIMEOUT),
                limits=library.Limits(max_connections=None),
            )
        except (ValueError, ImportError, library.InvalidURL) as error:
            raise InvalidConfig(f"The proxy in the environment cannot be used: {error}") from error

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def _sent(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> AsyncGenerator[Any]:
        await self.open()
        library = load()
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            async with self._client.stream(
                method, joined(self.url, path), content=content, headers=headers
            ) as response:
                if response.status_code >= 300:
                    raise await self._refusal(response)
                yield response
        except library.DecodingError as error:
            raise ProviderError(
                f"{self.name} sent a response that cannot be decompressed."
            ) from error
        except (library.InvalidURL, library.UnsupportedProtocol) as error:
            raise ProviderError(f"The URL of {self.name} cannot be used: {error}") from error
        except library.ConnectError as error:
            raise ProviderUnavailable(
                f"{self.name} cannot be reached: {short_text(error) or 'no connection'}"
            ) from error
        except library.TimeoutException as error:
            raise ProviderUnavailable(f"{self.name} does not respond.") from error
        except library.ProxyError as error:
            raise ProviderUnavailable(
                f"The proxy does not connect to {self.name}: {short_text(error)}"
            ) from error
        except library.TransportError as error:
            raise ProviderUnavailable(
                f"The connection to {self.name} was lost.", lost=True
            ) from error

    async def _refusal(self, response: Any) -> ProviderError:
        status = response.status_code
        if status < 400:
            return moved(self.name, status, response.headers.get("location"))
        raw = await _body(response)
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            shown = raw.decode("utf-8", "replace")
            failure = Failure("" if shown.lstrip().startswith("<") else short_text(shown))
        else:
            failure = failure_of(
                document[0] if isinstance(document, list) and document else document
            )
        return error_of(self.name, failure._replace(status=status), response.headers)


async def _body(response: Any) -> bytes:
    read: list[bytes] = []
    size = 0
    async for data in response.aiter_bytes():
        read.append(data)
        size += len(data)
        if size > MAX_BODY:
            break
    return b"".join(read)


def joined(url: str, path: str) -> str:
    """Return a URL below a base URL, whose own query is kept; a version that both contain appears once."""
    base = urlsplit(url)
    path, _, query = path.partition("?")
    head = base.path.rstrip("/")
    version = path.split("/", 2)[1]
    if head.endswith(f"/{version}"):
        head = head.removesuffix(f"/{version}")
    queries = "&".join(part for part in (base.query, query) if part)
    return urlunsplit((base.scheme, base.netloc, head + path, queries, ""))
