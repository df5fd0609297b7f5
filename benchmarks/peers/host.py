"""Peers: other ways to keep a conversation in SQLite, each in an environment and a process of its own.

An environment is made when it is first needed, and made anew when its lock (`<name>.txt`, written by `lock.py`) has
changed. A peer is asked by a line of JSON and answers by one; it measures itself, so what lies between the processes
costs it nothing.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / ".peers"
SCRIPTS = {
    "openai-agents": "openai_agents.py",
    "langgraph-checkpoint-sqlite": "langgraph_sqlite.py",
    "google-adk": "google_adk.py",
    "agno": "agno_sqlite.py",
}
"""The program that speaks for a package."""
EXTRAS = {"google-adk": "[db]", "agno": "[sqlite]"}
BEFORE = "3a06192"
"""The commit that this Hansard is compared with."""
EARLIER = f"Hansard at {BEFORE}"


class PeerMissing(Exception):
    """The peer cannot be had here."""


class Peer:
    def __init__(self, name: str, path: Path) -> None:
        """Start it with a new database at `path`."""
        self.name = name
        self._process = subprocess.Popen(  # noqa: S603
            [*_program(name), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(name),
        )
        self.facts: dict[str, Any] = self.ask("facts")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, what: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        print(json.dumps({"ask": what, **arguments}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise PeerMissing(f"{self.name} ended with status {self._process.wait()}.")
        return json.loads(answer)


def _program(name: str) -> list[str]:
    if name == EARLIER:
        return [sys.executable, str(HERE / "hansard_before.py")]
    return [str(_python(name)), str(HERE / SCRIPTS[name])]


def _environment(name: str) -> dict[str, str]:
    """The environment of the process; that of an earlier Hansard has its source before the present one."""
    return os.environ | {"PYTHONPATH": str(_source())} if name == EARLIER else dict(os.environ)


def _source() -> Path:
    """The source of Hansard at the commit `BEFORE`, with the packages that are installed here."""
    home = ENVIRONMENTS / f"hansard-{BEFORE}"
    if not home.exists():
        archive = subprocess.run(  # noqa: S603
            ["git", "-C", str(HERE.parents[1]), "archive", f"{BEFORE}:src"],  # noqa: S607
            capture_output=True,
            check=False,
        )
        if archive.returncode:
            raise PeerMissing(
                f"the commit is not in this repository: {archive.stderr.decode()[-200:]}"
            )
        home.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(home, filter="data")
    return home


def _python(name: str) -> Path:
    """The interpreter of the peer's environment, which holds what its lock says."""
    home, lock = ENVIRONMENTS / name, HERE / f"{name}.txt"
    python, ready = home / "bin" / "python", home / ".ready"
    wanted = lock.read_text("utf-8")
    if not ready.exists() or ready.read_text("utf-8") != wanted:
        uv = str(Path(sys.executable).with_name("uv"))
        into = ["--quiet", "--python", str(python), "--require-hashes", "-r", str(lock)]
        for command in (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
            [uv, "pip", "install", *into],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise PeerMissing(f"it could not be installed: {done.stderr.strip()[-300:]}")
        ready.write_text(wanted, "utf-8")
    return python
