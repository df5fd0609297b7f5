"""`hansard db`: administration of the database; see `hansard.storage.admin`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansard.cli.commands import configured
from hansard.cli.options import Json
from hansard.cli.rendering import plural, print_json, print_table, size
from hansard.cli.session import backend_of
from hansard.errors import InvalidInput, NotADatabase, SchemaOutdated, StorageError
from hansard.output import say
from hansard.secrets import mask_url

if TYPE_CHECKING:
    from hansard.config import Loaded
    from hansard.storage.admin import Size, State
    from hansard.storage.verification import Verification

app = typer.Typer(help="Administer the database.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="The copy.")]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="What the migration does, such as add_tags.")
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Confirm that the PostgreSQL database has been copied.")
]
Repair = Annotated[
    bool,
    typer.Option(
        "--repair", help="Rebuild the search index, heads, counts and missing digests first."
    ),
]
Since = Annotated[
    int | None,
    typer.Option(
        "--since", metavar="POSITION", help="Verify only what changed after this feed position."
    ),
]
Sample = Annotated[
    float | None,
    typer.Option(
        "--sample",
        metavar="SHARE",
        help="Verify a random share of the conversations, such as 0.1.",
    ),
]


def register(main: typer.Typer) -> None:
    main.add_typer(app, name="db")


@app.command()
@configured
def path(loaded: Loaded) -> None:
    """Print the address of the database."""
    file = loaded.database_file
    say(mask_url(loaded.database) if file is None else str(file.absolute()))


@app.command()
@configured
async def check(loaded: Loaded, as_json: Json = False) -> None:
    """Compare the database's schema with the one this program needs; the exit code is 5 if they differ."""
    from hansard.storage import admin  # noqa: PLC0415

    state = await admin.state(loaded.database)
    if as_json:
        print_json(state)
    else:
        say(f"The database has schema {state.schema}; this program needs {state.needed}.")
        for line in (*(f"lacks: {name}" for name in state.pending), *state.differences):
            say(f"  {line}")
    _judge(state)


def _judge(state: State) -> None:
    if state.pending:
        raise SchemaOutdated(
            f"The database lacks {plural(len(state.pending), 'migration')}: run `hansard db migrate`."
        )
    if state.differences:
        raise StorageError("The tables differ from their declarations.")


@app.command()
@configured
async def migrate(loaded: Loaded, yes: Yes = False) -> None:
    """Migrate the schema to the newest version. A SQLite file is copied first."""
    from hansard.storage import admin  # noqa: PLC0415

    if backend_of(loaded) == "postgresql" and not yes:
        state = await admin.state(loaded.database)
        if state.pending and state.schema:
            raise InvalidInput(
                "Copy the database with pg_dump first, then confirm that with --yes."
            )
    done = await admin.migrate(loaded.database)
    if done.backup:
        say(f"The database before the migration is in {done.backup}.")
    for name in done.applied:
        say(f"Applied {name}.")
    if not done.applied:
        say("Nothing to do: the schema is up to date.")


@app.command()
@configured
def revision(_: Loaded, name: Name) -> None:
    """Write the next migration from the declarations; for developers of Hansard."""
    import hansard.storage.sql  # noqa: PLC0415
    from hansard.storage.sql.autogenerate import write  # noqa: PLC0415
    from hansard.storage.tables import SCHEMA  # noqa: PLC0415

    if not name.isidentifier():
        raise InvalidInput("A name consists of letters, digits and underscores.")
    directory = Path(hansard.storage.sql.__path__[0]) / "migrations"
    written = write(SCHEMA, directory, name)
    for file in written:
        say(f"Wrote {file}.")
    if not written:
        say("Nothing to do: the declarations have not changed since the last migration.")


@app.command()
@configured
def backup(loaded: Loaded, file: File) -> None:
    """Copy a SQLite database, which may be in use, to a new file, and check the copy."""
    from hansard.storage import admin  # noqa: PLC0415

    admin.backup(loaded.database, file)
    say(f"Copied to {file}, {size(file.stat().st_size)}, and checked.")


@app.command()
@configured
def restore(loaded: Loaded, file: File) -> None:
    """Replace a SQLite database by a checked copy; the replaced database is kept."""
    from hansard.storage import admin  # noqa: PLC0415

    aside = admin.restore(loaded.database, file)
    say(f"Restored from {file}.")
    if aside is not None:
        say(f"The replaced database is in {aside}.")


@app.command()
@configured
async def verify(
    loaded: Loaded,
    repair: Repair = False,
    since: Since = None,
    sample: Sample = None,
    as_json: Json = False,
) -> None:
    """Verify the stored data and print all problems; the exit code is 5 if there are any.

    With --since, verify what changed after a feed position; with --sample, a random share of the conversations.
    """
    from hansard.storage import admin  # noqa: PLC0415

    done = await admin.verification_of(loaded.database, repair=repair, since=since, sample=sample)
    if as_json:
        print_json(done)
    for finding in done.findings if not as_json else []:
        where = f" (tenant {finding.tenant})" if finding.tenant else ""
        say(f"{finding.subject} {finding.message}{where}")
    if done.findings:
        hint = ": `hansard db verify --repair` repairs what follows from the messages"
        mendable = not repair and any(finding.repairable for finding in done.findings)
        raise NotADatabase(f"{plural(len(done.findings), 'finding')}{hint if mendable else ''}.")
    if not as_json:
        say(_looked_at(done))


def _looked_at(done: Verification) -> str:
    counts = ", ".join(
        plural(getattr(done, f"{noun}s"), noun)
        for noun in ("conversation", "message", "artifact", "blob")
    )
    what = "Everything is correct" if done.whole else "What was verified is correct"
    return f"{what}: {counts}. The feed was at {done.position}."


@app.command()
@configured
async def stats(loaded: Loaded, as_json: Json = False) -> None:
    """Show the size of the database."""
    from hansard.storage import admin  # noqa: PLC0415

    totals = await admin.size(loaded.database)
    if as_json:
        print_json(totals)
        return
    print_table(["", ""], _totals(totals))
    say()
    rows = ([table.table, table.rows, size(table.bytes)] for table in totals.tables)
    print_table(["table", "rows", "size"], rows)


def _totals(totals: Size) -> list[list[Any]]:
    rows = [["size", size(totals.bytes)]]
    if totals.wal_bytes is not None:
        rows.append(["log", size(totals.wal_bytes)])
    if totals.pages is not None:
        free, page = totals.free_pages or 0, totals.page_bytes or 0
        rows.append(["pages", f"{totals.pages:,} of {size(page)}, {free:,} free"])
    return rows
