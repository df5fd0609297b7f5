"""A folder on a disk that can be filled, and a folder on a disk that can lose power."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hansard.torture.failing_vfs import failing_disk
from hansard.torture.ledger import GuaranteeBroken
from hansard.torture.loop_device import Device, NotPossible, mounted
from hansard.torture.power_loss_vfs import cut

LEFT = 256 * 1024
"""Free bytes after the disk has been filled."""
_REAL = "an ext4 file system on a loop device"


@dataclass
class FillableDisk:
    path: Path
    fill: Callable[[], None]
    """Fill the disk until little or no space is left."""
    free: Callable[[], None]
    how: str


@contextmanager
def fillable_disk(folder: Path) -> Iterator[FillableDisk]:
    """A file system that can be filled, or a layer below SQLite that reports that it is full."""
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(real_disk(folder))
        except NotPossible as reason:
            how = f"a layer below SQLite that reports a full disk ({reason})"
            disk = stack.enter_context(simulated_disk(folder, how))
        yield disk


@contextmanager
def real_disk(folder: Path) -> Iterator[FillableDisk]:
    """A small file system on a loop device. Raises NotPossible."""
    with mounted(folder, 16) as device:
        ballast = device.path / "ballast"
        yield FillableDisk(device.path, lambda: _fill(device, ballast), ballast.unlink, _REAL)


@contextmanager
def simulated_disk(folder: Path, how: str) -> Iterator[FillableDisk]:
    with failing_disk() as disk:
        yield FillableDisk(folder, lambda: disk.set_full(True), lambda: disk.set_full(False), how)


def _fill(device: Device, ballast: Path) -> None:
    with ballast.open("wb") as file:
        file.write(bytes(max(0, device.free - LEFT)))


@dataclass
class PowerLossDisk:
    path: Path
    platter: str
    """The folder of the simulation; empty for a real device."""
    cut_power: Callable[[], None] | None
    """Cut the power of a real device; None for a simulation."""
    recover: Callable[[], None]
    """Restore what the disk has kept."""
    how: str


@contextmanager
def power_loss_disk(folder: Path) -> Iterator[PowerLossDisk]:
    """A device that stops at once and can be mounted again, or a simulation of what a disk keeps."""
    with ExitStack() as stack:
        try:
            device = stack.enter_context(mounted(folder, 64))
        except NotPossible as reason:
            platter = folder / "platter"
            how = f"a simulation of what a disk keeps ({reason})"
            yield PowerLossDisk(
                folder, str(platter), None, lambda: _fall_back(platter, folder), how
            )
        else:
            how = f"{_REAL} that stops at once"
            yield PowerLossDisk(device.path, "", device.cut, lambda: _again(device), how)


def _again(device: Device) -> None:
    try:
        device.unmount()
        device.mount()
    except NotPossible as reason:
        raise GuaranteeBroken(f"the file system cannot be mounted again: {reason}") from reason


def _fall_back(platter: Path, folder: Path) -> None:
    for database in folder.glob("*.db"):
        if (platter / database.name).exists():
            cut(platter, database)
    shutil.rmtree(platter, ignore_errors=True)
