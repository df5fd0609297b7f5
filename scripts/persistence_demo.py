"""Show that a killed server loses nothing: `make persistence-demo`.

In a temporary home it starts a server, says something, kills the server with SIGKILL, starts it again, compares what is
stored with what was acknowledged, and goes on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hansard
from hansard import Message

PATIENCE = 60.0
"""Seconds within which a server must be ready."""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        print("Starting hansard serve in a temporary home.")
        with server(home) as (url, token), hansard.connect(url, token=token) as database:
            services = database.scope()
            talk = services.conversations.create(title="Persistence demo").id
            for text in ("Where do I sleep in Rome?", "Somewhere with a garden."):
                [run] = services.chat.send(talk, text, model="echo/echo")
                services.runs.wait(run.id)
            said = services.messages.read(talk).items
            show("Said and acknowledged", said)
            print("Killing the server with SIGKILL.")
        print("Starting it again.")
        with server(home) as (url, token), hansard.connect(url, token=token) as database:
            services = database.scope()
            stored = services.messages.read(talk).items
            show("Stored", stored)
            [run] = services.chat.send(talk, "And where do I eat?", model="echo/echo")
            services.runs.wait(run.id)
            after = services.messages.read(talk).items
            show("After one more prompt", after)
    if stored != said or after[: len(said)] != said or len(after) != len(said) + 2:
        print("Something is missing.")
        return 1
    print("Nothing is missing.")
    return 0


@contextmanager
def server(home: Path) -> Iterator[tuple[str, str]]:
    """A context with the address and the token of a server, which is killed with SIGKILL at its end.

    Raises RuntimeError if the server does not start.
    """
    ready = home / "ready"
    ready.unlink(missing_ok=True)
    ours = {name: value for name, value in os.environ.items() if "HANSARD" not in name}
    command = [sys.executable, "-m", "hansard", "serve", "--port", "0", "--ready-file", str(ready)]
    process = subprocess.Popen(  # noqa: S603
        command, env=ours | {"HANSARD_HOME": str(home)}, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The server does not start.")
            time.sleep(0.05)
        facts = json.loads(ready.read_text())
        yield facts["url"], facts["token"]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def show(what: str, messages: list[Message]) -> None:
    print(f"{what}: {len(messages)} messages")
    for message in messages:
        print(f"  {message.role}: {message.text}")


if __name__ == "__main__":
    sys.exit(main())
