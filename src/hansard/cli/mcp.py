from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hansard.cli import session
from hansard.cli.commands import configured
from hansard.errors import InvalidConfig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hansard.api.operations import Services
    from hansard.config import Loaded
    from hansard.model.scope import Right

Write = Annotated[
    bool, typer.Option("--write", help="Also offer the tools that write: they only add.")
]


def register(main: typer.Typer) -> None:
    main.command()(mcp)


@configured
async def mcp(loaded: Loaded, write: Write = False) -> None:
    """Give agents this record over standard input and output, as an MCP server."""
    import asyncio  # noqa: PLC0415
    from contextlib import asynccontextmanager  # noqa: PLC0415

    try:
        from hansard.mcp.server import make_server, rights_for  # noqa: PLC0415
        from hansard.mcp.stdio import serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InvalidConfig("MCP needs `pip install 'hansard-db[mcp]'`.") from error

    config, rights, writer = loaded.config, rights_for(write=write), asyncio.Lock()

    async with session.reading(loaded) as database:

        @asynccontextmanager
        async def opened(right: Right) -> AsyncIterator[Services]:
            if right == "read" or loaded.database_file is None:
                yield database.scope(config.tenant, config.user, rights)
                return
            async with writer, session.writing(loaded) as owned:  # like a command that writes
                yield owned.scope(config.tenant, config.user, rights)

        await serve(make_server(rights, opened))
