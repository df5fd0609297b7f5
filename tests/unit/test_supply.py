"""Supply: what sets everything up is pinned by hash, and nothing runs because it was installed."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_whatever_make_installs_is_pinned() -> None:
    installs = re.findall(
        r"^\t.*\bpip install .*$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
    )
    assert len(installs) >= 4
    for line in installs:
        ours = "--no-deps --no-build-isolation --editable ." in line
        assert ours or re.search(r"--require-hashes (--no-deps )?-r requirements/", line), line


def test_what_builds_hansard_is_pinned_by_hash() -> None:
    text = (ROOT / "requirements" / "build.txt").read_text("utf-8")
    pinned = re.split(r"\n(?=\w)", text.strip())
    assert {p.partition("==")[0] for p in pinned} >= {"uv", "hatchling", "editables"}
    assert all("--hash=sha256:" in package for package in pinned)


def test_no_package_of_the_app_runs_a_script_when_it_is_installed() -> None:
    assert re.search(r"\bci --silent --ignore-scripts\b", (ROOT / "Makefile").read_text("utf-8"))
    for lock in (ROOT / "web", ROOT / "tests" / "web" / "browser"):
        packages = json.loads((lock / "package-lock.json").read_text("utf-8"))["packages"]
        scripted = [name for name, facts in packages.items() if facts.get("hasInstallScript")]
        assert [name for name in scripted if not facts_optional(packages[name])] == []


def facts_optional(facts: dict[str, object]) -> bool:
    """Whether the package is for another operating system, or can be done without."""
    return bool(facts.get("optional"))
