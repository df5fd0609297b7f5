from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansard.cli import session
from hansard.cli.commands import configured, reads
from hansard.cli.options import Json
from hansard.cli.rendering import print_json, print_table
from hansard.errors import DatabaseInUse, InvalidInput, NotFound, StorageError
from hansard.output import say

if TYPE_CHECKING:
    from hansard.api.operations import Services
    from hansard.config import Loaded

app = typer.Typer(help="List and end the sessions of signed-in browsers.")

Id = Annotated[str | None, typer.Argument(metavar="[ID]", help="The session.")]
All = Annotated[bool, typer.Option("--all", help="End all sessions.")]


def register(main: typer.Typer) -> None:
    main.add_typer(app, name="sessions")


@app.command("list")
@reads
async def list_(services: Services, as_json: Json = False) -> None:
    """List the signed-in browsers, the one seen last first."""
    sessions = await services.sessions.list()
    if as_json:
        print_json({"items": sessions})
        return
    rows = (
        [s.id, s.browser, f"{s.created_at:%Y-%m-%d %H:%M}", f"{s.seen_at:%Y-%m-%d %H:%M}"]
        for s in sessions
    )
    print_table(["id", "browser", "signed in", "last seen"], rows)


@app.command()
@configured
async def end(loaded: Loaded, session_id: Id = None, everywhere: All = False) -> None:
    """Sign out one browser or all of them; a running server is asked to do it."""
    if (session_id is None) != everywhere:
        raise InvalidInput("Name a session, or use --all.")
    try:
        async with session.writing(loaded) as database:
            services = database.scope(loaded.config.tenant, loaded.config.user)
            if session_id is None:
                count = await services.sessions.end_all()
            else:
                await services.sessions.end(session_id)
                count = 1
    except DatabaseInUse as error:
        if "url" not in error.details:
            raise
        count = await _end_at(error.details["url"], loaded, session_id)
    say(f"{count} {'browser is' if count == 1 else 'browsers are'} signed out.")


async def _end_at(url: str, loaded: Loaded, session_id: str | None) -> int:
    """Ask the server that owns the file to do it."""
    import httpx2  # noqa: PLC0415 - slow to import, and rarely needed

    from hansard.server.sessions import token_of  # noqa: PLC0415

    headers = {"Authorization": f"Bearer {token_of(loaded.token_file)}"}
    path = "sessions" if session_id is None else f"sessions/{session_id}"
    async with httpx2.AsyncClient(headers=headers, trust_env=False) as client:
        try:
            answer = await client.delete(f"{url}/api/v1/{path}")
        except httpx2.HTTPError as error:
            raise StorageError(
                f"The server at {url} owns the database and does not respond."
            ) from error
    if answer.status_code == 404:
        raise NotFound("There is no such session.")
    if answer.is_error:
        raise StorageError(f"The server at {url} refused with status {answer.status_code}.")
    body: Any = answer.json() if answer.content else {"count": 1}
    return body["count"]
