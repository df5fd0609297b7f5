"""The words that begin with a slash: a function each, whose docstring is its help."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hansard.cli.branches import pick
from hansard.cli.models import print_models
from hansard.cli.rendering import print_table, when
from hansard.cli.search import print_hits
from hansard.cli.statistics import print_statistics
from hansard.cli.thread import thread
from hansard.cli.transfer import replacing, write
from hansard.errors import AlreadyExists, InvalidInput
from hansard.services.runs.default_model import default_model

if TYPE_CHECKING:
    from hansard.cli.repl.loop import Room

Do = Callable[["Room", str], Awaitable[None]]
LISTED = 20


class Leave(Exception):
    """The person wants to leave."""


@dataclass(frozen=True)
class Command:
    do: Do
    usage: str

    @property
    def help(self) -> str:
        return (self.do.__doc__ or "").strip()


COMMANDS: dict[str, Command] = {}


def _command(name: str, arguments: str = "") -> Callable[[Do], Do]:
    def register(do: Do) -> Do:
        COMMANDS[name] = Command(do, f"{name} {arguments}".strip())
        return do

    return register


@_command("/help")
async def _help(room: Room, _: str) -> None:
    """Show this list."""
    print_table(["", ""], ([command.usage, command.help] for command in COMMANDS.values()))
    room.tell("Enter sends, Alt-Enter begins a new line, Ctrl-C stops an answer, Ctrl-D leaves.")


@_command("/new", "[TITLE]")
async def _new(room: Room, title: str) -> None:
    """Begin a new conversation."""
    room.talk.leave(**({"title": title} if title else {}))
    await room.welcome()


@_command("/list")
async def _list(room: Room, _: str) -> None:
    """List conversations; /open takes their numbers."""
    found = (await room.talk.services.conversations.list(limit=LISTED)).items
    room.listed = [conversation.id for conversation in found]
    rows = (
        [i, when(c.active_at), c.message_count, c.title or "(untitled)"]
        for i, c in enumerate(found, start=1)
    )
    print_table(["", "active", "messages", "title"], rows)


@_command("/open", "NUMBER, ID OR TITLE")
async def _open(room: Room, wanted: str) -> None:
    """Go to another conversation."""
    if not wanted:
        raise InvalidInput("Say which: /open TITLE.")
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(room.listed):
        wanted = room.listed[int(wanted) - 1]
    await room.talk.open(wanted)
    await room.welcome()


@_command("/branch", "[NAME OR NUMBER | new NAME]")
async def _branch(room: Room, wanted: str) -> None:
    """List branches, go to one, or leave this one where it ends."""
    services, here = room.talk.services, room.talk.id
    if wanted.startswith("new "):
        [last] = await room.talk.last(1)
        name = wanted.removeprefix("new ").strip()
        made = await services.branches.fork(here, at=last.id, name=name, switch=True)
        room.tell(f"You are on the new branch {made.name}.")
        return
    branches, current = await room.talk.branches()
    if wanted:
        await services.branches.switch(here, pick(branches, wanted).id)
        await room.welcome()
        return
    rows = (
        [i, "*" if b.id == current.id else "", b.name, b.head_seq + 1, when(b.created_at)]
        for i, b in enumerate(branches, start=1)
    )
    print_table(["", "", "branch", "messages", "made"], rows)


@_command("/edit", "[TEXT]")
async def _edit(room: Room, text: str) -> None:
    """Say something else in the place of the last prompt, on a new branch."""
    typed = text or await room.terminal.ask((await room.talk.last_prompt()).text)
    if typed and typed.strip():
        await room.answered(room.talk.edit(typed))


@_command("/retry", "[MODEL]")
async def _retry(room: Room, model: str) -> None:
    """Have the last prompt answered again, on a new branch."""
    await room.answered(room.talk.retry(model or None))


@_command("/continue")
async def _continue(room: Room, _: str) -> None:
    """Go on with an answer that was cut short."""
    await room.answered(room.talk.continue_run())


@_command("/model", "[NAME]")
async def _model(room: Room, name: str) -> None:
    """List the models, or choose who answers in this conversation."""
    talk = room.talk
    if name:
        await talk.change(model=talk.known(name))
        room.tell(f"{name} answers from now on.")
        return
    chosen = talk.conversation.model if talk.conversation else talk.ahead.get("model")
    current = chosen or await default_model(talk.services.chat, talk.database.runner)
    print_models(await talk.database.providers.listing(), current)


@_command("/models", "NAME NAME …")
async def _models(room: Room, names: str) -> None:
    """Have the next prompt answered by several models."""
    room.talk.models = [room.talk.known(name) for name in names.split()]
    if not room.talk.models:
        raise InvalidInput("Say which: /models NAME NAME.")
    room.tell(f"The next prompt goes to {', '.join(room.talk.models)}.")


@_command("/system", "[TEXT | -]")
async def _system(room: Room, text: str) -> None:
    """Show the conversation's instructions, change them, or remove them with a -."""
    talk = room.talk
    if text:
        await talk.change(system="" if text == "-" else text)
        room.tell("The instructions hold from the next prompt on.")
        return
    said = talk.conversation.system if talk.conversation else talk.ahead.get("system", "")
    room.tell(said or "There are none.")


@_command("/search", "WORDS")
async def _search(room: Room, words: str) -> None:
    """Find what was said, in all conversations."""
    page = await room.talk.services.search.page(words, limit=10)
    print_hits(room.console, page.items)


@_command("/export", "[FILE]")
async def _export(room: Room, file: str) -> None:
    """Save the conversation: as Markdown in FILE.md, else for `hansard import`."""
    services = room.talk.services
    found = await services.conversations.get(room.talk.id)
    path = _new_file(file or f"{found.id}.jsonl")
    if path.suffix == ".md":
        said = [message async for message in services.messages.all(found.id)]
        with replacing(path) as opened:
            opened.write(thread(found, said).encode())
    else:
        with replacing(path) as opened:
            await write(services.transfer.export(conversation_id=found.id), opened)
    room.tell(f"Saved to {path}.")


def _new_file(name: str) -> Path:
    path = Path(name).expanduser()
    if path.exists():
        raise AlreadyExists(f"{path} exists already.")
    return path


@_command("/title", "[TEXT]")
async def _title(room: Room, text: str) -> None:
    """Show the title, or change it."""
    if text:
        await room.talk.change(title=text)
    found = await room.talk.fresh()
    room.tell((found.title if found else room.talk.ahead.get("title")) or "(untitled)")


@_command("/stats")
async def _stats(room: Room, _: str) -> None:
    """Show how much was said, when, and with which models."""
    print_statistics(await room.talk.services.statistics.get())


@_command("/quit")
async def _quit(_room: Room, _: str) -> None:
    """Leave."""
    raise Leave
