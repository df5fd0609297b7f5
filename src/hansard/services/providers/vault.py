"""The secrets of records: encrypted when they are stored, and decrypted only when they are sent where they belong."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from hansard.encryption import RootKey, Sealed, rewrap, seal, unseal
from hansard.errors import InvalidConfig, TooLarge
from hansard.model.api_keys import ApiKey
from hansard.model.providers import ProviderConfig
from hansard.model.sealed import SealedSecret
from hansard.root_keys import VARIABLE, RootKeys
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

MAX_SECRETS = 32_000
"""Characters of all secrets of a record."""
_BATCH = 500
"""Secrets that get another root key in one transaction."""


Holder = ApiKey | ProviderConfig
_LINKS: dict[type[Holder], str] = {ApiKey: "api_key_id", ProviderConfig: "provider_id"}
"""The field of a secret that names the record it belongs to."""


class RootKeyUse(msgspec.Struct, frozen=True, kw_only=True):
    """A root key, and how many secrets it encrypts."""

    root_id: str
    current: bool
    present: bool
    secrets: int


class Vault:
    """Encrypts and decrypts the secrets of records with a database's root keys."""

    def __init__(self, storage: Storage, root_keys: RootKeys | None) -> None:
        self._storage = storage
        self._root_keys = root_keys

    @property
    def _keys(self) -> RootKeys:
        if self._root_keys is None:
            raise InvalidConfig(
                "This database has no root key to encrypt API keys with: set "
                f"{VARIABLE} or {VARIABLE}_FILE, the same for all servers. "
                "`hansard keys new` prints a key."
            )
        return self._root_keys

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Vault]:
        """A context with the storage alone open, also if a root key is missing, without which a database is not."""
        await self._storage.open()
        try:
            yield self
        finally:
            await self._storage.close()

    @asynccontextmanager
    async def sealing(self, *, needed: bool = True) -> AsyncIterator[RootKey | None]:
        """A context in which the current root key, which it returns, stays; the first time, the key is made.

        Secrets are stored in it, so that a rotation misses none. None if no key is `needed`. A new key is not made
        while secrets are encrypted with another. Raises InvalidConfig if the key is missing or not usable, Unavailable.
        """
        if not needed:
            yield None
            return
        keys = self._keys
        if not await asyncio.to_thread(keys.load):
            await self.check()
            async with keys.held(alone=True):
                await asyncio.to_thread(keys.create)
        async with keys.held():
            yield (await asyncio.to_thread(keys.load))[0]

    async def check(self) -> None:
        """Check that the root keys of all stored secrets are there.

        Raises InvalidConfig, which says how to restore them, if one is missing or others can read the file.
        """
        known = await self._known()
        while (missing := await self._missing(known)) is not None:
            before, known = known, await self._known()
            if known == before:  # else another process has replaced the root key meanwhile
                raise self._keys.missing(missing)

    async def _known(self) -> set[str]:
        keys = () if self._root_keys is None else await asyncio.to_thread(self._root_keys.load)
        return {key.id for key in keys}

    async def _missing(self, known: set[str]) -> str | None:
        """Return the id of a root key that secrets are encrypted with and that is not known."""
        for tenant in await self._storage.tenants():
            missing = await self._storage.read(tenant, lambda tx: _missing(tx, known))
            if missing is not None:
                return missing
        return None

    async def rotate(self, *, drop: bool = False) -> int:
        """Make a new root key, and encrypt everything with it; return the number of secrets.

        With `drop`, the other keys are removed, which copies of the database and other databases may need. Keys in the
        environment stay as they are, and everything is encrypted with the first. An interrupted rotation is finished
        by the next. Raises InvalidConfig if a key is missing, Unavailable if another process rotates.
        """
        keys = self._keys
        async with keys.held(alone=True):
            await self.check()
            if not keys.given:
                await asyncio.to_thread(keys.add)
            count = await self._rewrap_all((await asyncio.to_thread(keys.load))[0].id)
            if drop and not keys.given:
                await asyncio.to_thread(keys.drop_others)
        return count

    async def _rewrap_all(self, current: str) -> int:
        """Encrypt everything with the current root key; return the number of secrets."""
        count = 0
        for tenant in await self._storage.tenants():
            while changed := await self._storage.write(
                tenant, lambda tx: self._rewrap(tx, current)
            ):
                count += changed
        return count

    async def _rewrap(self, tx: Transaction, current: str) -> int:
        rows = await tx.select(Query(SealedSecret).where(root_id__ne=current).by("id").page(_BATCH))
        key = self._keys.find(current)
        for row in rows:
            sealed = rewrap(self._keys.find(row.root_id), key, _sealed(row), _place(row))
            await tx.update(SealedSecret, row.id, **sealed._asdict(), updated_at=row.updated_at)
        return len(rows)

    async def uses(self) -> list[RootKeyUse]:
        """Return the root keys, the current one first, and those that are missing, with the number of their secrets."""
        known = [key.id for key in await asyncio.to_thread(self._keys.load)]
        counts = Counter[str]()
        for tenant in await self._storage.tenants():
            counts.update(await self._storage.read(tenant, _counts))
        ids = list(dict.fromkeys([*known, *sorted(counts)]))
        return [
            RootKeyUse(
                root_id=root_id,
                current=[root_id] == known[:1],
                present=root_id in known,
                secrets=counts[root_id],
            )
            for root_id in ids
        ]

    async def forget(self) -> int:
        """Remove the secrets whose root key is missing; return their number."""
        known = [key.id for key in await asyncio.to_thread(self._keys.load)]
        count = 0
        for tenant in await self._storage.tenants():

            async def remove_lost(tx: Transaction) -> int:
                rows = await tx.select(Query(SealedSecret).by("id"))
                lost = [row.id for row in rows if row.root_id not in known]
                return await tx.delete(Query(SealedSecret).where(id__in=lost)) if lost else 0

            count += await self._storage.write(tenant, remove_lost)
        await self._storage.erase()
        return count

    # In a transaction

    async def keep(
        self, tx: Transaction, key: RootKey | None, holder: Holder, secrets: Mapping[str, str]
    ) -> None:
        """Store the secrets of a record in place of those it has; without a key, there are none to store."""
        row = await tx.get(SealedSecret, holder.id)
        if key is None:
            await tx.delete(Query(SealedSecret).where(id=holder.id))
            return
        text = msgspec.json.encode(secrets).decode()
        sealed = seal(key, text, _place(holder))._asdict()
        times: dict[str, Any] = {"updated_at": holder.updated_at}
        if row is not None:
            await tx.update(SealedSecret, holder.id, **sealed, **times)
            return
        fields: dict[str, Any] = {_LINKS[type(holder)]: holder.id, "owner_id": holder.owner_id}
        times["created_at"] = holder.updated_at
        await tx.insert(
            SealedSecret(tenant_id=tx.tenant, id=holder.id, **fields, **sealed, **times)
        )

    async def secrets_of(self, tx: Reader, holder: Holder) -> dict[str, str]:
        """Return the secrets of a record by name; none if it has none. Raises InvalidConfig, Undecipherable."""
        row = await tx.get(SealedSecret, holder.id)
        return {} if row is None else self.open(row)

    def open(self, row: SealedSecret) -> dict[str, str]:
        """Return the secrets of a row by name. Raises InvalidConfig if its root key is missing, Undecipherable."""
        text = unseal(self._keys.find(row.root_id), _sealed(row), _place(row))
        return msgspec.json.decode(text, type=dict[str, str])


async def _counts(tx: Reader) -> Counter[str]:
    return Counter(row.root_id for row in await tx.select(Query(SealedSecret).by("id")))


async def _missing(tx: Reader, known: set[str]) -> str | None:
    """Return the id of a root key that secrets are encrypted with and that is not known."""
    rows = Query(SealedSecret).by("id")
    for root_id in known:
        rows = rows.where(root_id__ne=root_id)
    return next((row.root_id for row in await tx.select(rows.page(1))), None)


def _sealed(row: SealedSecret) -> Sealed:
    return Sealed(row.root_id, row.data_key, row.content)


def _place(row: SealedSecret | Holder) -> str:
    return f"{row.tenant_id}/{row.owner_id}/{row.id}"


def check_size(secrets: Mapping[str, str], pointer: str) -> None:
    """Raises TooLarge if secrets are too long."""
    if sum(len(name) + len(value) for name, value in secrets.items()) > MAX_SECRETS:
        raise TooLarge(f"Secrets must not exceed {MAX_SECRETS} characters.", pointer=pointer)
