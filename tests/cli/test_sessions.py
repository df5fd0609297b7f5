"""Browsers that are signed in, seen and signed out from the terminal, whether a server runs or not."""

from __future__ import annotations

from cli.program import Program
from cli.test_in_use import serving
from server.harness import browser


def test_sessions_are_listed_and_ended_while_a_server_runs_and_after(program: Program) -> None:
    with serving(program) as url:
        token = (program.home / "token").read_text().strip()
        with browser(url, token) as one, browser(url, token) as two:
            listed = program.ok("sessions", "list", "--json").json["items"]
            assert len(listed) == 2
            own = next(
                each["id"]
                for each in one.get("/api/v1/sessions").json()["items"]
                if each["current"]
            )
            assert "1 browser is signed out." in program.ok("sessions", "end", own).out
            assert one.get("/api/v1/me").status_code == 401
            assert two.get("/api/v1/me").status_code == 200
            missing = program.run("sessions", "end", own)
            assert missing.code != 0
            assert "There is no such session." in missing.err
    assert "signed in" in program.ok("sessions", "list").out
    assert "1 browser is signed out." in program.ok("sessions", "end", "--all").out
    assert program.ok("sessions", "list", "--json").json["items"] == []


def test_a_session_is_named_or_all_are_meant(program: Program) -> None:
    for wrong in (("sessions", "end"), ("sessions", "end", "x", "--all")):
        told = program.run(*wrong)
        assert told.code != 0
        assert "Name a session, or use --all." in told.err
