"""The public URL: where browsers reach a server that is behind a proxy."""

from __future__ import annotations

from urllib.parse import urlsplit

from hansard.errors import InvalidConfig


def check_public_url(url: str, prefix: str) -> None:
    """Check the setting `public_url`. Raises InvalidConfig if it is not a URL or its path is not `prefix`."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    odd = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise InvalidConfig(
            f"public_url is {url!r}; it must be a URL, for example https://chat.example.org."
        )
    if parts.path.rstrip("/") != prefix:
        raise InvalidConfig(
            f"public_url is {url!r}, but path_prefix is {prefix!r}: give both the same path."
        )


def host_of(url: str) -> str:
    """Return the Host header of requests to the URL."""
    return urlsplit(url).netloc
