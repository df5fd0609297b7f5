"""Who may come in: one secret token for an installation, one-time links that sign a browser in, and its session.

What is signed here is signed with a key of its own that is derived from the token: the code of a link, the cookie of a
session, and the address of a preview. So none gives the token away, none can stand for another, and a new token ends
them all. What is not signed is refused without a look into the database. Sessions and used codes are rows there, which
all servers share: one that is ended is over at once at this server, and within `BELIEVED` seconds at the others.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from hansard.database import LOCAL_TENANT, LOCAL_USER
from hansard.errors import InvalidConfig, NotFound, StorageError, Unauthenticated, Unavailable
from hansard.model.sessions import Session
from hansard.secrets import register
from hansard.services.users.sessions import NewSession, Sessions, is_of
from hansard.storage.sqlite.atomic_files import draft

LINK_LASTS = 15 * 60
"""Seconds."""
BELIEVED = 1.0
"""Seconds for which a session is believed to be as it was read."""
UNREACHABLE = 60.0
"""Seconds for which it is believed while the database cannot be asked."""
REMEMBERED = 10_000
"""Sessions."""

_TOKEN = re.compile(r"hsd_[\w-]{43}", re.ASCII)


def token_of(file: Path) -> str:
    """The token of this installation, made if there is none; raises InvalidConfig."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(file, f"hsd_{secrets.token_urlsafe(32)}\n")
        if file.stat().st_mode & 0o077:
            raise InvalidConfig(f"Others may read {file}. Mend it with: chmod 600 {file}")
        token = file.read_text("ascii", errors="replace").strip()
    except OSError as error:
        raise InvalidConfig(
            f"The token in {file} cannot be read or made: {error.strerror}."
        ) from error
    if not _TOKEN.fullmatch(token):
        raise InvalidConfig(f"{file} does not hold a token. Remove it, and a new one is made.")
    register(token)
    return token


def write_private(file: Path, text: str) -> None:
    """Write a file that its owner alone may read: all of it or nothing, even if the power fails."""
    with draft(file) as made:
        made.write_text(text, "utf-8")


def signin_code(token: str, tenant: str = LOCAL_TENANT, user: str = LOCAL_USER) -> str:
    """What signs one browser in, once, within a quarter of an hour."""
    claim = f"{_until(time.time() + LINK_LASTS)}.{secrets.token_urlsafe(16)}"
    return _sign(token, _code_for(tenant, user), claim)


def signin_link(token: str, url: str, tenant: str = LOCAL_TENANT, user: str = LOCAL_USER) -> str:
    """A link to a page that takes such a code."""
    return f"{url}/signin?code={signin_code(token, tenant, user)}"


class Credential(msgspec.Struct, frozen=True):
    """What a request brings to be let in."""

    kind: Literal["token", "session"]
    secret: str
    """The token, or the value of the cookie."""
    key: str = ""
    """With a cookie, what the page sent besides."""


class Seal(msgspec.Struct, frozen=True):
    """Something that was said by us, and is good for a while."""

    text: str
    """Fit for an address."""
    expires_at: datetime


class SessionManager:
    """Knows the token, and whom the database knows."""

    def __init__(
        self, token: str, sessions: Sessions, clock: Callable[[], float] = time.time
    ) -> None:
        self._token = token
        self._sessions = sessions
        self._clock = clock
        self._read: dict[str, tuple[Session | None, float]] = {}
        """Sessions as they were read, and when, by id."""

    async def verify(self, given: Credential) -> bool:
        """Whether whoever brings this may be here now; a session's rows are read about once a second."""
        if given.kind == "token":
            return hmac.compare_digest(given.secret.encode(), self._token.encode())
        claim = _said(self._token, "session", given.secret)
        session_id, _, secret = claim.partition(".")
        session = await self._session(session_id) if secret and given.key else None
        return session is not None and is_of(session, secret, given.key)

    async def create_session(self, code: str, browser: str = "") -> tuple[NewSession, str]:
        """A session for a code that is good and was not used before, and its cookie; raises Unauthenticated."""
        scope = self._sessions.scope
        claim = _said(self._token, _code_for(scope.tenant, scope.user), code)
        if not claim or int(claim.partition(".")[0]) / 1e6 <= self._clock():
            raise Unauthenticated("This link is too old, or is none of this server's.")
        session = await self._sessions.begin(code, browser)
        return session, _sign(self._token, "session", f"{session.id}.{session.secret}")

    async def is_signed_in(self, session_id: str) -> bool:
        """Whether a session is good now, whoever comes with it."""
        return await self._session(session_id) is not None

    def session_of(self, given: Credential | None) -> str | None:
        """The id of the session that a credential is of; None for a token."""
        if given is None or given.kind == "token":
            return None
        return _said(self._token, "session", given.secret).partition(".")[0]

    def forget(self) -> None:
        """Believe nothing that was read of sessions: some were ended here."""
        self._read.clear()

    def seal(self, said: bytes, lasts: float) -> Seal:
        """Say something that whoever has it may come back with; it can be read, and not changed."""
        expires = self._clock() + lasts
        sealed = _sign(self._token, "preview", f"{_until(expires)}.{_text(said)}")
        return Seal(sealed, datetime.fromtimestamp(expires, UTC))

    def unseal(self, sealed: str) -> bytes:
        """What we said; raises NotFound if we did not, or if that was too long ago."""
        until, _, said = _said(self._token, "preview", sealed).partition(".")
        if not until or int(until) / 1e6 <= self._clock():
            raise NotFound("There is nothing at this address.")
        return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))

    async def _session(self, session_id: str) -> Session | None:
        known, read = self._read.get(session_id, (None, -math.inf))
        age = time.monotonic() - read
        if age < BELIEVED:
            return known
        began = time.monotonic()
        try:
            found = await self._sessions.find(session_id)
        except (StorageError, Unavailable):
            if known is None or age >= UNREACHABLE:
                raise
            return known
        self._read.pop(session_id, None)
        self._read[session_id] = found, began
        if len(self._read) > REMEMBERED:
            del self._read[next(iter(self._read))]
        return found


def _code_for(tenant: str, user: str) -> str:
    return f"sign-in code\0{tenant}\0{user}"


def _sign(token: str, purpose: str, claim: str) -> str:
    """`claim.signature`."""
    return f"{claim}.{_signature(token, purpose, claim)}"


def _said(token: str, purpose: str, signed: str) -> str:
    """What was signed by us for this purpose; empty if it was not."""
    claim, _, signature = signed.rpartition(".")
    ours = hmac.compare_digest(signature.encode(), _signature(token, purpose, claim).encode())
    return claim if ours else ""


def _signature(token: str, purpose: str, claim: str) -> str:
    key = hmac.digest(token.encode(), b"hansard " + purpose.encode(), hashlib.sha256)
    return _text(hmac.digest(key, claim.encode(), hashlib.sha256))


def _until(expires: float) -> str:
    """A time in an address: in microseconds."""
    return str(round(expires * 1e6))


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
