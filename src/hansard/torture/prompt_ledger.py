"""A ledger of prompts and answers, and the checks of the stored runs against it.

An acknowledged prompt is stored and has one run, which ends. Its answer follows it and is what the model generates for
it, completely if the run was completed. A client that follows a run receives the stored end and no other. A prompt
whose acknowledgement was lost has at most one run, and exactly one after it was sent again. The model is `echo`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

from hansard.api.operations import Services
from hansard.database import Database
from hansard.errors import NotFound
from hansard.model.messages import Message
from hansard.model.runs import ENDED, Run
from hansard.torture.ledger import require

MODEL = "echo/echo"
WORD = 0.0005
"""Seconds before each word of an answer."""
TENANT, USER = "acme", "bob"
PATIENCE = 120.0
"""Seconds within which a run of a killed process must end; other processes treat it as dead after 30 seconds."""


def id_of(prompt: str) -> str:
    return str(uuid5(NAMESPACE_OID, f"prompt {prompt}"))


def chat_of(prompt: str) -> str:
    """Return the id of the conversation to which a prompt such as ``NAMEp3`` is sent."""
    return str(uuid5(NAMESPACE_OID, f"chat {prompt.rpartition('p')[0]}"))


def text_of(prompt: str) -> str:
    """Return the text of a prompt, which is also the text of its complete answer."""
    return f"{prompt} is said again, word by word, by whoever answers"


@dataclass
class Prompts:
    """The ledger of prompts, by their names."""

    asked: set[str] = field(default_factory=set[str])
    runs: dict[str, str] = field(default_factory=dict[str, str])
    """The run of each acknowledged prompt."""
    ends: dict[str, str] = field(default_factory=dict[str, str])
    """The end of a prompt's run as reported to the clients that followed it."""

    def note(self, line: str) -> None:
        """Record a line: ``asked PROMPT``, ``answering PROMPT RUN`` or ``ended PROMPT STATUS``."""
        word, prompt, *more = line.split(" ")
        if word == "asked":
            self.asked.add(prompt)
        else:
            {"answering": self.runs, "ended": self.ends}[word][prompt] = more[0]

    @property
    def unknown(self) -> set[str]:
        return self.asked - self.runs.keys()

    async def send(
        self, services: Services, prompt: str, report: Callable[[str], None] | None = None
    ) -> None:
        """Send a prompt and follow its run to the end; each event is reported as a line to `tell`."""
        report = report or self.note
        report(f"asked {prompt}")
        await services.conversations.create(id=chat_of(prompt), title="Prompts")
        [run] = await services.chat.send(
            chat_of(prompt), text_of(prompt), id=id_of(prompt), model=MODEL,
            options={"delay": WORD},
        )  # fmt: skip
        report(f"answering {prompt} {run.id}")
        async for event in services.runs.events(run.id):
            if event.type in ENDED:
                report(f"ended {prompt} {event.type}")

    async def check(self, database: Database) -> None:
        """Check the stored runs against the ledger, and again when all runs have ended."""
        services = database.scope(TENANT, USER)
        stored = await _conversations(services)
        for prompt in sorted(self.runs):
            require(chat_of(prompt) in stored, f"the conversation of {prompt} is lost")
        chats: defaultdict[str, set[str]] = defaultdict(set)
        for prompt in self.asked:
            if chat_of(prompt) in stored:
                chats[chat_of(prompt)].add(prompt)
        for chat, prompts in chats.items():
            await self._check_runs(services, chat, prompts)
        await _wait_until_ended(database, services)
        for chat, prompts in chats.items():
            for prompt, run in (await self._check_runs(services, chat, prompts)).items():
                await self._check_answer(services, prompt, run)

    async def _check_runs(self, services: Services, chat: str, prompts: set[str]) -> dict[str, Run]:
        """Check the stored prompts of a conversation; return the run of each."""
        asked: defaultdict[str, list[Run]] = defaultdict(list)
        for run in await services.runs.list(chat, limit=500):
            asked[run.request_id or ""].append(run)
        first_runs: dict[str, Run] = {}
        for prompt in sorted(prompts):
            runs = asked.pop(id_of(prompt), [])
            require(len(runs) <= 1, f"{prompt} has {len(runs)} runs")
            lost = prompt in self.runs and self.runs[prompt] not in [run.id for run in runs]
            require(not lost, f"the run of {prompt} is lost")
            if runs:
                first_runs[prompt] = runs[0]
            stored = await _find_message(services, chat, id_of(prompt))
            require((stored is not None) == bool(runs), f"{prompt} is partly stored")
            has_text = stored is None or stored.text == text_of(prompt)
            require(has_text, f"{prompt} is stored with another text")
        require(not asked, "there are runs without a request")
        return first_runs

    async def _check_answer(self, services: Services, prompt: str, run: Run) -> None:
        ends = self.ends.get(prompt, run.status)
        require(
            ends == run.status, f"{prompt} was reported as {ends}, but is stored as {run.status}"
        )
        answer = await _find_message(services, chat_of(prompt), run.message_id)
        require(answer is not None, f"{prompt} ({run.status}) has no answer")
        if answer is not None:
            require(answer.parent_id == id_of(prompt), f"the answer of {prompt} does not follow it")
            whole, is_whole = text_of(prompt), run.status == "completed"
            right = answer.text == whole if is_whole else whole.startswith(answer.text)
            require(right, f"{prompt} ({run.status}) has another answer")


async def _find_message(services: Services, chat: str, message: str) -> Message | None:
    """Return a message of any branch, or None if it does not exist."""
    try:
        return await services.messages.get(chat, message)
    except NotFound:
        return None


async def _conversations(services: Services) -> set[str]:
    conversations: set[str] = set()
    page = await services.conversations.list(limit=500)
    conversations |= {each.id for each in page.items}
    while page.next:
        page = await services.conversations.list(limit=500, cursor=page.next)
        conversations |= {each.id for each in page.items}
    return conversations


async def _wait_until_ended(database: Database, services: Services) -> None:
    """Wait until no run is active; maintenance must be enough for that."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while running := await services.runs.active():
        late = asyncio.get_running_loop().time() > deadline
        require(not late, f"{len(running)} runs do not end")
        await database.tidy()
        await asyncio.sleep(0.1)
