"""The models that can answer."""

from __future__ import annotations

import msgspec

from hansard.model.scope import Scope
from hansard.providers.base import Model, ProviderFailure
from hansard.providers.registry import Registry
from hansard.services.base import Service
from hansard.services.runs.default_model import default_model
from hansard.services.runs.runner import Runner
from hansard.storage.base import Storage


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Model]
    failures: list[ProviderFailure]
    """The providers whose models cannot be listed now, and why."""
    default: str
    """The model that answers if no other is set."""


class Models(Service):
    """The models of the providers."""

    def __init__(self, scope: Scope, storage: Storage, runner: Runner) -> None:
        super().__init__(scope, storage, runner.clock)
        self._runner = runner

    async def list(self) -> ModelList:
        """Return the available models, and the providers that do not answer with the reason."""
        providers = await self._providers()
        listing = await providers.listing()
        return ModelList(
            items=listing.models,
            failures=listing.failures,
            default=await default_model(self, self._runner, providers),
        )

    async def find(self, name: str) -> Model:
        """Return a model by its name, in the form provider/model. Raises UnknownModel if no provider has it."""
        return await (await self._providers()).model(name)

    async def _providers(self) -> Registry:
        self.require("read")
        return await self._runner.directory.of(self.scope.tenant, self.scope.user)
