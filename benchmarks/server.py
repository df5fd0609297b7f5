"""The time that the server adds before a model's first word.

The same prompt goes to the `echo` model in two ways: through the library, in this process, and through the REST
server, in its own process, over a persistent connection. The time is measured from the call to the first `text`
event and includes storing the prompt durably, in both cases. Both conversations grow equally, and each round
uses a new pair.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import hansard
from bench import Bench
from hansard.providers.echo import Echo
from measure import compared, in_turns, measured
from results import Row, Target

MODEL = "echo/echo"
PROMPTS = 40
"""A round's prompts."""
PATIENCE = 30.0
"""Seconds for the server to start."""


async def measure(bench: Bench) -> list[Row]:
    try:
        with served(bench.home / "served") as server:
            return await _compare(bench, server)
    except ServerMissing as error:
        bench.skip("server", str(error))
        return []


class ServerMissing(Exception):
    """The server does not start here."""


async def _compare(bench: Bench, server: Server) -> list[Row]:
    prompts = min(PROMPTS, bench.sizes.appends)
    async with hansard.connect(bench.path("library.db"), providers=[Echo()]) as db:
        scope = db.scope()

        async def ours(_: int) -> float:
            talk = server.post("/conversations", {})["id"]
            return median(server.first_word(talk, f"Say {i}") for i in range(prompts))

        async def library(_: int) -> float:
            talk = (await scope.conversations.create()).id
            return median([await _first_word(scope, talk, f"Say {i}") for i in range(prompts)])

        await ours(-1)
        await library(-1)
        taken = await in_turns(bench.sizes.rounds, ours, library)
    more = median((served - direct) * 1e3 for served, direct in zip(*taken, strict=True))
    what = "first word of an answer, through the server"
    return [
        compared("server", what, taken[0], "through the library", taken[1], unit="ms"),
        measured("server", "… which is more by", more, unit="ms", target=Target("≤", 5)),
    ]


async def _first_word(scope: hansard.Services, talk: str, prompt: str) -> float:
    """Seconds to the first text through the library; the answer is then heard to its end."""
    taken = 0.0
    started = time.perf_counter()
    [run] = await scope.chat.send(talk, prompt, model=MODEL)
    async for event in scope.runs.events(run.id):
        if event.type == "text" and not taken:
            taken = time.perf_counter() - started
    return taken


class Server:
    """A client of the server, with one connection."""

    def __init__(self, url: str, token: str, pid: int) -> None:
        self.pid = pid
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self.url, self.token = url, token
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        with self._ask(path, body, "application/json") as answer:
            return json.load(answer)

    def first_word(self, talk: str, prompt: str) -> float:
        """Seconds to the first text through the server; the answer is then heard to its end."""
        body = {"content": prompt, "model": MODEL}
        taken = 0.0
        started = time.perf_counter()
        with self._ask(f"/conversations/{talk}/chat", body, "text/event-stream") as answer:
            for line in answer:
                if line == b"event: text\n" and not taken:
                    taken = time.perf_counter() - started
        return taken

    def _ask(self, path: str, body: dict[str, Any], accept: str) -> http.client.HTTPResponse:
        headers = {**self._headers, "Accept": accept}
        self._connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = self._connection.getresponse()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {answer.read().decode()}")
        return answer


@contextmanager
def served(home: Path, programs: Path = Path(sys.executable).parent) -> Iterator[Server]:
    """A server with a database of its own, of the environment whose programs lie there."""
    home.mkdir()
    ready = home / "ready"
    process = subprocess.Popen(  # noqa: S603
        [programs / "hansard", "serve", "--port", "0", "--ready-file", str(ready)],
        cwd=home,
        env={**os.environ, "HANSARD_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _wait(process, ready)
        facts = json.loads(ready.read_text("utf-8"))
        yield Server(facts["url"], facts["token"], process.pid)
    finally:
        process.terminate()
        process.communicate()


def _wait(process: subprocess.Popen[bytes], ready: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not ready.exists():
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            raise ServerMissing(said.strip()[-300:] or "it ended at once")
        if time.monotonic() > until:
            raise ServerMissing(f"it was not ready after {PATIENCE:.0f} s")
        time.sleep(0.05)
