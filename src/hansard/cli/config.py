from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer

from hansard.cli.commands import configured
from hansard.cli.options import Json
from hansard.cli.rendering import print_json, print_table
from hansard.output import say
from hansard.secrets import mask_url

if TYPE_CHECKING:
    from hansard.config import Loaded

app = typer.Typer(invoke_without_command=True)

_OF_PROVIDERS = re.compile(
    r"HANSARD_PROVIDER_\w+_(?:URL|KEY)"
    r"|(?:OPENAI|ANTHROPIC|GEMINI|GOOGLE|OPENROUTER)_(?:API_KEY|BASE_URL)|OLLAMA_HOST"
)
SHOWN = 4
"""How many characters of a key are shown, from its end."""


def register(main: typer.Typer) -> None:
    main.add_typer(app, name="config")


@app.callback()
@configured
def config(loaded: Loaded, ctx: typer.Context, as_json: Json = False) -> None:
    """Show every setting, its value and where it comes from; keys are masked."""
    if ctx.invoked_subcommand is not None:
        return
    settings = [
        {"name": s.name, "value": _shown(s.name, s.value), "source": s.source}
        for s in loaded.settings
    ]
    places = {
        "data directory": str(loaded.home),
        "config file": str(loaded.file),
        "database": mask_url(loaded.database),
    }
    providers = _providers(loaded)
    if as_json:
        print_json({"settings": settings, "providers": providers, "places": places})
        return
    for rows in (settings, providers):
        if rows:
            print_table(["name", "value", "source"], ([str(v) for v in r.values()] for r in rows))
            say()
    print_table(["place", ""], places.items())


@app.command()
@configured
def path(loaded: Loaded) -> None:
    """Print the path of the config file, which may not exist."""
    say(str(loaded.file))


def _shown(name: str, value: Any) -> Any:
    return mask_url(value) if name == "database_url" else value


def _providers(loaded: Loaded) -> list[dict[str, str]]:
    """Return the keys and addresses of providers in the environment."""
    return [
        {"name": name, "value": _masked(name, value), "source": _source(name, loaded)}
        for name, value in sorted(loaded.environment.items())
        if _OF_PROVIDERS.fullmatch(name) and value
    ]


def _masked(name: str, value: str) -> str:
    if not name.endswith("KEY"):
        return mask_url(value)
    return "…" + (value[-SHOWN:] if len(value) >= 4 * SHOWN else "")


def _source(name: str, loaded: Loaded) -> str:
    place = loaded.variables.place(name)
    return "" if place is None else place.source
