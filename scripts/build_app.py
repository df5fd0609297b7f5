"""Puts the chat app into the wheel. A wheel without it is never made: whoever installed it would find no page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildApp(BuildHookInterface[Any]):
    """Builds the app with Node, unless it is built already."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        root = Path(self.root)
        page = root / "src" / "hansard" / "server" / "web" / "index.html"
        if version == "editable" or page.exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(
                "The chat app is not built, and there is no Node to build it: `make setup` does both."
            )
        for command in (["ci", "--silent"], ["run", "build"]):
            subprocess.run([npm, *command], check=True, cwd=root / "web")  # noqa: S603
        if not page.exists():
            raise SystemExit("The chat app was built, but its page is missing.")
