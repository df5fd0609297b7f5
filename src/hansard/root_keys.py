"""The root keys of a database: the first one encrypts, the others only decrypt.

They come from the environment (`HANSARD_ROOT_KEY`) or from a file that only its owner can read. The file has one key a
line, the current one first, and is made when the first secret is stored. It is not in the database, so a copy of the
database alone reveals no secret: back it up, but elsewhere.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from hansard.atomic_files import beside, draft, located
from hansard.encryption import RootKey, new_root_key, root_key_of, text_of
from hansard.errors import InvalidConfig, Unavailable
from hansard.secrets import register
from hansard.storage.urls import is_memory, is_sqlite, sqlite_path

VARIABLE = "HANSARD_ROOT_KEY"
FILE_VARIABLE = "HANSARD_ROOT_KEY_FILE"
SUFFIX = ".key"
"""The key file of an SQLite database has the database's name with this suffix."""
PATIENCE = 30.0
"""Seconds to wait for a process that changes the root keys."""
_PAUSE = 0.02
_HEADER = (
    "# Hansard's root keys, the current one first. Keep a copy, but not beside the database's.\n"
)


class RootKeys:
    """The root keys from the environment, from a file, or with neither, of this process alone."""

    def __init__(self, file: Path | None = None, given: Sequence[RootKey] = ()) -> None:
        self.file = None if given else file
        self.given = tuple(given)
        self._known: tuple[RootKey, ...] = self.given

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, file: Path | None = None
    ) -> RootKeys:
        """Return the keys in `HANSARD_ROOT_KEY`, else those in the file that `HANSARD_ROOT_KEY_FILE` or `file` names.

        Raises InvalidConfig if the variable has anything but keys.
        """
        if text := environment.get(VARIABLE, "").strip():
            return cls(given=_read_keys(text.split(","), VARIABLE))
        named = environment.get(FILE_VARIABLE, "").strip()
        return cls(Path(named) if named else file)

    def load(self) -> tuple[RootKey, ...]:
        """Return all keys, the current one first; none if there is no file yet.

        Raises InvalidConfig if others can read the file, or it has anything but keys.
        """
        if self.file is not None:
            self._known = _read_file(self.file)
        return self._known

    def find(self, root_id: str) -> RootKey:
        """Return a key by its id. Raises InvalidConfig, which says how to restore it, if it is missing."""
        for keys in (self._known, self.load()):
            for key in keys:
                if key.id == root_id:
                    return key
        raise self.missing(root_id)

    def missing(self, root_id: str) -> InvalidConfig:
        """Return the error for a key that secrets were encrypted with and that is not here."""
        where = f"the file {self.file}" if self.file else f"the variable {VARIABLE}"
        return InvalidConfig(
            f"The root key {root_id} is missing in {where}; the API keys of this database are encrypted with it. "
            f"Restore {where} from its copy. If it is lost, `hansard keys forget` removes what it encrypted, and the "
            "API keys must be entered again.",
        )

    @asynccontextmanager
    async def held(self, *, alone: bool = False) -> AsyncIterator[None]:
        """A context in which no other process changes the file; `alone` in which none encrypts with its keys either.

        The lock is on the directory, because the file is replaced by each change. Raises Unavailable after `PATIENCE`.
        """
        descriptor = None
        if self.file is not None:
            with suppress(OSError):  # without a directory there is no file either
                descriptor = os.open(located(self.file).parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if descriptor is not None:
                await _lock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def create(self) -> RootKey:
        """Make the first key and its file; return the current key if there is one. Raises InvalidConfig."""
        return next(iter(self.load()), None) or self.add()

    def add(self) -> RootKey:
        """Make a new current key and keep the others. Raises InvalidConfig if the keys are in the environment."""
        key = new_root_key()
        self._keep((key, *self.load()))
        return key

    def drop_others(self) -> None:
        """Remove all keys but the current one."""
        self._keep(self.load()[:1])

    def _keep(self, keys: tuple[RootKey, ...]) -> None:
        if self.given:
            raise InvalidConfig(
                f"The root keys are in {VARIABLE}: put a new one before them there, separated by a comma. "
                "`hansard keys new` prints one."
            )
        if self.file is not None:
            lines = "".join(f"{text_of(key)}\n" for key in keys)
            try:
                with draft(self.file) as draft_file:
                    draft_file.write_text(_HEADER + lines)
            except OSError as error:
                raise InvalidConfig(
                    f"The root key file {self.file} cannot be written: {error.strerror}."
                ) from error
        _register(keys)
        self._known = keys


async def _lock(descriptor: int, kind: int) -> None:
    """Lock a directory, as far as its file system has locks. Raises Unavailable after `PATIENCE`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    with suppress(OSError):
        while True:
            try:
                return fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if loop.time() > end:
                    raise Unavailable(
                        "The root keys are being replaced: try again later."
                    ) from None
            await asyncio.sleep(_PAUSE)


def _read_file(file: Path) -> tuple[RootKey, ...]:
    try:
        with file.open() as opened:
            others = os.fstat(opened.fileno()).st_mode & 0o077
            lines = opened.read().splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"The root key file {file} cannot be read: {error}") from error
    if others and os.name == "posix":
        raise InvalidConfig(
            f"Others may read the root key file {file}. Fix it with: chmod 600 {file}"
        )
    keys = [line for line in lines if line.strip() and not line.startswith("#")]
    if not keys:
        raise InvalidConfig(f"The root key file {file} has no key: restore it from its copy.")
    return _read_keys(keys, f"The root key file {file}")


def _read_keys(texts: Sequence[str], what: str) -> tuple[RootKey, ...]:
    keys: list[RootKey] = []
    for number, text in enumerate(texts, 1):
        key = root_key_of(text)
        if key is None:
            raise InvalidConfig(
                f"{what} has something that is no root key (the {number}. entry): "
                "a root key is 32 bytes in base64."
            )
        keys.append(key)
    _register(keys)
    return tuple(keys)


def _register(keys: Sequence[RootKey]) -> None:
    register(*map(text_of, keys))


def root_keys_for(
    address: str,
    file: str | Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> RootKeys | None:
    """Return the root keys for a database: those in a given file, else in the environment, else beside an SQLite file.

    A database in memory has keys of its own. None: a PostgreSQL database for which no key is configured. Raises
    InvalidConfig.
    """
    if file is not None:
        return RootKeys(Path(file))
    if environment.get(VARIABLE) or environment.get(FILE_VARIABLE):
        return RootKeys.from_environment(environment)
    if is_sqlite(address):
        return RootKeys(beside(located(sqlite_path(address)), SUFFIX))
    return RootKeys() if is_memory(address) else None
