"""The sources of settings, and how much each is trusted.

Nothing is read from the working directory implicitly: it may belong to somebody else. An env file is read where it is
named, or as `.env` in ``HANSARD_HOME``. A file is used only if nobody else can write to it. A key is sent only to
addresses that are trusted as much as the key; those of a named env file are trusted least.
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
"""The trust in sources that only the user writes: flags, environment, and files in the home and config directories."""
_SQLITE = b"SQLite format 3\0"
NAMED = 0
"""The trust in a named env file, which may be part of somebody else's project."""


class Variables(msgspec.Struct, frozen=True, kw_only=True):
    """Variables from one source."""

    source: str
    trust: int
    values: Mapping[str, str]


class Environment(msgspec.Struct, frozen=True):
    """The variables of all sources; the first source that has a variable counts."""

    places: list[Variables]

    def values(self) -> dict[str, str]:
        return {name: v for place in reversed(self.places) for name, v in place.values.items()}

    def place(self, name: str) -> Variables | None:
        """Return the source of a variable's value."""
        return next((place for place in self.places if name in place.values), None)

    def check_pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Check pairs of variables with a key and an address.

        Raises InvalidConfig if a key would be sent to an address that is trusted less.
        """
        for key, address in pairs:
            owner, other = self.place(key), self.place(address)
            if owner is not None and other is not None and other.trust < owner.trust:
                raise InvalidConfig(
                    f"{key} ({owner.source}) is not sent to the address in {address} ({other.source}): "
                    f"that file is trusted less. Set both in one place, or give {address} in the environment."
                )


def env_file(named: Path | None, home: Path) -> Variables | None:
    """Return the variables of the env file `named`, else of `.env` in `home`; None if there is no file.

    Raises InvalidConfig if the file cannot be used, or sets HANSARD_HOME.
    """
    file = named.expanduser().absolute() if named else home / ".env"
    if named is None and not file.exists():
        return None
    values = _values(read_private(file))
    if "HANSARD_HOME" in values:
        raise InvalidConfig(f"HANSARD_HOME is set in {file}; set it in the environment instead.")
    register_environment(values)
    trust = NAMED if named else OWN
    return Variables(source=str(file), trust=trust, values=values)


def read_private(file: Path) -> str:
    """Read a file. Raises InvalidConfig if it cannot be read, or other users can write to it."""
    try:
        with file.open("rb") as opened:
            facts = os.fstat(opened.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise InvalidConfig(f"{file} is not a file.")
            if facts.st_uid not in (os.geteuid(), 0):
                raise InvalidConfig(f"{file} belongs to another user, so it is not used.")
            if facts.st_mode & 0o022:
                raise InvalidConfig(
                    f"Others may write to {file}, so it is not used. Fix it with: chmod go-w {file}"
                )
            return opened.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidConfig(f"{file} cannot be read: {why}.") from error


def _values(text: str) -> dict[str, str]:
    from dotenv import dotenv_values  # noqa: PLC0415 - an extra's

    # Without interpolation: `${OPENAI_API_KEY}` in an address would send the key there.
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in values.items() if value and value.strip()}


def exposed(home: Path, config: Path, database: Path | None, *, has_keys: bool) -> list[str]:
    """Return a line for each private file that others on this machine can access, with the command that fixes it."""
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
            lines.append(f"Others may read {path}. Fix it with: chmod {mode} {path}")
    return lines


def _is_sqlite(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def register_all(environment: Environment, *addresses: str) -> None:
    """Register the secrets in these variables and addresses, so that output masks them."""
    for place in environment.places:
        register_environment(place.values)
        register(*(v for n, v in place.values.items() if n.endswith("_API_KEY")))
        register(*(v for n, v in place.values.items() if _is_providers_key(n)))
    for address in addresses:
        register_url(address)


def _is_providers_key(name: str) -> bool:
    return name.startswith("HANSARD_PROVIDER_") and name.endswith("_KEY")
