"""Short ways to say things in tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import hansard
from hansard import Services
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.pages import Page
from hansard.model.runs import Run

T = TypeVar("T")


async def talk(services: Services, *texts: str, title: str = "") -> Conversation:
    """A conversation in which these texts were said, one after the other."""
    made = await services.conversations.create(title=title)
    if texts:
        await say(services, made, *texts)
    return made


async def say(
    services: Services, conversation: Conversation, *texts: str, branch: str | None = None
) -> list[Message]:
    drafts = [hansard.user(text) for text in texts]
    return await services.messages.append(conversation.id, drafts, branch=branch)


async def ask(who: Services, made: Conversation, content: str, **how: Any) -> Run:
    """A run that answers, once it has ended."""
    [run] = await who.chat.send(made.id, content, **how)
    return await who.runs.wait(run.id)


async def path(
    services: Services, conversation: Conversation, branch: str | None = None
) -> list[Message]:
    return [m async for m in services.messages.all(conversation.id, branch=branch)]


async def said(
    services: Services, conversation: Conversation, branch: str | None = None
) -> list[str]:
    return texts(await path(services, conversation, branch))


async def found(services: Services, query: str) -> set[str]:
    """The texts that a search for all words finds."""
    return {hit.message.text async for hit in services.search.messages(query, match="all")}


async def pages(read: Callable[[str | None], Awaitable[Page[T]]]) -> list[T]:
    """All items of a list that is read page by page, from the cursor of the page before."""
    items: list[T] = []
    cursor: str | None = None
    while True:
        page = await read(cursor)
        items += page.items
        cursor = page.next
        if cursor is None:
            return items


async def export(services: Services, **which: Any) -> list[bytes]:
    """The lines of an export."""
    return [line async for line in services.transfer.export(**which)]


def texts(messages: Iterable[Message]) -> list[str]:
    return [message.text for message in messages]
