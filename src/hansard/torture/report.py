"""What a trial did and what came of it, one line each."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

Outcome = Literal["held", "broken", "not run"]
Subject = Literal["hansard", "sqlite", "postgresql"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One trial of one subject."""

    trial: str
    subject: Subject
    """What was tried: Hansard, or its engine alone as a control."""
    outcome: Outcome
    reason: str | None
    """What broke, or why the trial was not run."""
    how: str
    """What the fault was made with."""
    plant: str | None
    """The safeguard that was taken out on purpose."""
    seed: int
    rounds: int
    faults: int
    acknowledged: int
    """Messages' steps and prompts that were acknowledged; each was looked for after each fault."""
    landed: int
    """Steps that were found though nobody had been told that they were stored."""
    seconds: float
    kept: str | None
    """Where what broke was left."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    held: int
    broken: int
    not_run: int
    seconds: float
    hansard: str
    """The version."""
    engine: str
    system: str


@dataclass
class Task:
    """What one trial is to do, and what it counts as it goes."""

    place: Path
    """A folder of the trial's own."""
    address: str
    """The PostgreSQL server or the directory that is tried."""
    rounds: int
    seed: int
    plant: str = ""
    how: str = ""
    done: int = 0
    faults: int = 0
    acknowledged: int = 0
    landed: int = 0
    database: str = ""
    """The trial's own database on a server, once it is made."""
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    @property
    def kept(self) -> str:
        """Where what broke is left."""
        return str(self.place) + (f" and the database {self.database}" if self.database else "")

    def count(self, *, rounds: int = 1, faults: int, acknowledged: int, landed: int = 0) -> None:
        """Add what was done."""
        self.done += rounds
        self.faults += faults
        self.acknowledged += acknowledged
        self.landed += landed
