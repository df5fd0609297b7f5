"""Providers that users set up."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from hansard.errors import AlreadyExists, HansardError, InvalidConfig, InvalidInput, NotFound
from hansard.ids import Clock
from hansard.model.api_keys import ApiKey
from hansard.model.checks import check_names, check_one, check_text
from hansard.model.providers import (
    PROVIDER_TYPES,
    EnvironmentProvider,
    ProviderConfig,
    ProviderTest,
    ProviderType,
)
from hansard.model.scope import Scope
from hansard.model.sealed import SealedSecret
from hansard.providers.addresses import checked_host
from hansard.providers.remote import Remote, checked_url
from hansard.secrets import mask_url, register_here
from hansard.services.base import Checks, checked
from hansard.services.library.base import LibraryService, check_name
from hansard.services.providers.directory import Directory
from hansard.services.providers.endpoints import Endpoint, secret_headers
from hansard.services.providers.vault import check_size
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

MAX_URL = 2_000
MAX_HEADERS = 50
MAX_KEPT_MODELS = 2_000
"""Models of a list that are stored."""
RESERVED = ("echo", "local")
"""The names of the providers that are built in."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN_HEADERS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection"}
)
_UNSET = msgspec.UNSET


def _check_provider_name(name: str) -> str:
    """Return a name that can begin the names of models."""
    name = check_name(name)
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "The name of a provider has up to 64 letters, digits, dots, hyphens and underscores of ASCII: "
            "its models are called NAME/model.",
            pointer="/name",
        )
    if name.lower() in RESERVED:
        raise InvalidInput(f"The name {name!r} is reserved.", pointer="/name")
    return name


