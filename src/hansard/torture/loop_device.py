"""A small file system in a file on the tested disk, which can be filled and can lose power."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

MEGABYTE = 1024 * 1024
_SHUT_DOWN = 0x8004587D
"""FS_IOC_SHUTDOWN of Linux: stops the file system at once."""
_NO_LOG_FLUSH = 2
"""Data that the file system has not written yet is never written, including its journal."""


class NotPossible(Exception):
    """The trial cannot run on this machine or as this user."""


class Device:
    """An ext4 file system on a loop device."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mounted"
        self._image = folder / "device.img"

    def make(self, megabytes: int) -> None:
        """Create the file system and mount it. Raises NotPossible."""
        if not is_root():
            raise NotPossible("only root on Linux may mount a file system")
        self.path.mkdir()
        with self._image.open("wb") as image:
            image.truncate(megabytes * MEGABYTE)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(self._image))
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.path))

    def unmount(self) -> None:
        _run("umount", str(self.path))

    def unmount_later(self) -> None:
        """Unmount it when no process uses it any more."""
        _run("umount", "--lazy", str(self.path))

    def cut(self) -> None:
        """Cut the power: the device keeps what it has, and processes receive errors until it is mounted again."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUT_DOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    @property
    def free(self) -> int:
        """Free bytes."""
        path = os.statvfs(self.path)
        return path.f_bavail * path.f_frsize


def is_root() -> bool:
    return sys.platform.startswith("linux") and os.geteuid() == 0


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Device]:
    """A new device in a folder, with a size in megabytes. Raises NotPossible."""
    device = Device(folder)
    device.make(megabytes)
    try:
        yield device
    finally:
        device.unmount_later()


def _run(program: str, *arguments: str) -> None:
    path = which(program) or which(program, path="/usr/sbin:/sbin")
    if path is None:
        raise NotPossible(f"the program {program} is not installed")
    result = subprocess.run([path, *arguments], check=False, capture_output=True, text=True)
    if result.returncode:
        raise NotPossible(" ".join(result.stderr.split()) or f"{program} failed")
