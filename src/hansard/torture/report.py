"""The results of trials, one line each."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

Outcome = Literal["held", "broken", "not run"]
Subject = Literal["hansard", "sqlite", "postgresql"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one trial of one subject."""

    trial: str
    subject: Subject
    """Hansard, or its engine alone as a control."""
    outcome: Outcome
    reason: str | None
    """What failed, or why the trial was not run."""
    how: str
    """How the fault was caused."""
    plant: str | None
    """The planted bug, if any."""
    seed: int
    rounds: int
    faults: int
    acknowledged: int
    """Acknowledged steps and prompts; each was checked after each fault."""
    landed: int
    """Steps that were stored although their acknowledgement was lost."""
    seconds: float
    kept: str | None
    """Where the data of a failed trial is kept."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    held: int
    broken: int
    not_run: int
    seconds: float
    hansard: str
    """Hansard's version."""
    engine: str
    system: str


@dataclass
class Task:
    """The parameters of one trial, and its counts."""

    trial_folder: Path
    """The trial's own folder."""
    address: str
    """The PostgreSQL server or the directory under test."""
    rounds: int
    seed: int
    plant: str = ""
    how: str = ""
    done: int = 0
    faults: int = 0
    acknowledged: int = 0
    landed: int = 0
    database: str = ""
    """The trial's own database on a server, once it has been created."""
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    @property
    def kept(self) -> str:
        """Where the data of a failed trial is kept."""
        return str(self.trial_folder) + (
            f" and the database {self.database}" if self.database else ""
        )

    def count(self, *, rounds: int = 1, faults: int, acknowledged: int, landed: int = 0) -> None:
        """Add to the counts."""
        self.done += rounds
        self.faults += faults
        self.acknowledged += acknowledged
        self.landed += landed
