"""Sessions: the browsers that are signed in as a user, each a row that every server of the database reads.

A session is good for a while after it was seen last, and never for longer than `LONGEST`. Whoever comes with one must
have two secrets: the one of its cookie, which a browser sends to every port of a host, and the one that the page keeps
for its own origin.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from hansard.errors import NotFound, Unauthenticated
from hansard.ids import is_id, new_id
from hansard.model.sessions import Session, SpentCode
from hansard.services.base import Service
from hansard.storage.base import Reader, Transaction
from hansard.storage.query import Query

IDLE = timedelta(days=14)
"""How long a session is good after it was seen last."""
LONGEST = timedelta(days=90)
"""How long a session is good at the most."""
SEEN_EVERY = timedelta(minutes=10)
"""How exactly it is known when a session was seen."""
KEPT = timedelta(days=1)
"""How long what is over is remembered: a code is good for less."""
MAX_BROWSER = 100
"""Characters."""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

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
    """A session that has begun; its secrets are told this once."""

    id: str
    secret: str
    """For the cookie."""
    key: str
    """For the page."""


class Sessions(Service):
    async def begin(self, code: str, browser: str = "") -> NewSession:
        """A session for a sign-in code that was not used before, at any server; raises Unauthenticated."""
        made = NewSession(
            id=new_id(), secret=secrets.token_urlsafe(32), key=secrets.token_urlsafe(32)
        )

        async def work(tx: Transaction) -> None:
            now = self.clock()
            await self.ensure_user(tx, now)
            spent = SpentCode(tenant_id=tx.tenant, created_at=now, id=_hash(code))
            if not await tx.insert(spent, absent=True):
                raise Unauthenticated("This link was used before.")
            session = Session(
                tenant_id=tx.tenant,
                created_at=now,
                id=made.id,
                user_id=self.scope.user,
                secret_hash=_hash(made.secret),
                key_hash=_hash(made.key),
                browser=browser[:MAX_BROWSER],
                seen_at=now,
            )
            await tx.insert(session)

        await self.run_write(work)
        return made

    async def find(self, session_id: str) -> Session | None:
        """A session of the user's that is good now, to be compared with what somebody came with."""
        found = await self.run_read(lambda tx: self._good(tx, session_id))
        if found is not None and self.clock() - found.seen_at >= SEEN_EVERY:
            await self._see(found)
        return found

    async def list(self) -> Sequence[SignedIn]:
        """The browsers that are signed in, the one that was seen last first."""
        now = self.clock()
        found = await self.run_read(lambda tx: tx.select(self._live().by("-seen_at", "id")))
        return [
            SignedIn(
                id=each.id,
                browser=each.browser,
                created_at=each.created_at,
                seen_at=each.seen_at,
                expires_at=expiry_of(each),
            )
            for each in found
            if now < expiry_of(each)
        ]

    async def end(self, session_id: str) -> None:
        """Sign a browser out."""

        async def work(tx: Transaction) -> None:
            found = await self._good(tx, session_id.lower(), lock=True)
            if found is None:
                raise NotFound("There is no such session.")
            await tx.update(Session, found.id, ended_at=self.clock())

        await self.run_write(work)

    async def end_all(self, *, but: str | None = None) -> int:
        """Sign every browser out, or every other one; returns how many."""

        async def work(tx: Transaction) -> int:
            now = self.clock()
            ended = [each for each in await tx.select(self._live()) if each.id != but]
            for each in ended:
                await tx.update(Session, each.id, ended_at=now)
            return len(ended)

        return await self.run_write(work)

    async def _see(self, session: Session) -> None:
        async def work(tx: Transaction) -> None:
            if await self._good(tx, session.id, lock=True) is not None:
                await tx.update(Session, session.id, seen_at=self.clock())

        await self.run_write(work)

    async def _good(self, tx: Reader, session_id: str, *, lock: bool = False) -> Session | None:
        found = await tx.get(Session, session_id, lock=lock) if is_id(session_id) else None
        if found is None or found.user_id != self.scope.user or found.ended_at is not None:
            return None
        return found if self.clock() < expiry_of(found) else None

    def _live(self) -> Query[Session]:
        return Query(Session).where(user_id=self.scope.user, ended_at=None)


def is_of(session: Session, secret: str, key: str) -> bool:
    """Whether somebody has both secrets of a session."""
    known = hmac.compare_digest(_hash(secret), session.secret_hash)
    return hmac.compare_digest(_hash(key), session.key_hash) and known


def expiry_of(session: Session) -> datetime:
    return min(session.seen_at + IDLE, session.created_at + LONGEST)


async def forget_sessions(tx: Transaction, now: datetime) -> None:
    """Remove sessions that are over, and codes that nobody can use any more."""
    past = now - KEPT
    await tx.delete(Query(Session).where(ended_at__lt=past))
    await tx.delete(Query(Session).where(seen_at__lt=past - IDLE))
    await tx.delete(Query(Session).where(created_at__lt=past - LONGEST))
    await tx.delete(Query(SpentCode).where(created_at__lt=past))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
