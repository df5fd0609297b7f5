"""What was promised about answers, and whether it was kept.

A prompt that was acknowledged is stored and has one run, which ends; its answer follows it, and is what the model says
to it, whole if the run was completed. Whoever follows a run hears of no other end than the stored one. A prompt whose
acknowledgement was lost has one run or none, and one after it was sent again. The model is `echo`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

from hansard.database import Database, Services
from hansard.errors import NotFound
from hansard.model.messages import Message
from hansard.model.runs import ENDED, Run
from hansard.torture.ledger import require

MODEL = "echo/echo"
WORD = 0.0005
"""Seconds before each word of an answer."""
TENANT, USER = "acme", "bob"
PATIENCE = 120.0
"""Seconds until a run must have ended whose process was killed; other processes wait for 30 until they believe it."""


def id_of(prompt: str) -> str:
    return str(uuid5(NAMESPACE_OID, f"prompt {prompt}"))


def chat_of(prompt: str) -> str:
    """The id of the conversation that a prompt such as ``NAMEp3`` is said in."""
    return str(uuid5(NAMESPACE_OID, f"chat {prompt.rpartition('p')[0]}"))


def text_of(prompt: str) -> str:
    """What a prompt says, and what its whole answer says."""
    return f"{prompt} is said again, word by word, by whoever answers"


@dataclass
class Prompts:
    """The ledger of prompts, by their names."""

    asked: set[str] = field(default_factory=set[str])
    runs: dict[str, str] = field(default_factory=dict[str, str])
    """The run of each acknowledged prompt."""
    told: dict[str, str] = field(default_factory=dict[str, str])
    """How the run of a prompt ended, as those who followed it heard."""

    def note(self, line: str) -> None:
        """Take down ``asked PROMPT``, ``answering PROMPT RUN`` or ``ended PROMPT STATUS``."""
        word, prompt, *more = line.split(" ")
        if word == "asked":
            self.asked.add(prompt)
        else:
            {"answering": self.runs, "ended": self.told}[word][prompt] = more[0]

    @property
    def unknown(self) -> set[str]:
        return self.asked - self.runs.keys()

    async def say(
        self, services: Services, prompt: str, tell: Callable[[str], None] | None = None
    ) -> None:
        """Say a prompt and follow its run to the end; what happens is told as lines."""
        tell = tell or self.note
        tell(f"asked {prompt}")
        await services.conversations.create(id=chat_of(prompt), title="Prompts")
        [run] = await services.chat.send(
            chat_of(prompt), text_of(prompt), id=id_of(prompt), model=MODEL,
            options={"delay": WORD},
        )  # fmt: skip
        tell(f"answering {prompt} {run.id}")
        async for event in services.runs.events(run.id):
            if event.type in ENDED:
                tell(f"ended {prompt} {event.type}")

    async def check(self, database: Database) -> None:
        """Hold the record against the ledger, and once more when all runs have ended."""
        who = database.scope(TENANT, USER)
        there = await _conversations(who)
        for prompt in sorted(self.runs):
            require(chat_of(prompt) in there, f"the conversation of {prompt} is lost")
        chats: defaultdict[str, set[str]] = defaultdict(set)
        for prompt in self.asked:
            if chat_of(prompt) in there:
                chats[chat_of(prompt)].add(prompt)
        for chat, prompts in chats.items():
            await self._check_runs(who, chat, prompts)
        await _ended(database, who)
        for chat, prompts in chats.items():
            for prompt, run in (await self._check_runs(who, chat, prompts)).items():
                await self._check_answer(who, prompt, run)

    async def _check_runs(self, who: Services, chat: str, prompts: set[str]) -> dict[str, Run]:
        """The run of each prompt of a conversation that is stored."""
        asked: defaultdict[str, list[Run]] = defaultdict(list)
        for run in await who.runs.list(chat, limit=500):
            asked[run.request_id or ""].append(run)
        found: dict[str, Run] = {}
        for prompt in sorted(prompts):
            runs = asked.pop(id_of(prompt), [])
            require(len(runs) <= 1, f"{prompt} has {len(runs)} runs")
            lost = prompt in self.runs and self.runs[prompt] not in [run.id for run in runs]
            require(not lost, f"the run of {prompt} is lost")
            if runs:
                found[prompt] = runs[0]
            stored = await _message(who, chat, id_of(prompt))
            require((stored is not None) == bool(runs), f"{prompt} is stored in part")
            said = stored is None or stored.text == text_of(prompt)
            require(said, f"{prompt} is not stored as it was said")
        require(not asked, "runs are there that nobody asked for")
        return found

    async def _check_answer(self, who: Services, prompt: str, run: Run) -> None:
        told = self.told.get(prompt, run.status)
        require(told == run.status, f"told that {prompt} is {told}, stored {run.status}")
        answer = await _message(who, chat_of(prompt), run.message_id)
        require(answer is not None, f"{prompt} ({run.status}) has no answer")
        if answer is not None:
            require(answer.parent_id == id_of(prompt), f"the answer of {prompt} does not follow it")
            whole, is_whole = text_of(prompt), run.status == "completed"
            right = answer.text == whole if is_whole else whole.startswith(answer.text)
            require(right, f"{prompt} ({run.status}) is answered by something else")


async def _message(who: Services, chat: str, message: str) -> Message | None:
    """A message of any branch, if it is there."""
    try:
        return await who.messages.get(chat, message)
    except NotFound:
        return None


async def _conversations(who: Services) -> set[str]:
    found: set[str] = set()
    page = await who.conversations.list(limit=500)
    found |= {each.id for each in page.items}
    while page.next:
        page = await who.conversations.list(limit=500, cursor=page.next)
        found |= {each.id for each in page.items}
    return found


async def _ended(database: Database, who: Services) -> None:
    """Wait until no run goes on, which needs no more than tidying."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while running := await who.runs.active():
        late = asyncio.get_running_loop().time() > deadline
        require(not late, f"{len(running)} runs do not end")
        await database.tidy()
        await asyncio.sleep(0.1)
