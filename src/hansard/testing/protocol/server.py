"""The server under test: requests, streams and sockets, and the removal of all records that checks create."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx2

from hansard.testing.protocol.answers import (
    JSON,
    MOST,
    Answer,
    BrokenPromise,
    NotApplicable,
    expect,
    shorten,
)
from hansard.testing.protocol.sockets import Socket, connected

T = TypeVar("T")

ECHO = "echo/echo"
TITLE = "Protocol check"
LIBRARY = ("/tags", "/rules", "/agents", "/prompts", "/api-keys", "/providers")
"""Paths of records whose names are unique."""
COLLECTIONS = {"/artifacts", "/collections", "/conversations", "/projects", *LIBRARY}
"""Paths whose POST creates a record that is removed after the check."""
MERGE = "/conversations/merge"
"""The path whose POST creates a conversation of others, which is removed too."""
ENDED = {"cancelled", "completed", "failed", "interrupted"}
_RETRIES = 5


def unique() -> str:
    """Return a name that no record has."""
    return f"protocol-check-{uuid4()}"


@dataclass(frozen=True)
class StreamEvent:
    """A server-sent event: its id, its type, and the JSON in its data."""

    id: str
    type: str
    data: JSON


class Server:
    """A running server, as one user with a token sees it.

    `timeout` is in seconds, for each answer and each awaited event.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 20.0) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.last_request = ""
        self._token = token
        self._undo: list[Callable[[], object]] = []
        self._created: set[str] = set()
        self._kept: dict[str, Any] = {}
        base = f"{self.url}/api/v1"
        self._client = httpx2.Client(base_url=base, timeout=timeout, trust_env=False)

    def close(self) -> None:
        """Remove what is left, and disconnect."""
        self.undo()
        if "lasting" in self.__dict__:
            self.lasting.close()
        self._client.close()

    # Requests

    def request(
        self, method: str, path: str, *, token: str | None = "", headers: Any = None, **how: Any
    ) -> Answer:
        """Send a request; `token` replaces the server's, and None sends no credential."""
        credential = self._token if token == "" else token
        sent = dict(headers or {})
        if credential is not None:
            sent["Authorization"] = f"Bearer {credential}"
        self._note(method, path, how)
        response = self._client.request(method, path, headers=sent, **how)
        for _ in range(_RETRIES):
            if response.status_code != 429:
                break
            time.sleep(_seconds(response.headers.get("retry-after", "")))
            response = self._client.request(method, path, headers=sent, **how)
        answer = Answer(self.last_request, response)
        if answer.status == 201 and path in COLLECTIONS | {MERGE}:
            self._remove_later(f"{path.removesuffix('/merge')}/{answer.json()['id']}")
        return answer

    def _note(self, method: str, path: str, how: JSON) -> None:
        """Keep a request for the report, without the token."""
        request = f"{method} {path} {_describe(how)}".strip()
        self.last_request = request.replace(self._token, "TOKEN")

    def get(self, path: str, /, **params: Any) -> Any:
        """The JSON of a successful GET."""
        return self.request("GET", path, params=params or None).expect(200).json()

    def walk(self, path: str, /, **filters: Any) -> Iterator[JSON]:
        """The items of all pages of a list."""
        cursor: JSON = {}
        for _ in range(MOST):
            page = self.get(path, **filters, **cursor)
            yield from page["items"]
            if page["next"] is None:
                return
            expect(cursor != {"cursor": page["next"]}, "another cursor", page["next"])
            cursor = {"cursor": page["next"]}
        raise BrokenPromise("a last page", f"{MOST} pages")

    def post(self, path: str, status: int = 201, /, **body: Any) -> Any:
        return self._send("POST", path, status, body)

    def patch(self, path: str, /, **body: Any) -> Any:
        return self._send("PATCH", path, 200, body)

    def put(self, path: str, /, **body: Any) -> Any:
        return self._send("PUT", path, 200, body)

    def delete(self, path: str, status: int = 200) -> Any:
        answer = self.request("DELETE", path).expect(status)
        return answer.json() if status == 200 else None

    def _send(self, method: str, path: str, status: int, body: JSON) -> Any:
        answer = self.request(method, path, json=body).expect(status)
        return None if status == 204 else answer.json()

    def act(self, path: str, status: int = 200) -> Any:
        """The result of a POST without a body."""
        answer = self.request("POST", path).expect(status)
        return None if status == 204 else answer.json()

    @cached_property
    def document(self) -> JSON:
        """The server's OpenAPI document."""
        return self.request("GET", "/openapi.json", token=None).expect(200).json()

    # Streams

    @contextmanager
    def stream(self, path: str, *, method: str = "GET", **how: Any) -> Iterator[Stream]:
        """A stream of server-sent events."""
        headers = {"Authorization": f"Bearer {self._token}", **how.pop("headers", {})}
        self._note(method, path, how)
        with self._client.stream(method, path, headers=headers, **how) as response:
            if response.status_code != 200:
                response.read()
            Answer(self.last_request, response).expect(200)
            media_type = response.headers.get("content-type", "")
            expect(media_type.startswith("text/event-stream"), "text/event-stream", media_type)
            yield Stream(response, self.timeout)

    @contextmanager
    def socket(self) -> Iterator[Socket]:
        """A WebSocket of the server."""
        self.last_request = "GET /ws (WebSocket)"
        with connected(self.url, self._token, self.timeout) as socket:
            yield socket

    @property
    def token(self) -> str:
        return self._token

    # Records that are removed again

    @cached_property
    def lasting(self) -> Server:
        """The same server; the records that are created through it are removed when the suite ends."""
        return Server(self.url, self._token, timeout=self.timeout)

    def once(self, name: str, create: Callable[[], T]) -> T:
        """The result of a function that runs once for all checks."""
        if name not in self._kept:
            self._kept[name] = create()
        return self._kept[name]

    def later(self, action: Callable[[], object]) -> None:
        """Run an action when the check has ended, before those of earlier calls."""
        self._undo.append(action)

    def undo(self) -> None:
        """Remove all records that were created through this object."""
        while self._undo:
            with suppress(httpx2.HTTPError, BrokenPromise):
                self._undo.pop()()

    def remove(self, path: str) -> None:
        """Move a record to the trash, and purge it where the protocol has a purge."""
        self.request("DELETE", path)
        self._created.discard(path)
        if path.startswith(("/conversations", "/artifacts", "/projects")):
            self.request("POST", f"{path}/purge")

    def _remove_later(self, path: str) -> None:
        if path not in self._created:
            self._created.add(path)
            self.later(lambda: self.remove(path))

    def conversation(self, **fields: Any) -> JSON:
        return self.post("/conversations", **{"title": TITLE} | fields)

    def artifact(self, **fields: Any) -> JSON:
        sample = {"type": "html", "title": TITLE, "content": "<p>one</p>\n"}
        return self.post("/artifacts", **sample | fields)

    def append(self, conversation: JSON, *texts: str, **fields: Any) -> list[JSON]:
        """Append prompts to a conversation."""
        drafts = [{"role": "user", "content": text} for text in texts]
        path = f"/conversations/{conversation['id']}/messages"
        return self.post(path, 201, messages=drafts, **fields)["items"]

    def setting(self, value: Any) -> str:
        """The name of a new setting."""
        name = f"protocol-check-{uuid4()}"
        self.put(f"/settings/{name}", value=value)
        self.later(lambda: self.request("DELETE", f"/settings/{name}"))
        return name

    def chat(self, conversation: JSON, text: str, **fields: Any) -> JSON:
        """The run that answers a prompt with the prompt's text."""
        self.need_echo()
        body = {"content": text, "model": ECHO} | fields
        return self.post(f"/conversations/{conversation['id']}/chat", 202, **body)["run"]

    def slow_run(self, words: int = 200) -> JSON:
        """A run in a new conversation that has begun to answer and will not end by itself soon."""
        run = self.chat(self.conversation(), "word " * words, options={"delay": 0.1})
        with self.stream(f"/runs/{run['id']}/events") as events:
            events.until("text")
        return run

    def ended(self, run: JSON) -> JSON:
        """The run, once it has ended."""
        with self.stream(f"/runs/{run['id']}/events") as events:
            events.rest()
        return self.get(f"/runs/{run['id']}")

    def need_echo(self) -> None:
        """Raise NotApplicable if the server lacks the model that repeats prompts."""
        if not self._has_echo:
            raise NotApplicable(f"The server has no model {ECHO}.")

    @cached_property
    def _has_echo(self) -> bool:
        return ECHO in [model["name"] for model in self.get("/models")["items"]]


