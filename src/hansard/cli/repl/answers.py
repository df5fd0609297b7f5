"""Shows an answer while it is generated: on a terminal as Markdown, elsewhere as plain text.

Markdown cannot be shown word by word, because later text may change the meaning of earlier text. But only the last,
unfinished block can change: finished blocks are printed permanently, and the last one is redrawn until it is finished.
"""

from __future__ import annotations

import asyncio
import signal
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any, Self

from hansard.cli.rendering import console, print_json_line
from hansard.output import harmless, on_terminal, write

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from hansard.api.operations import Services
    from hansard.model.runs import Run, RunEvent

REDRAWS = 12
"""Redraws per second, at most."""
LONG = 6_000
"""The length of an unfinished block, in characters, above which its end is shown as plain text."""


class View(ABC):
    """Shows the events of one answer."""

    @abstractmethod
    def show(self, event: RunEvent) -> None: ...

    def close(self) -> None:  # noqa: B027 - most have nothing to clean up
        """Restore the screen."""


class PlainView(View):
    """Prints only the text of the answer."""

    def __init__(self) -> None:
        self._ended_line = True

    def show(self, event: RunEvent) -> None:
        if event.type == "text":
            write(event.text)
            self._ended_line = event.text.endswith("\n")

    def close(self) -> None:
        if not self._ended_line:
            write("\n")


class JsonView(View):
    """Prints every event as a line of JSON."""

    def show(self, event: RunEvent) -> None:
        print_json_line(event)


class MarkdownView(View):
    """Shows the answer as Markdown, after the model's reasoning."""

    def __init__(self) -> None:
        self.console = console()
        self._rest = ""
        self._live: Any = None
        self._thinking = False

    def show(self, event: RunEvent) -> None:
        if event.type == "reasoning":
            self._thinking = True
            self.console.print(event.text, style="dim italic", end="", soft_wrap=True)
        elif event.type == "text":
            if self._thinking:
                self.console.print("\n")
                self._thinking = False
            self._say(harmless(event.text))

    def _say(self, text: str) -> None:
        from rich.live import Live  # noqa: PLC0415

        if self._live is None:
            self._live = Live(
                console=self.console,
                transient=True,
                refresh_per_second=REDRAWS,
                redirect_stdout=False,
            )
            self._live.start()
        finished, self._rest = split(self._rest + text)
        self._live.update(Unfinished(self._rest))
        if finished.strip():
            self.console.print(_markdown(finished))
            self.console.print()

    def close(self) -> None:
        if self._thinking:
            self.console.print()
        if self._live is not None:
            self._live.update("")
            self._live.stop()
            self._live = None
        if self._rest.strip():
            self.console.print(_markdown(self._rest))
        self._rest = ""


class Unfinished:
    """The end of an unfinished block, as much as fits on the screen."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        repl = max(1, console.height - 2)
        shown = _markdown(self.text) if len(self.text) < LONG else Text(self.text[-LONG:])
        lines = console.render_lines(shown, options, pad=False)[-repl:]
        for i, line in enumerate(lines):
            yield from line
            if i < len(lines) - 1:
                yield Segment.line()


def split(text: str) -> tuple[str, str]:
    """Split a Markdown text into the blocks that cannot change any more, and the last one."""
    from markdown_it import MarkdownIt  # noqa: PLC0415

    tokens = MarkdownIt().enable("table").parse(text)
    starts = [token.map[0] for token in tokens if token.level == 0 and token.map]
    if len(starts) < 2:
        return "", text
    lines = text.split("\n")
    return "\n".join(lines[: starts[-1]]) + "\n", "\n".join(lines[starts[-1] :])


def _markdown(text: str) -> Any:
    from rich.markdown import Markdown  # noqa: PLC0415

    return Markdown(text, hyperlinks=False)


def view(*, as_json: bool = False) -> View:
    if as_json:
        return JsonView()
    return MarkdownView() if on_terminal() else PlainView()


async def follow(services: Services, run: Run, shown: View) -> Run:
    """Show an answer until it ends; return the finished run."""
    try:
        async for event in services.runs.events(run.id):
            shown.show(event)
    finally:
        shown.close()
    return await services.runs.get(run.id)


class Asking:
    """A context for a request and its answers: Ctrl-C cancels them, even before they begin."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._runs: Sequence[Run] = ()
        self._stopped = False
        self._stopping: set[asyncio.Task[Run]] = set()

    async def begin(self, asked: Awaitable[Sequence[Run]]) -> Sequence[Run]:
        """Send the request; return the runs of the answers."""
        self._runs = await asked
        if self._stopped:
            self._stop()
        return self._runs

    def _stop(self) -> None:
        self._stopped = True
        runs = self._services.runs
        self._stopping |= {asyncio.create_task(runs.cancel(run.id)) for run in self._runs}

    async def __aenter__(self) -> Self:
        self._before = signal.getsignal(signal.SIGINT)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._stop)
        return self

    async def __aexit__(self, *exception: object) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, self._before)
        await asyncio.gather(*self._stopping)
