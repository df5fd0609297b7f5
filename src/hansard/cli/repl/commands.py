"""The slash commands: one function each, whose docstring is its help."""

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

if TYPE_CHECKING:
    from hansard.cli.repl.loop import Repl

Do = Callable[["Repl", str], Awaitable[None]]
LISTED = 20


class Leave(Exception):
    """The user leaves the chat."""


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
async def _help(repl: Repl, _: str) -> None:
    """Show this list."""
    print_table(["", ""], ([command.usage, command.help] for command in COMMANDS.values()))
    repl.tell("Enter sends, Alt-Enter starts a new line, Ctrl-C stops an answer, Ctrl-D leaves.")


@_command("/new", "[TITLE]")
async def _new(repl: Repl, title: str) -> None:
    """Start a new conversation."""
    repl.state.leave(**({"title": title} if title else {}))
    await repl.welcome()


@_command("/list")
async def _list(repl: Repl, _: str) -> None:
    """List conversations; /open accepts their numbers."""
    conversations = (await repl.state.services.conversations.list(limit=LISTED)).items
    repl.listed = [conversation.id for conversation in conversations]
    rows = (
        [i, when(c.active_at), c.message_count, c.title or "(untitled)"]
        for i, c in enumerate(conversations, start=1)
    )
    print_table(["", "active", "messages", "title"], rows)


@_command("/open", "NUMBER, ID OR TITLE")
async def _open(repl: Repl, wanted: str) -> None:
    """Open another conversation."""
    if not wanted:
        raise InvalidInput("Name one: /open TITLE.")
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(repl.listed):
        wanted = repl.listed[int(wanted) - 1]
    await repl.state.open(wanted)
    await repl.welcome()


@_command("/branch", "[NAME OR NUMBER | new NAME]")
async def _branch(repl: Repl, wanted: str) -> None:
    """List branches, switch to one, or start a new one after the last message."""
    services, here = repl.state.services, repl.state.id
    if wanted.startswith("new "):
        [last] = await repl.state.last(1)
        name = wanted.removeprefix("new ").strip()
        branch = await services.branches.fork(here, at=last.id, name=name, switch=True)
        repl.tell(f"You are on the new branch {branch.name}.")
        return
    branches, current = await repl.state.branches()
    if wanted:
        await services.branches.switch(here, pick(branches, wanted).id)
        await repl.welcome()
        return
    rows = (
        [i, "*" if b.id == current.id else "", b.name, b.head_seq + 1, when(b.created_at)]
        for i, b in enumerate(branches, start=1)
    )
    print_table(["", "", "branch", "messages", "made"], rows)


@_command("/edit", "[TEXT]")
async def _edit(repl: Repl, text: str) -> None:
    """Edit the last prompt, on a new branch."""
    typed = text or await repl.terminal.ask((await repl.state.last_prompt()).text)
    if typed and typed.strip():
        await repl.answered(repl.state.edit(typed))


@_command("/retry", "[MODEL]")
async def _retry(repl: Repl, model: str) -> None:
    """Generate the last answer again, on a new branch."""
    await repl.answered(repl.state.retry(model or None))


@_command("/continue")
async def _continue(repl: Repl, _: str) -> None:
    """Continue an incomplete answer."""
    await repl.answered(repl.state.continue_run())


@_command("/model", "[NAME]")
async def _model(repl: Repl, name: str) -> None:
    """List the models, or choose the one for this conversation."""
    state = repl.state
    if name:
        await state.change(model=await state.known(name))
        repl.tell(f"{name} answers from now on.")
        return
    chosen = state.conversation.model if state.conversation else state.ahead.get("model")
    listed = await state.services.models.list()
    print_models(listed.items, listed.failures, chosen or listed.default)


@_command("/models", "NAME NAME …")
async def _models(repl: Repl, names: str) -> None:
    """Let several models answer the next prompt."""
    repl.state.models = [await repl.state.known(name) for name in names.split()]
    if not repl.state.models:
        raise InvalidInput("Name them: /models NAME NAME.")
    repl.tell(f"The next prompt goes to {', '.join(repl.state.models)}.")


@_command("/system", "[TEXT | -]")
async def _system(repl: Repl, text: str) -> None:
    """Show the system prompt, change it, or remove it with a -."""
    state = repl.state
    if text:
        await state.change(system="" if text == "-" else text)
        repl.tell("The system prompt applies from the next prompt on.")
        return
    instructions = (
        state.conversation.system if state.conversation else state.ahead.get("system", "")
    )
    repl.tell(instructions or "There is no system prompt.")


@_command("/search", "WORDS")
async def _search(repl: Repl, words: str) -> None:
    """Search the messages of all conversations."""
    page = await repl.state.services.search.page(words, limit=10)
    print_hits(repl.console, page.items)


@_command("/export", "[FILE]")
async def _export(repl: Repl, file: str) -> None:
    """Save the conversation: as Markdown in FILE.md, else as an export for `hansard import`."""
    services = repl.state.services
    conversation = await services.conversations.get(repl.state.id)
    path = _new_file(file or f"{conversation.id}.jsonl")
    if path.suffix == ".md":
        messages = [message async for message in services.messages.all(conversation.id)]
        with replacing(path) as opened:
            opened.write(thread(conversation, messages).encode())
    else:
        with replacing(path) as opened:
            await write(services.transfer.export(conversation_id=conversation.id), opened)
    repl.tell(f"Saved to {path}.")


def _new_file(name: str) -> Path:
    path = Path(name).expanduser()
    if path.exists():
        raise AlreadyExists(f"{path} exists already.")
    return path


@_command("/title", "[TEXT]")
async def _title(repl: Repl, text: str) -> None:
    """Show the title, or change it."""
    if text:
        await repl.state.change(title=text)
    conversation = await repl.state.fresh()
    repl.tell(
        (conversation.title if conversation else repl.state.ahead.get("title")) or "(untitled)"
    )


@_command("/stats")
async def _stats(repl: Repl, _: str) -> None:
    """Show how many messages were exchanged, when, and with which models."""
    print_statistics(await repl.state.services.statistics.get())


@_command("/quit")
async def _quit(_room: Repl, _: str) -> None:
    """Leave."""
    raise Leave
