"""From a database's address to its storage, importing no engine that is not asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hansard.errors import InvalidConfig
from hansard.secrets import mask_url, register_url

if TYPE_CHECKING:
    from hansard.storage.base import Storage

_MEMORY = ("memory:", "memory://", ":memory:", "sqlite://:memory:", "sqlite:///:memory:")


def storage_for(address: str | Path, **options: Any) -> Storage:
    """The storage at `memory:`, `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql://…` or a path.

    Options are those of the storage's class. A PostgreSQL address may say `pool_size=…` and `prepared=no` (for
    poolers that hand connections around between transactions) among its parameters.
    """
    text = str(address)
    register_url(text)
    if text in _MEMORY:
        from hansard.storage.memory.storage import MemoryStorage  # noqa: PLC0415

        return MemoryStorage(**{k: v for k, v in options.items() if k == "schema"})
    scheme = text.partition(":")[0].lower() if "://" in text else ""
    if scheme in ("postgresql", "postgres"):
        return _postgres(text, options)
    if scheme not in ("", "sqlite"):
        raise InvalidConfig(
            f"{scheme}:// is not a database we know; there are memory:, sqlite:/// and postgresql://."
        )
    if not text.strip():
        raise InvalidConfig("The database's address is empty.")
    from hansard.storage.sqlite.storage import SqliteStorage  # noqa: PLC0415

    return SqliteStorage(sqlite_path(text), **options)


def sqlite_path(address: str) -> Path:
    """The file that an address or a path names."""
    if not address.lower().startswith("sqlite://"):
        return Path(address).expanduser()
    rest = address[len("sqlite://") :]
    if not rest.startswith("/") or rest == "/":
        raise InvalidConfig("A SQLite address is sqlite:///relative.db or sqlite:////absolute.db.")
    return Path(unquote(rest[1:])).expanduser()


def is_sqlite(address: str) -> bool:
    return address not in _MEMORY and (
        "://" not in address or address.lower().startswith("sqlite://")
    )


def masked(address: str) -> str:
    """The address without its password, or what else of it is secret."""
    return mask_url(address)


def _postgres(address: str, options: dict[str, Any]) -> Storage:
    try:
        from hansard.storage.postgres.storage import PostgresStorage  # noqa: PLC0415
    except ImportError as error:
        raise InvalidConfig("PostgreSQL needs `pip install 'hansard-db[postgres]'`.") from error
    return PostgresStorage(address, **options)
