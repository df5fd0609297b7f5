"""Who may come in: one secret token for an installation, one-time links that sign a browser in, and its cookie.

Everything follows from the token. A link carries a code, a cookie a session, and a preview's address what it is of,
each signed with a key of its own that is derived from the token; so none gives the token away, none can stand for
another, and a new token ends them all. A code that was used is remembered by this process alone, until it would have
expired; so that a restart makes no code good again, a process takes none that is older than itself. Sessions that were
ended lie in a file beside the token, so that a restart signs nobody in again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from hansard.errors import InvalidConfig, NotFound, NotSignedIn, Unavailable
from hansard.storage.drafts import draft

LINK_LASTS = 15 * 60
SESSION_LASTS = 90 * 24 * 3600
"""Seconds."""

Purpose = Literal["sign-in code", "session", "preview"]

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
    return token


def ended_in(file: Path) -> dict[str, float]:
    """The hashes of the sessions that were ended, and when they expire; raises InvalidConfig."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, float])
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidConfig(f"{file} cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise InvalidConfig(
            f"{file} does not say which sessions were ended. Remove it and the token beside it: that ends all of them."
        ) from error


def write_private(file: Path, text: str) -> None:
    """Write a file that its owner alone may read: all of it or nothing, even if the power fails."""
    with draft(file) as made:
        made.write_text(text, "utf-8")


def signin_link(token: str, url: str) -> str:
    """A link that signs one browser in, once, within a quarter of an hour."""
    return f"{url}/signin?code={_sign(token, 'sign-in code', time.time() + LINK_LASTS)}"


class Credential(msgspec.Struct, frozen=True):
    """What a request brings to be let in."""

    kind: Literal["token", "session"]
    secret: str


class Seal(msgspec.Struct, frozen=True):
    """Something that was said by us, and is good for a while."""

    text: str
    """Fit for an address."""
    expires_at: datetime


class Doorkeeper:
    """Knows the token, which codes were used, and which sessions were ended, also before if `ended` is a file."""

    def __init__(
        self, token: str, clock: Callable[[], float] = time.time, *, ended: Path | None = None
    ) -> None:
        self._token = token
        self._clock = clock
        self._began = clock()
        self._used: dict[str, float] = {}
        """Codes, and when they expire."""
        self._ended_file = ended
        self._ended = {} if ended is None else ended_in(ended)

    def knows(self, given: Credential) -> bool:
        if given.kind == "token":
            return hmac.compare_digest(given.secret.encode(), self._token.encode())
        expires = _expiry(self._token, "session", given.secret)
        return expires > self._clock() and _hash(given.secret) not in self._ended

    def admit(self, code: str) -> str:
        """A session for a code that is good and was not used before; raises NotSignedIn."""
        now = self._clock()
        expires = _expiry(self._token, "sign-in code", code)
        if expires <= now or expires - LINK_LASTS < self._began or code in self._used:
            raise NotSignedIn("This link was used before, or is too old.")
        self._used = self._lasting(self._used) | {code: expires}
        return _sign(self._token, "session", now + SESSION_LASTS)

    def dismiss(self, given: Credential) -> None:
        """End a session; a token stays good. Raises Unavailable if a restart would make it good again."""
        if given.kind != "session":
            return
        expires = _expiry(self._token, "session", given.secret)
        self._ended = self._lasting(self._ended) | {_hash(given.secret): expires}
        if self._ended_file is not None:
            try:
                write_private(self._ended_file, msgspec.json.encode(self._ended).decode())
            except OSError as error:
                raise Unavailable(
                    "This browser is signed out until the server starts again: that cannot be kept."
                ) from error

    def seal(self, said: bytes, lasts: float) -> Seal:
        """Say something that whoever has it may come back with; it can be read, and not changed."""
        expires = self._clock() + lasts
        sealed = _sign(self._token, "preview", expires, _text(said))
        return Seal(sealed, datetime.fromtimestamp(expires, UTC))

    def unseal(self, sealed: str) -> bytes:
        """What we said; raises NotFound if we did not, or if that was too long ago."""
        if _expiry(self._token, "preview", sealed) <= self._clock():
            raise NotFound("There is nothing at this address.")
        said = sealed.split(".")[1]
        return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))

    def _lasting(self, known: dict[str, float]) -> dict[str, float]:
        """What has not expired."""
        now = self._clock()
        return {name: expires for name, expires in known.items() if expires > now}


def _sign(token: str, purpose: Purpose, expires: float, said: str = "") -> str:
    """`expiry.said.signature`, the expiry in microseconds; a nonce where nothing is said."""
    claim = f"{round(expires * 1e6)}.{said or secrets.token_urlsafe(16)}"
    return f"{claim}.{_signature(token, purpose, claim)}"


def _expiry(token: str, purpose: Purpose, signed: str) -> float:
    """When something that was signed expires; 0 if it was not signed by us for this purpose."""
    claim, _, signature = signed.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(token, purpose, claim).encode()):
        return 0
    return int(claim.partition(".")[0]) / 1e6


def _signature(token: str, purpose: Purpose, claim: str) -> str:
    key = hmac.digest(token.encode(), b"hansard " + purpose.encode(), hashlib.sha256)
    return _text(hmac.digest(key, claim.encode(), hashlib.sha256))


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
