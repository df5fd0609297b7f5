from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hansard.errors import Conflict, InvalidInput, NotFound
from hansard.ids import is_id
from hansard.output import note

if TYPE_CHECKING:
    from hansard.config import Loaded
    from hansard.database import Database
    from hansard.model.agents import Agent
    from hansard.model.branches import Branch
    from hansard.model.conversations import Conversation
    from hansard.model.messages import Message
    from hansard.model.runs import Run

SETTLING = 5.0
"""Seconds to wait for follow-up work, such as a title."""


class ConversationState:
    """The current conversation, or one that starts with the next prompt."""

    def __init__(self, database: Database, loaded: Loaded, options: dict[str, Any]) -> None:
        self.database = database
        self.loaded = loaded
        self.services = database.scope(loaded.config.tenant, loaded.config.user)
        self.options = options
        """Options of the model, such as `temperature`."""
        self.conversation: Conversation | None = None
        self.ahead: dict[str, Any] = {}
        """Fields of the conversation that starts with the next prompt."""
        self.announces_start = False
        """Whether a line says that the conversation has started."""
        self.models: list[str] = []
        """The models for the next prompt, if there are several."""
        self.rules: list[str] = []
        """Rules for the next prompt."""
        self.template: dict[str, Any] = {}
        """The template for the next prompt, and the values of its variables."""

    async def begin(
        self,
        wanted: str | None,
        *,
        new: bool,
        model: str | None,
        system: str | None,
        agent: str | None = None,
    ) -> None:
        """Open the wanted conversation, the last one, or a new one, which has the wanted title.

        Raises NotFound if the wanted conversation is an id that does not exist, or several have titles like it.
        """
        if wanted is not None and (new or await self._has_no_match(wanted)):
            self._start_with_title(wanted)
        elif wanted is not None:
            await self.open(wanted)
        elif not new:
            self.conversation = await self.services.conversations.latest()
        fields = {
            "model": model and await self.known(model),
            "system": system,
            "agent_id": agent and (await self.agent(agent)).id,
        }
        changes = {name: value for name, value in fields.items() if value is not None}
        if changes:
            await self.change(**changes)

    async def _has_no_match(self, title: str) -> bool:
        """Return whether this is no id, and no conversation has such a title."""
        from hansard.services.conversations.service import ConversationFilter  # noqa: PLC0415

        if is_id(title.lower()):
            return False
        matching = await self.services.conversations.list(
            limit=1, filter=ConversationFilter(q=title)
        )
        return not matching.items

    def _start_with_title(self, title: str) -> None:
        """Start a conversation with this title at the next prompt. Raises InvalidInput if it is blank or an id."""
        if not title.strip() or is_id(title.lower()):
            raise InvalidInput("A new conversation needs a title that is neither blank nor an id.")
        self.leave(title=title)
        self.announces_start = True

    @property
    def id(self) -> str:
        """The id of the conversation. Raises NotFound if it has not started."""
        if self.conversation is None:
            raise NotFound("This conversation has no messages yet.")
        return self.conversation.id

    async def known(self, model: str) -> str:
        """Return the name of a model. Raises UnknownModel."""
        return (await self.services.models.find(model)).name

    async def agent(self, name: str) -> Agent:
        """Return an agent by its name. Raises NotFound."""
        for agent in await self.services.agents.list():
            if agent.name == name:
                return agent
        raise NotFound(f"There is no agent {name!r}.")

    async def choose_template(self, name: str, values: dict[str, str]) -> None:
        """Choose a template for the next prompt, or a task of the agent; the values are texts.

        Raises NotFound if there is none, InvalidInput if a value does not fit its variable.
        """
        from hansard.context.variables import parse_value  # noqa: PLC0415

        held = self.conversation.agent_id if self.conversation else self.ahead.get("agent_id")
        prompts = self.services.prompts
        tasks = await prompts.list(agent_id=held) if held else []
        found = next((p for p in [*tasks, *await prompts.list()] if p.name == name), None)
        if found is None:
            raise NotFound(f"There is no prompt template {name!r}.")
        by_name = {variable.name: variable for variable in found.variables}
        variables = {
            n: parse_value(by_name[n], v) if n in by_name else v for n, v in values.items()
        }
        await prompts.render(found.id, variables)
        self.template = {"prompt": found.id, "variables": variables}

    async def choose_rules(self, names: list[str]) -> None:
        """Choose rules for the next prompt. Raises NotFound if one does not exist."""
        known = {rule.name for rule in await self.services.rules.list()} if names else set[str]()
        for name in names:
            if name not in known:
                raise NotFound(f"There is no rule {name!r}.")
        self.rules = names

    async def change(self, **fields: Any) -> None:
        """Change fields of the conversation, or of the one that starts next."""
        if self.conversation is None:
            self.ahead |= fields
        else:
            conversations = self.services.conversations
            self.conversation = await conversations.update(self.conversation.id, **fields)

    def leave(self, **ahead: Any) -> None:
        """Start a new conversation with the next prompt."""
        self.conversation, self.ahead, self.announces_start = None, ahead, False

    async def open(self, wanted: str) -> None:
        """Open the conversation with this id or title."""
        self.conversation = await self.services.conversations.find(wanted)
        self.ahead, self.announces_start = {}, False

    async def fresh(self) -> Conversation | None:
        """Return the conversation as it is now; its title may have changed."""
        if self.conversation is not None:
            self.conversation = await self.services.conversations.get(self.conversation.id)
        return self.conversation

    async def last(self, count: int) -> list[Message]:
        if self.conversation is None:
            return []
        return (await self.services.messages.read(self.conversation.id, last=count)).items

    async def branches(self) -> tuple[list[Branch], Branch]:
        """Return all branches of the conversation, and the current one."""
        branches = self.services.branches
        return await branches.list(self.id), await branches.current(self.id)

    # Prompts and answers

    async def say(self, prompt: str | None) -> list[Run]:
        """Send a prompt, or the chosen template."""
        if prompt is not None and not prompt.strip():
            raise InvalidInput("The prompt is empty.")
        if self.conversation is None:
            self.conversation = await self.services.conversations.create(**self.ahead)
            self.ahead = {}
            if self.announces_start:
                note(f"New conversation: {self.conversation.title}")
                self.announces_start = False
        models, self.models = self.models or None, []
        chosen, self.template = self.template if prompt is None else {}, {}
        rules, self.rules = self.rules, []
        return await self.services.chat.send(
            self.conversation.id, prompt, models=models, options=self.options, rules=rules, **chosen
        )

    async def edit(self, prompt: str) -> list[Run]:
        """Edit the last prompt."""
        message = await self.last_prompt()
        await self.services.messages.edit(self.id, message.id, prompt)
        return await self.services.chat.answer(self.id, options=self.options)

    async def retry(self, model: str | None) -> list[Run]:
        """Answer the last prompt, or generate its answer again."""
        last = (await self.last(1))[-1:]
        if last and last[0].role == "assistant":
            chat = self.services.chat
            return [await chat.retry(self.id, last[0].id, model=model, options=self.options)]
        return await self.services.chat.answer(self.id, model=model, options=self.options)

    async def continue_run(self) -> list[Run]:
        """Continue an incomplete answer."""
        last = (await self.last(1))[-1:]
        if not last or last[0].run_id is None:
            raise Conflict("There is no answer to continue.")
        return [await self.services.chat.continue_run(last[0].run_id)]

    async def settle(self) -> None:
        """Wait a short time for follow-up work, such as a title."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLING):
                await self.database.settle()

    async def last_prompt(self) -> Message:
        for message in reversed(await self.last(20)):
            if message.role == "user":
                return message
        raise NotFound("There is no prompt in this conversation yet.")
