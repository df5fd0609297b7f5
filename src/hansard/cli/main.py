"""The program `hansard`: its commands and exit codes.

A command imports what it needs when it runs, so that `hansard --version` and `--help` start fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import typer.main
from typer.exceptions import TyperException

from hansard import __version__
from hansard.cli import (
    archives,
    artifacts,
    chat,
    config,
    conversations,
    db,
    keys,
    mcp,
    models,
    projects,
    search,
    serve,
    session,
    sessions,
    statistics,
    torture,
    transfer,
)
from hansard.cli.errors import INTERRUPTED, USAGE, advice, exit_code, fail
from hansard.errors import HansardError
from hansard.output import discard, flush, install, say

app = typer.Typer(
    name="hansard",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    chat,
    conversations,
    search,
    statistics,
    models,
    projects,
    sessions,
    artifacts,
    archives,
    transfer,
    serve,
    mcp,
    config,
    db,
    keys,
    torture,
):
    module.register(app)


def _version(requested: bool) -> None:
    if requested:
        say(f"hansard {__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def hansard(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback has done it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file",
            metavar="FILE",
            help="Read variables from this file.",
        ),
    ] = None,
    export_to: Annotated[
        str | None, typer.Option("--export", metavar="FILE|-", help="The same as export FILE.")
    ] = None,
    import_from: Annotated[
        str | None, typer.Option("--import", metavar="FILE|-", help="The same as import FILE.")
    ] = None,
) -> None:
    """The conversation database: the verbatim record of everything said."""
    session.use_env_file(env_file)
    given = {"export": export_to, "import": import_from}
    commands = [(name, file) for name, file in given.items() if file is not None]
    if len(commands) + (context.invoked_subcommand is not None) > 1:
        context.fail("--export and --import are commands of their own: give only one.")
    if context.invoked_subcommand is None and not commands:
        context.fail("Missing command.")
    for name, file in commands:
        _invoke(context, name, file)


def _invoke(context: typer.Context, name: str, file: str) -> None:
    """Run a command with a file as its argument."""
    command = typer.main.get_group(app).commands[name]
    with command.make_context(name, ["--", file], parent=context) as inner:
        command.invoke(inner)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    install()
    if list(arguments) == ["--version"]:  # fast, without building the commands
        say(f"hansard {__version__}")
        return 0
    as_json = "--json" in arguments
    command = typer.main.get_command(app)
    try:
        result = command.main(
            args=list(arguments) or ["--help"], prog_name="hansard", standalone_mode=False
        )
        flush()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        discard()
        return 1
    except Exception as error:
        if os.environ.get("HANSARD_DEBUG") == "1":
            raise
        return _failed(error, as_json=as_json)
    return result if isinstance(result, int) else 0


def _failed(error: Exception, *, as_json: bool) -> int:
    match error:
        case HansardError():
            fail(error.code, error.message + advice(error), as_json=as_json)
            return exit_code(error)
        case TyperException():
            context = getattr(error, "ctx", None)
            hint = f" (see {context.command_path} --help)" if context else ""
            fail("usage", error.format_message().rstrip(".") + hint, as_json=as_json)
            return USAGE
        case ImportError() if (error.name or "").partition(".")[0] == "hansard":
            place = Path(__file__).parents[1]
            hint = f"Check that this user can read all of {place}."
            fail("error", f"A part of Hansard cannot be loaded: {error}. {hint}", as_json=as_json)
        case OSError() if error.filename is not None:
            fail("error", f"{os.fsdecode(error.filename)}: {error.strerror}.", as_json=as_json)
        case OSError() if error.strerror is not None:
            fail("error", f"{error.strerror}.", as_json=as_json)
        case _:
            message = f"{type(error).__name__}: {error} (set HANSARD_DEBUG=1 for the traceback)"
            fail("error", message, as_json=as_json)
    return 1


def run() -> None:
    sys.exit(main(sys.argv[1:]))