def _check_url(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        return checked_url(check_text(url, "/base_url", MAX_URL), "The address")
    except InvalidConfig as error:
        raise InvalidInput(error.message, pointer="/base_url") from error


CHECKS: Checks = {
    "name": _check_provider_name,
    "type": lambda kind: check_one(kind, PROVIDER_TYPES, "/type"),
    "base_url": _check_url,
    "chosen_models": lambda names: check_names(names, "/chosen_models"),
}


class Providers(LibraryService):
    """The providers that the user set up: who answers, where, and with which key."""

    def __init__(self, scope: Scope, storage: Storage, clock: Clock, directory: Directory) -> None:
        super().__init__(scope, storage, clock)
        self._directory = directory

    async def create(
        self,
        name: str,
        type: ProviderType,  # noqa: A002 - the API's name for the field
        *,
        id: str | None = None,  # noqa: A002
        base_url: str | None = None,
        api_key_id: str | None = None,
        headers: dict[str, str] | None = None,
        enabled: bool = True,
        position: int = 0,
        chosen_models: Sequence[str] = (),
    ) -> ProviderConfig:
        """Set up a provider, whose models are then called NAME/model.

        Without `base_url`, it is at the type's own address. `headers` are sent with every request; their values are
        stored encrypted, and only their names are returned. Lists and defaults follow `position`. `id` makes the
        request repeatable. Raises AlreadyExists if the name is taken, or the id with other fields, NotFound if the key
        does not exist, InvalidInput if the address is missing, invalid or not allowed.
        """
        fields = checked(
            CHECKS,
            name=name,
            type=type,
            base_url=base_url,
            api_key_id=api_key_id,
            enabled=enabled,
            position=position,
            chosen_models=chosen_models,
        )
        secrets = _check_headers(headers or {})
        config = ProviderConfig(
            **self.stamp(id, self.clock()), **fields, header_names=tuple(sorted(secrets))
        )
        self._check(config)
        self.require("write")

        async def insert_provider(tx: Transaction) -> ProviderConfig:
            await self._check_key(tx, config.api_key_id)
            vault, is_new = self._directory.vault, await tx.get(ProviderConfig, config.id) is None
            created = await self._create(tx, config, *fields, "header_names")
            if is_new:
                await vault.keep(tx, root, created, secrets)
            elif await vault.secrets_of(tx, created) != secrets:
                raise AlreadyExists("A provider with this id has other headers.", pointer="/id")
            return created

        async with self._directory.vault.sealing(needed=bool(secrets)) as root:
            return await self.run_write(insert_provider)

    async def get(self, provider_id: str) -> ProviderConfig:
        """Return a provider. Raises NotFound if it does not exist."""
        return await self._get(ProviderConfig, provider_id)

    async def list(self, *, deleted: bool = False) -> list[ProviderConfig]:
        """Return all providers in their order; with `deleted`, those in the trash."""
        listed = await self._list(ProviderConfig, deleted=deleted)
        return sorted(listed, key=lambda config: config.position)

    async def environment(self) -> list[EnvironmentProvider]:
        """Return the providers of the server's environment; a user's own provider hides the one with its name."""
        self.require("read")
        return [
            EnvironmentProvider(
                name=provider.name,
                base_url=mask_url(provider.url)
                if isinstance(provider, Remote) and provider.url
                else None,
                expected=provider.expected,
            )
            for provider in self._directory.shared.all
        ]

    async def update(
        self,
        provider_id: str,
        *,
        version: int | None = None,
        name: str | msgspec.UnsetType = _UNSET,
        type: ProviderType | msgspec.UnsetType = _UNSET,  # noqa: A002
        base_url: str | msgspec.UnsetType | None = _UNSET,
        api_key_id: str | msgspec.UnsetType | None = _UNSET,
        headers: dict[str, str] | msgspec.UnsetType = _UNSET,
        enabled: bool | msgspec.UnsetType = _UNSET,
        position: int | msgspec.UnsetType = _UNSET,
        chosen_models: Sequence[str] | msgspec.UnsetType = _UNSET,
    ) -> ProviderConfig:
        """Change the given fields; with `version`, only if that is still the provider's version.

        `headers` replaces all headers. Another type or address forgets the fetched list of models. Raises NotFound if
        the provider or the key does not exist, AlreadyExists if the name is taken, VersionConflict if the version is
        another, InvalidInput if the address is missing, invalid or not allowed.
        """
        changes = checked(
            CHECKS,
            name=name,
            type=type,
            base_url=base_url,
            api_key_id=api_key_id,
            enabled=enabled,
            position=position,
            chosen_models=chosen_models,
        )
        secrets = None if isinstance(headers, msgspec.UnsetType) else _check_headers(headers)
        if secrets is not None:
            changes["header_names"] = tuple(sorted(secrets))
        self.require("write")

        async def update_provider(tx: Transaction) -> ProviderConfig:
            config = await self._get_owned(tx, ProviderConfig, provider_id, lock=True)
            wanted = msgspec.structs.replace(config, **changes)
            self._check(wanted)
            await self._check_key(tx, changes.get("api_key_id"))
            moved = (wanted.type, wanted.base_url) != (config.type, config.base_url)
            forgotten = {"models": (), "fetched_at": None} if moved else {}
            changed = await self._change(tx, config, changes | forgotten, version)
            if secrets is not None:
                await self._directory.vault.keep(tx, root, changed, secrets)
            return changed

        async with self._directory.vault.sealing(needed=bool(secrets)) as root:
            return await self.run_write(update_provider)

    async def delete(self, provider_id: str) -> ProviderConfig:
        """Move a provider to the trash: its models do not answer any more. Raises NotFound if it does not exist."""

        async def delete_provider(tx: Transaction) -> ProviderConfig:
            config = await self._get_owned(tx, ProviderConfig, provider_id, lock=True)
            return await self._delete(tx, config)

        return await self.run_write(delete_provider)

    async def restore(self, provider_id: str) -> ProviderConfig:
        """Restore a provider from the trash.

        Raises NotFound if it is not in the trash, AlreadyExists if its name is taken.
        """

        async def restore_provider(tx: Transaction) -> ProviderConfig:
            config = await self._get_owned(tx, ProviderConfig, provider_id, deleted=True, lock=True)
            return await self._restore(tx, config)

        return await self.run_write(restore_provider)

    async def purge(self, provider_id: str) -> None:
        """Permanently remove a provider in the trash, with its headers. Raises NotFound if it is not in the trash."""

        async def purge_provider(tx: Transaction) -> None:
            config = await self._get_owned(tx, ProviderConfig, provider_id, deleted=True, lock=True)
            await self._purge(tx, config)

        await self.run_write(purge_provider)
        await self._storage.erase()

    async def test(self, provider_id: str) -> ProviderTest:
        """Ask a provider for its models; return how long that took, or why it failed.

        Raises NotFound if the provider does not exist.
        """
        self.require("write")
        began = time.monotonic()
        try:
            models = await (await self._endpoint(provider_id)).fetch()
        except NotFound:
            raise
        except HansardError as error:
            seconds = round(time.monotonic() - began, 3)
            return ProviderTest(seconds=seconds, code=error.code, message=error.message)
        return ProviderTest(seconds=round(time.monotonic() - began, 3), models=len(models))

    async def refresh(self, provider_id: str) -> ProviderConfig:
        """Fetch and store the list of a provider's models.

        Raises NotFound if the provider does not exist, ProviderError if it returns no list; the stored one stays then.
        """
        self.require("write")
        endpoint = await self._endpoint(provider_id)
        models = (await endpoint.fetch())[:MAX_KEPT_MODELS]

        async def keep_models(tx: Transaction) -> ProviderConfig:
            config = await self._get_owned(tx, ProviderConfig, provider_id, lock=True)
            changes: dict[str, Any] = {"models": tuple(models), "fetched_at": self.clock()}
            return await self._change(tx, config, changes, None)

        return await self.run_write(keep_models)

    async def _endpoint(self, provider_id: str) -> Endpoint:
        """Return the object that asks a provider, also one that is disabled. Raises NotFound, ProviderRefused."""

        async def read_provider(tx: Reader) -> Endpoint:
            config = await self._get_owned(tx, ProviderConfig, provider_id)
            ids = [config.id]
            if config.api_key_id is not None:
                await self._check_key(tx, config.api_key_id)
                ids.append(config.api_key_id)
            rows = await tx.select(Query(SealedSecret).where(id__in=sorted(ids)))
            return self._directory.endpoint(config, {row.id: row for row in rows})

        return await self.run_read(read_provider)

    def _check(self, config: ProviderConfig) -> None:
        """Raises InvalidInput if a provider has no address, or one that the operator forbids."""
        if config.base_url is None:
            if config.type == "openai-compatible":
                raise InvalidInput(
                    "An openai-compatible provider needs a base_url.", pointer="/base_url"
                )
            if config.type != "ollama":
                return
        if not self._directory.allow_private:
            checked_host(config.base_url, "/base_url")

    async def _check_key(self, tx: Reader, api_key_id: str | None) -> None:
        """Raises NotFound if the key is given and the user has none with this id."""
        if api_key_id is not None:
            await self._get_owned(tx, ApiKey, api_key_id, pointer="/api_key_id")


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers to send. Raises InvalidInput if one is not valid or is set by the protocol."""
    if len(headers) > MAX_HEADERS:
        raise InvalidInput(f"There may be at most {MAX_HEADERS} headers.", pointer="/headers")
    for name, value in headers.items():
        pointer = f"/headers/{name.replace('~', '~0').replace('/', '~1')}"
        if not _HEADER.fullmatch(name) or name.lower() in _OWN_HEADERS:
            raise InvalidInput(f"{name!r} cannot be the name of a header.", pointer=pointer)
        if any(not " " <= c <= "~" for c in check_text(value, pointer)) or value != value.strip():
            raise InvalidInput("The value cannot be that of a header.", pointer=pointer)
    check_size(headers, "/headers")
    register_here(*secret_headers(headers))
    return headers