class Stream:
    """The events of a stream, each of which must come within the timeout."""

    def __init__(self, response: httpx2.Response, timeout: float) -> None:
        self.response = response
        self._timeout = timeout
        self._count = 0
        self._events = self._parse()

    def _parse(self) -> Iterator[StreamEvent]:
        fields: dict[str, str] = {}
        deadline = time.monotonic() + self._timeout
        for line in self.response.iter_lines():
            if time.monotonic() > deadline:
                raise BrokenPromise(f"an event within {self._timeout:g} seconds", "none")
            if line.startswith(":"):
                continue
            name, _, value = line.partition(":")
            if line:
                value = value.removeprefix(" ")
                fields[name] = f"{fields[name]}\n{value}" if name in fields else value
            elif fields:
                data = json.loads(fields.get("data", "null"))
                yield StreamEvent(fields.get("id", ""), fields.get("event", "message"), data)
                fields = {}
                deadline = time.monotonic() + self._timeout

    def next(self) -> StreamEvent:
        event = next(self._events, None)
        self._count += 1
        expect(self._count <= MOST, f"at most {MOST} events", "more")
        if event is None:
            raise BrokenPromise("another event", "the end of the stream")
        return event

    def take(self, count: int) -> list[StreamEvent]:
        return [self.next() for _ in range(count)]

    def until(self, kind: str) -> list[StreamEvent]:
        """The events up to the first of a type."""
        events = [self.next()]
        while events[-1].type != kind:
            events.append(self.next())
        return events

    def rest(self) -> list[StreamEvent]:
        """All further events of a stream that ends."""
        return list(self._events)


def escape(name: str) -> str:
    """A name as a segment of a path."""
    return quote(name, safe="")


def _seconds(retry_after: str) -> float:
    """The seconds to wait before another attempt, at most ten."""
    return min(float(retry_after), 10.0) if retry_after.isdecimal() else 1.0


def _describe(how: JSON) -> str:
    """The parts of a request that are worth a report."""
    parts: list[str] = []
    for name in ("params", "json", "content"):
        value = how.get(name)
        if value not in (None, {}):
            text = value.decode(errors="replace") if isinstance(value, bytes) else value
            parts.append(f"{name}={shorten(text)}")
    return " ".join(parts)
