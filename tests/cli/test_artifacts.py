"""`hansard artifacts`: what was made is listed, printed, changed, shared and exported; what was stored before is looked
through.
"""

from __future__ import annotations

import zipfile

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


def test_an_artifact_is_made_changed_compared_and_brought_back(program: Program) -> None:
    plan = program.work / "plan.md"
    plan.write_text("# Go\n")
    made = program.ok("artifacts", "create", str(plan), "--type", "markdown").out.strip()
    program.ok("artifacts", "edit", made, "-", "--expect", "1", text="# Stop\n")
    late = program.run("artifacts", "edit", made, "-", "--expect", "1", text="# Mine\n")
    assert (late.code, "newest revision is 2" in late.err) == (4, True)
    assert {"-# Go", "+# Stop"} <= set(program.ok("artifacts", "diff", made).out.splitlines())
    program.ok("artifacts", "restore", made, "--revision", "1")
    numbers = [
        r["number"] for r in program.ok("artifacts", "revisions", made, "--json").json["items"]
    ]
    assert numbers == [3, 2, 1]
    assert "me" in program.ok("artifacts", "revisions", made).out
    program.ok("artifacts", "delete", made)
    assert program.run("artifacts", "show", made).code == 3
    program.ok("artifacts", "restore", made)
    assert program.ok("artifacts", "show", made).out == "# Go\n"
    wrong = program.work / "picture.png"
    wrong.write_bytes(b"\x89PNG\xff")
    assert program.run("artifacts", "create", str(wrong)).code == 2
    assert program.run("artifacts", "create", str(plan), "--type", "film").code == 2


def test_an_artifact_is_shared_until_it_is_not(program: Program) -> None:
    made = program.ok("artifacts", "create", "-", "--title", "Plan", text="Go.").out.strip()
    program.ok("artifacts", "share", made, "bob", "--write")
    assert program.ok("artifacts", "link", made).out.startswith("/shared/")
    shares = program.ok("artifacts", "shares", made, "--json").json
    assert [(each["user_id"], each["right"]) for each in shares] == [
        ("bob", "write"),
        (None, "read"),
    ]
    assert "a link" in program.ok("artifacts", "shares", made).out
    assert program.ok("artifacts", "show", made, "--session", "bob").out == "Go."
    for each in shares:
        program.ok("artifacts", "unshare", each["id"])
    assert program.ok("artifacts", "shares", made, "--json").json == []
    assert program.run("artifacts", "show", made, "--session", "bob").code == 3


def test_artifacts_go_out_as_a_zip_file_and_come_back(anywhere: Program, other: Program) -> None:
    file = anywhere.work / "out.zip"
    with hansard.connect(anywhere.environment.get("HANSARD_DATABASE_URL", anywhere.database)) as db:
        me = db.scope()
        talk = me.conversations.create(title="Clocks")
        me.messages.append(talk.id, [hansard.assistant(fenced())])
        table = me.artifacts.create("a,b\n", type="csv", title="Table")
    anywhere.ok("artifacts", "export", "--conversation", "Clocks", "--output", str(file))
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["clock.py", "manifest.json"]
    anywhere.ok("artifacts", "export", "-o", str(file))
    told = other.ok("artifacts", "import", str(file)).out
    assert told == "added: 2 artifacts, 2 contents, 2 revisions\n"
    assert other.ok("artifacts", "show", table.id).out == "a,b\n"
    other.ok("artifacts", "edit", table.id, "-", text="c,d\n")
    again = other.run("artifacts", "import", str(file), "--json")
    assert (again.code, again.json["conflicting"]) == (4, {"artifact": 1})
    before = file.read_bytes()
    assert anywhere.run("artifacts", "export", table.id, table.id[:-1], "-o", str(file)).code == 3
    assert file.read_bytes() == before
    assert other.run("artifacts", "import", __file__).code == 2
