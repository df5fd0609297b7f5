"""Input in the terminal: several lines, with a history and completion.

Input during an answer is not echoed: it waits for the next prompt, and so does Ctrl-D. Ctrl-C is a signal then.
"""

from __future__ import annotations

import sys
import termios
import tty
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.output import create_output
from prompt_toolkit.shortcuts import CompleteStyle

from hansard.output import terminal_output

if TYPE_CHECKING:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

PROMPT = "> "


class Terminal:
    def __init__(self, history: Path, words: Callable[[str], Iterable[str]]) -> None:
        """`words` returns the completions of a line up to the cursor, as whole lines."""
        history.touch(mode=0o600)
        self._session: PromptSession[str] = PromptSession(
            output=create_output(stdout=terminal_output()),
            history=FileHistory(str(history)),
            completer=_Completer(words),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            key_bindings=_keys(),
            multiline=True,
            prompt_continuation="  ",
        )

    async def ask(self, text: str = "") -> str | None:
        """Return the input, which starts with `text`; None for Ctrl-D, an empty text for Ctrl-C."""
        try:
            return await self._session.prompt_async(PROMPT, default=text)
        except EOFError:
            return None
        except KeyboardInterrupt:
            return ""


@contextmanager
def silent() -> Iterator[None]:
    """A context in which the terminal does not echo input."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard, termios.TCSANOW)
    modes = termios.tcgetattr(keyboard)
    modes[tty.IFLAG] &= ~termios.ICRNL  # keep Enter as it is
    termios.tcsetattr(keyboard, termios.TCSANOW, modes)
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal may be closed
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


class _Completer(Completer):
    def __init__(self, words: Callable[[str], Iterable[str]]) -> None:
        self._words = words

    def get_completions(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002 - prompt_toolkit's signature
    ) -> Iterable[Completion]:
        line = document.text_before_cursor
        for whole in self._words(line):
            yield Completion(whole, start_position=-len(line))


def _keys() -> KeyBindings:
    """Return the key bindings: Enter sends; Alt-Enter (or Escape, Enter) starts a new line."""
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: Any) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    return keys
