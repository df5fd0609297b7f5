"""A folder that can be full, and a folder whose disk can lose its power."""

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
"""Bytes that are left when the device is filled."""
_REAL = "an ext4 file system on a loop device"


@dataclass
class FillableDisk:
    path: Path
    fill: Callable[[], None]
    """Leave little room or none."""
    free: Callable[[], None]
    how: str


@contextmanager
def fillable_disk(folder: Path) -> Iterator[FillableDisk]:
    """A file system that can be filled, or a layer below SQLite that says that it is full."""
    with ExitStack() as stack:
        try:
            room = stack.enter_context(real_disk(folder))
        except NotPossible as reason:
            how = f"a layer below SQLite that is full ({reason})"
            room = stack.enter_context(simulated_disk(folder, how))
        yield room


@contextmanager
def real_disk(folder: Path) -> Iterator[FillableDisk]:
    """Raises NotPossible."""
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
    """The folder of the model, if it is one."""
    strike: Callable[[], None] | None
    """Cut the power, if it is a real device."""
    recover: Callable[[], None]
    """Have what the disk has kept."""
    how: str


@contextmanager
def power_loss_disk(folder: Path) -> Iterator[PowerLossDisk]:
    """A device that stops at once and is mounted again, or a model of what a disk has kept."""
    with ExitStack() as stack:
        try:
            device = stack.enter_context(mounted(folder, 64))
        except NotPossible as reason:
            platter = folder / "platter"
            how = f"a model of what a disk has kept ({reason})"
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
