"""Server processes: `hansard serve`, as a user runs it, optionally with a planted bug."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from hansard.torture.ledger import require
from hansard.torture.loop_device import NotPossible
from hansard.torture.prompt_ledger import TENANT, USER

_PLANTED = (
    "import runpy, sys; from hansard.torture.planted_bugs import plant; plant(sys.argv.pop(1)); "
    "sys.argv[0] = 'hansard'; runpy.run_module('hansard', run_name='__main__')"
)
PATIENCE = 60.0
"""Seconds within which a server must respond."""


def check_extras() -> None:
    """Raise NotPossible if a package that the server or its client needs is not installed."""
    if find_spec("litestar") is None or find_spec("websockets") is None:
        raise NotPossible("it needs `pip install 'hansard-db[server,client]'`")


class Server:
    """A server of a database; servers with the same home have the same token."""

    def __init__(self, home: Path, number: int, address: str, plant: str = "") -> None:
        self.ready, self._log = home / f"{number}.ready", home / f"{number}.log"
        self.url = self.token = ""
        ours = {name: value for name, value in os.environ.items() if "HANSARD" not in name}
        settings = {
            "HOME": str(home), "DATABASE_URL": address, "TENANT": TENANT, "USER": USER,
            "MODEL": "echo/echo", "PORT": "0",
        }  # fmt: skip
        ours |= {f"HANSARD_{name}": value for name, value in settings.items()}
        run = ["-c", _PLANTED, plant] if plant else ["-m", "hansard"]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *run, "serve", "--ready-file", str(self.ready)],
                env=ours, cwd=home, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def answers(self) -> None:
        """Wait until it responds. Raises GuaranteeBroken if it does not."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not self.ready.exists():
            late = asyncio.get_running_loop().time() > deadline
            ended = self.process.poll() is not None
            require(
                not late and not ended, f"a server does not start: {self._log.read_text()[-500:]}"
            )
            await asyncio.sleep(0.05)
        facts = json.loads(self.ready.read_text())
        self.url, self.token = facts["url"], facts["token"]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
