"""Live through many seeds and print what they came to, as JSON: `python -m simulation --seeds 2000 --steps 200`.

A seed that breaks a promise is printed with the promise, and the program ends with 1; `--first SEED --seeds 1` replays
it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable

from simulation.clients import drive
from simulation.world import simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=2000, help="how many seeds")
    parser.add_argument("--steps", type=int, default=200, help="what clients do in a seed")
    asked = parser.parse_args()
    totals, broken = live(range(asked.first, asked.first + asked.seeds), asked.steps)
    sys.stdout.write(json.dumps({**totals, "broken": broken}, indent=2) + "\n")
    return 1 if broken else 0


def live(seeds: Iterable[int], steps: int) -> tuple[dict[str, object], dict[int, str]]:
    """What the seeds came to together, and the promise that each broken one breaks."""
    totals: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    broken: dict[int, str] = {}
    seconds = 0.0
    for seed in seeds:
        totals["seeds"] += 1
        try:
            outcome = simulate(seed, steps, drive)
        except AssertionError as fault:
            broken[seed] = str(fault)
            continue
        totals["steps"] += outcome.steps
        totals["checks"] += outcome.checks
        seconds += outcome.seconds
        faults.update(outcome.faults)
    hours = round(seconds / 3600, 1)
    return {**totals, "simulated_hours": hours, "faults": dict(sorted(faults.items()))}, broken


if __name__ == "__main__":
    sys.exit(main())
