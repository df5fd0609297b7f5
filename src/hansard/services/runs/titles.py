"""A title for a conversation: from its model if that gives a fit one, else from the text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hansard.ids import Clock
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.runs import Run
from hansard.providers.registry import Providers
from hansard.providers.thinking import TAGS, split_thinking
from hansard.services.runs.prompt import ask
from hansard.storage import message_tree
from hansard.storage.base import Change, Reader, Storage, Transaction

LONGEST = 60
"""Characters."""
MOST_WORDS = 8
TIMEOUT = 30.0
EXCERPT = 600

_ASK = (
    "Give this conversation a title of two to six words, in its own language. "
    "Answer with the title alone.\n\n"
)
_QUOTES = "\"'`“”„‟‘’‚«»‹›「」『』《》"
_LABEL = r"(?:(?:conversation |chat )?title|titel|titre|título|titolo|subject|topic|标题|題名|タイトル)\s*[:：]"
_DECORATION = re.compile(
    rf"^(?:[\s#>*_~{_QUOTES}]|[-+•]\s|\d+[.)]\s|{_LABEL})+|[\s.*_~{_QUOTES}]+$", re.IGNORECASE
)
_THOUGHT = re.compile(
    "|".join(rf"{re.escape(begin)}.*?(?:{re.escape(end)}|\Z)" for begin, end in TAGS.items()),
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"(?<!\w)(`+|~~|[*_]{1,3})(\S(?:.*?\S)?)\1(?!\w)")
_CODES = re.compile("|".join(map(re.escape, [*TAGS, *TAGS.values()])) + r"|<\|", re.IGNORECASE)
"""What is left of marks that are for programs alone."""


async def give_title(storage: Storage, providers: Providers, run: Run, clock: Clock) -> None:
    """Title the conversation of a run, unless it has a title."""

    async def beginning(tx: Reader) -> list[Message]:
        conversation = await tx.get(Conversation, run.conversation_id)
        branch = await tx.get(Branch, run.branch)
        if conversation is None or branch is None or branch.deleted_at or conversation.title:
            return []
        return await message_tree.path(tx, branch, 0, 3)

    messages = await storage.read(run.tenant_id, beginning)
    prompt = next((m for m in messages if m.role == "user" and m.text.strip()), None)
    if prompt is None:
        return
    answer = await ask(
        providers, run.model, _ASK + _excerpt(messages), max_tokens=24, seconds=TIMEOUT
    )
    title = from_answer(answer or "") or from_text(prompt.text)

    async def work(tx: Transaction) -> None:
        conversation = await tx.get(Conversation, run.conversation_id, lock=True)
        if conversation is None or conversation.title or conversation.deleted_at:
            return
        said = await tx.get(Message, prompt.id)
        where = await tx.get(Branch, said.branch) if said else None
        if where is None or where.deleted_at:
            return  # it went into the trash meanwhile, and may not come out as a title
        now = clock()
        await tx.update(Conversation, conversation.id, title=title, updated_at=now)
        change = Change(
            user_id=run.owner_id,
            kind="conversation.updated",
            subject_id=conversation.id,
            conversation_id=conversation.id,
            at=now,
        )
        await tx.publish(change)

    await storage.write(run.tenant_id, work)


def from_answer(answer: str) -> str | None:
    """What a model gave for a title, if it is one: a line of a few words, without thinking, quotes and marks."""
    said = _THOUGHT.sub("", split_thinking(answer)[1]).strip()
    line = _DECORATION.sub("", _MARKS.sub(r"\2", _LINK.sub(r"\1", said)))
    short = len(line) <= LONGEST and len(line.split()) <= MOST_WORDS
    fit = line and short and "\n" not in line and not _CODES.search(line)
    return line if fit else None


def from_text(text: str) -> str:
    """The beginning of what was asked, to the end of a word."""
    line = " ".join(text.split())
    first = re.split(r"(?<=[.!?。！？])\s", line, maxsplit=1)[0]
    if len(first) <= LONGEST:
        return first
    cut = first[: LONGEST - 1]
    return cut[: cut.rfind(" ")] + "…" if " " in cut[20:] else cut + "…"


def _excerpt(messages: Sequence[Message]) -> str:
    return "\n".join(f"{m.role}: {m.text[:EXCERPT]}" for m in messages if m.text)
