"""Titles for conversations: from their model if it gives a suitable one, else from the first prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hansard.ids import Clock
from hansard.model.branches import Branch
from hansard.model.conversations import Conversation
from hansard.model.messages import Message
from hansard.model.runs import Run
from hansard.providers.thinking import TAGS, split_thinking
from hansard.services.conversations.purge import conversation_change
from hansard.services.providers.directory import Directory
from hansard.services.runs.prompt import ask
from hansard.storage import message_tree
from hansard.storage.base import Reader, Storage, Transaction

MAX_LENGTH = 60
"""Characters."""
MAX_WORDS = 8
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
"""Remains of control tokens."""


async def give_title(storage: Storage, directory: Directory, run: Run, clock: Clock) -> None:
    """Set the title of a run's conversation, unless it has one."""

    async def read_beginning(tx: Reader) -> list[Message]:
        conversation = await tx.get(Conversation, run.conversation_id)
        branch = await tx.get(Branch, run.branch)
        if conversation is None or branch is None or branch.state != "active" or conversation.title:
            return []
        return await message_tree.path(tx, branch, 0, 3)

    messages = await storage.read(run.tenant_id, read_beginning)
    prompt = next((m for m in messages if m.role == "user" and m.text.strip()), None)
    if prompt is None:
        return
    question = _ASK + _excerpt(messages)
    answer = await ask(directory, run, question, max_tokens=24, seconds=TIMEOUT)
    title = from_answer(answer or "") or from_text(prompt.text)

    async def set_title(tx: Transaction) -> None:
        conversation = await tx.get(Conversation, run.conversation_id, lock=True)
        if conversation is None or conversation.title or conversation.state != "active":
            return
        current_prompt = await tx.get(Message, prompt.id)
        prompt_branch = await tx.get(Branch, current_prompt.branch) if current_prompt else None
        if prompt_branch is None or prompt_branch.state != "active":
            return  # deleted meanwhile: its text must not become the title
        now = clock()
        await tx.update(Conversation, conversation.id, title=title, updated_at=now)
        await tx.publish(conversation_change(conversation, "conversation.updated", now))

    await storage.write(run.tenant_id, set_title)


def from_answer(answer: str) -> str | None:
    """Return a model's answer as a title without reasoning, quotes and markup; None if it is not suitable."""
    text = _THOUGHT.sub("", split_thinking(answer)[1]).strip()
    line = _DECORATION.sub("", _MARKS.sub(r"\2", _LINK.sub(r"\1", text)))
    short = len(line) <= MAX_LENGTH and len(line.split()) <= MAX_WORDS
    suitable = line and short and "\n" not in line and not _CODES.search(line)
    return line if suitable else None


def from_text(text: str) -> str:
    """Return the beginning of a prompt as a title, cut at the end of a word."""
    line = " ".join(text.split())
    first = re.split(r"(?<=[.!?。！？])\s", line, maxsplit=1)[0]
    if len(first) <= MAX_LENGTH:
        return first
    cut = first[: MAX_LENGTH - 1]
    return cut[: cut.rfind(" ")] + "…" if " " in cut[20:] else cut + "…"


def _excerpt(messages: Sequence[Message]) -> str:
    return "\n".join(f"{m.role}: {m.text[:EXCERPT]}" for m in messages if m.text)
