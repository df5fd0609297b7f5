from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from hansard.cli.commands import reads, writes
from hansard.cli.options import Json, Limit, Project, Since, Until, since, until
from hansard.cli.rendering import plural, print_json, print_table, size, when
from hansard.errors import InvalidInput
from hansard.output import note, say, write

if TYPE_CHECKING:
    from hansard.api.operations import Services
    from hansard.model.artifacts import ArtifactType

STANDARD = "-"

app = typer.Typer(
    help="Show and edit what conversations contain: code, pages, drawings, documents."
)

ArtifactId = Annotated[str, typer.Argument(metavar="ID", help="The artifact's id.")]
Number = Annotated[
    int | None,
    typer.Option("--revision", metavar="N", help="Show this revision instead of the newest."),
]
Place = Annotated[
    str | None,
    typer.Option(
        "--conversation", metavar="ID-OR-TITLE", help="Only artifacts of this conversation."
    ),
]
Kind = Annotated[
    str | None,
    typer.Option("--type", metavar="TYPE", help="Only artifacts of this type, such as html."),
]
Language = Annotated[
    str | None, typer.Option("--language", metavar="NAME", help="Only artifacts in this language.")
]
Trash = Annotated[bool, typer.Option("--trash", help="List the trash instead.")]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Continue after the previous page.")
]
Again = Annotated[
    bool,
    typer.Option("--again", help="Process all conversations again, not only the remaining ones."),
]
Source = Annotated[
    str, typer.Argument(metavar="FILE|-", help="The file to read; - is standard input.")
]
NewKind = Annotated[str, typer.Option("--type", metavar="TYPE", help="The type, such as html.")]
NewLanguage = Annotated[str, typer.Option("--language", metavar="NAME", help="The language.")]
Title = Annotated[
    str | None, typer.Option("--title", help="The title; the file's name if left out.")
]
Expect = Annotated[
    int | None,
    typer.Option("--expect", metavar="N", help="Fail unless this revision is the newest."),
]
Old = Annotated[
    int | None, typer.Argument(metavar="OLD", help="The older revision; the first if left out.")
]
New = Annotated[
    int | None, typer.Argument(metavar="NEW", help="The newer revision; the newest if left out.")
]
Earlier = Annotated[
    int | None,
    typer.Option("--revision", metavar="N", help="Return to the content of this revision."),
]
Only = Annotated[
    int | None,
    typer.Option("--revision", metavar="N", help="Always show this revision, not the newest."),
]
User = Annotated[str, typer.Argument(metavar="USER", help="The user's name.")]
MayWrite = Annotated[bool, typer.Option("--write", help="Allow changes, too.")]
ShareId = Annotated[str, typer.Argument(metavar="ID", help="The share's id.")]


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
    from hansard.services.artifacts.validation import ArtifactFilter  # noqa: PLC0415

    place = await services.conversations.find(conversation) if conversation else None
    wanted = ArtifactFilter(
        conversation_id=place and place.id,
        project_id=project,
        type=cast("ArtifactType | None", type_),
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
        say(f"There are more: --cursor {page.next}")


@app.command()
@reads
async def show(
    services: Services, artifact: ArtifactId, revision: Number = None, as_json: Json = False
) -> None:
    """Print the content of an artifact."""
    stored, text = await services.artifacts.get_content(artifact, revision)
    if as_json:
        print_json({"revision": stored, "content": text})
    else:
        write(text)


@app.command()
@writes
async def extract(services: Services, again: Again = False, as_json: Json = False) -> None:
    """Extract the artifacts of messages stored before extraction existed.

    It can be interrupted at any time, and continues from there the next time.
    """
    conversations = count = 0
    async for scanned in services.backfill.run(again=again):
        conversations += 1
        count += scanned.found
    if as_json:
        print_json({"conversations": conversations, "found": count})
    else:
        say(f"Found {plural(count, 'artifact')} in {plural(conversations, 'conversation')}.")


@app.command()
@writes
async def create(
    services: Services,
    file: Source,
    type_: NewKind = "text",
    title: Title = None,
    language: NewLanguage = "",
) -> None:
    """Create an artifact from a file."""
    name = Path(file).name if file != STANDARD else ""
    created = await services.artifacts.create(
        _content(file),
        type=cast("ArtifactType", type_),
        title=title or name or "untitled",
        language=language,
        file_name=name,
    )
    say(created.id)


@app.command()
@writes
async def edit(
    services: Services, artifact: ArtifactId, file: Source, expect: Expect = None
) -> None:
    """Store the content of a file as the next revision of an artifact."""
    changed = await services.artifacts.update(
        artifact, content=_content(file), expect_revision=expect
    )
    say(f"{changed.id} now has revision {changed.revision}.")


@app.command()
@reads
async def revisions(services: Services, artifact: ArtifactId, as_json: Json = False) -> None:
    """List the latest revisions of an artifact, the newest first."""
    page = await services.artifacts.revisions(artifact)
    if as_json:
        print_json(page)
        return
    rows = (
        [r.number, r.author or r.model or "", size(r.size), when(r.created_at), r.note]
        for r in page.items
    )
    print_table(["revision", "by", "size", "made", "note"], rows)


@app.command()
@reads
async def diff(services: Services, artifact: ArtifactId, old: Old = None, new: New = None) -> None:
    """Print the differences between two revisions."""
    write((await services.artifacts.diff(artifact, old, new)).text)


@app.command()
@writes
async def delete(services: Services, artifact: ArtifactId) -> None:
    """Move an artifact to the trash."""
    deleted = await services.artifacts.delete(artifact)
    say(f"{deleted.id} is in the trash; `hansard artifacts restore` restores it.")


@app.command()
@writes
async def restore(services: Services, artifact: ArtifactId, revision: Earlier = None) -> None:
    """Restore an artifact from the trash, or return to the content of a revision."""
    if revision is None:
        restored = await services.artifacts.restore(artifact)
        say(f"{restored.id} is restored.")
    else:
        restored = await services.artifacts.restore_revision(artifact, revision)
        say(
            f"{restored.id} has in revision {restored.revision} the content of revision {revision}."
        )


@app.command()
@writes
async def share(
    services: Services, artifact: ArtifactId, user: User, may_write: MayWrite = False
) -> None:
    """Share an artifact with a user of the tenant."""
    shared = await services.shares.share(artifact, user, right="write" if may_write else "read")
    say(f"{user} may {shared.right} it; `hansard artifacts unshare {shared.id}` ends that.")


@app.command()
@writes
async def link(services: Services, artifact: ArtifactId, revision: Only = None) -> None:
    """Create a link with which anybody who can reach the server can read an artifact."""
    new_link = await services.shares.link(artifact, revision=revision)
    say(f"/shared/{new_link.token}")
    note(f"`hansard artifacts unshare {new_link.share.id}` revokes it.")


@app.command()
@reads
async def shares(services: Services, artifact: ArtifactId, as_json: Json = False) -> None:
    """List the shares and links of an artifact."""
    items = await services.shares.of(artifact)
    if as_json:
        print_json(items)
        return
    rows = ([s.id, s.user_id or "a link", s.right, when(s.created_at)] for s in items)
    print_table(["id", "with", "right", "since"], rows)


@app.command()
@writes
async def unshare(services: Services, share: ShareId) -> None:
    """Revoke a share or a link."""
    await services.shares.revoke(share)
    say("The share is revoked.")


def _content(file: str) -> str:
    data = sys.stdin.buffer.read() if file == STANDARD else Path(file).read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidInput("The file is not UTF-8 text.") from None
