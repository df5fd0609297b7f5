"""The public address: where browsers reach a server that stands behind a proxy."""

from __future__ import annotations

from urllib.parse import urlsplit

from hansard.errors import InvalidConfig


def check_public_url(url: str, prefix: str) -> None:
    """Raises InvalidConfig if a setting is no such address, or contradicts the path below which the server is shown."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    odd = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise InvalidConfig(f"public_url is {url!r}; it is like https://chat.example.org.")
    if parts.path.rstrip("/") != prefix:
        raise InvalidConfig(
            f"public_url is {url!r}, which does not end with path_prefix, {prefix!r}: give both the same path."
        )


def host_of(url: str) -> str:
    """What browsers call the server there."""
    return urlsplit(url).netloc
