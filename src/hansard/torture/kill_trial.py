"""A process that writes is killed, again and again, at any moment, and what is there afterwards is looked at."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hansard.database import connect
from hansard.ids import new_id
from hansard.providers.echo import Echo
from hansard.storage import admin
from hansard.torture import control_postgres, control_sqlite
from hansard.torture.ledger import Ledger, require
from hansard.torture.prompt_ledger import Prompts
from hansard.torture.report import Subject, Task
from hansard.torture.temporary_database import settled
from hansard.torture.writer_processes import WriterJob, WriterPool

ROUNDS_PER_DATABASE = 10
PROMPT_SENDERS = 2


def do_nothing() -> None:
    pass


async def look(
    address: str, conversation: str, ledger: Ledger, prompts: Prompts | None = None
) -> set[str]:
    """Open a database and hold it against the ledgers; gives the steps that are there."""
    async with connect(address, providers=[Echo()]) as database:
        ada = database.scope("acme", "ada")
        await ada.conversations.create(id=conversation)
        there = await ledger.check(ada, conversation)
        if prompts is not None:
            await prompts.check(database)
    return there


async def verify(address: str) -> None:
    """Have a whole database looked through; raises Broken."""
    findings = await admin.verify(address)
    require(not findings, "; ".join(finding.message for finding in findings[:3]))


class KillTrial:
    """A database whose writers are killed, and the ledgers of what they were told.

    Something may happen just before the kill (`strike`), after which nothing counts as acknowledged, and between the
    kill and the look (`recover`). Where the database is shared with other processes, answers are not looked at: it
    takes a while until these believe that a process is dead.
    """

    def __init__(
        self,
        writers: WriterPool,
        address: str,
        chance: random.Random,
        *,
        plant: str = "",
        subject: Subject = "hansard",
        is_shared: bool = False,
        platter: str = "",
        strike: Callable[[], None] | None = None,
        recover: Callable[[], None] = do_nothing,
    ) -> None:
        self.address = address
        self.conversation = new_id()
        self.ledger, self.prompts = Ledger(), Prompts()
        self.landed = self.killed = 0
        self._writers = writers
        self._random = chance
        self._plant, self._platter = plant, platter
        self._subject: Subject = subject
        self._shared = is_shared
        self._strike, self._recover = strike, recover
        self._heard = sys.maxsize
        """How many lines a writer had said when it was struck."""

    async def run(self, task: Task, how_many: int) -> None:
        """Kill so often for a task, which counts it; raises Broken."""
        try:
            await self.rounds(how_many)
        finally:
            task.count(
                rounds=self.killed,
                faults=self.killed,
                acknowledged=len(self.ledger.acknowledged) + len(self.prompts.runs),
                landed=self.landed,
            )

    async def rounds(self, how_many: int) -> None:
        """Raises Broken."""
        for _ in range(how_many):
            self._kill_one()
            there = await self._look()
            self.landed += len(self.ledger.unknown & there)

    def _kill_one(self) -> None:
        order = WriterJob(
            address=self.address,
            conversation=self.conversation,
            name=f"r{self.killed}",
            prompt_senders=PROMPT_SENDERS,
            retry=sorted(self.ledger.unknown),
            prompts=sorted(self.prompts.unknown),
            plant=self._plant,
            subject=self._subject,
            platter=self._platter,
        )
        before, self._heard = self.killed, sys.maxsize
        said = self._writers.run(order, until=self._moment())
        errors = [line for line in said if line.startswith("error")]
        require(self.killed > before, f"the writer ended by itself: {' '.join(errors)}")
        for number, line in enumerate(said):
            self._note(line, late=number >= self._heard)
        self._recover()

    def _note(self, line: str, *, late: bool) -> None:
        """Take down what a writer says; after a strike nobody can be told that anything was done."""
        word = line.partition(" ")[0]
        if word == "error" or (late and word not in ("sent", "asked")):
            return
        (self.ledger if word in ("sent", "done") else self.prompts).note(line)

    async def _look(self) -> set[str]:
        """See what is there when the database is opened again; gives the steps."""
        if self._subject == "sqlite":
            return self.ledger.check_texts(control_sqlite.stored(Path(self.address)))
        if self._shared:
            await settled(self.address)
        if self._subject == "postgresql":
            return self.ledger.check_texts(await control_postgres.stored(self.address))
        prompts = None if self._shared else self.prompts
        return await look(self.address, self.conversation, self.ledger, prompts)

    def _moment(self) -> Callable[[str], bool]:
        """After so many acknowledgements (for 0: while the database is being opened) and a little more."""
        left = self._random.randint(0, 40)
        pause = self._random.uniform(0, 0.003 if left else 0.03)
        heard = 0

        def reached(line: str) -> bool:
            nonlocal left, heard
            heard += bool(line)
            left -= line.startswith("done")
            if left == 0:
                time.sleep(pause)  # not for something to happen: any moment must do
                self.killed += 1
                if self._strike is not None:
                    self._heard = heard
                    self._strike()
            return left == 0

        return reached
