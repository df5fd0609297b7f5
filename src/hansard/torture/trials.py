"""The list of all trials, and how they are run."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import NamedTuple

import apsw

import hansard
from hansard.errors import InvalidInput
from hansard.torture import local_trials, server_trials
from hansard.torture.ledger import GuaranteeBroken
from hansard.torture.loop_device import NotPossible
from hansard.torture.report import Outcome, Result, Subject, Summary, Task
from hansard.torture.temporary_database import engine_of


class Trial(NamedTuple):
    run: Callable[[Task, Subject], Awaitable[None]]
    plant: str
    """The planted bug that this trial must detect."""
    subjects: tuple[Subject, ...] = ("hansard", "sqlite")


LOCAL = {
    "kill": Trial(local_trials.kill, "acknowledge early"),
    "snapshot": Trial(local_trials.snapshot, "do not flush"),
    "full": Trial(local_trials.full, "acknowledge what was refused"),
    "flush": Trial(local_trials.flush, "trust the log"),
}
"""The trials of a directory, by name."""
REMOTE = {
    "kill": Trial(server_trials.kill, "acknowledge early", ("hansard", "postgresql")),
    "lost-commit": Trial(server_trials.lost_commit, "ask anew", ("hansard", "postgresql")),
    "two-servers": Trial(server_trials.two_servers, "begin at the end", ("hansard", "postgresql")),
}
"""The trials of a PostgreSQL server, by name."""


class Torture:
    """The trials of a directory or of a PostgreSQL server.

    Each trial has its own folder and databases, which are removed unless it fails. Raises InvalidInput if the target
    or a trial does not exist.
    """

    def __init__(
        self,
        target: str,
        *,
        rounds: int = 20,
        only: Collection[str] = (),
        seed: int | None = None,
        planted: bool = False,
    ) -> None:
        self._target, self._rounds, self._planted = target, rounds, planted
        self._is_remote = target.lower().startswith(("postgresql://", "postgres://"))
        self._trials = REMOTE if self._is_remote else LOCAL
        self._only = list(dict.fromkeys(only or self._trials))
        self._seed = time.time_ns() % 2**32 if seed is None else seed
        self._engine = f"SQLite {apsw.sqlite_lib_version()}"
        self._results: list[Result] = []
        for name in self._only:
            if name not in self._trials:
                names = ", ".join(self._trials)
                raise InvalidInput(f"There is no trial {name} for this target; there are {names}.")
        if not self._is_remote and not Path(target).is_dir():
            raise InvalidInput(f"{target} is not a directory or a postgresql:// address.")

    async def results(self) -> AsyncIterator[Result]:
        """Yield the result of each trial when it ends. Raises DatabaseUnreachable."""
        if self._is_remote:
            self._engine = await engine_of(self._target)
        with _folder_in(gettempdir() if self._is_remote else self._target) as folder:
            for name in self._only:
                for subject in self._trials[name].subjects:
                    self._results.append(await self._result(name, subject, folder))
                    yield self._results[-1]

    async def _result(self, name: str, subject: Subject, folder: Path) -> Result:
        trial = self._trials[name]
        plant = trial.plant if self._planted and subject == "hansard" else ""
        trial_folder = folder / f"{name}-{subject}"
        task = Task(trial_folder, self._target, self._rounds, self._seed, plant)
        return await _run(name, trial, subject, task)

    def summary(self) -> Summary:
        """Return how often each outcome occurred so far, and what was tested."""
        outcomes = [result.outcome for result in self._results]
        return Summary(
            held=outcomes.count("held"),
            broken=outcomes.count("broken"),
            not_run=outcomes.count("not run"),
            seconds=round(sum(result.seconds for result in self._results), 1),
            hansard=hansard.__version__,
            engine=self._engine,
            system=f"{platform.system()} {platform.release()}",
        )


@contextmanager
def _folder_in(directory: str) -> Iterator[Path]:
    """A new folder, which is removed at the end if it is empty."""
    folder = Path(mkdtemp(prefix="hansard-torture-", dir=directory))
    try:
        yield folder
    finally:
        with suppress(OSError):  # it keeps the data of failed trials
            folder.rmdir()


async def _run(name: str, trial: Trial, subject: Subject, task: Task) -> Result:
    task.trial_folder.mkdir()
    began = time.monotonic()
    outcome, reason = "not run", None
    try:
        outcome, reason = await _outcome(trial, subject, task)
    finally:
        if outcome != "broken":
            shutil.rmtree(task.trial_folder, ignore_errors=True)
    return Result(
        trial=name,
        subject=subject,
        outcome=outcome,
        reason=reason,
        how=task.how,
        plant=task.plant or None,
        seed=task.seed,
        rounds=task.done,
        faults=task.faults,
        acknowledged=task.acknowledged,
        landed=task.landed,
        seconds=round(time.monotonic() - began, 1),
        kept=task.kept if outcome == "broken" else None,
    )


async def _outcome(trial: Trial, subject: Subject, task: Task) -> tuple[Outcome, str | None]:
    try:
        await trial.run(task, subject)
    except NotPossible as reason:
        return "not run", str(reason)
    except GuaranteeBroken as broken:
        return "broken", str(broken)
    except Exception as error:
        return "broken", f"{type(error).__name__}: {error}"
    return "held", None
