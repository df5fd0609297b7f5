"""The loop of the chat: prompts are answered, and lines that begin with a slash are commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.markdown import Markdown

from hansard.cli.rendering import console, plural
from hansard.cli.repl.answers import Asking, follow, view
from hansard.cli.repl.commands import COMMANDS, Leave
from hansard.cli.repl.terminal import PROMPT, Terminal, silent
from hansard.cli.thread import ENDINGS, markdown, speaker
from hansard.errors import HansardError
from hansard.output import harmless

if TYPE_CHECKING:
    from hansard.cli.repl.conversation import ConversationState
    from hansard.model.messages import Message
    from hansard.model.runs import Run

SHOWN = 4
"""How many messages are shown when a conversation is opened."""
_WITH_MODELS = ("/model ", "/models ", "/retry ")


async def loop(state: ConversationState) -> None:
    """Read and answer prompts until the user leaves."""
    state.loaded.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    repl = Repl(state)
    looking = asyncio.create_task(repl.look_for_models())
    try:
        with silent(), suppress(Leave):
            await repl.welcome()
            while (typed := await repl.terminal.ask()) is not None:
                await repl.take(typed)
        await state.settle()
    finally:
        looking.cancel()


class Repl:
    """The terminal, its input and the current conversation."""

    def __init__(self, state: ConversationState) -> None:
        self.state = state
        self.console = console()
        self.terminal = Terminal(state.loaded.home / "history", self._words)
        self.listed: list[str] = []
        """The ids of the conversations that were last listed."""
        self._models: list[str] = []

    async def take(self, typed: str) -> None:
        """Handle a line of input; errors are shown, and the chat continues."""
        try:
            if typed.startswith("/"):
                await self._command(typed)
            elif typed.strip():
                await self.answered(self.state.say(typed))
        except HansardError as error:
            self.warn(error.message)
        except OSError as error:
            self.warn(f"{error.filename}: {error.strerror}.")

    async def _command(self, typed: str) -> None:
        name, _, rest = typed.strip().partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            self.warn(f"There is no command {name}; /help lists them.")
        else:
            await command.do(self, rest.strip())

    # Output

    def tell(self, text: str) -> None:
        self.console.print(text, style="dim", soft_wrap=True)

    def warn(self, text: str) -> None:
        self.console.print(text, style="red", soft_wrap=True)

    async def welcome(self) -> None:
        """Show the conversation's title and last messages."""
        conversation = self.state.conversation
        if conversation is None:
            self.tell("A new conversation. /help lists the commands, Ctrl-D leaves.")
            return
        title = conversation.title or "(untitled)"
        self.console.print(title, style="bold", soft_wrap=True)
        messages = await self.state.last(SHOWN)
        earlier = messages[0].seq if messages else 0
        if earlier:
            self.tell(f"… {plural(earlier, 'earlier message')}")
        for message in messages:
            self.message(message)
        self._ending(messages)
        self.console.print()

    def message(self, message: Message) -> None:
        self.console.print()
        if message.role == "user":
            self.console.print(PROMPT + message.text, style="cyan", soft_wrap=True)
            return
        self.tell(f"{speaker(message)}:")
        text = "\n\n".join(markdown(part) for part in message.parts)
        self.console.print(Markdown(harmless(text), hyperlinks=False))

    def _ending(self, messages: Sequence[Message]) -> None:
        """Show how to proceed after the last message."""
        if not messages:
            return
        last = messages[-1]
        if last.role == "user":
            self.tell("This prompt has no answer; /retry generates one.")
        elif last.finish == "error":
            self.tell("This answer failed; /retry generates it again.")
        elif last.finish in ENDINGS:
            self.tell(f"This answer was {ENDINGS[last.finish]}: /continue continues it.")

    async def answered(self, asked: Awaitable[Sequence[Run]]) -> None:
        """Send a request, and show its answers one after the other."""
        async with Asking(self.state.services) as asking:
            runs = await asking.begin(asked)
            for run in runs:
                self.tell(f"{run.model}:")
                self._tell_end(await follow(self.state.services, run, view()))
                self.console.print()
        if len(runs) > 1:
            self.tell("You are on the branch of the first answer; /branch lists the others.")

    def _tell_end(self, run: Run) -> None:
        match run.status:
            case "failed":
                self.warn(run.error.message if run.error else "The answer failed.")
                self.tell("/retry generates it again.")
            case "cancelled" if run.error:
                self.tell("Stopped before the answer began; /retry generates it again.")
            case "cancelled":
                self.tell("Stopped; the text so far is stored. /continue continues it.")
            case _:
                pass

    # Completion

    async def look_for_models(self) -> None:
        with suppress(HansardError):
            self._models = [m.name for m in (await self.state.services.models.list()).items]

    def _words(self, line: str) -> Iterable[str]:
        if line.startswith(_WITH_MODELS):
            begun, _, part = line.rpartition(" ")
            return [f"{begun} {name}" for name in self._models if name.startswith(part)]
        return [name for name in COMMANDS if line.startswith("/") and name.startswith(line)]
