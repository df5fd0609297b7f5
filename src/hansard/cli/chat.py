"""`hansard chat`: a single prompt, or a chat in the terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansard.cli.commands import configured
from hansard.cli.session import writing
from hansard.errors import InvalidInput
from hansard.output import on_terminal

if TYPE_CHECKING:
    from hansard.config import Loaded

Prompt = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROMPT", help="The prompt; without it, a pipe is read or a chat starts."
    ),
]
Place = Annotated[
    str | None,
    typer.Option(
        "--conversation",
        metavar="ID-OR-TITLE",
        help="The conversation, or the title of a new one; the last active one if left out.",
    ),
]
New = Annotated[bool, typer.Option("--new", help="Start a new conversation.")]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="PROVIDER/MODEL", help="The model that answers from now on."),
]
System = Annotated[
    str | None, typer.Option("--system", metavar="TEXT", help="The system prompt from now on.")
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="An option of the model, such as temperature=0.2; repeatable.",
    ),
]
Agent = Annotated[
    str | None,
    typer.Option("--agent", metavar="NAME", help="The agent that answers from now on."),
]
Rules = Annotated[
    list[str] | None,
    typer.Option("--rule", metavar="NAME", help="A rule for this prompt; repeatable."),
]
Template = Annotated[
    str | None,
    typer.Option(
        "--prompt", metavar="NAME", help="Send a prompt template, or a task of the agent."
    ),
]
Variables = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="A variable of the template; repeatable."),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print the answer's events as JSON Lines; with a prompt.")
]


def register(main: typer.Typer) -> None:
    main.command()(chat)


@configured
async def chat(
    loaded: Loaded,
    words: Prompt = None,
    conversation: Place = None,
    new: New = False,
    model: Model = None,
    system: System = None,
    option: Options = None,
    agent: Agent = None,
    rule: Rules = None,
    template: Template = None,
    variable: Variables = None,
    as_json: Json = False,
) -> None:
    """Chat with a model. With a prompt, as an argument or from a pipe, print its answer.

    The last active conversation is continued. A title that no conversation has starts a new one. Ctrl-C stops an
    answer and keeps its text so far.
    """
    if template is not None and words:
        raise InvalidInput("Give either a prompt or --prompt.")
    if variable and template is None:
        raise InvalidInput("--var belongs to a template: give --prompt.")
    prompt = None if template is not None else _prompt(words)
    options = _options(option or [])
    variables = _pairs(variable or [], "Variables")
    from hansard.cli.repl import once  # noqa: PLC0415
    from hansard.cli.repl.conversation import ConversationState  # noqa: PLC0415

    async with writing(loaded) as database:
        state = ConversationState(database, loaded, options)
        await state.begin(conversation, new=new, model=model, system=system, agent=agent)
        await state.choose_rules(rule or [])
        if template is not None:
            await state.choose_template(template, variables)
        if prompt is None and template is None:
            from hansard.cli.repl.loop import loop  # noqa: PLC0415

            await loop(state)
        else:
            await once.ask(state, prompt, as_json=as_json)


def _prompt(words: list[str] | None) -> str | None:
    """Return the prompt; None to start a chat."""
    if not words and sys.stdin.isatty():
        if not on_terminal():
            raise InvalidInput("A chat needs a terminal: give a prompt, or pipe one in.")
        return None
    prompt = _utf8(os.fsencode(" ".join(words)) if words else sys.stdin.buffer.read())
    if not prompt.strip():
        raise InvalidInput("The prompt is empty.")
    return prompt.rstrip("\n")


def _utf8(data: bytes) -> str:
    """Decode UTF-8 regardless of the locale; a byte order mark is skipped."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The prompt is not UTF-8 (byte {error.start + 1}). Convert it, for example with iconv."
        ) from error


def _options(texts: list[str]) -> dict[str, Any]:
    """Return the options of the model: numbers and the like are JSON, everything else is text."""
    import msgspec  # noqa: PLC0415

    options: dict[str, Any] = {}
    for name, value in _pairs(texts, "Options").items():
        try:
            options[name] = msgspec.json.decode(value)
        except msgspec.DecodeError:
            options[name] = value
    return options


def _pairs(texts: list[str], what: str) -> dict[str, str]:
    """Return the values of arguments of the form NAME=VALUE by name."""
    values: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise InvalidInput(f"{what} have the form NAME=VALUE; {text!r} does not.")
        values[name] = value
    return values
