"""Talking: a prompt is stored, runs are started, answers come.

The prompt and the runs that answer it are stored in one step, before any model is asked, so neither can be
lost. One prompt to several models makes parallel answers: the first on the prompt's branch, the others on
branches that leave it there, all of one group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hansard.context.instructions import chosen_model
from hansard.context.window import Context, build
from hansard.errors import Conflict, EmptyInput, HansardError, InvalidInput, TooLarge
from hansard.ids import new_id
from hansard.model.branches import Branch
from hansard.model.checks import check_json, check_model
from hansard.model.conversations import Conversation
from hansard.model.drafts import Draft
from hansard.model.messages import Message
from hansard.model.parts import Part, Text
from hansard.model.runs import ENDED, Run, RunMode
from hansard.model.scope import Scope
from hansard.providers.base import Request, Turn
from hansard.services.base import Service
from hansard.services.branching import fork_at, fork_before, look_at
from hansard.services.choices import default_model
from hansard.services.drafting import append_request, prompt_of
from hansard.services.messages import place
from hansard.services.runner import LEASE, Runner
from hansard.services.runs import Runs
from hansard.services.summaries import keep_summary
from hansard.services.titles import give_title
from hansard.storage.base import Reader, Storage, Transaction
from hansard.storage.query import Query

MAX_MODELS = 8
MAX_TURNS = 100
CONTINUE = "Go on exactly where you stopped. Do not repeat what you said, and do not comment on it."


class Chat(Service):
    def __init__(self, scope: Scope, storage: Storage, runner: Runner) -> None:
        super().__init__(scope, storage, runner.clock)
        self.runner = runner
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
        draft = Draft(role="user", parts=list(prompt_of(content, parts)), id=id)
        asked = check_json(options or {}, "/options")
        names = await self._names(conversation_id, model, models, asked)
        request = append_request(self.scope, conversation_id, [draft], self.clock(), branch=branch)

        async def work(tx: Transaction) -> tuple[list[Run], bool]:
            conversation = await self.conversation(tx, request.conversation_id, lock=True)
            [prompt] = await place(tx, request)
            known = await self._runs_for(tx, conversation, prompt)
            if known:
                return known, False
            return await self._begin(tx, conversation, prompt, names, asked), True

        runs, new = await self.writing(work)
        return self._start(runs) if new else runs

    async def answer(
        self,
        conversation_id: str,
        *,
        branch: str | None = None,
        model: str | None = None,
        models: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
    ) -> list[Run]:
        """Have what was said last on a branch answered."""
        asked = check_json(options or {}, "/options")
        names = await self._names(conversation_id, model, models, asked)

        async def work(tx: Transaction) -> list[Run]:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            tip = await self.branch(tx, conversation, branch)
            head = await tx.get(Message, tip.head_id) if tip.head_id else None
            if head is None:
                raise Conflict("There is nothing to answer yet.")
            return await self._begin(tx, conversation, head, names, asked, tip)

        return self._start(await self.writing(work))

    async def retry(
        self,
        conversation_id: str,
        message_id: str,
        *,
        model: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> Run:
        """Have a model answer again: on a new branch, which the user is then on. The old answer stays."""
        asked = check_json(options or {}, "/options")
        [fallback] = await self._names(conversation_id, model, None, {})

        async def work(tx: Transaction) -> Run:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            message, own = await self.message(tx, conversation, message_id)
            if message.role != "assistant" or message.parent_id is None:
                raise InvalidInput("Only an answer can be made again.", pointer="/message_id")
            name = model or message.model or fallback
            self._check([name], asked)
            now = self.clock()
            fork = await fork_before(tx, self.scope, own, message, new_id(), now)
            await look_at(tx, self.scope, conversation.id, fork.id, now)
            return await self._insert(tx, fork, name, asked)

        return self._start([await self.writing(work)])[0]

    async def go_on(self, run_id: str) -> Run:
        """Have an answer continued that was cut short; what comes is the next message."""

        async def work(tx: Transaction) -> Run:
            run = await self.runs.run(tx, run_id)
            if run.status not in ENDED:
                raise Conflict("The answer is still being made.", status=run.status)
            conversation = await self.conversation(tx, run.conversation_id, lock=True)
            message, own = await self.message(tx, conversation, run.message_id)
            if own.head_id != message.id:
                own = await fork_at(
                    tx, self.scope, own, message.seq, message.id, new_id(), self.clock()
                )
                await look_at(tx, self.scope, conversation.id, own.id, self.clock())
            return await self._insert(tx, own, run.model, run.options, mode="continue")

        return self._start([await self.writing(work)])[0]

    async def dialogue(
        self,
        conversation_id: str,
        models: Sequence[str],
        *,
        turns: int = 4,
        content: str | None = None,
        branch: str | None = None,
    ) -> Run:
        """Let models talk to each other for so many turns, one after the other; returns the first run.

        `content` is said first. To cancel the run that is under way ends the talk.
        """
        if not 2 <= len(models) <= MAX_MODELS:
            raise InvalidInput(f"A dialogue has 2 to {MAX_MODELS} models.", pointer="/models")
        if not 1 <= turns <= MAX_TURNS:
            raise InvalidInput(f"A dialogue has 1 to {MAX_TURNS} turns.", pointer="/turns")
        self._check(models, {})
        said = () if content is None else prompt_of(content, None)
        drafts = [Draft(role="user", parts=list(said))] if said else []

        async def work(tx: Transaction) -> Run:
            conversation = await self.conversation(tx, conversation_id, lock=True)
            tip = await self.branch(tx, conversation, branch)
            if drafts:
                request = append_request(
                    self.scope, conversation.id, drafts, self.clock(), branch=tip.id
                )
                await place(tx, request)
                tip = await tx.get(Branch, tip.id) or tip
            if tip.head_id is None:
                raise Conflict("There is nothing to talk about yet.")
            return await self._insert(tx, tip, models[0], {}, mode="dialogue")

        first = await self.writing(work)
        self._start([first])
        self.runner.spawn(self._talk(first, list(models), turns))
        return first

    async def _talk(self, run: Run, models: list[str], turns: int) -> None:
        """Start each turn when the one before has been completed."""
        for turn in range(1, turns):
            run = await self.runs.wait(run.id)
            if run.status != "completed":
                return
            name = models[turn % len(models)]

            async def work(tx: Transaction, run: Run = run, name: str = name) -> Run | None:
                branch = await tx.get(Branch, run.branch)
                if branch is None or branch.deleted_at or branch.head_id != run.message_id:
                    return None  # somebody else spoke
                return await self._insert(tx, branch, name, {}, mode="dialogue")

            following = await self.writing(work)
            if following is None:
                return
            run = following
            self._start([run])

    # Runs

    async def _names(
        self,
        conversation_id: str,
        model: str | None,
        models: Sequence[str] | None,
        options: dict[str, Any],
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
            chosen = await self.reading(lambda tx: self._chosen(tx, conversation_id))
            names = [chosen or await default_model(self, self.runner, conversation_id)]
        self._check(names, options)
        return names

    def _check(self, names: Sequence[str], options: dict[str, Any]) -> None:
        """There can be such models, and they take the options; raises InvalidInput."""
        for name in names:
            provider, _ = self.runner.providers.find(name)
            check_model(name, "/model")
            provider.check_options(options)

    async def _chosen(self, tx: Reader, conversation_id: str) -> str | None:
        return await chosen_model(tx, await self.conversation(tx, conversation_id))

    async def _runs_for(self, tx: Reader, conversation: Conversation, prompt: Message) -> list[Run]:
        query = Query(Run).where(conversation_id=conversation.id, prompt_id=prompt.id)
        return await tx.select(query.by("id"))

    async def _begin(
        self,
        tx: Transaction,
        conversation: Conversation,
        prompt: Message,
        names: Sequence[str],
        options: dict[str, Any],
        tip: Branch | None = None,
    ) -> list[Run]:
        """Runs for a prompt: the first on its branch, the others on branches of their own."""
        own = tip or await self.branch(tx, conversation, prompt.branch)
        group = new_id() if len(names) > 1 else None
        runs: list[Run] = []
        for i, name in enumerate(names):
            branch = own
            if i > 0:
                place = (prompt.seq, prompt.id, new_id(), self.clock(), name)
                holder = await self.branch(tx, conversation, prompt.branch)
                branch = await fork_at(tx, self.scope, holder, *place)
            runs.append(await self._insert(tx, branch, name, options, group=group))
        return runs

    async def _insert(
        self,
        tx: Transaction,
        branch: Branch,
        name: str,
        options: dict[str, Any],
        *,
        mode: RunMode = "answer",
        group: str | None = None,
    ) -> Run:
        now = self.clock()
        run = Run(
            tenant_id=tx.tenant,
            id=new_id(),
            owner_id=self.scope.user,
            conversation_id=branch.conversation_id,
            branch=branch.id,
            prompt_id=branch.head_id,
            message_id=new_id(),
            group_id=group,
            model=name,
            status="running",
            mode=mode,
            options=options,
            worker=self.runner.worker,
            lease_until=now + LEASE,
            created_at=now,
            updated_at=now,
        )
        await tx.insert(run)
        where = {"conversation_id": run.conversation_id, "branch": run.branch}
        await tx.publish(self.change("run.started", run.id, now, **where))
        return run

    def _start(self, runs: list[Run]) -> list[Run]:
        for run in runs:
            job = _Job(self.runner, run)
            self.runner.start(run, job.prepare, job.ended)
        return runs


class _Job:
    """What a run needs besides the provider: its context before, title and summary after."""

    def __init__(self, runner: Runner, run: Run) -> None:
        self.runner = runner
        self.run = run
        self.context: Context | None = None
        self.context_tokens = 0

    async def prepare(self, run: Run) -> Request:
        known = await self.runner.providers.model(run.model)
        self.context_tokens = known.context_tokens

        async def work(tx: Reader) -> Context:
            conversation = await tx.get(Conversation, run.conversation_id)
            branch = await tx.get(Branch, run.branch)
            prompt = await tx.get(Message, run.prompt_id) if run.prompt_id else None
            if conversation is None or branch is None or prompt is None:
                raise Conflict("What was to be answered is gone.")
            return await build(
                tx,
                conversation,
                branch,
                last_seq=prompt.seq,
                context_tokens=known.context_tokens,
                max_history=self.runner.options.max_history,
                model=run.model,
                alone=run.mode != "dialogue",
            )

        context = await self.runner.storage.read(run.tenant_id, work)
        self.context = context
        turns = context.turns
        if run.mode == "continue":
            turns = (*turns, Turn("user", (Text(CONTINUE),)))
        _, name = self.runner.providers.find(run.model)
        return Request(model=name, system=context.system, turns=turns, options=run.options)

    async def ended(self, run: Run) -> None:
        """What follows an answer, in the background; if it fails, the answer is none the worse."""
        runner = self.runner
        try:
            if runner.options.auto_title:
                await give_title(runner.storage, runner.providers, run, runner.clock)
            if runner.options.summarize and self.context is not None:
                await keep_summary(
                    runner.storage,
                    runner.providers,
                    run,
                    self.context,
                    self.context_tokens,
                    runner.clock,
                )
        except HansardError:
            return
