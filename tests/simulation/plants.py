"""Mends taken out again: each plant brings back a fault that the simulation must find."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from hansard.context import window
from hansard.errors import HansardError, Unavailable
from hansard.model.branches import Branch
from hansard.model.messages import Message
from hansard.model.runs import Run, RunEventType
from hansard.services.conversations import trash
from hansard.services.conversations.messages import Messages
from hansard.services.runs import completion, pending, recovery
from hansard.services.runs import start as run_start
from hansard.services.runs.completion import RunCompletion
from hansard.services.runs.stream import LiveRun
from hansard.storage import message_tree
from hansard.storage.base import Append, Transaction


def lose_sight_of_runs(patch: pytest.MonkeyPatch) -> None:
    """A run whose commit was not heard of is left to itself, and a repeated request starts nothing."""

    async def nothing(*_: Any) -> None:
        return

    for module in (recovery, run_start):
        patch.setattr(module, "adopt", nothing)
    patch.setattr("hansard.database.adopt", nothing, raising=False)


def ask_anew_when_repeated(patch: pytest.MonkeyPatch) -> None:
    """A request that is sent again is not known by its id."""

    async def none(*_: Any) -> list[Run]:
        return []

    patch.setattr("hansard.services.runs.chat.runs_asked_by", none)
    patch.setattr("hansard.services.runs.chat.runs_of_prompt", none)


def tell_what_is_not_stored(patch: pytest.MonkeyPatch) -> None:
    """An ending is given up after some attempts, and its followers are told of it all the same."""

    async def give_up(storage: Any, ending: RunCompletion, closing: Any) -> Any:  # noqa: ARG001
        for _ in range(3):
            try:
                return await storage.write(ending.run.tenant_id, ending.write)
            except HansardError:
                continue
        return msgspec.structs.replace(ending._purged_event(), type=ending.status)

    patch.setattr(pending, "store", give_up)


def forget_what_was_stored(patch: pytest.MonkeyPatch) -> None:
    """An ending that is repeated, because its commit was not heard of, says that there is no answer."""

    async def nothing(tx: Any, run: Run, number: int) -> Any:  # noqa: ARG001
        live = LiveRun(run, lambda: run.updated_at)
        return live.add(cast("RunEventType", run.status), data={"message_id": None})

    patch.setattr(completion, "last_event", nothing)


def answer_what_is_there_now(patch: pytest.MonkeyPatch) -> None:
    """The context is read by place: whatever is at the prompt's depth of its branch by then is answered."""
    newest = window._newest

    async def by_place(tx: Any, branch: Branch, last_seq: int, *rest: Any) -> Any:
        main = await message_tree.root(tx, branch) if branch.cut_from else branch
        here = await tx.get(Branch, branch.cut_from) if branch.cut_from else main
        return await newest(tx, here or main, last_seq, *rest)

    patch.setattr(window, "_newest", by_place)
    patch.setattr(window, "check_last", lambda *_: None)


def keep_quiet_about_late_answers(patch: pytest.MonkeyPatch) -> None:
    """An answer that ends in the trash is stored, and the feed says nothing of it."""

    async def quietly(
        tx: Transaction, request: Append, branch: str, head: Message | None
    ) -> list[Message]:
        start = (head.seq, head.id, head.digest) if head else (-1, None, None)
        placed = message_tree.assign_positions(request.messages, branch, *start)
        await tx.insert(*placed)
        await tx.update(Branch, branch, **message_tree.ending_with(placed[-1]))
        return placed

    patch.setattr(trash, "put", quietly)


def acknowledge_what_was_refused(patch: pytest.MonkeyPatch) -> None:
    """An append that the storage could not take is answered as if it had."""
    append = Messages.append

    async def hopeful(self: Messages, *given: Any, **named: Any) -> list[Message]:
        try:
            return await append(self, *given, **named)
        except Unavailable:
            return [None]  # pyright: ignore[reportReturnType] - it only has to look like an answer

    patch.setattr(Messages, "append", hopeful)
