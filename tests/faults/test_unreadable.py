"""A program whose user cannot read all of it says what it cannot read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.installed import installed

NOBODY = 65534
_PROGRAM = """
import contextlib, io, os, sys
import hansard.cli.main
quiet = io.StringIO()
# Python itself may lie where only root reads: what is needed of it is loaded before.
with contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
    hansard.cli.main.main(sys.argv[2:])
for name in [name for name in sys.modules if name.partition(".")[0] == "hansard"]:
    del sys.modules[name]
if os.geteuid() == 0:
    os.setuid(int(sys.argv[1]))
os.environ["HANSARD_HOME"] += "-of-nobody"
import hansard.cli.main
sys.exit(hansard.cli.main.main(sys.argv[2:]))
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """Where the package is installed."""
    with installed() as folder:
        yield folder
        for path in folder.rglob("*"):
            if path.is_dir():
                path.chmod(0o755)


def _run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user who is not root."""
    home = place / "home"
    own = place / "home-of-nobody"
    own.mkdir()
    if os.geteuid() == 0:
        os.chown(own, NOBODY, NOBODY)
    environment = {**os.environ, "PYTHONPATH": str(place), "HANSARD_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(NOBODY), *arguments],
        cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _close(path: Path) -> None:
    """Nobody but root may read it."""
    path.chmod(0)


def test_what_can_be_read_works(place: Path) -> None:
    ended = _run(place, "chat", "--model", "echo/echo", "hello")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    "closed",
    ["storage/sql/migrations/sqlite", "storage/sql/queries/sqlite.sql", "services"],
)
def test_what_cannot_be_read_is_named(place: Path, closed: str) -> None:
    path = place / "hansard" / closed
    _close(path)
    ended = _run(place, "chat", "--model", "echo/echo", "hello")
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert str(path) in ended.stderr or "hansard.services" in ended.stderr
    assert str(place / "hansard") in ended.stderr
