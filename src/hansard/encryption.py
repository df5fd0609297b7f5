"""Envelope encryption of secrets: AES-256-GCM, with a data key for each secret, which a root key encrypts.

A sealed secret is bound to its place: moved to another record or tenant, it cannot be opened. Replacing the root key
encrypts only the data keys anew.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode, b64encode
from typing import NamedTuple

from hansard.errors import Undecipherable

KEY_BYTES = 32
_NONCE_BYTES = 12


class RootKey(NamedTuple):
    """A key that encrypts data keys."""

    id: str
    """The beginning of its SHA-256, which tells root keys apart."""
    secret: bytes


class Sealed(NamedTuple):
    """An encrypted secret: nonce and ciphertext of its data key, and of its text."""

    root_id: str
    data_key: bytes
    content: bytes


def new_root_key() -> RootKey:
    return _root_key(os.urandom(KEY_BYTES))


def root_key_of(text: str) -> RootKey | None:
    """Return a root key from its text, 32 bytes in base64; None if the text is none."""
    try:
        secret = b64decode(text.strip(), validate=True)
    except ValueError:
        return None
    return _root_key(secret) if len(secret) == KEY_BYTES else None


def text_of(key: RootKey) -> str:
    return b64encode(key.secret).decode()


def _root_key(secret: bytes) -> RootKey:
    return RootKey(hashlib.sha256(b"hansard root key" + secret).hexdigest()[:16], secret)


def seal(key: RootKey, text: str, place: str) -> Sealed:
    """Encrypt a text; `place` must be the same when it is opened."""
    data_key = os.urandom(KEY_BYTES)
    return Sealed(
        key.id,
        _encrypt(key.secret, data_key, f"key {place}"),
        _encrypt(data_key, text.encode(), place),
    )


def unseal(key: RootKey, sealed: Sealed, place: str) -> str:
    """Return the text. Raises Undecipherable if it was sealed with another key or for another place, or changed."""
    data_key = _decrypt(key.secret, sealed.data_key, f"key {place}")
    return _decrypt(data_key, sealed.content, place).decode()


def rewrap(old: RootKey, new: RootKey, sealed: Sealed, place: str) -> Sealed:
    """Return the same secret under another root key. Raises Undecipherable."""
    data_key = _decrypt(old.secret, sealed.data_key, f"key {place}")
    return Sealed(new.id, _encrypt(new.secret, data_key, f"key {place}"), sealed.content)


def _encrypt(secret: bytes, content: bytes, place: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - slow to import

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, content, place.encode())


def _decrypt(secret: bytes, sealed: bytes, place: str) -> bytes:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(secret).decrypt(nonce, content, place.encode())
    except (InvalidTag, ValueError) as error:
        raise Undecipherable() from error
