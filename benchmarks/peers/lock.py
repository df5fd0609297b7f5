"""Pin the newest version of each peer and all that it needs, with hashes and without naming where they come from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from host import EXTRAS, HERE, SCRIPTS


def main() -> None:
    uv = Path(sys.executable).with_name("uv")
    for name in SCRIPTS:
        lock = HERE / f"{name}.txt"
        command = [
            str(uv), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--upgrade",
            "--no-header", "--no-annotate", "--python-version", "3.11",
            "--output-file", str(lock), "-",
        ]  # fmt: skip
        subprocess.run(command, check=True, input=name + EXTRAS.get(name, ""), text=True)  # noqa: S603
        if "://" in lock.read_text("utf-8"):
            raise SystemExit(f"{lock.name} names a host")


if __name__ == "__main__":
    main()
