"""`hansard keys`: the root keys, which encrypt the API keys of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hansard.cli.commands import configured
from hansard.cli.options import Json
from hansard.cli.rendering import plural, print_json, print_table
from hansard.output import say

if TYPE_CHECKING:
    from hansard.config import Loaded

app = typer.Typer(help="Manage the root keys, which encrypt API keys.")

Drop = Annotated[
    bool,
    typer.Option(
        "--drop", help="Remove the old keys; no copy of the database and no other one needs them."
    ),
]


def register(main: typer.Typer) -> None:
    main.add_typer(app, name="keys")


@app.command("list")
@configured
async def list_(loaded: Loaded, as_json: Json = False) -> None:
    """List the root keys and how many secrets each encrypts; a * marks the current one."""
    database = loaded.connect(readonly=loaded.database_file is not None)
    async with database.vault.opened() as vault:
        uses = await vault.uses()
    if as_json:
        print_json({"items": uses})
        return
    rows = (
        [
            "*" if use.current else "",
            use.root_id,
            str(use.secrets),
            "" if use.present else "missing",
        ]
        for use in uses
    )
    print_table(["", "root key", "secrets", ""], rows)


@app.command()
@configured
async def rotate(loaded: Loaded, drop: Drop = False) -> None:
    """Make a new root key, and encrypt everything with it; the old ones stay, for copies of the database.

    Keys in HANSARD_ROOT_KEY are not changed: put a new one before the others there first.
    """
    async with loaded.connect() as database:
        count = await database.vault.rotate(drop=drop)
    say(f"{plural(count, 'secret')} encrypted with a new root key.")


@app.command()
@configured
async def forget(loaded: Loaded) -> None:
    """Remove what was encrypted with a root key that is lost, so that the database opens again.

    The API keys stay listed, and their values must be entered again.
    """
    async with loaded.connect().vault.opened() as vault:
        count = await vault.forget()
    say(f"{plural(count, 'secret')} removed.")


@app.command()
def new() -> None:
    """Print a new root key, for HANSARD_ROOT_KEY."""
    from hansard.encryption import new_root_key, text_of  # noqa: PLC0415

    say(text_of(new_root_key()))
