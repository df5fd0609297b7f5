"""Real servers for the tests: in a thread, for what clients see; in a process, for what befalls processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2
import uvicorn

from hansard.database import Database
from hansard.providers.base import Provider
from hansard.providers.echo import Echo
from hansard.providers.registry import Registry
from hansard.root_keys import RootKeys
from hansard.server.app import make_app
from hansard.server.cookies import KEY
from hansard.server.middleware import local_hosts
from hansard.server.serve import listen
from hansard.server.sessions import signin_code
from hansard.server.sse import Shutdown
from hansard.server.websocket import protocol
from hansard.services.options import ChatOptions
from hansard.services.quotas import Quotas
from hansard.storage.urls import storage_for

T = TypeVar("T")

TOKEN = "hsd_" + "t" * 43
JSON = dict[str, Any]
NOT_BUILT = Path(__file__).with_name("no-such-folder")
PROGRAM = (
    "import sys; from pathlib import Path; from hansard.config import load; "
    "from hansard.server.serve import serve; "
    "serve(load(dict(a.split('=', 1) for a in sys.argv[2:])), ready_file=Path(sys.argv[1]))"
)


class Caller:
    """Somebody who talks to a server, with its token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self.client = httpx2.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def talk(self, **fields: Any) -> JSON:
        """A new conversation."""
        return self.post("/conversations", 201, **fields)

    def say(self, talk: JSON, *texts: str, **fields: Any) -> list[JSON]:
        drafts = [{"role": "user", "content": text} for text in texts]
        path = f"/conversations/{talk['id']}/messages"
        return self.post(path, 201, messages=drafts, **fields)["items"]

    def ask(self, talk: JSON, text: str, *, delay: float = 0, **fields: Any) -> JSON:
        """A run that repeats a text, word by word."""
        asked = {"content": text, "model": "echo/echo", "options": {"delay": delay}} | fields
        return self.post(f"/conversations/{talk['id']}/chat", 202, **asked)["run"]

    def ended(self, run: JSON) -> JSON:
        """The run, once it has ended."""
        for _ in self.events(run["id"]):
            pass
        return self.get(f"/runs/{run['id']}")

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        return self._answer("GET", path, status, params=params)

    def post(self, path: str, status: int, **body: Any) -> Any:
        return self._answer("POST", path, status, json=body)

    def patch(self, path: str, status: int = 200, **body: Any) -> Any:
        return self._answer("PATCH", path, status, json=body)

    def put(self, path: str, status: int = 200, **body: Any) -> Any:
        return self._answer("PUT", path, status, json=body)

    def delete(self, path: str, status: int = 200) -> Any:
        return self._answer("DELETE", path, status)

    def _answer(self, method: str, path: str, status: int, **how: Any) -> Any:
        response = self.client.request(method, path, **how)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def events(self, run_id: str, **how: Any) -> Iterator[JSON]:
        """A run's events from the wire, as they come."""
        return self.stream(f"/runs/{run_id}/events", **how)

    def stream(self, path: str, **how: Any) -> Iterator[JSON]:
        with self.client.stream("GET", path, **how) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            yield from parse(response)

    def feed_end(self) -> int:
        """The position of the last change."""
        return self.get("/feed")["next"]


class Site(Caller):
    """A server in a thread, and the database that it serves."""

    def __init__(
        self, database: Database, port: int, loop: asyncio.AbstractEventLoop, **served: Any
    ) -> None:
        super().__init__(f"http://127.0.0.1:{port}", TOKEN)
        self.database = database
        self.loop = loop
        self.stranger = httpx2.Client(base_url=self.url, timeout=30)
        """A client without a credential."""
        self.tenant: str = served.get("tenant", "local")
        self.user: str = served.get("user", "me")

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.stranger.close()

    @contextmanager
    def beside(self, **served: Any) -> Iterator[Site]:
        """Another server for the same database, in the same loop."""
        server = Listening(self.database, **served)
        running = asyncio.run_coroutine_threadsafe(server.listen(), self.loop)
        try:
            wait_until(lambda: server.started or running.done())
            with Site(self.database, server.port, self.loop, **served) as other:
                yield other
        finally:
            self.do(server.leave)
            running.result(30)
            server.listener.close()

    def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something with the database, where it lives."""

        async def run() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)


@contextmanager
def browser(url: str, token: str = TOKEN, **how: Any) -> Iterator[httpx2.Client]:
    """A browser that is signed in: it has the cookie, and sends the page's key besides."""
    with httpx2.Client(base_url=url, timeout=30, **how) as client:
        told = client.post(f"{url}/api/v1/signin", json={"code": signin_code(token)})
        assert told.status_code == 201, told.text
        client.headers[KEY] = told.json()["key"]
        yield client


