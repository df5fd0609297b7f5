"""A real browser: the one from the packages, with its fonts, or Debian's where that cannot run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

HERE = Path(__file__).with_name("browser")
FLAGS = ["--no-sandbox", "--site-per-process"]
"""Frames of other origins have processes of their own, as in every browser of a desktop."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    program = _unpacked() or shutil.which("chromium")
    assert program, "there is no browser: `make test` gets one"
    libraries = f"{Path(program).with_name('lib')}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    environment: dict[str, str | float | bool] = {
        **os.environ,
        "FONTCONFIG_FILE": str(HERE / "fonts.conf"),
        "LD_LIBRARY_PATH": libraries,
    }
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=FLAGS, env=environment
        )
        yield browser
        await browser.close()


def _unpacked() -> str | None:
    node = Path(sys.executable).with_name("node")
    made = subprocess.run(
        [str(node), str(HERE / "prepare.mjs")], capture_output=True, text=True, check=False
    )
    return made.stdout.strip() if made.returncode == 0 else None
