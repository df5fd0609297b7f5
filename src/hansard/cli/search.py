from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hansard.cli.commands import reads
from hansard.cli.options import Json, Limit, Project, Since, Until, since, until
from hansard.cli.rendering import console, print_json, when
from hansard.cli.thread import speaker
from hansard.output import say

if TYPE_CHECKING:
    from rich.console import Console

    from hansard.api.operations import Services
    from hansard.model.pages import Hit

Words = Annotated[
    list[str], typer.Argument(metavar="WORDS", help='Words, "phrases", beginnings of words*.')
]


class Role(StrEnum):
    system = "system"
    user = "user"
    assistant = "assistant"
    tool = "tool"


class Match(StrEnum):
    any = "any"
    all = "all"


Matching = Annotated[
    Match, typer.Option("--match", help="Whether messages with some of the words are found too.")
]
Roles = Annotated[
    list[Role] | None,
    typer.Option("--role", help="Only what was said in this role; may be repeated."),
]
Place = Annotated[
    str | None, typer.Option("--conversation", metavar="ID-OR-TITLE", help="Only in this one.")
]
Model = Annotated[
    str | None, typer.Option("--model", metavar="MODEL", help="Only what this model said.")
]
Cursor = Annotated[
    str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on where a page ended.")
]


def register(main: typer.Typer) -> None:
    main.command("search")(search)


@reads
async def search(
    services: Services,
    words: Words,
    match: Matching = Match.any,
    role: Roles = None,
    conversation: Place = None,
    project: Project = None,
    model: Model = None,
    since_: Since = None,
    until_: Until = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """Find what was said, the most relevant first."""
    from hansard.services.search import SearchFilter  # noqa: PLC0415

    place = await services.conversations.find(conversation) if conversation else None
    wanted = SearchFilter(
        roles=tuple(r.value for r in role or ()),
        conversation_id=place and place.id,
        project_id=project,
        model=model,
        since=since(since_),
        until=until(until_),
    )
    page = await services.search.page(
        " ".join(words), limit=limit, cursor=cursor, match=match.value, filter=wanted
    )
    if as_json:
        print_json(page)
        return
    print_hits(console(), page.items)
    if page.next:
        say(f"There are more: --cursor {page.next}")


def print_hits(screen: Console, hits: Sequence[Hit]) -> None:
    """Where each match is, and the words around it, the matches marked."""
    from rich.text import Text  # noqa: PLC0415

    if not hits:
        screen.print("Nothing was found.")
    for hit in hits:
        title = hit.conversation.title or "(untitled)"
        screen.print(Text(title, style="bold"), hit.conversation.id, soft_wrap=True)
        snippet = Text()
        position = 0
        for start, end in hit.marks:
            snippet.append(hit.snippet[position:start])
            snippet.append(hit.snippet[start:end], style="bold reverse")
            position = end
        snippet.append(hit.snippet[position:])
        heading = f"{speaker(hit.message)}, {when(hit.message.created_at)}: "
        screen.print(Text(heading, style="dim") + snippet)
        screen.print()
