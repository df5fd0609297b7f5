"""Chat: prompts, answers, retries and dialogues between models.

A prompt and the runs that answer it are stored in one transaction, before any model is called, so neither can be
lost. One prompt to several models gives parallel answers: the first on the prompt's branch, the others on branches
that fork from it, all in one group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

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
from hansard.model.conversations import Conversation
from hansard.model.drafts import Draft
from hansard.model.messages import Message
from hansard.model.parts import Part
from hansard.model.runs import ENDED, Run
from hansard.model.scope import Scope
from hansard.providers.registry import Registry
from hansard.services.conversations.drafts import append_request, check_prompt
from hansard.services.conversations.forks import fork_at, fork_before, select_branch
from hansard.services.conversations.messages import append_with_side_effects
from hansard.services.library.rendering import rendered
from hansard.services.quotas import Meters
from hansard.services.runs.default_model import default_model
from hansard.services.runs.runner import Runner
from hansard.services.runs.service import Runs
from hansard.services.runs.setup import Choices, Setup, choices, choices_of, setup_of
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
TURN_RETRY_DELAY = 1.0
"""Seconds before another attempt to store a turn of a dialogue."""


class Chat(Starter):
    """Starts runs that answer prompts."""

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
        id: str | None = None,  # noqa: A002 - the API's name for the field
        model: str | None = None,
        models: Sequence[str] | None = None,
        branch: str | None = None,
        options: dict[str, Any] | None = None,
        agent: str | None = None,
        prompt: str | None = None,
        variables: dict[str, Any] | None = None,
        rules: Sequence[str] = (),
    ) -> list[Run]:
        """Append a prompt and start answering it; return the runs, which continue in the background.

        Give `content`, `parts`, or `prompt`: the id or name of a template, with the values of its `variables`. `model`
        or `models` have the form provider/model; without, the model that is set closest applies: the conversation's,
        its agent's, its project's, the user's, the tenant's, else the default. `options` are passed to the provider.
        `agent` and `rules` are ids or names, and apply to this prompt beside what is set around it. `id` is the
        message's id and makes the request repeatable: a repeated request returns the existing runs. Raises EmptyInput
        if the prompt is blank, InvalidInput for invalid options or variables, UnknownModel, NotFound if the
        conversation, branch, agent, template or a rule does not exist, AlreadyExists if the id is stored with other
        content, TooManyRequests above the user's quota.
        """
        checked_options = check_json(options or {}, "/options")
        chosen = choices(agent, prompt, variables, rules)
        setup = await self._setup(conversation_id, branch, chosen)
        if setup.template is not None:
            if (content, parts) != (None, None):
                raise InvalidInput("Give either content, parts or prompt.", pointer="/prompt")
            content = await rendered(setup.template, chosen.variables)
        draft = Draft(role="user", parts=list(check_prompt(content, parts)), id=id)
        names = await self._model_names(conversation_id, setup, model, models, checked_options)
        request = append_request(self.scope, conversation_id, [draft], self.clock(), branch=branch)

        request_id = request.messages[0].id

        async def store_prompt(tx: Transaction) -> Stored:
            conversation = await self.conversation(tx, request.conversation_id, "write", lock=True)
            [message] = await append_with_side_effects(tx, request)
            existing = await runs_asked_by(tx, conversation, request_id, "answer")
            if not existing and message.created_at != request.at:
                existing = await runs_of_prompt(tx, message)
            if existing:
                return Stored(existing, new=False)
            prompt_branch = await self.branch(tx, conversation, message.branch)
            return Stored(
                await self.begin(
                    tx, prompt_branch, message, names, checked_options, request_id, setup
                )
            )

        return await self.ask(request_id, store_prompt)

    async def answer(
        self,
        conversation_id: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        branch: str | None = None,
        model: str | None = None,
        models: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
        agent: str | None = None,
        rules: Sequence[str] = (),
    ) -> list[Run]:
        """Start answering the last message of a branch; return the runs.

        `agent` and `rules` are ids or names, and apply beside what is set around the message. `id` is the request's id
        and makes it repeatable: a repeated request returns the existing runs. Raises Conflict if the branch is empty,
        AlreadyExists if the id belongs to another request, TooManyRequests above the quota.
        """
        checked_options = check_json(options or {}, "/options")
        setup = await self._setup(conversation_id, branch, choices(agent, rules=rules))
        names = await self._model_names(conversation_id, setup, model, models, checked_options)
        request_id = request_id_of(id)

        async def store_runs(tx: Transaction) -> Stored:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            if existing := await runs_asked_by(tx, conversation, request_id, "answer"):
                return Stored(existing, new=False)
            target = await self.branch(tx, conversation, branch)
            head = await tx.get(Message, target.head_id) if target.head_id else None
            if head is None:
                raise Conflict("The branch has no messages to answer.")
            return Stored(
                await self.begin(tx, target, head, names, checked_options, request_id, setup)
            )

        return await self.ask(request_id, store_runs)

    async def retry(
        self,
        conversation_id: str,
        message_id: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
        model: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> Run:
        """Generate another answer on a new branch, which becomes the user's current one; the old answer stays.

        The agent and the rules that were chosen for the prompt apply again, as they are now. `id` is the request's id
        and makes it repeatable. Raises InvalidInput if the message is not an answer, NotFound if it does not exist,
        TooManyRequests above the quota.
        """
        checked_options = check_json(options or {}, "/options")
        providers = await self.run_read(self.providers)
        around = Setup(providers=providers)
        [fallback] = await self._model_names(conversation_id, around, model, None, {})

        request_id = request_id_of(id)

        async def store_run(tx: Transaction) -> Stored:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            if existing := await runs_asked_by(tx, conversation, request_id, "answer"):
                return Stored(existing, new=False)
            message, owner = await self.message(tx, conversation, message_id)
            if message.role != "assistant" or message.parent_id is None:
                raise InvalidInput("Only answers of a model can be retried.", pointer="/message_id")
            name = model or message.model or fallback
            _check(providers, [name], checked_options)
            now = self.clock()
            fork = await fork_before(tx, self.scope, owner, message, new_id(), now, model=model)
            await select_branch(tx, self.scope, fork, now)
            setup = await self._setup_again(tx, providers, conversation, fork, message)
            return Stored([await self.insert(tx, fork, name, checked_options, request_id, setup)])

        return (await self.ask(request_id, store_run))[0]

    async def continue_run(
        self,
        run_id: str,
        *,
        id: str | None = None,  # noqa: A002 - the API's name for the field
    ) -> Run:
        """Continue an answer that was cut off; the continuation is the next message.

        `id` is the request's id and makes it repeatable. Raises Conflict if the run has not ended, NotFound if it or
        its message does not exist, TooManyRequests above the quota.
        """
        request_id = request_id_of(id)

        async def store_run(tx: Transaction) -> Stored:
            run = await self.runs.run(tx, run_id)
            conversation = await self.conversation(tx, run.conversation_id, "write", lock=True)
            if existing := await runs_asked_by(tx, conversation, request_id, "continue"):
                return Stored(existing, new=False)
            if run.status not in ENDED:
                raise Conflict("The answer is still being generated.", status=run.status)
            message, target = await self.message(tx, conversation, run.message_id)
            if target.head_id != message.id:
                target = await fork_at(tx, self.scope, target, message, new_id(), self.clock())
                await select_branch(tx, self.scope, target, self.clock())
            same = Setup(providers=await self.providers(tx), applied=run.applied)
            continuation = await self.insert(
                tx, target, run.model, run.options, request_id, same, mode="continue"
            )
            return Stored([continuation])

        return (await self.ask(request_id, store_run))[0]

    async def dialogue(
        self,
        conversation_id: str,
        models: Sequence[str],
        *,
        turns: int = 4,
        content: str | None = None,
        branch: str | None = None,
        id: str | None = None,  # noqa: A002 - the API's name for the field
    ) -> Run:
        """Let 2 to 8 `models` answer each other for 1 to 100 `turns`; return the first run.

        `content` is an optional first prompt. Cancelling the current run ends the dialogue. `id` is the request's id
        and makes it repeatable: a repeated request returns the first run and continues with the missing turns, also
        after a restart. Raises InvalidInput if there are too few or too many models or turns, Conflict if the branch
        is empty, AlreadyExists if the id belongs to another request.
        """
        if not 2 <= len(models) <= MAX_MODELS:
            raise InvalidInput(f"A dialogue needs 2 to {MAX_MODELS} models.", pointer="/models")
        if not 1 <= turns <= MAX_TURNS:
            raise InvalidInput(f"turns must be between 1 and {MAX_TURNS}.", pointer="/turns")
        providers = await self.run_read(self.providers)
        _check(providers, models, {})
        parts = () if content is None else check_prompt(content, None)
        drafts = [Draft(role="user", parts=list(parts))] if parts else []
        request_id = request_id_of(id)

        async def store_first_turn(tx: Transaction) -> Stored:
            conversation = await self.conversation(tx, conversation_id, "write", lock=True)
            if existing := await runs_asked_by(tx, conversation, request_id, "dialogue"):
                return Stored(existing, new=False)
            target = await self.branch(tx, conversation, branch)
            if drafts:
                request = append_request(
                    self.scope, conversation.id, drafts, self.clock(), branch=target.id
                )
                await append_with_side_effects(tx, request)
                target = await tx.get(Branch, target.id) or target
            if target.head_id is None:
                raise Conflict("The branch has no messages.")
            around = await setup_of(tx, providers, conversation, target)
            first = await self.insert(
                tx, target, models[0], {}, request_id, around, mode="dialogue"
            )
            return Stored([first])

        def start_dialogue(runs: list[Run]) -> None:
            self._start_dialogue(runs[0], list(models), turns)

        return (await self.ask(request_id, store_first_turn, start_dialogue))[0]

    def _start_dialogue(self, first: Run, models: list[str], turns: int) -> None:
        """Run the turns after the first in the background, unless they are running already."""
        dialogues = self.runner.dialogues
        if first.id not in dialogues:
            dialogues.add(first.id)
            task = self.runner.spawn(self._run_dialogue(first, models, turns))
            task.add_done_callback(lambda _: dialogues.discard(first.id))

    async def _run_dialogue(self, run: Run, models: list[str], turns: int) -> None:
        """Start each turn when the previous one has completed."""
        for turn in range(1, turns):
            run = await self.runs.wait(run.id)
            if run.status != "completed":
                return
            next_run = await self._next_turn(run, models[turn % len(models)])
            if next_run is None:
                return
            run = next_run

    async def _next_turn(self, run: Run, name: str) -> Run | None:
        """Return the run that answers a run's message; None if another message follows it.

        Storing it is attempted again while the database is not available.
        """
        request_id = new_id()
        query = Query(Run).where(
            conversation_id=run.conversation_id,
            branch=run.branch,
            prompt_id=run.message_id,
            mode="dialogue",
        )

        async def store_turn(tx: Transaction) -> Stored:
            branch = await tx.get(Branch, run.branch, lock=True)
            if existing := await tx.select(query.by("id").page(1)):
                return Stored(existing, new=False)
            if branch is None or branch.state != "active" or branch.head_id != run.message_id:
                return Stored([])
            conversation = await self.conversation(tx, run.conversation_id, "write")
            around = await setup_of(tx, await self.providers(tx), conversation, branch)
            turn = await self.insert(tx, branch, name, {}, request_id, around, mode="dialogue")
            return Stored([turn])

        while True:
            try:
                return next(iter(await self.store_and_start(request_id, store_turn)), None)
            except (Unavailable, StorageError):
                await asyncio.sleep(TURN_RETRY_DELAY)

    # Runs

    async def _setup(self, conversation_id: str, branch_id: str | None, chosen: Choices) -> Setup:
        """Return what applies to a prompt on a branch."""

        async def read_setup(tx: Reader) -> Setup:
            conversation = await self.conversation(tx, conversation_id, "write")
            branch = await self.branch(tx, conversation, branch_id)
            return await setup_of(tx, await self.providers(tx), conversation, branch, chosen)

        return await self.run_read(read_setup)

    async def _setup_again(
        self,
        tx: Reader,
        providers: Registry,
        conversation: Conversation,
        branch: Branch,
        message: Message,
    ) -> Setup:
        """Return what applies to another answer to the prompt that a message answers."""
        run = await tx.get(Run, message.run_id) if message.run_id else None
        if run is None:
            return await setup_of(tx, providers, conversation, branch)
        setup = await setup_of(tx, providers, conversation, branch, choices_of(run.applied))
        applied = msgspec.structs.replace(setup.applied, prompt=run.applied.prompt)
        return msgspec.structs.replace(setup, applied=applied)

    async def _model_names(
        self,
        conversation_id: str,
        setup: Setup,
        model: str | None,
        models: Sequence[str] | None,
        options: dict[str, Any],
    ) -> list[str]:
        """Return the models that are to answer.

        Raises InvalidInput if both `model` and `models` are given, EmptyInput if `models` is empty, TooLarge above
        MAX_MODELS.
        """
        if model is not None and models is not None:
            raise InvalidInput("Give either model or models.", pointer="/models")
        names = list(models) if models is not None else [model] if model is not None else []
        if models is not None and not names:
            raise EmptyInput(
                "models must not be empty; leave it out for the default model.", pointer="/models"
            )
        if len(names) > MAX_MODELS:
            raise TooLarge(f"Give at most {MAX_MODELS} models.", pointer="/models")
        if not names:
            names = [setup.model or await self._default(setup.providers, conversation_id)]
        _check(setup.providers, names, options)
        return names

    async def _default(self, providers: Registry, conversation_id: str) -> str:
        return await default_model(self, self.runner, providers, conversation_id)


def _check(providers: Registry, names: Sequence[str], options: dict[str, Any]) -> None:
    """Raises InvalidInput if a model name or an option is not valid."""
    for name in names:
        provider, _ = providers.find(name)
        check_model(name, "/model")
        provider.check_options(options)
