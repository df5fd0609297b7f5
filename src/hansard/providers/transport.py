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
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from hansard.errors import InvalidConfig, ProviderError, ProviderUnavailable
from hansard.providers.addresses import Target, public_target
from hansard.providers.failures import Failure, error_of, failure_in, failure_of, moved, short_text
from hansard.providers.sse import EventReader, EventTooLarge, ServerEvent

CONNECT_TIMEOUT = 10.0
MAX_BODY = 16 * 1024 * 1024
"""The maximum size of a list or an error, in bytes."""
_NO_COOKIES = DefaultCookiePolicy(allowed_domains=())
"""Users share connections, and what an endpoint says to one of them is not for the others."""


def load() -> Any:
    """Import the HTTP library, which takes so long that it is done on a thread."""
    return importlib.import_module("httpx2")


class Connections:
    """The connections to one endpoint or to several, opened on first use."""

    def __init__(self, *, public_only: bool = False) -> None:
        self.public_only = public_only
        """Whether only public addresses may be connected to; proxies are not used then, they resolve names again."""
        self._client: Any = None
        self._opening = asyncio.Lock()

    async def open(self) -> Any:
        """Import the library and create the client on a thread, because that may take a second; return the client."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make)
            return self._client

    def _make(self) -> Any:
        library = load()
        try:
            return library.AsyncClient(
                timeout=library.Timeout(None, connect=CONNECT_TIMEOUT),
                limits=library.Limits(
                    max_connections=None,
                    # A pool knows only addresses: a kept connection would serve every host at its address.
                    max_keepalive_connections=0 if self.public_only else None,
                ),
                cookies=CookieJar(_NO_COOKIES),
                trust_env=not self.public_only,
            )
        except (ValueError, ImportError, library.InvalidURL) as error:
            raise InvalidConfig(f"The proxy in the environment cannot be used: {error}") from error

    async def target(self, url: str) -> Target:
        """Return what to connect to for a URL. Raises ProviderRefused if its address must be public and is not."""
        return await public_target(url) if self.public_only else Target(url)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


class Transport:
    """Requests to one endpoint; without `connections`, it has its own."""

    def __init__(
        self,
        name: str,
        url: str,
        headers: Mapping[str, str],
        connections: Connections | None = None,
    ) -> None:
        self.name = name
        self.url = url
        self._headers = dict(headers)
        self._is_shared = connections is not None
        self._connections = connections or Connections()

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
        """Make everything ready for the first request, which may take a second."""
        await self._connections.open()

    async def close(self) -> None:
        if not self._is_shared:
            await self._connections.close()

    @asynccontextmanager
    async def _sent(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> AsyncGenerator[Any]:
        client = await self._connections.open()
        library = load()
        content = None if body is None else json.dumps(body).encode()
        typed = {} if body is None else {"Content-Type": "application/json"}
        try:
            target = await self._connections.target(joined(self.url, path))
            async with client.stream(
                method,
                target.url,
                content=content,
                headers={**typed, **self._headers, **target.headers},
                extensions=target.extensions,
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
