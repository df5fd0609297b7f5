"""What every benchmark is given: a place on the disk that is measured, sizes, and the peers."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

import hansard
from hansard import Database
from peers.host import EARLIER, SCRIPTS, Peer, PeerMissing

T = TypeVar("T")


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured; the defaults are what the published numbers were made with."""

    rounds: int = 7
    warm_up: int = 1_200
    """Appends before the first round, enough for the write-ahead log to have reached its size."""
    appends: int = 600
    """A round's appends by one writer."""
    writers: int = 64
    each: int = 20
    """A round's appends by each of many writers."""
    long: int = 100_000
    """Messages in a long conversation."""
    conversations: int = 100_000
    searched: int = 200_000
    burst: int = 10_000
    """Appends right before a search."""
    own: int = 10_000
    """Messages of a user who searches among those of others."""
    kept: int = 20_000
    """Messages whose bytes on disk are counted."""
    imported: int = 200_000
    reads: int = 300
    """A round's reads."""


QUICK = Sizes(
    rounds=2,
    warm_up=50,
    appends=30,
    each=3,
    long=2_000,
    conversations=1_000,
    searched=3_000,
    own=300,
    burst=640,
    kept=500,
    imported=2_000,
    reads=20,
)


class Bench:
    def __init__(self, home: Path, sizes: Sizes, say: Callable[[str], None]) -> None:
        self.home = home
        self.sizes = sizes
        self.say = say
        self.not_run: dict[str, str] = {}
        """What could not be measured, and why."""
        self.peers: dict[str, dict[str, Any]] = {}
        """What each peer says of itself."""
        self._made: dict[str, Any] = {}

    def path(self, name: str) -> Path:
        """The place for a database that is not there yet."""
        for old in self.home.glob(f"{name}*"):
            old.unlink()
        return self.home / name

    async def once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """Something that is costly to make, shared by the benchmarks of a run."""
        if name not in self._made:
            self.say(f"making {name}")
            self._made[name] = await make()
        return self._made[name]

    @contextmanager
    def started_peers(self) -> Iterator[dict[str, Peer]]:
        """The peers, each with a new database; those that cannot be had here are said not to have run."""
        with ExitStack() as stack:
            peers: dict[str, Peer] = {}
            for name in (*SCRIPTS, EARLIER):
                try:
                    peers[name] = stack.enter_context(Peer(name, self.path(f"{name}.db")))
                except PeerMissing as error:
                    self.skip(name, str(error))
                else:
                    self.peers[name] = peers[name].facts
            yield peers

    def skip(self, what: str, why: str) -> None:
        self.say(f"not run: {what}: {why}")
        self.not_run[what] = why


def database(path: Path) -> Database:
    """A SQLite database as users open it, without models."""
    return hansard.connect(path, providers=[])


def copy(source: Path, target: Path) -> Path:
    """A closed database under another name."""
    shutil.copyfile(source, target)
    return target
