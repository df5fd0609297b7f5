"""The providers of each user: those that the user set up, before those that the process has."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from hansard.errors import HansardError, InvalidConfig, ProviderRefused
from hansard.model.api_keys import ApiKey
from hansard.model.providers import ProviderConfig
from hansard.model.sealed import SealedSecret
from hansard.providers.base import Provider
from hansard.providers.registry import Registry
from hansard.providers.transport import Connections
from hansard.services.providers.endpoints import Endpoint, Unusable
from hansard.services.providers.vault import Vault
from hansard.storage.base import Reader, Storage
from hansard.storage.query import Query

MAX_USERS = 1_000
"""Users whose providers are kept ready."""
VALUE = "value"
"""The name of an API key's only secret."""
_Stamp = tuple[tuple[str, int], ...]


class _Ready(NamedTuple):
    """The providers of a user, and the ids and versions of the rows that they were made from."""

    stamp: _Stamp
    providers: Registry


class Directory:
    """Finds the providers of users. What it has made from their rows is kept until the rows change."""

    def __init__(
        self, storage: Storage, shared: Registry, vault: Vault, *, allow_private: bool = True
    ) -> None:
        self.shared = shared
        self.vault = vault
        self.allow_private = allow_private
        """Whether users' providers may be in private networks."""
        self._storage = storage
        self._connections = Connections(public_only=not allow_private)
        self._ready: OrderedDict[tuple[str, str], _Ready] = OrderedDict()
        self._lock = threading.Lock()
        """Transactions may run on several threads."""

    async def of(self, tenant: str, user: str) -> Registry:
        """Return a user's providers."""
        return await self._storage.read(tenant, lambda tx: self.read(tx, user))

    async def read(self, tx: Reader, user: str) -> Registry:
        """Return a user's providers, in a transaction."""
        own = Query(ProviderConfig).where(owner_id=user, state="active", enabled=True)
        configs = await tx.select(own.by("position", "name"))
        if not configs:
            return self.shared
        key_ids = sorted({config.api_key_id for config in configs if config.api_key_id})
        keys = await tx.select(Query(ApiKey).where(id__in=key_ids, owner_id=user, state="active"))
        ids = [config.id for config in configs] + [key.id for key in keys]
        secrets = await tx.select(Query(SealedSecret).where(id__in=sorted(ids)))
        rows = (*configs, *keys, *secrets)
        stamp: _Stamp = tuple((row.id, row.version) for row in rows)
        place = (tx.tenant, user)
        with self._lock:
            ready = self._ready.get(place)
            if ready is None or ready.stamp != stamp:
                sealed = {secret.id: secret for secret in secrets}
                made = [self.provider(config, sealed) for config in configs]
                ready = _Ready(stamp, self.shared.after(made))
            self._ready[place] = ready
            self._ready.move_to_end(place)
            if len(self._ready) > MAX_USERS:
                self._ready.popitem(last=False)
        return ready.providers

    def provider(self, config: ProviderConfig, sealed: Mapping[str, SealedSecret]) -> Provider:
        """Return the object that answers for a provider; `sealed` has its secrets and its key's, by record."""
        try:
            return self.endpoint(config, sealed)
        except (ProviderRefused, InvalidConfig) as error:
            return Unusable(config.name, error)
        except HansardError as error:
            return Unusable(config.name, ProviderRefused(error.message))

    def endpoint(self, config: ProviderConfig, sealed: Mapping[str, SealedSecret]) -> Endpoint:
        """Return the same if it can be asked.

        Raises ProviderRefused if its key or a header has no value here, InvalidConfig if its address is not valid or
        the root key is missing, Undecipherable.
        """
        key = None
        if config.api_key_id is not None:
            row = sealed.get(config.api_key_id)
            if row is None or row.owner_id != config.owner_id:
                raise ProviderRefused(f"The API key of {config.name} has no value: enter it again.")
            key = self.vault.open(row)[VALUE]
        headers: dict[str, str] = {}
        if config.header_names:
            row = sealed.get(config.id)
            if row is None:
                raise ProviderRefused(
                    f"The headers of {config.name} have no values: enter them again."
                )
            headers = self.vault.open(row)
        return Endpoint(config, self._connections, key, headers)

    async def close(self) -> None:
        self._ready.clear()
        await self._connections.close()
