"""Sessions: the browsers that are signed in as a user; each is a row that every server of the database reads.

A session expires IDLE after it was last seen, and MAX_AGE after sign-in. A client needs two secrets: the one in the
cookie, which a browser sends to every port of a host, and the one that the page stores for its own origin.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from hansard.errors import NotFound, Unauthenticated
from hansard.ids import is_id, new_id
from hansard.model.sessions import Session, SpentCode
from hansard.secrets import hash_of
from hansard.services.base import Service
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

IDLE = timedelta(days=14)
"""How long a session lasts after it was last seen."""
MAX_AGE = timedelta(days=90)
"""The maximum age of a session."""
SEEN_RESOLUTION = timedelta(minutes=10)
"""The precision of `seen_at`."""
REMOVE_AFTER = timedelta(days=1)
"""How long ended sessions and used codes are kept; a code expires earlier."""
MAX_BROWSER_NAME = 100
"""Characters."""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser."""

    id: str
    browser: str
    """What it is, in a few words, as it says itself."""
    created_at: datetime
    """When it was signed in."""
    seen_at: datetime
    """When it was there last, give or take ten minutes."""
    expires_at: datetime
    """When it is signed out, if it is not seen before."""


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A new session; its secrets are only returned once."""

    id: str
    secret: str
    """For the cookie."""
    key: str
    """For the page."""


class Sessions(Service):
    """The sessions of the user."""

    async def begin(self, code: str, browser: str = "") -> NewSession:
        """Create a session with a sign-in code. Raises Unauthenticated if the code was used before."""
        session_secrets = NewSession(
            id=new_id(), secret=secrets.token_urlsafe(32), key=secrets.token_urlsafe(32)
        )

        async def insert_session(tx: Transaction) -> None:
            now = self.clock()
            await self.ensure_user(tx, now)
            spent = SpentCode(tenant_id=tx.tenant, created_at=now, id=hash_of(code))
            if not await tx.insert(spent, absent=True):
                raise Unauthenticated("This sign-in link was already used; request a new one.")
            session = Session(
                tenant_id=tx.tenant,
                created_at=now,
                id=session_secrets.id,
                user_id=self.scope.user,
                secret_hash=hash_of(session_secrets.secret),
                key_hash=hash_of(session_secrets.key),
                browser=browser[:MAX_BROWSER_NAME],
                seen_at=now,
            )
            await tx.insert(session)

        await self.run_write(insert_session)
        return session_secrets

    async def find(self, session_id: str) -> Session | None:
        """Return a valid session of the user, for comparison with the client's secrets; None if there is none."""
        session = await self.run_read(lambda tx: self._get_valid(tx, session_id))
        if session is not None and self.clock() - session.seen_at >= SEEN_RESOLUTION:
            await self._update_seen_at(session)
        return session

    async def list(self) -> Sequence[SignedIn]:
        """Return the signed-in browsers, the last seen first."""
        now = self.clock()
        sessions = await self.run_read(lambda tx: tx.select(self._live().by("-seen_at", "id")))
        return [
            SignedIn(
                id=session.id,
                browser=session.browser,
                created_at=session.created_at,
                seen_at=session.seen_at,
                expires_at=expiry_of(session),
            )
            for session in sessions
            if now < expiry_of(session)
        ]

    async def end(self, session_id: str) -> None:
        """End the session `session_id`, which signs its browser out. Raises NotFound if the session does not exist."""

        async def end_session(tx: Transaction) -> None:
            session = await self._get_valid(tx, session_id.lower(), lock=True)
            if session is None:
                raise NotFound("There is no such session.")
            await tx.update(Session, session.id, ended_at=self.clock())

        await self.run_write(end_session)

    async def end_all(self, *, but: str | None = None) -> int:
        """Sign out every browser, or all except session `but`; return how many."""

        async def end_sessions(tx: Transaction) -> int:
            now = self.clock()
            sessions = [session for session in await tx.select(self._live()) if session.id != but]
            for session in sessions:
                await tx.update(Session, session.id, ended_at=now)
            return len(sessions)

        return await self.run_write(end_sessions)

    async def _update_seen_at(self, session: Session) -> None:
        async def update_seen_at(tx: Transaction) -> None:
            if await self._get_valid(tx, session.id, lock=True) is not None:
                await tx.update(Session, session.id, seen_at=self.clock())

        await self.run_write(update_seen_at)

    async def _get_valid(
        self, tx: Reader, session_id: str, *, lock: bool = False
    ) -> Session | None:
        session = await tx.get(Session, session_id, lock=lock) if is_id(session_id) else None
        if session is None or session.user_id != self.scope.user or session.ended_at is not None:
            return None
        return session if self.clock() < expiry_of(session) else None

    def _live(self) -> Query[Session]:
        return Query(Session).where(user_id=self.scope.user, ended_at=None)


def is_of(session: Session, secret: str, key: str) -> bool:
    """Return whether a client has both secrets of a session."""
    secret_matches = hmac.compare_digest(hash_of(secret), session.secret_hash)
    return hmac.compare_digest(hash_of(key), session.key_hash) and secret_matches


def expiry_of(session: Session) -> datetime:
    """Return when a session expires."""
    return min(session.seen_at + IDLE, session.created_at + MAX_AGE)


async def forget_sessions(tx: Transaction, now: datetime) -> None:
    """Remove ended and expired sessions, and codes that have expired."""
    past = now - REMOVE_AFTER
    await tx.delete(Query(Session).where(ended_at__lt=past))
    await tx.delete(Query(Session).where(seen_at__lt=past - IDLE))
    await tx.delete(Query(Session).where(created_at__lt=past - MAX_AGE))
    await tx.delete(Query(SpentCode).where(created_at__lt=past))
