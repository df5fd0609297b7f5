from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from hansard.cli.commands import reads
from hansard.cli.options import Json
from hansard.cli.rendering import print_json, print_table
from hansard.output import note

if TYPE_CHECKING:
    from hansard.api.operations import Services
    from hansard.providers.base import Model, ProviderFailure


def register(main: typer.Typer) -> None:
    main.command("models")(models)


@reads
async def models(services: Services, as_json: Json = False) -> None:
    """List the available models; a * marks the default one."""
    listing = await services.models.list()
    if as_json:
        print_json(listing)
        return
    print_models(listing.items, listing.failures, listing.default)


def print_models(
    models: Sequence[Model], failures: Sequence[ProviderFailure], default: str
) -> None:
    """Print the models, those that can chat first, and on stderr the providers whose models cannot be listed."""
    able = sorted(models, key=lambda model: not model.chat)
    rows = (["*" if m.name == default else "", m.name, m.description or _kind(m)] for m in able)
    print_table(["", "model", "kind"], rows)
    for failure in failures:
        reason = " ".join(failure.message.split())
        note(f"The models of {failure.provider} cannot be listed: {reason}")


def _kind(model: Model) -> str:
    return "" if model.chat else "Not for chats"
