"""Serves the chat app if it is built, or else a page that says that Hansard is running.

The built app consists of `index.html` and, in `assets/`, files whose names change with their content, which browsers
cache permanently. Files are found by name, so no path leads out of their folder. Any other URL outside the API is a
view of the app and returns `index.html`; its links are relative to `<base href="/">`, which is replaced by the URL of
the app. None of this contains user data: the app uses the API, which authenticates.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import re
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any

from litestar import Request, Response, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod

from hansard import __version__
from hansard.errors import NotFound
from hansard.server.fields import Prefix

WEB = Path(__file__).with_name("web")
"""The folder of the built app."""
INDEX, ASSETS = "index.html", "assets/"
RUNNERS = "assets/preview/"
"""Scripts for the frames of previews, whose opaque origin loads them like another site."""

_BASE = re.compile(rb'<base href="/"\s*/?>')
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_NOTHING = "There is nothing at this address."
_ANYTHING = "application/octet-stream"
_TEXTS = {".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest"}
"""Types of files that compression makes smaller."""
_APP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
body { max-width: 34rem; margin: 15vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.25rem }
"""


class Files:
    """The files of the app, for browsers that see it below a prefix; a file is read at its first request."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._base = f'<base href="{escape(prefix)}/">'.encode()
        self._paths = {
            file.relative_to(folder).as_posix(): file
            for file in folder.rglob("*")
            if file.is_file()
        }
        self._read: dict[tuple[str, bool], bytes] = {}

    @property
    def built(self) -> bool:
        return INDEX in self._paths

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    def named(self, start: str) -> str | None:
        """Return the file whose name begins with `start`, before the hash of its content."""
        return next((name for name in self._paths if name.startswith(f"{start}-")), None)

    async def read(self, name: str, *, packed: bool) -> bytes:
        """Return a file's bytes, compressed with gzip if `packed`."""
        if (name, packed) not in self._read:
            self._read[name, packed] = await asyncio.to_thread(self._load, name, packed)
        return self._read[name, packed]

    def _load(self, name: str, packed: bool) -> bytes:
        try:
            data = self._paths[name].read_bytes()
        except FileNotFoundError:  # a newer build of the app has replaced it
            raise NotFound(_NOTHING) from None
        if name == INDEX:
            data = _BASE.sub(self._base, data, count=1)
        return gzip.compress(data, mtime=0) if packed else data


@route(["/", "/{_:path}"], http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
async def show(
    request: Request[Any, Any, Any],
    files: NamedDependency[Files],
    prefix: Prefix,
) -> Response[bytes] | Response[str]:
    """Return the app, a file of it, or the plain page."""
    name = request.scope["path"].strip("/")
    if files.built:
        return await _file(files, name, request.headers.get("Accept-Encoding", ""))
    if name not in ("", "signin"):
        raise NotFound(_NOTHING)
    return _facts(prefix)


async def _file(files: Files, name: str, accepted: str) -> Response[bytes]:
    """Return a file of the app; for the URL of a view, its index."""
    if name not in files:
        if name.startswith(ASSETS):
            raise NotFound(_NOTHING)
        name = INDEX
    kept = name.startswith(ASSETS)
    suffix = PurePosixPath(name).suffix
    packed = (
        suffix in _TEXTS
        and re.search(r"\bgzip\b(?!;\s*q=0(?:\.0+)?(?:[,\s]|$))", accepted) is not None
    )
    headers = {
        "Content-Security-Policy": _APP_POLICY,
        "Cache-Control": "public, max-age=31536000, immutable" if kept else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if packed:
        headers["Content-Encoding"] = "gzip"
    if name.startswith(RUNNERS):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    content = await files.read(name, packed=packed)
    return Response(content, media_type=_TYPES.get(suffix, _ANYTHING), headers=headers)


def _facts(prefix: str) -> Response[str]:
    """Return a page that says that the server is running, and where the API is."""
    address = f"{escape(prefix)}/api/v1/openapi.json"
    return plain(
        200,
        f"<p>Hansard {__version__} is running.</p>"
        f'<p>The API is described at <a href="{address}">{address}</a>.</p>'
        "<p>This installation does not contain the chat app: build it from the folder <code>web</code> of the source "
        "into <code>hansard/server/web</code>, and restart the server.</p>",
    )


def plain(status: int, content: str) -> Response[str]:
    """Return a page with a short text, without scripts."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Hansard</title>'
        f"<style>{_STYLE}</style></head><body><h1>Hansard</h1>{content}</body></html>"
    )
    headers = {"Content-Security-Policy": page_policy(_STYLE)}
    return Response(text, status_code=status, media_type="text/html", headers=headers)


def page_policy(style: str, more: str = "") -> str:
    """Return the policy of a page without scripts that has only this style."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; {more}"
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


ROUTES = (show,)
