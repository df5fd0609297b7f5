"""The trials of a directory: each with Hansard, and with SQLite alone as a control."""

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
from hansard.torture.kill_trial import ROUNDS_PER_DATABASE, KillTrial, do_nothing, look, verify
from hansard.torture.ledger import Ledger, require
from hansard.torture.loop_device import NotPossible
from hansard.torture.planted_bugs import planted
from hansard.torture.power_loss_vfs import cut
from hansard.torture.report import Subject, Task
from hansard.torture.writer_processes import WriterJob, WriterPool, writer_pool

ENOUGH = 60
"""Acknowledgements after which a writer is killed that did not mind the failed flush."""
FLUSHES = (6, 24)
"""How many flushes work, from and to, before one fails."""
MANY = 2_000
"""Steps that are tried on a full disk."""


async def kill(task: Task, subject: Subject) -> None:
    """A process that writes is killed, and what is there is looked at, again and again."""
    how = "kill -9 of a process that writes"
    power = PowerLossDisk(task.place, "", None, do_nothing, how)
    with writer_pool() as writers:
        await _kill_in(task, subject, writers, power)


async def snapshot(task: Task, subject: Subject) -> None:
    """What a block device holds at any moment is what there is."""
    with power_loss_disk(task.place) as power, writer_pool() as writers:
        await _kill_in(task, subject, writers, power)


async def _kill_in(task: Task, subject: Subject, writers: WriterPool, power: PowerLossDisk) -> None:
    task.how = power.how
    for number in count():
        path = power.path / f"{number}.db"
        kill_trial = KillTrial(
            writers, str(path), task.random, plant=task.plant, subject=subject,
            platter=power.platter, strike=power.strike, recover=power.recover,
        )  # fmt: skip
        await kill_trial.run(task, min(ROUNDS_PER_DATABASE, task.rounds - task.done))
        if subject == "hansard":
            await verify(str(path))
        _remove(path)
        if task.done >= task.rounds:
            return


def _remove(path: Path) -> None:
    """Remove a database with the files beside it."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


async def full(task: Task, subject: Subject) -> None:
    """A disk is full: writing is refused, reading goes on, and what was refused is stored when there is room."""
    with fillable_disk(task.place) as room, planted(task.plant):
        task.how = room.how
        for number in range(task.rounds):
            path = room.path / f"{number}.db"
            await (_fill_bare if subject == "sqlite" else _fill)(task, path, room)
            _remove(path)
    if not task.faults:
        raise NotPossible("the disk was never full")


async def _fill(task: Task, path: Path, room: FillableDisk) -> None:
    ledger = Ledger()
    async with connect(path, providers=[]) as database:
        ada = database.scope("acme", "ada")
        talk = await ada.conversations.create()
        await ledger.store(ada, talk.id, "before")
        refused: list[str] = []
        with _filled(room):
            for step in _steps(refused):
                with _refusing(StorageFull, step, refused):
                    await ledger.store(ada, talk.id, step)
            there = await ledger.check(ada, talk.id)
            require(there == ledger.acknowledged, "what was refused is there")
        for step in refused:
            await ledger.store(ada, talk.id, step)
        require(await ledger.check(ada, talk.id) == ledger.sent, "not all is there at the end")
    await verify(str(path))
    task.count(faults=len(refused), acknowledged=len(ledger.acknowledged))


async def _fill_bare(task: Task, path: Path, room: FillableDisk) -> None:
    ledger, refused = Ledger(), list[str]()
    with closing(control_sqlite.opened(path)) as connection:
        with _filled(room):
            for step in _steps(refused):
                with _refusing(apsw.FullError, step, refused):
                    _store_bare(ledger, connection, step)
            ledger.check_texts(control_sqlite.texts(connection))
        for step in refused:
            _store_bare(ledger, connection, step)
    there = ledger.check_texts(control_sqlite.stored(path))
    require(there == ledger.sent, "not all is there at the end")
    task.count(faults=len(refused), acknowledged=len(ledger.acknowledged))


@contextmanager
def _filled(room: FillableDisk) -> Iterator[None]:
    room.fill()
    try:
        yield
    finally:
        room.free()


def _store_bare(ledger: Ledger, connection: apsw.Connection, step: str) -> None:
    ledger.note(f"sent {step}")
    control_sqlite.store(connection, step)
    ledger.note(f"done {step}")


def _steps(refused: list[str]) -> Iterator[str]:
    """Steps to try until some were refused."""
    for each in range(MANY):
        if len(refused) == 3:
            return
        yield f"s{each}"


@contextmanager
def _refusing(kind: type[Exception], step: str, refused: list[str]) -> Iterator[None]:
    """Around the storing of a step that may be refused, which is noted."""
    try:
        yield
    except kind:
        refused.append(step)


async def flush(task: Task, subject: Subject) -> None:
    """A flush fails, the process is killed, the next one goes on, and then the power is cut."""
    task.how = "a model of a disk that forgets what it could not flush"
    with writer_pool() as writers:
        for number in range(task.rounds):
            await _fail_once(task, subject, writers, task.place / f"{number}.db")


async def _fail_once(task: Task, subject: Subject, writers: WriterPool, path: Path) -> None:
    ledger, talk, platter = Ledger(), new_id(), path.with_suffix(".platter")
    order = WriterJob(
        address=str(path), conversation=talk, name="a", plant=task.plant, writers=4,
        subject=subject, platter=str(platter),
        fail_flush=task.random.randint(*FLUSHES),
    )  # fmt: skip
    _note(ledger, writers.run(order, _after(ENOUGH)))
    if subject == "hansard":
        again = replace(order, name="b", retry=sorted(ledger.unknown), fail_flush=None)
        with _reading(path):
            _note(ledger, writers.run(again, _after(10)))
    if (platter / path.name).exists():
        cut(platter, path)
    task.count(faults=1, acknowledged=len(ledger.acknowledged))
    if subject == "hansard":
        await look(str(path), talk, ledger)
        await verify(str(path))
    else:
        ledger.check_texts(control_sqlite.stored(path))


def _note(ledger: Ledger, said: list[str]) -> None:
    for line in said:
        if not line.startswith("error"):
            ledger.note(line)


def _after(many: int) -> Callable[[str], bool]:
    """When so many steps were acknowledged."""
    left = many

    def reached(line: str) -> bool:
        nonlocal left
        left -= line.startswith("done")
        return left <= 0

    return reached


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Read meanwhile, so that the log cannot begin anew."""
    if not path.exists():
        yield
        return
    reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("BEGIN; SELECT count(*) FROM messages").fetchall()
    try:
        yield
    finally:
        reader.close()
