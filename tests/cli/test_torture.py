"""`hansard torture`: one line of JSON for each trial, one with the sum, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.program import Done, Program


def lines(done: Done) -> list[Any]:
    return [json.loads(line) for line in done.out.splitlines()]


def test_each_trial_is_a_line_and_the_last_one_is_the_sum(program: Program, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    own = disk / "mine"
    own.write_text("the user's own")
    done = program.ok("torture", str(disk), "--rounds", "1", "--only", "flush", "--only", "kill")
    *results, total = lines(done)
    tried = [(result["trial"], result["subject"], result["outcome"]) for result in results]
    assert tried == [
        ("flush", "hansard", "held"),
        ("flush", "sqlite", "held"),
        ("kill", "hansard", "held"),
        ("kill", "sqlite", "held"),
    ]
    assert (total["held"], total["broken"], total["not_run"]) == (4, 0, 0)
    assert list(disk.iterdir()) == [own]


def test_what_broke_is_kept_named_and_ends_with_5(program: Program, tmp_path: Path) -> None:
    done = program.run(
        "torture", str(tmp_path), "--rounds", "2", "--only", "kill", "--seed", "2", "--plant"
    )
    assert done.code == 5
    broken, control, total = lines(done)
    assert (broken["outcome"], control["outcome"]) == ("broken", "held")
    assert (broken["seed"], broken["plant"]) == (2, "acknowledge early")
    assert (total["held"], total["broken"]) == (1, 1)
    assert Path(broken["kept"]).is_dir()
    assert broken["kept"] in done.err


def test_what_cannot_be_tried_is_a_wrong_request(program: Program, tmp_path: Path) -> None:
    assert program.run("torture", str(tmp_path / "nowhere")).code == 2
    assert program.run("torture", str(tmp_path), "--only", "thunder").code == 2
    assert program.run("torture", str(tmp_path), "--rounds", "0").code == 2
    assert program.run("torture", "sqlite:///chats.db").code == 2
