"""`hansard artifacts`: what was made is listed and printed; what was stored before is looked through."""

from __future__ import annotations

import hansard
from cli.program import Program
from services.making import CODE, fenced


def _fill(program: Program) -> str:
    with hansard.connect(program.database) as database:
        me = database.scope()
        talk = me.conversations.create(title="Clocks")
        me.messages.append(
            talk.id, [hansard.assistant(fenced()), hansard.assistant(fenced("1\n" * 9))]
        )
        me.artifacts.create("a,b\n", type="csv", title="Table")
        return talk.id


def test_artifacts_are_listed_and_printed(program: Program) -> None:
    _fill(program)
    listed = program.ok("artifacts", "list").out
    assert "clock.py" in listed
    assert "Table" in listed
    [clock] = program.ok("artifacts", "list", "--json", "--type", "code").json["items"]
    assert (clock["title"], clock["revision"]) == ("clock.py", 2)
    assert program.ok("artifacts", "show", clock["id"]).out == "1\n" * 9
    first = program.ok("artifacts", "show", clock["id"], "--revision", "1", "--json").json
    assert (first["content"], first["revision"]["number"]) == (CODE, 1)
    only = program.ok("artifacts", "list", "--json", "--conversation", "Clocks").json["items"]
    assert [each["title"] for each in only] == ["clock.py"]


def test_what_was_stored_before_is_looked_through_once(program: Program) -> None:
    _fill(program)
    assert program.ok("artifacts", "extract").out == "Found 0 artifacts in 1 conversation.\n"
    told = program.ok("artifacts", "extract", "--json").json
    assert told == {"conversations": 0, "found": 0}
    again = program.ok("artifacts", "extract", "--again", "--json").json
    assert again == {"conversations": 1, "found": 0}
