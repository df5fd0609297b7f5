"""On what a run was made: facts without which its numbers mean little."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import apsw

import hansard


def facts(directory: Path) -> dict[str, Any]:
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "file_system": _file_system(directory),
        "flush_us": round(_flush(directory / "flush") * 1e6),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "apsw": version("apsw"),
        "hansard": hansard.__version__,
    }


def load() -> float:
    """How many programs wanted the processor in the last minute."""
    return round(os.getloadavg()[0], 2)


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(directory: Path) -> str:
    """The type of the file system that holds a directory."""
    inside = f"{directory.resolve()}/"
    best, kind = "", ""
    for line in Path("/proc/self/mounts").read_text("utf-8").splitlines():
        _, point, found, *_ = line.split()
        point = point.rstrip("/") + "/"
        if inside.startswith(point) and len(point) >= len(best):
            best, kind = point, found
    return kind


def _flush(path: Path) -> float:
    """Seconds that the disk takes to keep a page that is written over."""
    taken: list[float] = []
    with path.open("wb") as file:
        for number in range(300):
            file.seek(number % 8 * 4096)
            file.write(os.urandom(4096))
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - started)
    path.unlink()
    return median(taken[100:])
