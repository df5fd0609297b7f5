"""Models."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.di import NamedDependency

from hansard.database import Database
from hansard.providers.base import Model, ProviderFailure
from hansard.server.fields import Scoped
from hansard.services.runs.default_model import default_model


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Model]
    failures: list[ProviderFailure]
    """The providers whose models cannot be listed now, and why."""
    default: str
    """The model that answers if no other is set."""


@get("/models")
async def list_models(database: NamedDependency[Database], services: Scoped) -> ModelList:
    """List the available models, and the providers that do not answer with the reason."""
    listing = await database.providers.listing()
    return ModelList(
        items=listing.models,
        failures=listing.failures,
        default=await default_model(services.chat, database.runner),
    )


ROUTES = (list_models,)
