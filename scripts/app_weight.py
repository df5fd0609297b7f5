"""What a browser loads of the built chat app before a page can be used: `python scripts/app_weight.py`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

APP = Path(__file__).parent.parent / "src" / "hansard" / "server" / "web"
FIRST = "index.html"
THREAD = "src/routes/conversation.tsx"


def weight(*entries: str) -> float:
    """Kilobytes (1,000 bytes), compressed, of all scripts that these entries of the build need at once."""
    chunks = json.loads((APP / "assets.json").read_text("utf-8"))
    needed: set[str] = set()
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += chunks[name].get("imports", [])
    files = {chunks[name]["file"] for name in needed}
    scripts = [APP / file for file in files if file.endswith(".js")]
    return sum(len(gzip.compress(script.read_bytes(), 9)) for script in scripts) / 1000


if __name__ == "__main__":
    print(f"first route: {weight(FIRST):.1f} KB; thread: {weight(FIRST, THREAD):.1f} KB")
