"""The cookie of a session, and what a page of ours sends besides: browsers send a cookie to every port of its host."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hansard.server.sessions import Credential
from hansard.services.users.sessions import LONGEST

KEY = "hansard-key"
"""The header with the key that the page keeps."""
PROTOCOL = "hansard"
"""The subprotocol of a browser's WebSocket, which offers its key as one more: it cannot send headers."""
OFFERED_KEY = "hansard.key."


class SessionCookie(msgspec.Struct, frozen=True):
    """How the cookie is named and set; `prefix` is the path below which a proxy shows the server."""

    prefix: str = ""
    secure: bool = False
    """Whether browsers reach the server by https alone."""

    @property
    def name(self) -> str:
        """With a prefix that browsers understand: no other host, and no page without TLS, can set it."""
        if not self.secure:
            return "hansard_session"
        return "__Secure-hansard_session" if self.prefix else "__Host-hansard_session"

    def header(self, session: str, lasts: float = LONGEST.total_seconds()) -> str:
        """As a header that sets it."""
        secure = "; Secure" if self.secure else ""
        return (
            f"{self.name}={session}; Max-Age={lasts:.0f}; Path={self.prefix or '/'}; "
            f"HttpOnly; SameSite=Strict{secure}"
        )

    def sent(self, headers: dict[str, str]) -> Iterator[Credential]:
        """What a request brings: each cookie of that name, with the key."""
        key = headers.get(KEY) or _offered(headers.get("sec-websocket-protocol", ""))
        for pair in headers.get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.name and key:
                yield Credential("session", value, key)


def _offered(protocols: str) -> str:
    offered = (each.strip() for each in protocols.replace(";", ",").split(","))
    return next((e.removeprefix(OFFERED_KEY) for e in offered if e.startswith(OFFERED_KEY)), "")
