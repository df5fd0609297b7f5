"""Whole histories of faults, each made by a seed, in simulated time: what was promised is kept in every one of them.

`HANSARD_SEEDS` says how many seeds there are (2,000). `python -m simulation --first SEED --seeds 1` replays one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from simulation import plants
from simulation.clients import drive
from simulation.world import simulate

SEEDS, STEPS = int(os.environ.get("HANSARD_SEEDS", "2000")), 200
SHARE = 50
"""Seeds of one test."""
TRIES = 40
"""Seeds within which a planted fault must be found."""
TESTS = Path(__file__).parents[1]

_REPLAY = """
from simulation.clients import drive
from simulation.world import simulate
outcome = simulate({seed}, {steps}, drive)
print(outcome.digest, outcome.faults, outcome.seconds)
"""


def _live_through(seeds: Iterable[int]) -> None:
    for seed in seeds:
        simulate(seed, STEPS, drive)


@pytest.mark.parametrize("first", range(0, SEEDS, SHARE))
def test_every_promise_holds_whatever_fails(first: int) -> None:
    for seed in range(first, min(first + SHARE, SEEDS)):
        try:
            outcome = simulate(seed, STEPS, drive)
        except AssertionError as fault:
            pytest.fail(f"seed {seed}: {fault}")
        assert outcome.steps >= STEPS - 2
        assert outcome.checks > STEPS


def test_every_kind_of_fault_happens() -> None:
    seen = {kind for seed in range(6) for kind in simulate(seed, STEPS, drive).faults}
    assert seen == {
        "commit lost, done",
        "commit lost, not done",
        "database away",
        "disk full",
        "process died",
        "read failed",
    }


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_is_the_same_history_in_every_process(seed: int) -> None:
    def replay(hash_seed: str) -> str:
        code = _REPLAY.format(seed=seed, steps=STEPS)
        environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert replay("1") == replay("2") != ""


@pytest.mark.parametrize(
    ("plant", "noticed"),
    [
        (plants.lose_sight_of_runs, "is still running"),
        (plants.ask_anew_when_repeated, "runs"),
        (plants.tell_what_is_not_stored, "told"),
        (plants.forget_what_was_stored, "without a stored answer"),
        (plants.answer_what_is_there_now, "is answered by"),
        (plants.keep_quiet_about_late_answers, "is told 0 times"),
        (plants.acknowledge_what_was_refused, "lost"),
    ],
)
def test_a_mend_that_is_taken_out_is_missed(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], noticed: str
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=noticed):
        _live_through(range(TRIES))
