"""`hansard db`: upkeep of the database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import os

import asyncpg
import pytest

from cli.program import Program

BACKWARDS = "UPDATE {}conversations SET message_count = 7"


def behind_its_back(program: Program, statement: str) -> None:
    """Do something to the database that no command would do; `{}` stands for its schema."""
    address = program.environment.get("HANSARD_DATABASE_URL")
    if address is None:
        program.sql(statement.format(""))
    else:
        asyncio.run(_execute(address, statement.format("hansard.")))


async def _execute(address: str, statement: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def exported(program: Program) -> list[str]:
    """All that there is, without the header, which has the time of the export."""
    return program.ok("export").out.splitlines()[1:]


def test_a_sound_database_is_found_so(anywhere: Program) -> None:
    anywhere.ok("chat", "hello")
    state = anywhere.ok("db", "check", "--json").json
    assert state["schema"] == state["needed"] > 0
    assert state["pending"] == state["differences"] == []
    assert "this program needs" in anywhere.ok("db", "check").out
    done = anywhere.ok("db", "verify", "--json").json
    assert done == {
        "position": done["position"], "whole": True, "conversations": 1, "messages": 2, "artifacts": 0,
        "blobs": 0, "findings": [],
    }  # fmt: skip
    told = anywhere.ok("db", "verify").out
    assert told.startswith("Everything is correct: 1 conversation, 2 messages, ")
    assert anywhere.ok("db", "migrate").out == "Nothing to do: the schema is up to date.\n"


def test_what_has_changed_since_a_position_is_looked_at(anywhere: Program) -> None:
    anywhere.ok("chat", "--new", "hello")
    position = anywhere.ok("db", "verify", "--json").json["position"]
    told = anywhere.ok("db", "verify", "--since", str(position)).out
    assert told.startswith("What was verified is correct: 0 conversations, 0 messages, ")
    anywhere.ok("chat", "--new", "hello again")
    later = anywhere.ok("db", "verify", "--since", str(position), "--json").json
    assert (later["whole"], later["conversations"], later["messages"]) == (False, 1, 2)
    assert later["position"] > position
    assert anywhere.ok("db", "verify", "--sample", "1", "--json").json["conversations"] == 2
    for wrong in (("--sample", "0"), ("--sample", "2"), ("--since", "1", "--repair")):
        assert anywhere.run("db", "verify", *wrong).code == 2


def test_how_large_a_database_is_with_all_its_tenants(anywhere: Program) -> None:
    anywhere.ok("chat", "hello")
    anywhere.ok("chat", "--tenant", "acme", "hello")
    size = anywhere.ok("db", "stats", "--json").json
    rows = {table["table"]: table["rows"] for table in size["tables"]}
    assert size["bytes"] > 0
    assert (rows["conversations"], rows["messages"]) == (2, 4)
    assert "messages" in anywhere.ok("db", "stats").out


def test_what_does_not_add_up_is_found_and_mended(anywhere: Program) -> None:
    anywhere.ok("chat", "hello")
    before = exported(anywhere)
    behind_its_back(anywhere, BACKWARDS)
    found = anywhere.run("db", "verify")
    assert found.code == 5
    assert "conversation" in found.out
    assert "`hansard db verify --repair`" in found.err
    assert anywhere.run("db", "verify", "--json").json["findings"][0]["repairable"]
    assert anywhere.ok("db", "verify", "--repair").out.startswith("Everything is correct:")
    assert exported(anywhere) == before


def test_a_schema_that_is_not_as_declared_is_told(anywhere: Program) -> None:
    anywhere.ok("chat", "hello")
    behind_its_back(anywhere, "ALTER TABLE {}projects ADD COLUMN colour TEXT")
    done = anywhere.run("db", "check", "--json")
    assert done.code == 5
    assert any("colour" in line for line in done.json["differences"])


def test_a_schema_from_the_future_is_left_alone(anywhere: Program) -> None:
    anywhere.ok("chat", "hello")
    behind_its_back(
        anywhere, "INSERT INTO {}migrations (number, name, checksum) VALUES (999, 'later', 'x')"
    )
    for command in (("chat", "hi"), ("conversations", "list"), ("db", "check"), ("db", "migrate")):
        done = anywhere.run(*command)
        assert (done.code, done.out) == (5, "")
        assert "schema 999" in done.err


@pytest.mark.parametrize("anywhere", ["postgresql"], indirect=True)
def test_postgresql_gets_its_schema_by_migrating_and_not_by_itself(anywhere: Program) -> None:
    behind_its_back(anywhere, "DROP SCHEMA hansard CASCADE")
    refused = anywhere.run("chat", "hello")
    assert (refused.code, refused.out) == (5, "")
    assert "`hansard db migrate`" in refused.err
    assert anywhere.run("db", "check").code == 5
    assert "Applied 0001_start." in anywhere.ok("db", "migrate").out
    assert anywhere.ok("chat", "hello").out == "hello\n"
    anywhere.ok("db", "check")


@pytest.mark.parametrize("anywhere", ["postgresql"], indirect=True)
def test_copies_of_postgresql_are_its_own_tools_business(anywhere: Program) -> None:
    for command, tool in (("backup", "pg_dump"), ("restore", "pg_restore")):
        done = anywhere.run("db", command, "copy.db")
        assert done.code == 2
        assert tool in done.err
    assert not (anywhere.work / "copy.db").exists()


def test_sqlite_gets_its_schema_by_itself_or_by_migrating(program: Program) -> None:
    assert "Applied 0001_start." in program.ok("db", "migrate").out
    program.ok("db", "check")


def test_a_backup_brings_everything_back(program: Program) -> None:
    program.ok("chat", "before")
    then = exported(program)
    assert "and checked" in program.ok("db", "backup", "copy.db").out
    program.ok("chat", "after")
    later = exported(program)
    done = program.ok("db", "restore", "copy.db")
    assert exported(program) == then
    program.ok("db", "verify")
    aside = done.out.split("The replaced database is in ")[1].strip().rstrip(".")
    assert program.ok("export", "--db", aside).out.splitlines()[1:] == later


def test_a_backup_is_a_database_wherever_it_is_put(program: Program) -> None:
    program.ok("chat", "before")
    then = exported(program)
    program.ok("db", "backup", "copy.db")
    program.ok("db", "verify", "--db", "copy.db")
    assert program.ok("export", "--db", "copy.db").out.splitlines()[1:] == then
    program.ok("chat", "after", "--db", "copy.db")
    program.ok("db", "verify", "--db", "copy.db")


def test_a_backup_never_overwrites(program: Program) -> None:
    program.ok("chat", "hello")
    (program.work / "copy.db").write_text("dear")
    assert program.run("db", "backup", "copy.db").code == 4
    assert (program.work / "copy.db").read_text() == "dear"
    assert program.run("db", "backup", "nowhere/copy.db").code == 2


def test_what_is_no_sound_copy_replaces_nothing(program: Program) -> None:
    program.ok("chat", "hello")
    before = exported(program)
    program.ok("db", "backup", "copy.db")
    copy = program.work / "copy.db"
    (program.work / "torn.db").write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    (program.work / "text.db").write_text("not a database\n" * 100)
    for name, code in (("torn.db", 5), ("text.db", 5), ("missing.db", 2)):
        done = program.run("db", "restore", name)
        assert (done.code, len(done.err.splitlines())) == (code, 1)
        assert exported(program) == before


def test_a_file_that_is_not_ours_is_never_written(program: Program) -> None:
    file = program.work / "notes.txt"
    file.write_text("my notes\n" * 1000)
    for command in (("chat", "hi"), ("stats",), ("db", "verify")):
        done = program.run(*command, "--db", str(file))
        assert (done.code, len(done.err.splitlines())) == (5, 1)
        assert "is not a Hansard database" in done.err
    assert file.read_text() == "my notes\n" * 1000


def test_a_damaged_file_is_told(program: Program) -> None:
    program.ok("chat", "hello")
    size = program.database.stat().st_size
    with program.database.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size // 4))
    done = program.run("db", "verify")
    assert done.code == 5
    assert "Traceback" not in done.err
