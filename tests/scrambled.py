"""A wrapper that stands for encryption: contents are stored backwards, after bytes that differ each time."""

from __future__ import annotations

import secrets

from hansard.storage.encoded import EncodedStorage

NONCE = 8
"""Bytes."""


class Scrambled(EncodedStorage):
    def encode(self, tenant: str, data: bytes) -> bytes:
        return secrets.token_bytes(NONCE) + (data + tenant.encode())[::-1]

    def decode(self, tenant: str, data: bytes) -> bytes:
        return data[NONCE:][::-1].removesuffix(tenant.encode())
