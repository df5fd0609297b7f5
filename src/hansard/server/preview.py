"""Previews: a frame in which an artifact runs, and a page for a separate tab that contains the frame.

The artifact was written by a model, so the frame has no permissions. Its origin is opaque (`sandbox` without
`allow-same-origin`, in the header, so that it applies wherever the URL is opened): it cannot access cookies, storage
or the embedding page. It can load only the script that its type needs, cannot connect anywhere, and cannot open
windows, submit forms, download, or navigate the embedding page. No header of its own prevents it from navigating
itself; the embedding page does, with `frame-src 'self'`. So a frame is only shown inside a page of this server.

What a content security policy does not cover (DNS lookups, preconnections, WebRTC) is prevented by
`Connection-Allowlist` in browsers that support it.
"""

from __future__ import annotations

import re
from html import escape

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from hansard.database import Database
from hansard.errors import NotFound
from hansard.server import static
from hansard.server.fields import Asking, Keeper, PathId, Prefix
from hansard.server.sessions import SessionManager
from hansard.services.artifacts.previews import PreviewContent, PreviewTarget

LASTS = 5 * 60
"""Seconds for which a preview URL is valid."""

_NO_FEATURES = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "clipboard-read",
        "clipboard-write",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "gamepad",
        "geolocation",
        "gyroscope",
        "hid",
        "identity-credentials-get",
        "idle-detection",
        "keyboard-map",
        "local-fonts",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "picture-in-picture",
        "publickey-credentials-create",
        "publickey-credentials-get",
        "screen-wake-lock",
        "serial",
        "storage-access",
        "usb",
        "window-management",
        "xr-spatial-tracking",
    )
)
_HEADERS = {
    "Connection-Allowlist": "(response-origin)",
    "Permissions-Policy": _NO_FEATURES,
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}
_STYLE = "html, body, iframe { display: block; width: 100%; height: 100%; margin: 0; border: 0 }"
_PAGE_POLICY = static.page_policy(_STYLE, "frame-src 'self'; ")
_SVG_STYLE = (
    "body { display: grid; place-items: center; min-height: 100vh; margin: 0 } "
    "svg { max-width: 100%; max-height: 100vh }"
)
_HEAD = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
_OVER = "<p>This preview has expired. Open it again from its artifact.</p>"


class Ticket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of a preview URL, which is not secret."""

    target: PreviewTarget
    session: str = ""
    """The id of the session that requested it; the URL is valid while the session is."""


@get("/preview/{sealed:str}", include_in_schema=False)
async def show_preview(
    database: NamedDependency[Database],
    session_manager: Keeper,
    prefix: Prefix,
    sealed: PathId,
) -> Response[str]:
    """Return a page that contains only the frame."""
    try:
        shown = await _shown(database, session_manager, sealed)
    except NotFound:
        return static.plain(404, _OVER)
    title = escape(shown.title)
    text = (
        f"{_HEAD}<title>{title}</title><style>{_STYLE}</style>"
        f'<iframe title="{title}" sandbox="allow-scripts" src="{escape(prefix)}/preview/{sealed}/frame"></iframe>'
    )
    return _html(text, {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-store"})


@get("/preview/{sealed:str}/frame", include_in_schema=False)
async def show_frame(
    request: Asking,
    database: NamedDependency[Database],
    session_manager: Keeper,
    files: NamedDependency[static.Files],
    prefix: Prefix,
    sealed: PathId,
) -> Response[str]:
    """Return the artifact for the frame; if the URL is opened as a page, return the page."""
    if request.headers.get("Sec-Fetch-Dest", "iframe") != "iframe":
        return Response("", status_code=303, headers={"Location": f"{prefix}/preview/{sealed}"})
    try:
        shown = await _shown(database, session_manager, sealed)
    except NotFound:
        return static.plain(404, _OVER)
    runs_itself = shown.type in {"html", "svg"}
    runner = files.named(f"{static.RUNNERS}{'frame' if runs_itself else shown.type}")
    if runner is None and not runs_itself:
        return static.plain(
            404, "<p>This installation does not contain the script for this preview.</p>"
        )
    ours = f"{prefix}/{runner}" if runner else ""
    # A policy cannot contain an IPv6 address.
    host = request.headers.get("Host", "")
    source = "'self'" if host.startswith("[") else f"{host}{ours}"
    policy = _policy(shown.type, source if ours else "")
    return _html(_document(shown, ours), _HEADERS | {"Content-Security-Policy": policy})


async def _shown(
    database: Database, session_manager: SessionManager, sealed: str
) -> PreviewContent:
    ticket = msgspec.json.decode(session_manager.unseal(sealed), type=Ticket)
    if ticket.session and not await session_manager.is_signed_in(ticket.session):
        raise NotFound("There is nothing at this address.")
    target = ticket.target
    return await database.scope(target.tenant, target.user).previews.show(target)


def _policy(kind: str, ours: str) -> str:
    """Return the policy of a frame: inline scripts run, and may be compiled by a script of this server."""
    own = {"html": "'unsafe-inline' 'unsafe-eval'", "svg": "'unsafe-inline' 'unsafe-eval'"}
    scripts = f"{own.get(kind, '')} {ours}"
    if kind == "react":
        scripts += " 'unsafe-eval'"
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src {scripts.strip()}; "
        "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; "
        "worker-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def _document(shown: PreviewContent, runner: str) -> str:
    """Return the artifact as a document; our script comes first, so that it runs whatever the artifact does."""
    script = f'<script src="{escape(runner)}"></script>' if runner else ""
    match shown.type:
        case "html":
            return f"{_HEAD}{script}{shown.content}"
        case "svg":
            drawing = re.sub(r"^\s*<\?xml[^>]*>", "", shown.content)
            return f"{_HEAD}{script}<style>{_SVG_STYLE}</style>{drawing}"
        case _:
            source = msgspec.json.encode({"title": shown.title, "code": shown.content}).decode()
            data = source.replace("<", r"\u003c")
            return (
                f'{_HEAD}<script id="source" type="application/json">{data}</script>'
                f'<main id="root"></main>{script}'
            )


def _html(text: str, headers: dict[str, str]) -> Response[str]:
    return Response(text, media_type="text/html", headers=headers)


ROUTES = (show_preview, show_frame)
