"""Where settings come from, and how far each place is trusted.

Nothing is taken from the working directory unless somebody asks for it: a directory may be a stranger's. An env file is
read where it is named, or as `.env` in ``HANSARD_HOME``. What is in a file counts only if nobody else can write to it.
A key goes to addresses alone that are trusted as much as the key: those of a named env file are trusted least.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from hansard.errors import InvalidConfig
from hansard.secrets import register, register_environment, register_url

OWN = 1
"""Trust in what the user alone writes: flags, environment, and the files in the home and config directories."""
_SQLITE = b"SQLite format 3\0"
NAMED = 0
"""Trust in an env file that was named: it may be part of somebody else's project."""


class Variables(msgspec.Struct, frozen=True, kw_only=True):
    """Variables from one place."""

    source: str
    trust: int
    values: Mapping[str, str]


class Environment(msgspec.Struct, frozen=True):
    """The variables of all places, the first place that has one counts."""

    places: list[Variables]

    def values(self) -> dict[str, str]:
        return {name: v for place in reversed(self.places) for name, v in place.values.items()}

    def place(self, name: str) -> Variables | None:
        """Where a variable's value comes from."""
        return next((place for place in self.places if name in place.values), None)

    def check_pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Raises InvalidConfig if a key (the first of a pair) would go to an address that is trusted less."""
        for key, address in pairs:
            owner, other = self.place(key), self.place(address)
            if owner is not None and other is not None and other.trust < owner.trust:
                raise InvalidConfig(
                    f"{key} ({owner.source}) is not sent to the address in {address} ({other.source}): "
                    f"that file is trusted less. Set both in one place, or give {address} in the environment."
                )


def env_file(named: Path | None, home: Path) -> Variables | None:
    """What the env file says: the named one, else `.env` in the home; raises InvalidConfig."""
    file = named.expanduser().absolute() if named else home / ".env"
    if named is None and not file.exists():
        return None
    values = _values(read_private(file))
    if "HANSARD_HOME" in values:
        raise InvalidConfig(f"HANSARD_HOME is set in {file}; it counts in the environment only.")
    register_environment(values)
    trust = NAMED if named else OWN
    return Variables(source=str(file), trust=trust, values=values)


def read_private(file: Path) -> str:
    """A file that the user alone can write; raises InvalidConfig, which says what to do."""
    try:
        with file.open("rb") as opened:
            facts = os.fstat(opened.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise InvalidConfig(f"{file} is not a file.")
            if facts.st_uid not in (os.geteuid(), 0):
                raise InvalidConfig(f"{file} belongs to another user, so it is not used.")
            if facts.st_mode & 0o022:
                raise InvalidConfig(
                    f"Others may write to {file}, so it is not used. Mend it with: chmod go-w {file}"
                )
            return opened.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise InvalidConfig(f"{file} cannot be read: {why}.") from error


def _values(text: str) -> dict[str, str]:
    from dotenv import dotenv_values  # noqa: PLC0415 - an extra's

    # Without interpolation: `${OPENAI_API_KEY}` in an address would send the key there.
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in found.items() if value and value.strip()}


def exposed(home: Path, config: Path, database: Path | None, *, has_keys: bool) -> list[str]:
    """What others on this machine may read or change, and should not: a line each, with what mends it."""
    checks = [(home, 0o077, "700")]
    checks += [(config, 0o077, "600")] if has_keys else []
    checks += [(database, 0o077, "600")] if database is not None and _is_sqlite(database) else []
    lines: list[str] = []
    for path, others, mode in checks:
        try:
            facts = path.stat()
        except OSError:
            continue
        if facts.st_mode & others and facts.st_uid == os.geteuid():
            lines.append(f"Others may read {path}. Mend it with: chmod {mode} {path}")
    return lines


def _is_sqlite(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def register_all(environment: Environment, *addresses: str) -> None:
    """Keep the secrets of these variables and addresses out of all that is said from now on."""
    for place in environment.places:
        register_environment(place.values)
        register(*(v for n, v in place.values.items() if n.endswith("_API_KEY")))
        register(*(v for n, v in place.values.items() if _is_providers_key(n)))
    for address in addresses:
        register_url(address)


def _is_providers_key(name: str) -> bool:
    return name.startswith("HANSARD_PROVIDER_") and name.endswith("_KEY")
