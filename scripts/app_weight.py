"""What a browser loads of the built chat app before a page can be used: `python scripts/app_weight.py`."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

APP = Path(__file__).parent.parent / "src" / "hansard" / "server" / "web"
FIRST = ("index.html", "src/features/sidebar/list.tsx")
"""The sidebar's list is a file of its own, and is loaded with the first page."""
THREAD = (*FIRST, "src/routes/conversation.tsx")
THEME = "theme.js"


@cache
def modules() -> dict[str, dict[str, Any]]:
    """The build's modules, by the names of their sources."""
    return json.loads((APP / "assets.json").read_text("utf-8"))


def scripts(*entries: str) -> set[str]:
    """The scripts that some modules cannot run without."""
    needed: set[str] = set()
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += modules()[name].get("imports", [])
    files = {modules()[name]["file"] for name in needed}
    return {THEME, *(file for file in files if file.endswith(".js"))}


def weight(*entries: str) -> float:
    """Kilobytes (1,000 bytes) of their scripts, compressed."""
    return sum(len(gzip.compress((APP / file).read_bytes())) for file in scripts(*entries)) / 1000


def preview_weight(name: str) -> float:
    """Kilobytes of what runs in the previews of a type, compressed; `frame` is for pages and drawings."""
    [file] = (APP / "assets" / "preview").glob(f"{name}-*.js")
    return len(gzip.compress(file.read_bytes())) / 1000


if __name__ == "__main__":
    print(f"first page: {weight(*FIRST):.1f} KB; a thread: {weight(*THREAD):.1f} KB")
    previews = ", ".join(f"{n} {preview_weight(n):.1f} KB" for n in ("frame", "react", "mermaid"))
    print(f"previews: {previews}")
