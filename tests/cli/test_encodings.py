"""Empty variables, and text that is not in UTF-8, whichever way it goes."""

from __future__ import annotations

import codecs
import json
import subprocess
import sys

from cli.program import Program
from hansard.config import Config

TITLE = "Zürich – 東京 😀"


def run(program: Program, *arguments: str, text: bytes = b"", **more: str) -> tuple[bytes, bytes]:
    """Run the program in an environment of another encoding; gives its output and its errors."""
    environment = program.environ({"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1", **more})
    done = subprocess.run(
        [sys.executable, "-m", "hansard", *arguments],
        env=environment,
        cwd=program.work,
        input=text,
        capture_output=True,
        check=False,
    )
    return done.stdout, done.stderr


def test_an_empty_variable_is_not_set(program: Program) -> None:
    names = [f"HANSARD_{name.upper()}" for name in Config.__struct_fields__]
    names += [
        "HANSARD_PROVIDER_MINE_URL",
        "HANSARD_PROVIDER_MINE_KEY",
        "OPENAI_API_KEY",
        "DATABASE_PATH",
    ]
    empty = dict.fromkeys(names, "")
    settings = program.ok("config", "--json", **empty).json["settings"]
    assert {setting["source"] for setting in settings} == {"default"}
    program.home.mkdir(parents=True, exist_ok=True)
    (program.home / ".env").write_text("HANSARD_PORT=\nHANSARD_USER=dot\n")
    (program.home / "config.toml").write_text("port = 9000\n")
    found = {
        s["name"]: s["value"] for s in program.ok("config", "--json", **empty).json["settings"]
    }
    assert (found["port"], found["user"]) == (9000, "dot")
    program.ok("chat", "hello", **(empty | {"HANSARD_MODEL": "echo/echo"}))
    program.ok("models", **empty)


def test_settings_may_begin_with_a_byte_order_mark(program: Program) -> None:
    program.home.mkdir(parents=True, exist_ok=True)
    (program.home / "config.toml").write_bytes(codecs.BOM_UTF8 + b"port = 9000\n")
    (program.home / ".env").write_bytes(codecs.BOM_UTF8 + b"HANSARD_USER=dot\n")
    found = {s["name"]: s["value"] for s in program.ok("config", "--json").json["settings"]}
    assert (found["port"], found["user"]) == (9000, "dot")


def test_what_the_output_cannot_show_is_a_mark_and_json_loses_nothing(program: Program) -> None:
    talk = program.ok("chat", "--new", "--json", TITLE).out
    assert talk
    out, err = run(program, "conversations", "list")
    assert (err, "Zürich ? ?? ?".encode("latin-1") in out) == (b"", True)
    out, err = run(program, "conversations", "list", "--json")
    assert err == b""
    assert TITLE in json.dumps(json.loads(out), ensure_ascii=False)
    out, err = run(program, "chat", "--new", "一 é", text=b"")
    assert err == b""
    assert "é".encode("latin-1") in out


def test_a_prompt_that_is_not_utf_8_is_said_to_be_that(program: Program) -> None:
    out, err = run(program, "chat", text="Zürich".encode("latin-1"))
    assert (out, b"is not UTF-8 (byte 2)" in err) == (b"", True)
    for begin in (b"", codecs.BOM_UTF8):
        out, err = run(
            program, "chat", "--new", text=begin + TITLE.encode(), PYTHONIOENCODING="utf-8"
        )
        assert (out.decode().strip(), err) == (TITLE, b"")
