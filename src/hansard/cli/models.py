from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hansard.cli.commands import configured
from hansard.cli.options import Json
from hansard.cli.rendering import print_json, print_table

if TYPE_CHECKING:
    from hansard.config import Loaded


def register(main: typer.Typer) -> None:
    main.command("models")(models)


@configured
async def models(loaded: Loaded, as_json: Json = False) -> None:
    """List the models that can be asked now; a * marks the one that answers by default."""
    from hansard.providers.registry import Providers  # noqa: PLC0415

    providers = Providers.from_environment(loaded.environment)
    try:
        found = await providers.models()
        default = loaded.config.model or await providers.default()
    finally:
        await providers.close()
    if as_json:
        print_json({"items": found, "default": default})
        return
    rows = (["*" if m.name == default else "", m.name, m.description] for m in found)
    print_table(["", "model", "what it is"], rows)
