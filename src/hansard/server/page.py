"""What a browser is shown: the chat app once it is built, or else a plain page that says that Hansard runs.

The built app is files: `index.html`, and below `assets/` those whose names change with their content, which browsers
keep for good. They are read once and found by name, so no path leads out of their folder. Any other address outside the
API is one of the app's own views and gets `index.html`; its links are relative, and its `<base href="/">`, which is
changed here to where the app lies, says to what. None of this holds anything of anybody's: the app asks the API, which
wants to know who asks.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from litestar import Request, Response, get, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromQuery

from hansard import __version__
from hansard.errors import NotFound, NotSignedIn
from hansard.server.auth import Credential, Doorkeeper
from hansard.server.gate import cookie
from hansard.server.http.fields import Prefix, Scoped

WEB = Path(__file__).with_name("web")
"""Where the build puts the app."""
INDEX, ASSETS = "index.html", "assets/"

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
_APP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
body { max-width: 34rem; margin: 15vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.25rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem }
dd { margin: 0 }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Files(msgspec.Struct, frozen=True):
    """The built app's files by name, with forward slashes; none where it is not built."""

    content: dict[str, bytes]

    @property
    def built(self) -> bool:
        return INDEX in self.content


def read_files(folder: Path, prefix: str) -> Files:
    """The app in a folder, for browsers that see it below a prefix."""
    content = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }
    if INDEX in content:
        base = f'<base href="{escape(prefix)}/">'.encode()
        content[INDEX] = _BASE.sub(base, content[INDEX], count=1)
    return Files(content)


@route(["/", "/{_:path}"], http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
async def show(
    request: Request[Any, Credential | None, Any],
    services: Scoped,
    files: NamedDependency[Files],
    prefix: Prefix,
) -> Response[bytes] | Response[str]:
    """The app, a file of it, or the plain page."""
    name = request.scope["path"].strip("/")
    if files.built:
        return _file(files, name)
    if name:
        raise NotFound("There is nothing at this address.")
    if request.auth is None:
        return _page(401, "<p>This browser is not signed in.</p>" + _HOW)
    return await _facts(services, prefix)


@get("/signin", include_in_schema=False)
async def sign_in(
    request: Request[Any, Credential | None, Any],
    doorkeeper: NamedDependency[Doorkeeper],
    prefix: Prefix,
    code: FromQuery[str] = "",
) -> Response[str]:
    """Give this browser a session for the code of a link."""
    home = {"Location": f"{prefix}/"}
    try:
        session = doorkeeper.admit(code)
    except NotSignedIn as error:
        if request.auth is not None:  # a link that was opened twice
            return Response("", status_code=303, headers=home)
        return _page(401, f"<p>{escape(error.message)}</p>" + _HOW)
    headers = home | {"Set-Cookie": cookie(session, prefix)}
    return Response("", status_code=303, headers=headers)


def _file(files: Files, name: str) -> Response[bytes]:
    """A file of the app; for the address of a view, its index."""
    if name not in files.content:
        if name.startswith(ASSETS):
            raise NotFound("There is nothing at this address.")
        name = INDEX
    kept = name.startswith(ASSETS)
    headers = {
        "Content-Security-Policy": _APP_POLICY,
        "Cache-Control": "public, max-age=31536000, immutable" if kept else "no-cache",
    }
    kind = _TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
    return Response(files.content[name], media_type=kind, headers=headers)


_HOW = (
    "<p>Run <code>hansard link</code> on the machine where the server runs, and open the link that it prints. "
    "It is good once, for a quarter of an hour.</p>"
)


async def _facts(services: Scoped, prefix: str) -> Response[str]:
    """What there is, and how to get at it."""
    stats = await services.stats.get()
    facts = {
        "Conversations": f"{stats.conversations:,}",
        "Messages": f"{stats.messages:,}",
        "Version": __version__,
    }
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts.items()
    )
    address = f"{escape(prefix)}/api/v1/openapi.json"
    return _page(
        200,
        f"<p>Hansard is running.</p><dl>{rows}</dl>"
        f'<p>Programs find the API described at <a href="{address}">{address}</a>.</p>'
        "<p>The chat app is not in this installation: it is built from the folder <code>web</code> of the source "
        "into <code>hansard/server/web</code>, and is here when the server starts again.</p>",
    )


def _page(status: int, content: str) -> Response[str]:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Hansard</title>'
        f"<style>{_STYLE}</style></head><body><h1>Hansard</h1>{content}</body></html>"
    )
    headers = {"Content-Security-Policy": _PAGE_POLICY}
    return Response(text, status_code=status, media_type="text/html", headers=headers)


ROUTES = (show, sign_in)
