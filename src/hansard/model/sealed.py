"""Encrypted secrets."""

from __future__ import annotations

from hansard.model.base import Id, Versioned


class SealedSecret(Versioned, frozen=True, kw_only=True):
    """The encrypted secrets of one record, in a row of their own: nothing that shows or exports the record has them."""

    owner_id: str
    id: Id
    """The id of the record."""
    api_key_id: Id | None = None
    provider_id: Id | None = None
    root_id: str
    """The id of the root key."""
    data_key: bytes
    content: bytes
