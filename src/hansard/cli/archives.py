"""`hansard artifacts export` and `import`: artifacts as a zip file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from hansard.cli.artifacts import Kind, Language, Place, app
from hansard.cli.commands import reads, writes
from hansard.cli.options import Json, Project
from hansard.cli.rendering import print_json
from hansard.cli.transfer import DIFFERENT, STANDARD, print_report, replacing, show, write
from hansard.errors import InvalidInput
from hansard.output import note, on_terminal

if TYPE_CHECKING:
    from hansard.api.operations import Services
    from hansard.model.artifacts import ArtifactType

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Only these.")]
Collection = Annotated[
    str | None,
    typer.Option("--collection", metavar="ID", help="Only artifacts in this collection."),
]
Output = Annotated[
    str,
    typer.Option(
        "--output", "-o", metavar="FILE|-", help="The file to write; - is standard output."
    ),
]
Source = Annotated[Path, typer.Argument(metavar="FILE", help="The zip file to read.")]


def register(_: typer.Typer) -> None:
    """Nothing to do: the commands belong to `hansard artifacts`, which is registered already."""


@app.command()
@reads
async def export(
    services: Services,
    ids: Ids = None,
    collection: Collection = None,
    conversation: Place = None,
    project: Project = None,
    type_: Kind = None,
    language: Language = None,
    output: Output = "artifacts.zip",
) -> None:
    """Write artifacts with all their revisions to a zip file.

    An existing file is replaced only when the export is complete.
    """
    from hansard.services.artifacts.validation import ArtifactFilter  # noqa: PLC0415

    place = await services.conversations.find(conversation) if conversation else None
    wanted = ArtifactFilter(
        collection_id=collection,
        conversation_id=place and place.id,
        project_id=project,
        type=cast("ArtifactType | None", type_),
        language=language,
    )
    pieces = services.archives.export(ids or [], filter=wanted)
    if output == STANDARD:
        if on_terminal():
            raise InvalidInput(
                "A zip file cannot be written to a terminal: name a file, or use a pipe."
            )
        await show(pieces)
    else:
        with replacing(Path(output)) as opened:
            await write(pieces, opened)
        note(f"Exported to {output}.")


@app.command("import")
@writes
async def import_(services: Services, file: Source, as_json: Json = False) -> None:
    """Import the artifacts of a zip file; existing artifacts are not changed.

    The exit code is 4 if an existing artifact has other content.
    """
    with file.open("rb") as opened:
        report = await services.archives.import_zip(opened)
    if as_json:
        print_json(report)
    else:
        print_report(report)
    if report.conflicting:
        raise typer.Exit(DIFFERENT)
