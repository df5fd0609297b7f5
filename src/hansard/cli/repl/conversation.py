from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hansard.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from hansard.config import Loaded
    from hansard.database import Database
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
        self.models: list[str] = []
        """The models for the next prompt, if there are several."""

    async def begin(
        self, wanted: str | None, *, new: bool, model: str | None, system: str | None
    ) -> None:
        """Open the wanted conversation, the last one, or a new one."""
        if wanted is not None:
            await self.open(wanted)
        elif not new:
            self.conversation = await self.services.conversations.latest()
        fields = {"model": model and await self.known(model), "system": system}
        changes = {name: value for name, value in fields.items() if value is not None}
        if changes:
            await self.change(**changes)

    @property
    def id(self) -> str:
        """The id of the conversation. Raises NotFound if it has not started."""
        if self.conversation is None:
            raise NotFound("This conversation has no messages yet.")
        return self.conversation.id

    async def known(self, model: str) -> str:
        """Return the name of a model. Raises UnknownModel."""
        return (await self.services.models.find(model)).name

    async def change(self, **fields: Any) -> None:
        """Change fields of the conversation, or of the one that starts next."""
        if self.conversation is None:
            self.ahead |= fields
        else:
            conversations = self.services.conversations
            self.conversation = await conversations.update(self.conversation.id, **fields)

    def leave(self, **ahead: Any) -> None:
        """Start a new conversation with the next prompt."""
        self.conversation, self.ahead = None, ahead

    async def open(self, wanted: str) -> None:
        """Open the conversation with this id or title."""
        self.conversation = await self.services.conversations.find(wanted)
        self.ahead = {}

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

    async def say(self, prompt: str) -> list[Run]:
        if not prompt.strip():
            raise InvalidInput("The prompt is empty.")
        if self.conversation is None:
            self.conversation = await self.services.conversations.create(**self.ahead)
            self.ahead = {}
        models, self.models = self.models or None, []
        return await self.services.chat.send(
            self.conversation.id, prompt, models=models, options=self.options
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
