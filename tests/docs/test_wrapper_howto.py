"""The how-to for wrappers: its program prints what the page shows, and its wrappers pass contract tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "wrapper.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def run(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=at, capture_output=True, text=True, check=False
    )


def test_the_program_prints_what_the_page_shows(tmp_path: Path) -> None:
    done = run("-c", "\n".join(blocks("python")), at=tmp_path)
    assert done.stderr == ""
    assert [done.stdout] == blocks("text")


def test_the_wrappers_pass_the_contract(tmp_path: Path) -> None:
    (tmp_path / "test_example.py").write_text("\n".join(blocks("python")), "utf-8")
    chosen = "append or messages or artifact or search"
    done = run("-m", "pytest", "-q", "-x", "-k", chosen, "test_example.py", at=tmp_path)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d{2,} passed", done.stdout)
