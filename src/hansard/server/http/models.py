from __future__ import annotations

import msgspec
from litestar import get
from litestar.di import NamedDependency

from hansard.providers.base import Model
from hansard.services.database import Database


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Model]
    default: str
    """The model that answers where nothing else says which."""


@get("/models")
async def list_models(database: NamedDependency[Database]) -> ModelList:
    """List the models that can be asked now; a provider that does not answer is left out."""
    items = await database.providers.models()
    return ModelList(items=items, default=await database.runner.default_model())


ROUTES = (list_models,)
