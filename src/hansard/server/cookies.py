"""The session cookie and the key that a page sends with it: browsers send a cookie to every port of its host."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hansard.server.sessions import Credential
from hansard.services.users.sessions import MAX_AGE

KEY = "hansard-key"
"""The header with the key that the page stores."""
PROTOCOL = "hansard"
"""The subprotocol of WebSockets. Browsers cannot send headers with them, so they offer the key as a second one."""
OFFERED_KEY = "hansard.key."


class SessionCookie(msgspec.Struct, frozen=True):
    """The attributes of the cookie; `prefix` is the path below which a proxy serves the server."""

    prefix: str = ""
    secure: bool = False
    """Whether browsers use only https."""

    @property
    def name(self) -> str:
        """The cookie's name. With https, its prefix makes browsers reject it from other hosts and pages without TLS."""
        if not self.secure:
            return "hansard_session"
        return "__Secure-hansard_session" if self.prefix else "__Host-hansard_session"

    def header(self, session: str, lasts: float = MAX_AGE.total_seconds()) -> str:
        """Return the value of a Set-Cookie header; the cookie `lasts` so many seconds."""
        secure = "; Secure" if self.secure else ""
        return (
            f"{self.name}={session}; Max-Age={lasts:.0f}; Path={self.prefix or '/'}; "
            f"HttpOnly; SameSite=Strict{secure}"
        )

    def sent(self, headers: dict[str, str]) -> Iterator[Credential]:
        """Yield the credentials of a request: each cookie of this name, with the key."""
        key = headers.get(KEY) or _offered_key(headers.get("sec-websocket-protocol", ""))
        for pair in headers.get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.name and key:
                yield Credential("session", value, key)


def _offered_key(protocols: str) -> str:
    names = (name.strip() for name in protocols.replace(";", ",").split(","))
    return next((n.removeprefix(OFFERED_KEY) for n in names if n.startswith(OFFERED_KEY)), "")