def credentials(client: httpx2.Client) -> JSON:
    """The headers that a browser sends by which it is known."""
    [(name, value)] = client.cookies.items()
    return {"Cookie": f"{name}={value}", KEY: client.headers[KEY]}


def parse(response: httpx2.Response) -> Iterator[JSON]:
    """The events of a stream, whose fields must agree with the records in them."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            event = json.loads(fields["data"])
            number = event.get("number", event.get("position"))
            kind = event.get("type", "change" if "kind" in event else "start")
            assert (fields["id"], fields["event"]) == (str(number), kind)
            yield event
            fields = {}


def text_of(events: Sequence[JSON]) -> str:
    return "".join(event["text"] for event in events)


def problem(response: httpx2.Response, status: int, code: str) -> JSON:
    """The problem document of a response, which must be of that kind."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["type"] == f"urn:hansard:problem:{code}"
    assert found["status"] == status
    return found


class Listening(uvicorn.Server):
    """A server for a database on a free port, to be run in any loop."""

    def __init__(self, database: Database, connections: int = 0, **served: Any) -> None:
        self.listener = listen("127.0.0.1", 0)
        self.port: int = self.listener.getsockname()[1]
        self.closing = Shutdown()
        hosts = local_hosts(self.port)
        given: JSON = {"web": NOT_BUILT, **served}
        app = make_app(database, token=TOKEN, hosts=hosts, closing=self.closing, **given)
        super().__init__(
            uvicorn.Config(app, lifespan="off", log_config=None, **protocol.settings(connections))
        )

    async def listen(self) -> None:
        await self.serve([self.listener])

    async def leave(self) -> None:
        self.closing.set()
        self.should_exit = True


@contextmanager
def site(
    address: str | Path,
    *providers: Provider,
    served: JSON | None = None,
    quotas: Quotas | None = None,
    **options: Any,
) -> Iterator[Site]:
    """A server in a thread, on a free port; `served` is what `make_app` is told besides."""
    storage = storage_for(address)
    chosen: dict[str, Any] = {"auto_title": False, "summarize": False, "save_interval": 0.05}
    known = Registry([*providers, Echo()])
    given = ChatOptions(**chosen | options)
    database = Database(
        storage, providers=known, options=given, quotas=quotas, root_keys=RootKeys()
    )
    server = Listening(database, **served or {})
    found: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with database:
            found.append(asyncio.get_running_loop())
            await server.listen()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive())
        with Site(database, server.port, found[0], **served or {}) as running:
            yield running
            running.do(database.runner.close)
    finally:
        if found and thread.is_alive():
            asyncio.run_coroutine_threadsafe(server.leave(), found[0]).result(30)
        thread.join(30)
        server.listener.close()


class Process:
    """`serve` in a process of its own."""

    def __init__(self, home: Path, **flags: Any) -> None:
        self.home = home
        ready = home.parent / f"{home.name}-ready.json"
        self.ready_file = ready
        self.output, self.complaints = ready.with_suffix(".out"), ready.with_suffix(".err")
        given = {"port": 0, "auto_title": False, "summarize": False, **flags}
        with self.output.open("w") as out, self.complaints.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", PROGRAM, str(ready)]
                + [f"{name}={value}" for name, value in given.items()],
                env={**os.environ, "HANSARD_HOME": str(home), "OLLAMA_HOST": "http://127.0.0.1:9"},
                cwd=home.parent,
                stdout=out,
                stderr=err,
            )
        wait_until(lambda: self.process.poll() is not None or self._is_ready())
        if self.process.poll() is not None:
            raise RuntimeError(self.complaints.read_text())
        facts = json.loads(ready.read_text())
        self.url: str = facts["url"]
        self.token: str = facts["token"]

    def _is_ready(self) -> bool:
        try:
            return json.loads(self.ready_file.read_text())["pid"] == self.process.pid
        except (OSError, ValueError):
            return False

    def client(self) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx2.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30)

    def changed(self) -> list[str]:
        """The subjects of all changes, the oldest first."""
        subjects: list[str] = []
        with self.client() as rest:
            after, more = 0, True
            while more:
                page = rest.get("/feed", params={"after": after, "limit": 500}).json()
                subjects += [entry["subject_id"] for entry in page["items"]]
                after, more = page["next"], bool(page["items"])
        return subjects

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal, and wait; gives exit code, output and error output."""
        self.process.send_signal(how)
        code = self.process.wait(30)
        return code, self.output.read_text(), self.complaints.read_text()


@contextmanager
def process(home: Path, **flags: Any) -> Iterator[Process]:
    started = Process(home, **flags)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.end(signal.SIGKILL)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("It did not happen in time.")
        time.sleep(0.01)
