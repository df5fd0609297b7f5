"""Database URLs. Only the engine of a URL is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hansard.errors import InvalidConfig
from hansard.secrets import register_url

if TYPE_CHECKING:
    from hansard.storage.base import Storage

_OPTIONS = ("readonly", "migrate", "migrations", "schema")
_FILE_OPTIONS = ("compression_level",)
_POOL_OPTIONS = ("pool_size", "prepared")
_MEMORY = ("memory:", "memory://", ":memory:", "sqlite://:memory:", "sqlite:///:memory:")


def storage_for(address: str | Path, **options: Any) -> Storage:
    """Return the closed storage at a database URL or a path.

    URLs are `memory:`, `sqlite:///relative.db`, `sqlite:////absolute.db` and `postgresql://…`.
    `options` are those of the storage's class. A PostgreSQL URL may have the parameters `pool_size=…` and `prepared=no`
    (for poolers that assign connections to transactions). Raises InvalidConfig if the URL is invalid or PostgreSQL
    support is not installed.
    """
    text = str(address)
    register_url(text)
    _check_options(options)
    if text in _MEMORY:
        from hansard.storage.memory.storage import MemoryStorage  # noqa: PLC0415

        return MemoryStorage(**{k: v for k, v in options.items() if k == "schema"})
    scheme = text.partition(":")[0].lower() if "://" in text else ""
    if scheme in ("postgresql", "postgres"):
        _refuse(options, _FILE_OPTIONS, "SQLite")
        return _postgres(text, options)
    if scheme not in ("", "sqlite"):
        raise InvalidConfig(
            f"{scheme}:// is not supported; use memory:, sqlite:/// or postgresql://."
        )
    if not text.strip():
        raise InvalidConfig("The database URL must not be empty.")
    from hansard.storage.sqlite.storage import SqliteStorage  # noqa: PLC0415

    _refuse(options, _POOL_OPTIONS, "PostgreSQL")
    return SqliteStorage(sqlite_path(text), **options)


def _check_options(options: dict[str, Any]) -> None:
    """Raise InvalidConfig if no storage has an option of this name."""
    for name in options:
        if name not in (known := (*_OPTIONS, *_FILE_OPTIONS, *_POOL_OPTIONS)):
            raise InvalidConfig(
                f"{name} is not an option of a storage; the options are {', '.join(known)}."
            )


def _refuse(options: dict[str, Any], names: tuple[str, ...], engine: str) -> None:
    if given := sorted({*options} & {*names}):
        raise InvalidConfig(f"Only {engine} has the options {', '.join(given)}.")


def sqlite_path(address: str) -> Path:
    """Return the file of a SQLite URL or path. Raises InvalidConfig if the URL has no path."""
    if not address.lower().startswith("sqlite://"):
        return Path(address).expanduser()
    rest = address[len("sqlite://") :]
    if not rest.startswith("/") or rest == "/":
        raise InvalidConfig(
            "SQLite URLs have the form sqlite:///relative.db or sqlite:////absolute.db."
        )
    return Path(unquote(rest[1:])).expanduser()


def is_memory(address: str) -> bool:
    return address in _MEMORY


def is_sqlite(address: str) -> bool:
    return address not in _MEMORY and (
        "://" not in address or address.lower().startswith("sqlite://")
    )


def _postgres(address: str, options: dict[str, Any]) -> Storage:
    try:
        from hansard.storage.postgres.storage import PostgresStorage  # noqa: PLC0415
    except ImportError as error:
        raise InvalidConfig("PostgreSQL needs `pip install 'hansard-db[postgres]'`.") from error
    return PostgresStorage(address, **options)
