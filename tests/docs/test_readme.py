"""The README's code runs and prints what the README says; its commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def _blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def test_the_first_code_prints_what_stands_below_it(tmp_path: Path) -> None:
    [code], [output] = _blocks("python"), _blocks("text")
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == output


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE))
    assert named >= {"run", "test", "chat", "help"}
    assert named <= targets


def test_every_link_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert broken == []


def test_the_tutorial_runs_from_top_to_bottom_and_again(tmp_path: Path) -> None:
    """The Python blocks of the tutorial, in order, as one program."""
    tutorial = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    code = "\n".join(_blocks("python", tutorial))
    output = "".join(_blocks("text", tutorial))
    *lines, exported = output.splitlines(keepends=True)
    assert exported == "5 {}\n"
    for expected in (output, "".join([*lines, "10 {}\n"])):  # the second run has the same file
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        assert done.stdout == expected
