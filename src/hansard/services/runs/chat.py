"""Talking: a prompt is stored, runs are started, answers come.

The prompt and the runs that answer it are stored in one step, before any model is asked, so neither can be
lost. One prompt to several models makes parallel answers: the first on the prompt's branch, the others on
branches that leave it there, all of one group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from hansard.context.instructions import chosen_model
from hansard.errors import (
    Conflict,
    EmptyInput,
    InvalidInput,
    StorageError,
    TooLarge,
    Unavailable,
)
from hansard.ids import new_id
from hansard.model.branches import Branch
from hansard.model.checks import check_json, check_model
from hansard.model.drafts import Draft
from hansard.model.messages import Message
from hansard.model.parts import Part
from hansard.model.runs import ENDED, Run
from hansard.model.scope import Scope
from hansard.services.conversations.drafts import append_request, check_prompt
from hansard.services.conversations.forks import fork_at, fork_before, select_branch
from hansard.services.conversations.messages import append_with_side_effects
from hansard.services.quotas import Meters
from hansard.services.runs.default_model import default_model
from hansard.services.runs.runner import Runner
from hansard.services.runs.service import Runs
from hansard.services.runs.start import (
    Starter,
    Stored,
    request_id_of,
    runs_asked_by,
    runs_of_prompt,
)
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

MAX_MODELS = 8
MAX_TURNS = 100
TURN_PAUSE = 1.0
"""Seconds before a turn of a dialogue is tried again that could not be stored."""


class Chat(Starter):
    def __init__(
        self, scope: Scope, storage: Storage, runner: Runner, meters: Meters | None = None
    ) -> None:
        super().__init__(scope, storage, runner, meters)
        self.runs = Runs(scope, storage, runner)

    async def send(
        self,
        conversation_id: str,
        content: str | None = None,
        *,
        parts: Sequence[Part] | None = None,
        id: str | None = None,  # noqa: A002 - the field's name on every door
        model: str | None = None,
        models: Sequence[str] | None = None,
        branch: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> list[Run]:
        """Say something and have it answered; returns the runs, which go on by themselves.

        `id` is the prompt's: sent again with the same one, the prompt is not stored twice, and the runs are
        those of the first time. Without `model`: the conversation's, or a project's, or the default one.
        """
        draft = Draft(role="user", parts=list(check_prompt(content, parts)), id=id)
        asked = check_json(options or {}, "/options")
        names = await self._names(conversation_id, model, models, asked, branch)
        request = append_request(self.scope, conversation_id, [draft], self.clock(), branch=branch)

        request_id = request.messages[0].id

        async def work(tx: Transaction) -> Stored:
            conversation = await self.conversation(tx, request.conversation_id, lock=True)
            [prompt] = await append_with_side_effects(tx, request)
            known = await runs_asked_by(tx, conversation, request_id, "answer")
            if not known and prompt.created_at != request.at:
                known = await runs_of_prompt(tx, prompt)
            if known:
                return Stored(known, new=False)
            own = await self.branch(tx, conversation, prompt.branch)
            return Stored(await self.begin(tx, own, prompt, names, asked, request_id))

        return await self.ask(request_id, work)

    async def answer(
        self,
        conversation_id: str,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on every door
        branch: str | None = None,
        model: str | None = None,
        models: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
    ) -> list[Run]:
        """Have what was said last on a branch answered.

        `id` is the request's: sent again with the same one, nothing is asked twice, and the runs are those of the
        first time.
        """
        asked = check_json(options or {}, "/options")
        names = await self._names(conversation_id, model, models, asked, branch)
        request_id = request_id_of(id)

        async def work(tx: Transaction) -> Stored:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            if known := await runs_asked_by(tx, conversation, request_id, "answer"):
                return Stored(known, new=False)
            tip = await self.branch(tx, conversation, branch)
            head = await tx.get(Message, tip.head_id) if tip.head_id else None
            if head is None:
                raise Conflict("There is nothing to answer yet.")
            return Stored(await self.begin(tx, tip, head, names, asked, request_id))

        return await self.ask(request_id, work)

    async def retry(
        self,
        conversation_id: str,
        message_id: str,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on every door
        model: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> Run:
        """Have a model answer again: on a new branch, which the user is then on. The old answer stays.

        `id` is the request's: sent again with the same one, the run is that of the first time.
        """
        asked = check_json(options or {}, "/options")
        [fallback] = await self._names(conversation_id, model, None, {})

        request_id = request_id_of(id)

        async def work(tx: Transaction) -> Stored:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            if known := await runs_asked_by(tx, conversation, request_id, "answer"):
                return Stored(known, new=False)
            message, own = await self.message(tx, conversation, message_id)
            if message.role != "assistant" or message.parent_id is None:
                raise InvalidInput("Only an answer can be made again.", pointer="/message_id")
            name = model or message.model or fallback
            self._check([name], asked)
            now = self.clock()
            fork = await fork_before(tx, self.scope, own, message, new_id(), now, model=model)
            await select_branch(tx, self.scope, conversation.id, fork.id, now)
            return Stored([await self.insert(tx, fork, name, asked, request_id)])

        return (await self.ask(request_id, work))[0]

    async def continue_run(
        self,
        run_id: str,
        *,
        id: str | None = None,  # noqa: A002 - the field's name on every door
    ) -> Run:
        """Have an answer continued that was cut short; what comes is the next message.

        `id` is the request's: sent again with the same one, the run is that of the first time.
        """
        request_id = request_id_of(id)

        async def work(tx: Transaction) -> Stored:
            run = await self.runs.run(tx, run_id)
            conversation = await self.conversation(tx, run.conversation_id, lock=True)
            if known := await runs_asked_by(tx, conversation, request_id, "continue"):
                return Stored(known, new=False)
            if run.status not in ENDED:
                raise Conflict("The answer is still being made.", status=run.status)
            message, own = await self.message(tx, conversation, run.message_id)
            if own.head_id != message.id:
                own = await fork_at(tx, self.scope, own, message, new_id(), self.clock())
                await select_branch(tx, self.scope, conversation.id, own.id, self.clock())
            more = await self.insert(tx, own, run.model, run.options, request_id, mode="continue")
            return Stored([more])

        return (await self.ask(request_id, work))[0]

    async def dialogue(
        self,
        conversation_id: str,
        models: Sequence[str],
        *,
        turns: int = 4,
        content: str | None = None,
        branch: str | None = None,
        id: str | None = None,  # noqa: A002 - the field's name on every door
    ) -> Run:
        """Let models talk to each other for so many turns, one after the other; returns the first run.

        `content` is said first. To cancel the run that is under way ends the talk. `id` is the request's: sent again
        with the same one, nothing is said twice, and the run is that of the first time. The turns that are missing
        follow then, also after the server was started anew.
        """
        if not 2 <= len(models) <= MAX_MODELS:
            raise InvalidInput(f"A dialogue has 2 to {MAX_MODELS} models.", pointer="/models")
        if not 1 <= turns <= MAX_TURNS:
            raise InvalidInput(f"A dialogue has 1 to {MAX_TURNS} turns.", pointer="/turns")
        self._check(models, {})
        said = () if content is None else check_prompt(content, None)
        drafts = [Draft(role="user", parts=list(said))] if said else []
        request_id = request_id_of(id)

        async def work(tx: Transaction) -> Stored:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            if known := await runs_asked_by(tx, conversation, request_id, "dialogue"):
                return Stored(known, new=False)
            tip = await self.branch(tx, conversation, branch)
            if drafts:
                request = append_request(
                    self.scope, conversation.id, drafts, self.clock(), branch=tip.id
                )
                await append_with_side_effects(tx, request)
                tip = await tx.get(Branch, tip.id) or tip
            if tip.head_id is None:
                raise Conflict("There is nothing to talk about yet.")
            first = await self.insert(tx, tip, models[0], {}, request_id, mode="dialogue")
            return Stored([first])

        def continue_run(runs: list[Run]) -> None:
            self._begin_talk(runs[0], list(models), turns)

        return (await self.ask(request_id, work, continue_run))[0]

    def _begin_talk(self, first: Run, models: list[str], turns: int) -> None:
        """Let the turns follow that come after the first, unless that goes on already."""
        talks = self.runner.talks
        if first.id not in talks:
            talks.add(first.id)
            talk = self.runner.spawn(self._talk(first, models, turns))
            talk.add_done_callback(lambda _: talks.discard(first.id))

    async def _talk(self, run: Run, models: list[str], turns: int) -> None:
        """Start each turn when the one before has been completed."""
        for turn in range(1, turns):
            run = await self.runs.wait(run.id)
            if run.status != "completed":
                return
            following = await self._next_turn(run, models[turn % len(models)])
            if following is None:
                return
            run = following

    async def _next_turn(self, run: Run, name: str) -> Run | None:
        """The run that answers another's answer; None if somebody else spoke. What fails for now is repeated."""
        request_id = new_id()
        next_turn = Query(Run).where(
            conversation_id=run.conversation_id,
            branch=run.branch,
            prompt_id=run.message_id,
            mode="dialogue",
        )

        async def work(tx: Transaction) -> Stored:
            branch = await tx.get(Branch, run.branch, lock=True)
            if known := await tx.select(next_turn.by("id").page(1)):
                return Stored(known, new=False)
            if branch is None or branch.deleted_at or branch.head_id != run.message_id:
                return Stored([])
            return Stored([await self.insert(tx, branch, name, {}, request_id, mode="dialogue")])

        while True:
            try:
                return next(iter(await self.store_and_start(request_id, work)), None)
            except (Unavailable, StorageError):
                await asyncio.sleep(TURN_PAUSE)

    # Runs

    async def _names(
        self,
        conversation_id: str,
        model: str | None,
        models: Sequence[str] | None,
        options: dict[str, Any],
        branch: str | None = None,
    ) -> list[str]:
        """The models that are to answer; raises InvalidInput."""
        if model is not None and models is not None:
            raise InvalidInput("Give model or models.", pointer="/models")
        names = list(models) if models is not None else [model] if model is not None else []
        if models is not None and not names:
            raise EmptyInput(
                "Give at least one model, or none to take the default.", pointer="/models"
            )
        if len(names) > MAX_MODELS:
            raise TooLarge(f"Give at most {MAX_MODELS} models.", pointer="/models")
        if not names:
            chosen = await self.run_read(lambda tx: self._chosen(tx, conversation_id, branch))
            names = [chosen or await default_model(self, self.runner, conversation_id)]
        self._check(names, options)
        return names

    def _check(self, names: Sequence[str], options: dict[str, Any]) -> None:
        """There can be such models, and they take the options; raises InvalidInput."""
        for name in names:
            provider, _ = self.runner.providers.find(name)
            check_model(name, "/model")
            provider.check_options(options)

    async def _chosen(self, tx: Reader, conversation_id: str, branch_id: str | None) -> str | None:
        """Whom the branch goes on with, or the conversation or a project names."""
        conversation = await self.conversation(tx, conversation_id)
        branch = await self.branch(tx, conversation, branch_id)
        return branch.model or await chosen_model(tx, conversation)
