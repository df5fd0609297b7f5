"""What users' type checkers see of the library: a program that uses it passes, and mistakes are found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).with_name("consumers")


Lines = dict[str, set[int]]
"""The lines with errors of each program."""


@pytest.fixture(scope="module", params=["mypy", "pyright"])
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """What the checker finds in its strict mode."""
    folder = tmp_path_factory.mktemp("consumer")
    for program in PROGRAMS.glob("*.txt"):
        shutil.copy(program, folder / program.with_suffix(".py").name)
    found: Lines = {"consumer.py": set(), "mistakes.py": set()}
    for file, line in _mypy(folder) if request.param == "mypy" else _pyright(folder):
        found[file].add(line)
    return found


def _mypy(folder: Path) -> Iterator[tuple[str, int]]:
    checker = Path(sys.executable).with_name("mypy")
    done = subprocess.run(
        [checker, "--strict", "--output", "json", "--python-executable", sys.executable,
         "--cache-dir", folder / "cache", "consumer.py", "mistakes.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    for line in done.stdout.splitlines():
        problem: dict[str, Any] = json.loads(line)
        yield problem["file"], problem["line"]


def _pyright(folder: Path) -> Iterator[tuple[str, int]]:
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', "utf-8")
    checker = Path(sys.executable).with_name("basedpyright")
    done = subprocess.run(
        [checker, "--outputjson", "--pythonpath", sys.executable, "--project", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 2
    for problem in report["generalDiagnostics"]:
        yield Path(problem["file"]).name, problem["range"]["start"]["line"] + 1


def test_a_program_that_uses_the_library_passes(errors: Lines) -> None:
    assert errors["consumer.py"] == set()


def test_every_mistake_is_found(errors: Lines) -> None:
    lines = (PROGRAMS / "mistakes.txt").read_text("utf-8").splitlines()
    assert errors["mistakes.py"] == {n for n, line in enumerate(lines, 1) if "# wrong" in line}


def test_the_program_that_passes_runs(tmp_path: Path) -> None:
    code = (PROGRAMS / "consumer.txt").read_text("utf-8")
    code += "\n\nimport asyncio\nassert 'AND EAT?' in ''.join(asyncio.run(asynchronous()))\n"
    code += "assert blocking() == 405\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
