from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hansard.cli import session as cli_session
from hansard.cli.commands import configured
from hansard.cli.options import Backend, Db, Session, Tenant
from hansard.errors import NotFound
from hansard.output import say

if TYPE_CHECKING:
    from hansard.config import Loaded

Host = Annotated[
    str | None, typer.Option("--host", metavar="HOST", help="The address to listen on.")
]
Port = Annotated[
    int | None, typer.Option("--port", metavar="PORT", help="The port; 0 chooses a free one.")
]
Ready = Annotated[
    Path | None,
    typer.Option(
        "--ready-file",
        metavar="FILE",
        help="Write {url, token, pid} to this file when the server is ready.",
    ),
]


def register(main: typer.Typer) -> None:
    main.command()(serve)
    main.command()(link)


def serve(
    host: Host = None,
    port: Port = None,
    ready_file: Ready = None,
    db: Db = None,
    backend: Backend = None,
    session: Session = None,
    tenant: Tenant = None,
) -> None:
    """Start the server, and print a link that signs a browser in."""
    loaded = cli_session.settings(db, backend, session, tenant, host=host, port=port)
    from hansard.server import serve as server_serve  # noqa: PLC0415

    server_serve.serve(loaded, ready_file=ready_file)


@configured
def link(loaded: Loaded) -> None:
    """Print a new link that signs a browser in to the running server once."""
    from hansard.server.sessions import signin_link, token_of  # noqa: PLC0415

    if not loaded.token_file.is_file():
        raise NotFound(f"There is no token at {loaded.token_file}: no server was started yet.")
    config = loaded.config
    url = config.public_url.rstrip("/") or url_of(loaded)
    say(signin_link(token_of(loaded.token_file), url, config.tenant, config.user))


def url_of(loaded: Loaded) -> str:
    """Return the URL of the running server that owns the database file; without one, the URL where a server would
    be.
    """
    from hansard.storage.admin import server_of  # noqa: PLC0415

    file = loaded.database_file
    if file is None:
        return loaded.config.url(loaded.config.port)
    url = server_of(file.absolute())
    if url is None:
        raise NotFound(f"No server has {file}: `hansard serve` starts one, and prints a link.")
    return url
