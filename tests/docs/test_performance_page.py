"""The page on performance says what the published run says, and the benchmarks behind it still run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
PAGE = (ROOT / "docs" / "performance.md").read_text("utf-8")
RUN: dict[str, Any] = json.loads((BENCHMARKS / "published.json").read_bytes())

_BESIDE_A_READER = """
import tempfile, apsw
from bare import Recorder, replay
with tempfile.TemporaryDirectory() as home:
    path = home + "/file.db"
    with Recorder() as recorder:
        writer = apsw.Connection(path)
        writer.execute("PRAGMA journal_mode = wal").fetchall()
        writer.execute("CREATE TABLE t (a)")
        recorder.take()
        reader = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        for connection, text in (
            (reader, "BEGIN"), (writer, "BEGIN IMMEDIATE"), (writer, "INSERT INTO t VALUES (1)"),
            (reader, "COMMIT"), (writer, "COMMIT"),
        ):
            connection.execute(text)
        said = recorder.take()
    replay(writer, said)
    print(len(said), writer.execute("SELECT count(*) - 1 FROM t").get)
"""


def _python(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_is_what_the_published_run_makes_of_it() -> None:
    assert _python("-c", "import page; print(page.text(page.published()), end='')") == PAGE


def test_the_published_run_is_a_whole_one() -> None:
    assert RUN["not_run"] == {}
    assert {row["subject"] for row in RUN["rows"]} == {
        "append", "artifacts", "growth", "read", "list", "search", "size", "transfer", "postgres", "server",
        "app",
    }  # fmt: skip
    assert set(RUN["peers"]) == {
        "openai-agents", "langgraph-checkpoint-sqlite", "google-adk", "agno", "Hansard at 3a06192",
    }  # fmt: skip


def test_a_missed_target_is_told_with_its_reason() -> None:
    missed = [row for row in RUN["rows"] if row.get("met") is False]
    assert PAGE.count(" | missed |") == len(missed)
    assert [row["what"] for row in missed if not row["target"]["why"]] == []
    assert [row["what"] for row in missed if row["target"]["why"] not in PAGE] == []


def test_the_benchmarks_that_need_no_peer_run() -> None:
    subjects = ("list", "search", "size", "transfer", "server")
    printed = _python("run.py", "--quick", *(f"--only={subject}" for subject in subjects))
    assert "not run:" not in printed
    for row in ("list the 50 newest", "the worst word", "bytes on disk", "import of", "first word"):
        assert row in printed


def test_what_was_recorded_beside_a_reader_can_be_said_again() -> None:
    """A reader's unit that is open while the writer begins is none of the writer's."""
    assert _python("-c", _BESIDE_A_READER).split() == ["3", "1"]
