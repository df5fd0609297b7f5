"""Which model answers where a prompt does not say."""

from __future__ import annotations

from collections.abc import Callable

from hansard.errors import UnknownModel
from hansard.model.conversations import Conversation
from hansard.model.runs import Run
from hansard.providers.registry import Providers
from hansard.services.base import Service
from hansard.services.runs.runner import Runner
from hansard.storage.base import Reader
from hansard.storage.query import Query

LOOKED_AT = 5
"""Conversations, and runs of each: what was used last is among the newest."""


async def default_model(
    service: Service, runner: Runner, conversation_id: str | None = None
) -> str:
    """Who answers where neither the conversation nor a project names a model.

    The one that is set; else the one that answered last in the conversation; else the one that answered this user
    last; else a good one.
    """

    async def work(tx: Reader) -> str | None:
        here = None
        if conversation_id is not None:
            conversation = await service.conversation(tx, conversation_id)
            here = await last_model_in(tx, conversation.id, runner.providers)
        return here or await last_model(tx, service.scope.user, runner.providers)

    last = None if runner.options.model else await service.run_read(work)
    return last or await runner.default_model()


async def last_model(tx: Reader, user: str, providers: Providers) -> str | None:
    """The model that answered this user last, if there still can be such a model."""
    newest = Query(Conversation).where(owner_id=user, deleted_at=None).by("-active_at", "-id")
    for conversation in await tx.select(newest.page(LOOKED_AT)):
        if name := await last_model_in(tx, conversation.id, providers):
            return name
    return None


async def last_model_in(tx: Reader, conversation_id: str, providers: Providers) -> str | None:
    """The model that answered last in a conversation; one that only failed does not count."""
    runs = Query(Run).where(conversation_id=conversation_id).by("-id").page(LOOKED_AT)
    usable = (run.model for run in await tx.select(runs) if run.status != "failed")
    return next(filter(_known_by(providers), usable), None)


def _known_by(providers: Providers) -> Callable[[str], bool]:
    def known(name: str) -> bool:
        try:
            providers.find(name)
        except UnknownModel:
            return False
        return True

    return known
