"""API keys: secrets that can be stored and replaced, but not be read."""

from __future__ import annotations

from typing import Any

import msgspec

from hansard.errors import InvalidInput
from hansard.ids import Clock
from hansard.model.api_keys import ApiKey
from hansard.model.checks import check_text
from hansard.model.providers import ProviderConfig
from hansard.model.scope import Scope
from hansard.secrets import fingerprint_of, register_here
from hansard.services.base import Checks, checked
from hansard.services.library.base import LibraryService, check_name, kind_of
from hansard.services.providers.directory import VALUE
from hansard.services.providers.vault import Vault
from hansard.storage.base import Storage, Transaction
from hansard.storage.query import Query

MIN_VALUE, MAX_VALUE = 8, 8_000
"""Characters of a key."""
SHOWN, SHOWN_FROM = 4, 12
"""How many characters at the end of a key are shown, and of keys from which length."""
_UNSET = msgspec.UNSET


def check_value(value: str) -> str:
    """Return a key without space around it. Raises InvalidInput if it is too short, or no key has its characters."""
    cleaned = check_text(value, "/value", MAX_VALUE).strip()
    if len(cleaned) < MIN_VALUE:
        raise InvalidInput(f"An API key has at least {MIN_VALUE} characters.", pointer="/value")
    if any(not "!" <= character <= "~" for character in cleaned):
        raise InvalidInput(
            "API keys have only letters, digits and signs of ASCII: copy it again.",
            pointer="/value",
        )
    return cleaned


CHECKS: Checks = {"name": check_name}


class ApiKeys(LibraryService):
    """Keys for providers. No method returns a value, only its fingerprint and its end."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock, vault: Vault) -> None:
        super().__init__(scope, storage, clock)
        self._vault = vault

    async def create(
        self,
        name: str,
        value: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
    ) -> ApiKey:
        """Store a key, encrypted.

        `id` makes the request repeatable. Raises AlreadyExists if the name is taken, or the id with another name or
        value, InvalidInput if the value cannot be a key, InvalidConfig if the root key is missing.
        """
        fields = checked(CHECKS, name=name) | _described(value := check_value(value))
        key = ApiKey(**self.stamp(id, self.clock()), **fields)
        self.require("write")

        async def insert_key(tx: Transaction) -> ApiKey:
            created = await self._create(tx, key, *fields)
            await self._vault.keep(tx, root, created, {VALUE: value})
            return created

        async with self._vault.sealing() as root:
            return await self.run_write(insert_key)

    async def get(self, api_key_id: str) -> ApiKey:
        """Return a key, without its value. Raises NotFound if it does not exist."""
        return await self._get(ApiKey, api_key_id)

    async def list(self, *, deleted: bool = False) -> list[ApiKey]:
        """Return all keys by name, without their values; with `deleted`, those in the trash."""
        return await self._list(ApiKey, deleted=deleted)

    async def update(
        self,
        api_key_id: str,
        *,
        version: int | None = None,
        name: str | msgspec.UnsetType = _UNSET,
        value: str | msgspec.UnsetType = _UNSET,
    ) -> ApiKey:
        """Change the name or replace the value; with `version`, only if that is still the key's version.

        Raises NotFound if the key does not exist, AlreadyExists if the name is taken, VersionConflict if the version
        is another, InvalidInput if the value cannot be a key, InvalidConfig if the root key is missing.
        """
        changes = checked(CHECKS, name=name)
        self.require("write")
        new = None
        if value is not _UNSET:
            new = check_value(str(value))
            changes |= _described(new)

        async def update_key(tx: Transaction) -> ApiKey:
            key = await self._get_owned(tx, ApiKey, api_key_id, lock=True)
            changed = await self._change(tx, key, changes, version)
            if new is not None:
                await self._vault.keep(tx, root, changed, {VALUE: new})
            return changed

        async with self._vault.sealing(needed=new is not None) as root:
            return await self.run_write(update_key)

    async def delete(self, api_key_id: str) -> ApiKey:
        """Move a key to the trash, and take it from the providers that use it: `unlinked` names them.

        Raises NotFound if it does not exist.
        """

        async def delete_key(tx: Transaction) -> ApiKey:
            key = await self._get_owned(tx, ApiKey, api_key_id, lock=True)
            users = Query(ProviderConfig).where(api_key_id=key.id, state="active").by("name", "id")
            unlinked: tuple[str, ...] = ()
            for provider in await tx.select(users):
                unlinked = (*unlinked, provider.id)
                await self._link(tx, provider, None)
            return await self._delete(tx, key, unlinked=unlinked)

        return await self.run_write(delete_key)

    async def restore(self, api_key_id: str) -> ApiKey:
        """Restore a key from the trash, for the providers that used it and have no other by now.

        Raises NotFound if it is not in the trash, AlreadyExists if its name is taken.
        """

        async def restore_key(tx: Transaction) -> ApiKey:
            key = await self._get_owned(tx, ApiKey, api_key_id, deleted=True, lock=True)
            for provider_id in key.unlinked:
                provider = await tx.get(ProviderConfig, provider_id, lock=True)
                if (
                    provider is not None
                    and provider.owner_id == key.owner_id
                    and provider.state == "active"
                    and provider.api_key_id is None
                ):
                    await self._link(tx, provider, key.id)
            return await self._restore(tx, key, unlinked=())

        return await self.run_write(restore_key)

    async def purge(self, api_key_id: str) -> None:
        """Permanently remove a key in the trash with its value. Raises NotFound if it is not in the trash."""

        async def purge_key(tx: Transaction) -> None:
            key = await self._get_owned(tx, ApiKey, api_key_id, deleted=True, lock=True)
            for provider in await tx.select(Query(ProviderConfig).where(api_key_id=key.id)):
                await self._link(tx, provider, None)
            await self._purge(tx, key)

        await self.run_write(purge_key)
        await self._storage.erase()

    async def _link(
        self, tx: Transaction, provider: ProviderConfig, api_key_id: str | None
    ) -> None:
        now = self.clock()
        await tx.update(ProviderConfig, provider.id, api_key_id=api_key_id, updated_at=now)
        await tx.publish(self.change(kind_of(provider, "updated"), provider.id, now))


def _described(value: str) -> dict[str, Any]:
    """Return what a key's record tells about its value."""
    register_here(value)
    ending = value[-SHOWN:] if len(value) >= SHOWN_FROM else ""
    return {"fingerprint": fingerprint_of(value), "ending": ending}
