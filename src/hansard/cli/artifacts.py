from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hansard.cli.commands import reads, writes
from hansard.cli.options import Json, Limit, Project, Since, Until, since, until
from hansard.cli.rendering import plural, print_json, print_table, size, when, write

if TYPE_CHECKING:
    from hansard.services.database import Services

app = typer.Typer(help="See what was made in conversations: code, pages, drawings, documents.")

ArtifactId = Annotated[str, typer.Argument(metavar="ID", help="The artifact's id.")]
Number = Annotated[
    int | None, typer.Option("--revision", metavar="N", help="What it said then; now if left out.")
]
Place = Annotated[
    str | None, typer.Option("--conversation", metavar="ID-OR-TITLE", help="Only of this one.")
]
Kind = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", help="Only of this type, such as html.")
]
Language = Annotated[
    str | None, typer.Option("--language", metavar="NAME", help="Only in this language.")
]
Trash = Annotated[bool, typer.Option("--trash", help="Those in the trash instead.")]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on where a page ended.")
]
Again = Annotated[
    bool, typer.Option("--again", help="Begin with the first conversation, not where it ended.")
]


def register(main: typer.Typer) -> None:
    main.add_typer(app, name="artifacts")


@app.command("list")
@reads
async def list_(
    services: Services,
    conversation: Place = None,
    project: Project = None,
    type_: Kind = None,
    language: Language = None,
    since_: Since = None,
    until_: Until = None,
    trash: Trash = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """List artifacts, the most recently changed first."""
    from hansard.services.artifactfields import ArtifactFilter  # noqa: PLC0415

    place = await services.conversations.find(conversation) if conversation else None
    wanted = ArtifactFilter(
        conversation_id=place and place.id,
        project_id=project,
        type=type_,
        language=language,
        since=since(since_),
        until=until(until_),
        deleted=trash,
    )
    page = await services.artifacts.list(limit=limit, cursor=cursor, filter=wanted)
    if as_json:
        print_json(page)
        return
    rows = (
        [a.id, a.title, a.language or a.type, a.revision, size(a.size), when(a.updated_at)]
        for a in page.items
    )
    print_table(["id", "title", "kind", "revision", "size", "changed"], rows)
    if page.next:
        typer.echo(f"There are more: --cursor {page.next}")


@app.command()
@reads
async def show(
    services: Services, artifact: ArtifactId, revision: Number = None, as_json: Json = False
) -> None:
    """Print what an artifact says."""
    said, text = await services.artifacts.said(artifact, revision)
    if as_json:
        print_json({"revision": said, "content": text})
    else:
        write(text)


@app.command()
@writes
async def extract(services: Services, again: Again = False, as_json: Json = False) -> None:
    """Take artifacts out of what was stored before there were any.

    It may be stopped at any time, and goes on from there the next time.
    """
    conversations = found = 0
    async for scanned in services.scanning.run(again=again):
        conversations += 1
        found += scanned.found
    if as_json:
        print_json({"conversations": conversations, "found": found})
    else:
        typer.echo(f"Found {plural(found, 'artifact')} in {plural(conversations, 'conversation')}.")
