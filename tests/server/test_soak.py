"""Many sockets at once: a short form of `benchmarks/soak.py`, which has more of them, for longer, and measures."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from server import harness
from server.harness import process
from server.test_websocket_resuming import FORGETFUL

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    spec = importlib.util.spec_from_file_location("soak", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wrongs(soak: ModuleType, home: Path) -> list[str]:
    """What 40 clients have to complain about, of whom 4 read slowly and 4 a second lose their connection."""
    options = soak.Options(sockets=40, changes=25, slow=4, seconds=4, lost=0.1)
    with process(home) as server:
        place = soak.Place(url=server.url, token=server.token, pid=server.process.pid)
        figures = soak.soak(place, options)
    assert figures.lost > 5
    return figures.wrong


def test_every_socket_hears_of_every_change_once_and_in_order(
    soak: ModuleType, tmp_path: Path
) -> None:
    assert wrongs(soak, tmp_path / "home") == []


def test_a_change_that_somebody_misses_would_be_seen(
    soak: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a server that ignores where its client was."""
    monkeypatch.setattr(harness, "PROGRAM", FORGETFUL + harness.PROGRAM)
    monkeypatch.setattr(soak, "PATIENCE", 0.5)
    assert wrongs(soak, tmp_path / "home") != []
