"""Authentication: one secret token for an installation, one-time sign-in links, and the sessions of browsers.

Sign-in codes, session cookies and preview URLs are each signed with a separate key that is derived from the token. So
none reveals the token, none can be used in place of another, and a new token invalidates them all. Values with a wrong
signature are rejected without a query. Sessions and used codes are rows that all servers share: an ended session stops
working at once on this server, and within `SESSION_CACHE_SECONDS` on the others.
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

from hansard.atomic_files import draft
from hansard.database import LOCAL_TENANT, LOCAL_USER
from hansard.errors import InvalidConfig, NotFound, StorageError, Unauthenticated, Unavailable
from hansard.model.scope import Scope
from hansard.model.sessions import Session
from hansard.secrets import register
from hansard.services.quotas import keep_newest
from hansard.services.users.sessions import NewSession, Sessions, is_of

LINK_LASTS = 15 * 60
"""Seconds."""
SESSION_CACHE_SECONDS = 1.0
"""For so many seconds a session is not read from the database again."""
STALE_CACHE_SECONDS = 60.0
"""The same while the database cannot be read."""
MAX_CACHED_SESSIONS = 10_000
"""Sessions in the cache."""

_TOKEN = re.compile(r"hsd_[\w-]{43}", re.ASCII)


def token_of(file: Path) -> str:
    """Return the token of this installation, and create it if there is none.

    Raises InvalidConfig if the file cannot be read or written, others may read it, or it does not contain a token.
    """
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(file, f"hsd_{secrets.token_urlsafe(32)}\n")
        if file.stat().st_mode & 0o077:
            raise InvalidConfig(f"Others may read {file}. Fix it with: chmod 600 {file}")
        token = file.read_text("ascii", errors="replace").strip()
    except OSError as error:
        raise InvalidConfig(
            f"The token in {file} cannot be read or created: {error.strerror}."
        ) from error
    if not _TOKEN.fullmatch(token):
        raise InvalidConfig(
            f"{file} does not contain a token. Delete it to have a new one created."
        )
    register(token)
    return token


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, atomically even if the power fails."""
    with draft(file) as temporary:
        temporary.write_text(text, "utf-8")


def signin_code(token: str, tenant: str = LOCAL_TENANT, user: str = LOCAL_USER) -> str:
    """Return a code that signs one browser in, once, within 15 minutes."""
    claim = f"{_until(time.time() + LINK_LASTS)}.{secrets.token_urlsafe(16)}"
    return _sign(token, _code_for(tenant, user), claim)


def signin_link(token: str, url: str, tenant: str = LOCAL_TENANT, user: str = LOCAL_USER) -> str:
    """Return the URL of the sign-in page with a new code."""
    return f"{url}/signin?code={signin_code(token, tenant, user)}"


class Credential(msgspec.Struct, frozen=True):
    """The credential of a request."""

    kind: Literal["token", "session"]
    secret: str
    """The token, or the value of the cookie."""
    key: str = ""
    """The key that the page sends with a cookie."""


class Seal(msgspec.Struct, frozen=True):
    """Signed data that expires."""

    text: str
    """Safe in a URL."""
    expires_at: datetime


class SessionManager:
    """Verifies credentials, creates sessions, and signs preview URLs."""

    def __init__(
        self, token: str, sessions: Sessions, clock: Callable[[], float] = time.time
    ) -> None:
        self._token = token
        self._sessions = sessions
        self._clock = clock
        self._read: dict[str, tuple[Session | None, float]] = {}
        """Cached sessions and when they were read, by id."""

    @property
    def scope(self) -> Scope:
        """For whom every valid credential acts: today, the server's one user."""
        return self._sessions.scope

    async def verify(self, credential: Credential) -> bool:
        """Whether a credential is valid now; a session is read from the database about once a second."""
        if credential.kind == "token":
            return hmac.compare_digest(credential.secret.encode(), self._token.encode())
        claim = _verified_claim(self._token, "session", credential.secret)
        session_id, _, secret = claim.partition(".")
        session = await self._session(session_id) if secret and credential.key else None
        return session is not None and is_of(session, secret, credential.key)

    def principal(self, credential: Credential | None) -> Scope | None:
        """Return for whom a request with a valid credential acts; None for a request without one."""
        return self.scope if credential is not None else None

    async def create_session(self, code: str, browser: str = "") -> tuple[NewSession, str]:
        """Create a session for a sign-in code and return it with the value of its cookie.

        `browser` is a short description. Raises Unauthenticated if the code is invalid, expired or already used.
        """
        code_name = _code_for(self.scope.tenant, self.scope.user)
        claim = _verified_claim(self._token, code_name, code)
        if not claim or int(claim.partition(".")[0]) / 1e6 <= self._clock():
            raise Unauthenticated(
                "This sign-in link has expired or belongs to another server; create a new one with `hansard link`."
            )
        session = await self._sessions.begin(code, browser)
        return session, _sign(self._token, "session", f"{session.id}.{session.secret}")

    async def is_signed_in(self, session_id: str) -> bool:
        """Whether a session exists and has not ended."""
        return await self._session(session_id) is not None

    def session_of(self, credential: Credential | None) -> str | None:
        """Return the id of a credential's session; None for a token."""
        if credential is None or credential.kind == "token":
            return None
        return _verified_claim(self._token, "session", credential.secret).partition(".")[0]

    def forget(self) -> None:
        """Clear the cache of sessions, after some were ended."""
        self._read.clear()

    def seal(self, data: bytes, lasts: float) -> Seal:
        """Sign data, which remains readable, so that it can be verified for `lasts` seconds."""
        expires = self._clock() + lasts
        signed = _sign(self._token, "preview", f"{_until(expires)}.{_text(data)}")
        return Seal(signed, datetime.fromtimestamp(expires, UTC))

    def unseal(self, sealed: str) -> bytes:
        """Return signed data. Raises NotFound if its signature is invalid or it has expired."""
        until, _, data = _verified_claim(self._token, "preview", sealed).partition(".")
        if not until or int(until) / 1e6 <= self._clock():
            raise NotFound("There is nothing at this URL.")
        return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))

    async def _session(self, session_id: str) -> Session | None:
        cached, read_at = self._read.get(session_id, (None, -math.inf))
        age = time.monotonic() - read_at
        if age < SESSION_CACHE_SECONDS:
            return cached
        now = time.monotonic()
        try:
            session = await self._sessions.find(session_id)
        except (StorageError, Unavailable):
            if cached is None or age >= STALE_CACHE_SECONDS:
                raise
            return cached
        keep_newest(self._read, session_id, (session, now), MAX_CACHED_SESSIONS)
        return session


def _code_for(tenant: str, user: str) -> str:
    return f"sign-in code\0{tenant}\0{user}"


def _sign(token: str, purpose: str, claim: str) -> str:
    """Return `claim.signature`."""
    return f"{claim}.{_signature(token, purpose, claim)}"


def _verified_claim(token: str, purpose: str, signed: str) -> str:
    """Return the claim of a signed text; empty if its signature for this purpose is invalid."""
    claim, _, signature = signed.rpartition(".")
    valid = hmac.compare_digest(signature.encode(), _signature(token, purpose, claim).encode())
    return claim if valid else ""


def _signature(token: str, purpose: str, claim: str) -> str:
    key = hmac.digest(token.encode(), b"hansard " + purpose.encode(), hashlib.sha256)
    return _text(hmac.digest(key, claim.encode(), hashlib.sha256))


def _until(expires: float) -> str:
    """Format a Unix time in microseconds."""
    return str(round(expires * 1e6))


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
