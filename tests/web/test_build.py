"""What is built: how much of it a browser loads at first, and that it gets to whoever installs Hansard."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx2
import pytest

from app_weight import APP, FIRST, THREAD, modules, preview_weight, scripts, weight
from server.harness import PROGRAM, wait_until

ROOT = Path(__file__).parents[2]
LOCKS = [
    ROOT / "web" / "package-lock.json",
    Path(__file__).with_name("browser") / "package-lock.json",
]


def test_the_first_page_is_small() -> None:
    page = (APP / "index.html").read_text("utf-8")
    assert set(re.findall(r'(?:src|href)="\./([^"]+\.js)"', page)) <= scripts(*FIRST)
    assert weight(*FIRST) <= 185


def test_a_thread_is_not_much_more() -> None:
    assert weight(*THREAD) <= 350


RUNNERS = ["frame", "mermaid", "react"]
"""What runs in previews; each preview loads the one that it needs, and no page loads any."""


def test_what_runs_in_previews_is_not_heavier_than_it_was() -> None:
    for name, most in zip(RUNNERS, (1, 1500, 420), strict=True):
        assert 0 < preview_weight(name) <= most, name


LAZY = [
    "src/app/notices.tsx",
    "src/components/markdown/diagram.tsx",
    "src/components/markdown/highlight.ts",
    "src/components/markdown/with-math.tsx",
    "src/features/models/model-popover.tsx",
    "src/features/search/palette.tsx",
    "src/features/thread/branch-map.tsx",
    "src/features/thread/message-menu.tsx",
]


@pytest.mark.parametrize("module", LAZY)
def test_what_few_need_comes_when_it_is_needed(module: str) -> None:
    assert modules()[module]["isDynamicEntry"]
    assert modules()[module]["file"] not in scripts(*THREAD)


def test_the_types_of_the_api_are_those_of_the_server() -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "api_schema.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def build(folder: Path, target: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_brings_the_app_and_serves_it_without_node(tmp_path: Path) -> None:
    made = build(ROOT, tmp_path)
    assert made.returncode == 0, made.stderr
    [wheel] = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    assert not [path for path in installed.rglob("*") if "node_modules" in path.parts]
    page = (installed / "hansard" / "server" / "web" / "index.html").read_text("utf-8")
    ready = tmp_path / "ready.json"
    program = f"import hansard; assert {str(installed)!r} in hansard.__file__; {PROGRAM}"
    server = subprocess.Popen(
        [sys.executable, "-c", program, str(ready), "port=0"],
        env={"PYTHONPATH": str(installed), "HANSARD_HOME": str(tmp_path / "home"), "PATH": ""},
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: ready.exists() or server.poll() is not None)
        url = json.loads(ready.read_text())["url"]
        assert '<div id="root">' in httpx2.get(url).text
        runners = (installed / "hansard" / "server" / "web" / "assets" / "preview").iterdir()
        brought = sorted(f"assets/preview/{file.name}" for file in runners)
        assert [name.partition("-")[0].rpartition("/")[2] for name in brought] == RUNNERS
        for file in re.findall(r'(?:src|href)="\./([^"]+)"', page) + brought:
            assert httpx2.get(f"{url}/{file}").status_code == 200, file
    finally:
        server.kill()
        server.wait()


def test_no_wheel_is_made_without_the_app_or_node_to_build_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(
        ROOT / "src", source / "src", ignore=shutil.ignore_patterns("web", "__pycache__")
    )
    shutil.copytree(ROOT / "scripts", source / "scripts")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    made = build(source, tmp_path, PATH="")
    assert made.returncode != 0
    assert "there is no Node to build it" in made.stdout + made.stderr
    assert not list(tmp_path.glob("*.whl"))


@pytest.mark.parametrize("lock", LOCKS, ids=["app", "browser"])
def test_the_locks_pin_everything_and_name_no_host(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert not re.search(r'"resolved"|\.tgz|registry', text)
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    asked = json.loads(lock.with_name("package.json").read_text("utf-8"))
    versions = {**asked["dependencies"], **asked.get("devDependencies", {})}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
