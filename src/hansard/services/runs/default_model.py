"""The model that answers when the prompt names none."""

from __future__ import annotations

from collections.abc import Callable

from hansard.errors import UnknownModel
from hansard.model.conversations import Conversation
from hansard.model.runs import Run
from hansard.providers.registry import Registry
from hansard.services.base import Service
from hansard.services.runs.runner import Runner
from hansard.storage.base import Reader
from hansard.storage.query import Query

MAX_RECENT = 5
"""How many recent conversations, and runs of each, are searched."""


async def default_model(
    service: Service, runner: Runner, providers: Registry, conversation_id: str | None = None
) -> str:
    """Return the model to use when neither the conversation nor a project names one.

    This is the configured model; else the one that last answered in the conversation; else the one that last answered
    this user; else the best available one of the user's `providers`.
    """

    async def find_last_model(tx: Reader) -> str | None:
        in_conversation = None
        if conversation_id is not None:
            conversation = await service.conversation(tx, conversation_id)
            in_conversation = await last_model_in(tx, conversation.id, providers)
        return in_conversation or await last_model(tx, service.scope.user, providers)

    if runner.options.model:
        return runner.options.model
    return await service.run_read(find_last_model) or await providers.default()


async def last_model(tx: Reader, user: str, providers: Registry) -> str | None:
    """Return the model that last answered this user and is still available, or None."""
    newest = Query(Conversation).where(owner_id=user, state="active").by("-active_at", "-id")
    for conversation in await tx.select(newest.page(MAX_RECENT)):
        if name := await last_model_in(tx, conversation.id, providers):
            return name
    return None


async def last_model_in(tx: Reader, conversation_id: str, providers: Registry) -> str | None:
    """Return the model that last answered in a conversation, or None; failed runs do not count."""
    runs = Query(Run).where(conversation_id=conversation_id).by("-id").page(MAX_RECENT)
    usable = (run.model for run in await tx.select(runs) if run.status != "failed")
    return next(filter(_is_available(providers), usable), None)


def _is_available(providers: Registry) -> Callable[[str], bool]:
    def is_available(name: str) -> bool:
        try:
            providers.find(name)
        except UnknownModel:
            return False
        return True

    return is_available
