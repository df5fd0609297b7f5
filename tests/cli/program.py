"""The real program, run as a user runs it: with a home of its own, alone or in a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from cli.nursery import Nursery
from cli.watching import Piped, Terminal


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Program:
    home: Path
    nursery: Nursery
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.home.parent / "work"

    @property
    def database(self) -> Path:
        return self.home / "chats.db"

    def environ(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        ours = {
            "HOME": str(self.home.parent),
            "HANSARD_HOME": str(self.home),
            "HANSARD_MODEL": "echo/echo",
            "OLLAMA_HOST": "127.0.0.1:9",  # nobody is there
            "PYTHONUTF8": "1",
        }
        return kept | ours | self.environment | dict(more)

    def run(self, *arguments: str, text: str | None = None, **more: str) -> Done:
        """Run a command to its end; without `text` its input is empty."""
        return Done(*self.nursery.run(arguments, self.environ(more), self.work, text or ""))

    def show(self, *arguments: str, text: str = "", **more: str) -> tuple[int, str]:
        """Run a command in a terminal, but for its input; returns its exit code and all that the terminal got."""
        code, shown = self.nursery.show(arguments, self.environ(more), self.work, text)
        return code, shown.decode()

    def ok(self, *arguments: str, text: str | None = None, **more: str) -> Done:
        done = self.run(*arguments, text=text, **more)
        assert done.code == 0, done
        return done

    def start(self, *arguments: str, **more: str) -> Piped:
        """Begin a command whose output is read while it runs."""
        return Piped(self._line(arguments), self.environ(more), self.work)

    def terminal(self, *arguments: str, **more: str) -> Terminal:
        """Begin a command in a terminal."""
        return Terminal(self._line(arguments), self.environ(more), self.work)

    def _line(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "hansard", *arguments]

    def messages(self, conversation: str) -> list[dict[str, Any]]:
        return self.ok("conversations", "show", conversation, "--json").json["items"]

    def sql(self, *statements: str, path: Path | None = None) -> list[Any]:
        """Do something to the file behind the program's back; the last statement's rows."""
        connection = apsw.Connection(str(path or self.database))
        rows: list[Any] = []
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        connection.close()
        return rows


def text_of(message: dict[str, Any]) -> str:
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")
