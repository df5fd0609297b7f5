"""A small file system of its own, in a file on the disk that is tried: it can be full, and lose its power."""

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
"""Linux's FS_IOC_SHUTDOWN: the file system stops at once."""
_NO_LOG_FLUSH = 2
"""What the file system has not written yet, its own log too, is never written."""


class NotPossible(Exception):
    """This machine, or this user, cannot do it."""


class Device:
    """An ext4 file system on a loop device."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mounted"
        self._image = folder / "device.img"

    def make(self, megabytes: int) -> None:
        """Make and mount it; raises NotPossible."""
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

    def leave(self) -> None:
        """Unmount it as soon as nobody uses it any more."""
        _run("umount", "--lazy", str(self.path))

    def cut(self) -> None:
        """Cut the power: from now on the device has what it has; processes see errors until it is mounted again."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUT_DOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    @property
    def free(self) -> int:
        """Bytes."""
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize


def is_root() -> bool:
    return sys.platform.startswith("linux") and os.geteuid() == 0


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Device]:
    """A device in a folder, whose size is in megabytes; raises NotPossible."""
    device = Device(folder)
    device.make(megabytes)
    try:
        yield device
    finally:
        device.leave()


def _run(program: str, *arguments: str) -> None:
    found = which(program) or which(program, path="/usr/sbin:/sbin")
    if found is None:
        raise NotPossible(f"there is no program {program}")
    done = subprocess.run([found, *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotPossible(" ".join(done.stderr.split()) or f"{program} failed")
