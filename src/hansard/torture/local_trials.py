"""The trials of a directory, each with Hansard and with SQLite alone as a control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import apsw
from msgspec.structs import replace

from hansard.database import connect
from hansard.errors import StorageFull
from hansard.ids import new_id
from hansard.torture import control_sqlite
from hansard.torture.faulty_disks import FillableDisk, PowerLossDisk, fillable_disk, power_loss_disk
from hansard.torture.kill_trial import (
    ROUNDS_PER_DATABASE,
    KillTrial,
    check_database,
    check_record,
    do_nothing,
)
from hansard.torture.ledger import Ledger, require
from hansard.torture.loop_device import NotPossible
from hansard.torture.planted_bugs import planted
from hansard.torture.power_loss_vfs import cut
from hansard.torture.report import Subject, Task
from hansard.torture.writer_processes import WriterJob, WriterPool, writer_pool

ENOUGH = 60
"""Acknowledgements after which a writer is killed that the failed flush did not stop."""
FLUSHES = (6, 24)
"""The range of the number of flushes that succeed before one fails."""
MANY = 2_000
"""The maximum number of steps attempted on a full disk."""


async def kill(task: Task, subject: Subject) -> None:
    """Kill a writing process repeatedly, and check the database each time."""
    how = "kill -9 of a process that writes"
    power = PowerLossDisk(task.trial_folder, "", None, do_nothing, how)
    with writer_pool() as writers:
        await _kill_in(task, subject, writers, power)


async def snapshot(task: Task, subject: Subject) -> None:
    """Cut the power at a random moment, and check what the device has kept."""
    with power_loss_disk(task.trial_folder) as power, writer_pool() as writers:
        await _kill_in(task, subject, writers, power)


async def _kill_in(task: Task, subject: Subject, writers: WriterPool, power: PowerLossDisk) -> None:
    task.how = power.how
    for number in count():
        path = power.path / f"{number}.db"
        kill_trial = KillTrial(
            writers, str(path), task.random, plant=task.plant, subject=subject,
            platter=power.platter, cut_power=power.cut_power, recover=power.recover,
        )  # fmt: skip
        await kill_trial.run(task, min(ROUNDS_PER_DATABASE, task.rounds - task.done))
        if subject == "hansard":
            await check_database(str(path))
        _remove(path)
        if task.done >= task.rounds:
            return


def _remove(path: Path) -> None:
    """Remove a database and its related files."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


async def full(task: Task, subject: Subject) -> None:
    """Fill the disk: writes must be refused and reads must succeed; refused steps are stored when there is space
    again.
    """
    with fillable_disk(task.trial_folder) as disk, planted(task.plant):
        task.how = disk.how
        for number in range(task.rounds):
            path = disk.path / f"{number}.db"
            await (_fill_bare if subject == "sqlite" else _fill)(task, path, disk)
            _remove(path)
    if not task.faults:
        raise NotPossible("the disk was never full")


async def _fill(task: Task, path: Path, disk: FillableDisk) -> None:
    ledger = Ledger()
    async with connect(path, providers=[]) as database:
        ada = database.scope("acme", "ada")
        conversation = await ada.conversations.create()
        await ledger.store(ada, conversation.id, "before")
        refused: list[str] = []
        with _filled(disk):
            for step in _steps(refused):
                with _refusing(StorageFull, step, refused):
                    await ledger.store(ada, conversation.id, step)
            stored_steps = await ledger.check(ada, conversation.id)
            require(stored_steps == ledger.acknowledged, "a refused step is stored")
        for step in refused:
            await ledger.store(ada, conversation.id, step)
        require(
            await ledger.check(ada, conversation.id) == ledger.sent, "steps are missing at the end"
        )
    await check_database(str(path))
    task.count(faults=len(refused), acknowledged=len(ledger.acknowledged))


async def _fill_bare(task: Task, path: Path, disk: FillableDisk) -> None:
    ledger, refused = Ledger(), list[str]()
    with closing(control_sqlite.opened(path)) as connection:
        with _filled(disk):
            for step in _steps(refused):
                with _refusing(apsw.FullError, step, refused):
                    _store_bare(ledger, connection, step)
            ledger.check_texts(control_sqlite.texts(connection))
        for step in refused:
            _store_bare(ledger, connection, step)
    stored_steps = ledger.check_texts(control_sqlite.stored(path))
    require(stored_steps == ledger.sent, "steps are missing at the end")
    task.count(faults=len(refused), acknowledged=len(ledger.acknowledged))


@contextmanager
def _filled(disk: FillableDisk) -> Iterator[None]:
    disk.fill()
    try:
        yield
    finally:
        disk.free()


def _store_bare(ledger: Ledger, connection: apsw.Connection, step: str) -> None:
    ledger.note(f"sent {step}")
    control_sqlite.store(connection, step)
    ledger.note(f"done {step}")


def _steps(refused: list[str]) -> Iterator[str]:
    """Yield steps until three were refused."""
    for each in range(MANY):
        if len(refused) == 3:
            return
        yield f"s{each}"


@contextmanager
def _refusing(kind: type[Exception], step: str, refused: list[str]) -> Iterator[None]:
    """A context in which a step may be refused; if it is, it is added to `refused`."""
    try:
        yield
    except kind:
        refused.append(step)


async def flush(task: Task, subject: Subject) -> None:
    """Fail one flush, kill the process, continue with the next one, and cut the power."""
    task.how = "a simulated disk that forgets what it could not flush"
    with writer_pool() as writers:
        for number in range(task.rounds):
            await _fail_once(task, subject, writers, task.trial_folder / f"{number}.db")


async def _fail_once(task: Task, subject: Subject, writers: WriterPool, path: Path) -> None:
    ledger, conversation, platter = Ledger(), new_id(), path.with_suffix(".platter")
    job = WriterJob(
        address=str(path), conversation=conversation, name="a", plant=task.plant, writers=4,
        subject=subject, platter=str(platter),
        fail_flush=task.random.randint(*FLUSHES),
    )  # fmt: skip
    _note(ledger, writers.run(job, _after(ENOUGH)))
    if subject == "hansard":
        again = replace(job, name="b", retry=sorted(ledger.unknown), fail_flush=None)
        with _reading(path):
            _note(ledger, writers.run(again, _after(10)))
    if (platter / path.name).exists():
        cut(platter, path)
    task.count(faults=1, acknowledged=len(ledger.acknowledged))
    if subject == "hansard":
        await check_record(str(path), conversation, ledger)
        await check_database(str(path))
    else:
        ledger.check_texts(control_sqlite.stored(path))


def _note(ledger: Ledger, lines: list[str]) -> None:
    for line in lines:
        if not line.startswith("error"):
            ledger.note(line)


def _after(many: int) -> Callable[[str], bool]:
    """Return a condition that holds after `many` acknowledged steps."""
    remaining = many

    def reached(line: str) -> bool:
        nonlocal remaining
        remaining -= line.startswith("done")
        return remaining <= 0

    return reached


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Keep a read transaction open, so that the log cannot be reset."""
    if not path.exists():
        yield
        return
    reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("BEGIN; SELECT count(*) FROM messages").fetchall()
    try:
        yield
    finally:
        reader.close()
