"""`hansard export` and `hansard import`: a user's data as a file."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from hansard.atomic_files import draft
from hansard.cli.commands import reads, writes
from hansard.cli.options import Json
from hansard.cli.rendering import console, plural, print_json
from hansard.output import errors_on_terminal, flush, note, say, write_bytes

if TYPE_CHECKING:
    from hansard.api.operations import Services
    from hansard.services.transfer.import_session import ImportReport

STANDARD = "-"
LONGEST = 16 * 1024 * 1024 + 1
"""How many bytes of a line are read; the format's limit is one less."""
DIFFERENT = 4

Target = Annotated[
    str, typer.Argument(metavar="FILE|-", help="The file to write; - is standard output.")
]
Source = Annotated[
    str, typer.Argument(metavar="FILE|-", help="The file to read; - is standard input.")
]
One = Annotated[
    str | None,
    typer.Option("--conversation", metavar="ID-OR-TITLE", help="Only this conversation."),
]


def register(main: typer.Typer) -> None:
    main.command("export")(export)
    main.command("import")(import_)


@reads
async def export(services: Services, file: Target = STANDARD, conversation: One = None) -> None:
    """Write all data of the user, or one conversation, as JSON Lines.

    An existing file is replaced only when the export is complete.
    """
    selected = await services.conversations.find(conversation) if conversation else None
    lines = services.transfer.export(conversation_id=selected and selected.id)
    if file == STANDARD:
        await show(lines)
    else:
        with replacing(Path(file)) as opened:
            await write(lines, opened)
        note(f"Exported to {file}.")


@contextmanager
def replacing(file: Path) -> Iterator[IO[bytes]]:
    """A context with a file to write, which gets its name when it is complete; devices are written directly."""
    if file.exists() and not file.is_file():
        with file.open("wb") as device:
            yield device
        return
    with draft(file) as draft_file, draft_file.open("wb") as opened:
        yield opened


async def show(lines: AsyncIterator[bytes]) -> None:
    async for line in lines:
        write_bytes(line)
    flush()


async def write(lines: AsyncIterator[bytes], file: IO[bytes]) -> None:
    async for line in lines:
        file.write(line)
    file.flush()


@writes
async def import_(services: Services, file: Source, as_json: Json = False) -> None:
    """Import an export; existing records are not changed.

    The exit code is 4 if an existing record has other content.
    """
    with _source(file) as (source, total), _progress(total) as advance:
        report = await services.transfer.import_lines(_lines(source, advance))
    if as_json:
        print_json(report)
    else:
        print_report(report)
    if report.conflicting:
        raise typer.Exit(DIFFERENT)


@contextmanager
def _source(file: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """A context with the input, and its size in bytes if known."""
    if file == STANDARD:
        yield sys.stdin.buffer, None
        return
    with Path(file).open("rb") as opened:
        yield opened, os.fstat(opened.fileno()).st_size


def _lines(source: IO[bytes], advance: Callable[[int], None]) -> Iterable[bytes]:
    while line := source.readline(LONGEST):
        advance(len(line))
        yield line


@contextmanager
def _progress(total: int | None) -> Iterator[Callable[[int], None]]:
    """A context with a progress bar; without a terminal it shows nothing."""
    if not errors_on_terminal():
        yield _nothing
        return
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=console(errors=True), transient=True) as bar:
        task = bar.add_task("Importing", total=total)
        yield partial(bar.advance, task)


def _nothing(_: int) -> None: ...


def print_report(report: ImportReport) -> None:
    for outcome, text in (
        (report.added, "added"),
        (report.unchanged, "already existing"),
        (report.conflicting, "existing with other content, not changed"),
        (report.unknown, "of kinds unknown to this version, skipped"),
    ):
        if outcome:
            kinds = ", ".join(plural(number, kind) for kind, number in outcome.items())
            say(f"{text}: {kinds}")
    for problem in report.problems:
        say(f"  {problem}")
