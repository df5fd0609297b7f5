"""Kills a writing process repeatedly at random moments, and checks the database after each kill."""

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


async def check_record(
    address: str, conversation: str, ledger: Ledger, prompts: Prompts | None = None
) -> set[str]:
    """Open a database and check it against the ledgers; return the stored steps."""
    async with connect(address, providers=[Echo()]) as database:
        ada = database.scope("acme", "ada")
        await ada.conversations.create(id=conversation)
        stored_steps = await ledger.check(ada, conversation)
        if prompts is not None:
            await prompts.check(database)
    return stored_steps


async def check_database(address: str) -> None:
    """Verify the whole database. Raises GuaranteeBroken with the first findings."""
    findings = await admin.verify(address)
    require(not findings, "; ".join(finding.message for finding in findings[:3]))


class KillTrial:
    """A database whose writers are killed, with the ledgers of what was acknowledged to them.

    `strike` may do something just before the kill, after which nothing counts as acknowledged; `recover` runs between
    the kill and the check. If the database is shared with other processes, answers are not checked here: other
    processes treat a process as dead only after some time.
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
        cut_power: Callable[[], None] | None = None,
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
        self._cut_power, self._recover = cut_power, recover
        self._lines_before_cut = sys.maxsize
        """How many lines the writer had printed when `strike` was called."""

    async def run(self, task: Task, how_many: int) -> None:
        """Kill `how_many` times and add the counts to the task. Raises GuaranteeBroken."""
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
        """Kill and check `how_many` times. Raises GuaranteeBroken."""
        for _ in range(how_many):
            self._kill_one()
            stored_steps = await self._check()
            self.landed += len(self.ledger.unknown & stored_steps)

    def _kill_one(self) -> None:
        job = WriterJob(
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
        before, self._lines_before_cut = self.killed, sys.maxsize
        lines = self._writers.run(job, until=self._moment())
        errors = [line for line in lines if line.startswith("error")]
        require(self.killed > before, f"the writer ended by itself: {' '.join(errors)}")
        for number, line in enumerate(lines):
            self._note(line, late=number >= self._lines_before_cut)
        self._recover()

    def _note(self, line: str, *, late: bool) -> None:
        """Record a line of a writer; after a strike, acknowledgements do not count."""
        word = line.partition(" ")[0]
        if word == "error" or (late and word not in ("sent", "asked")):
            return
        (self.ledger if word in ("sent", "done") else self.prompts).note(line)

    async def _check(self) -> set[str]:
        """Open the database again and check it; return the stored steps."""
        if self._subject == "sqlite":
            return self.ledger.check_texts(control_sqlite.stored(Path(self.address)))
        if self._shared:
            await settled(self.address)
        if self._subject == "postgresql":
            return self.ledger.check_texts(await control_postgres.stored(self.address))
        prompts = None if self._shared else self.prompts
        return await check_record(self.address, self.conversation, self.ledger, prompts)

    def _moment(self) -> Callable[[str], bool]:
        """Return a condition for the moment of the kill: after a random number of acknowledgements and a short delay.

        With 0 acknowledgements the kill happens while the database is being opened.
        """
        remaining = self._random.randint(0, 40)
        pause = self._random.uniform(0, 0.003 if remaining else 0.03)
        count = 0

        def reached(line: str) -> bool:
            nonlocal remaining, count
            count += bool(line)
            remaining -= line.startswith("done")
            if remaining == 0:
                time.sleep(pause)  # waits for nothing: the kill may happen at any moment
                self.killed += 1
                if self._cut_power is not None:
                    self._lines_before_cut = count
                    self._cut_power()
            return remaining == 0

        return reached
