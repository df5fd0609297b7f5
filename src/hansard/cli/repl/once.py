"""A single prompt and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hansard.cli.errors import INTERRUPTED, from_code
from hansard.cli.repl.answers import Asking, follow, view

if TYPE_CHECKING:
    from hansard.cli.repl.conversation import ConversationState


async def ask(state: ConversationState, prompt: str | None, *, as_json: bool) -> None:
    """Print the answer to a prompt, or to the chosen template. Raises the error of a failed run."""
    async with Asking(state.services) as asking:
        [run] = await asking.begin(state.say(prompt))
        ended = await follow(state.services, run, view(as_json=as_json))
    if ended.status == "cancelled":
        raise typer.Exit(INTERRUPTED)
    if ended.error is not None:
        raise from_code(ended.error.code, ended.error.message)
    await state.settle()
