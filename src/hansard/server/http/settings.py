"""Settings of the user."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import delete, get, put
from litestar.params import JSONBody, PathParameter

from hansard.model.settings import Setting
from hansard.server.fields import TEXT, Body, Items, Scoped, Version

Name = Annotated[str, PathParameter(pattern=TEXT, max_length=200)]


class NewValue(Body, frozen=True, kw_only=True):
    value: Any
    version: Version | None = None


@get("/settings")
async def list_settings(services: Scoped) -> Items[Setting]:
    """List the user's settings by name."""
    return Items(await services.settings.list())


@get("/settings/{name:str}")
async def get_setting(services: Scoped, name: Name) -> Setting:
    """Get a setting."""
    return await services.settings.get(name)


@put("/settings/{name:str}")
async def set_setting(services: Scoped, name: Name, data: JSONBody[NewValue]) -> Setting:
    """Set a setting to any JSON value; with `version`, only if it is still at that version."""
    return await services.settings.set(name, data.value, version=data.version)


@delete("/settings/{name:str}", status_code=204)
async def delete_setting(services: Scoped, name: Name) -> None:
    """Delete a setting."""
    await services.settings.delete(name)


ROUTES = (list_settings, get_setting, set_setting, delete_setting)
