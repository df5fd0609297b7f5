from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hansard.cli.branches import pick
from hansard.cli.commands import reads, writes
from hansard.cli.options import (
    Conversation,
    ConversationId,
    Json,
    Limit,
    Project,
    Since,
    Until,
    since,
    until,
)
from hansard.cli.rendering import print_json, print_markdown, print_table, when
from hansard.cli.thread import thread
from hansard.output import say

if TYPE_CHECKING:
    from hansard.api.operations import Services
    from hansard.model.conversations import Conversation as DetectionResult

app = typer.Typer(help="List, read, rename and delete conversations.")

Tag = Annotated[
    str | None, typer.Option("--tag", metavar="TAG", help="Only conversations with this tag.")
]
Archived = Annotated[bool | None, typer.Option(help="Only archived ones, or only others.")]
Pinned = Annotated[bool | None, typer.Option(help="Only pinned ones, or only others.")]
Trash = Annotated[bool, typer.Option("--trash", help="List the trash instead.")]
Q = Annotated[
    str | None,
    typer.Option("--q", metavar="TEXT", help="Only conversations with this text in the title."),
]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Continue after the previous page.")
]
BranchName = Annotated[
    str | None, typer.Option("--branch", metavar="BRANCH", help="A branch's name, number or id.")
]
Last = Annotated[
    int | None, typer.Option("--last", metavar="N", help="Only this many of the last messages.")
]
Title = Annotated[str, typer.Argument(metavar="TITLE", help="The new title.")]


def register(main: typer.Typer) -> None:
    main.add_typer(app, name="conversations")


@app.command("list")
@reads
async def list_(
    services: Services,
    project: Project = None,
    tag: Tag = None,
    archived: Archived = None,
    pinned: Pinned = None,
    trash: Trash = False,
    q: Q = None,
    since_: Since = None,
    until_: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """List conversations, the most recently active first."""
    from hansard.services.conversations.service import ConversationFilter  # noqa: PLC0415

    wanted = ConversationFilter(
        project_id=project,
        tag=tag,
        archived=archived,
        pinned=pinned,
        deleted=trash,
        q=q,
        since=since(since_),
        until=until(until_),
    )
    page = await services.conversations.list(limit=limit, cursor=cursor, filter=wanted)
    if as_json:
        print_json(page)
        return
    print_conversations(page.items)
    if page.next:
        say(f"There are more: --cursor {page.next}")


def print_conversations(results: list[DetectionResult]) -> None:
    rows = ([c.id, when(c.active_at), c.message_count, _marked(c), c.preview[:60]] for c in results)
    print_table(["id", "active", "messages", "title", "last said"], rows)


def _marked(result: DetectionResult) -> str:
    marks = "".join(f", {name}" for name in ("pinned", "archived") if getattr(result, name))
    return (result.title or "(untitled)") + marks


@app.command()
@reads
async def show(
    services: Services,
    conversation: Conversation,
    branch: BranchName = None,
    last: Last = None,
    as_json: Json = False,
) -> None:
    """Print the messages of a conversation as Markdown."""
    selected = await services.conversations.find(conversation)
    branches = await services.branches.list(selected.id)
    on = await services.branches.current(selected.id) if branch is None else pick(branches, branch)
    if last is None:
        messages = [message async for message in services.messages.all(selected.id, branch=on.id)]
    else:
        messages = (await services.messages.read(selected.id, last=last, branch=on.id)).items
    if as_json:
        print_json({"conversation": selected, "branch": on, "items": messages})
    else:
        print_markdown(thread(selected, messages))


@app.command()
@writes
async def rename(services: Services, conversation: Conversation, title: Title) -> None:
    """Change the title of a conversation."""
    selected = await services.conversations.find(conversation)
    changed = await services.conversations.update(selected.id, title=title)
    say(f"{changed.id} is now titled {changed.title!r}.")


@app.command()
@writes
async def delete(services: Services, conversation: Conversation) -> None:
    """Move a conversation to the trash."""
    selected = await services.conversations.find(conversation)
    await services.conversations.delete(selected.id)
    say(f"{selected.id} is in the trash; `hansard conversations restore` restores it.")


@app.command()
@writes
async def restore(services: Services, conversation: ConversationId) -> None:
    """Restore a conversation from the trash."""
    restored = await services.conversations.restore(conversation)
    say(f"{restored.id} is restored.")


@app.command()
@writes
async def purge(services: Services, conversation: ConversationId) -> None:
    """Permanently delete a conversation that is in the trash."""
    await services.conversations.purge(conversation)
    say(f"{conversation} is permanently deleted.")
