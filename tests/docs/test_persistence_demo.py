"""The demo of persistence does what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "persistence_demo.py"


def test_a_killed_server_has_everything_and_goes_on() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "Nothing is missing."
    assert lines.count("  user: Somewhere with a garden.") == 3
    assert "Stored: 4 messages" in lines
    assert "After one more prompt: 6 messages" in lines
