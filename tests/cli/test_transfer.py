"""`hansard export` and `hansard import`: everything out, everything back, equal."""

from __future__ import annotations

import json

import pytest

from cli.program import Program
from cli.record import fill


def exported(program: Program, *flags: str) -> list[str]:
    """The lines of an export without the first, which has its time."""
    return program.ok("export", *flags).out.splitlines()[1:]


def test_what_is_exported_and_imported_is_exported_equal(
    program: Program, anywhere: Program
) -> None:
    source = Program(program.home.parent / "source" / "home", program.nursery)
    fill(source)
    source.ok("export", "all.jsonl")
    lines = (source.work / "all.jsonl").read_text().splitlines()
    kinds = {json.loads(line)["kind"] for line in lines}
    assert kinds >= {"user", "setting", "project", "blob", "branch", "message", "rating", "run"}
    report = anywhere.ok("import", str(source.work / "all.jsonl"), "--json").json
    assert sum(report["added"].values()) == len(lines) - 2
    assert exported(anywhere) == lines[1:]
    anywhere.ok("db", "verify")
    again = anywhere.ok("import", "-", "--json", text="\n".join(lines) + "\n").json
    assert (again["added"], again["conflicting"]) == ({}, {})
    assert exported(anywhere) == lines[1:]


def test_one_conversation_goes_to_somebody_else(program: Program, other: Program) -> None:
    made = fill(program)
    program.ok("export", "rome.jsonl", "--conversation", "A walk in Rome")
    other.ok("import", str(program.work / "rome.jsonl"), "--session", "bob")
    [found] = other.ok("conversations", "list", "--session", "bob", "--json").json["items"]
    assert (found["id"], found["owner_id"]) == (made.rome, "bob")
    assert other.ok("conversations", "list", "--json").json["items"] == []


def test_what_is_there_with_other_content_stays_and_is_told(program: Program) -> None:
    fill(program)
    program.ok("export", "all.jsonl")
    program.ok("conversations", "rename", "swim", "A dive")
    before = exported(program)
    done = program.run("import", "all.jsonl")
    assert done.code == 4
    assert "existing with other content" in done.out
    assert exported(program) == before


def test_an_export_that_is_cut_off_or_garbled_leaves_nothing_half_written(
    program: Program, other: Program
) -> None:
    fill(program)
    lines = program.ok("export", "--conversation", "A walk in Rome").out.splitlines(keepends=True)
    for broken in (
        lines[:-3],
        [*lines[:-2], '{"kind": "message", \n', *lines[-2:]],
        ["my notes\n"],
        [],
    ):
        done = other.run("import", "-", text="".join(broken))
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
        assert other.ok("conversations", "list", "--json").json["items"] == []
    other.ok("import", "-", text="".join(lines))


def test_an_export_takes_its_name_only_when_it_is_complete(program: Program) -> None:
    fill(program)
    file = program.work / "all.jsonl"
    file.write_text("the last one\n")
    failed = program.run("export", "all.jsonl", "--conversation", "nothing")
    assert failed.code == 3
    assert file.read_text() == "the last one\n"
    program.ok("export", "all.jsonl")
    assert json.loads(file.read_text().splitlines()[-1])["kind"] == "end"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in program.work.iterdir()] == ["all.jsonl"]
    assert program.run("export", "nowhere/all.jsonl").code == 1
    assert program.run("import", "missing.jsonl").code == 1


def test_export_and_import_are_options_of_the_program_too(program: Program, other: Program) -> None:
    fill(program)
    lines = exported(program)
    assert program.ok("--export", "all.jsonl").err == "Exported to all.jsonl.\n"
    file = program.work / "all.jsonl"
    assert (
        file.read_text().splitlines()[1:]
        == lines
        == program.ok("--export", "-").out.splitlines()[1:]
    )
    other.ok("--import", str(file))
    assert exported(other) == lines
    other.ok("conversations", "rename", "swim", "A dive")
    assert other.run("--import", str(file)).code == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["--export", "one", "--import", "two"],
        ["--export", "one", "export", "two"],
        ["--import", "one", "chat", "hello"],
        ["--export"],
        ["--env-file", "none"],
    ],
)
def test_only_one_command_is_run(program: Program, arguments: list[str]) -> None:
    done = program.run(*arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert not program.home.exists()
    assert list(program.work.iterdir()) == []
