"""Each door masks by itself: a secret that comes to it does not leave, whatever was forgotten before."""

from __future__ import annotations

import ast
import io
import logging
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from hansard import errors, output, secrets
from hansard.errors import InvalidInput
from hansard.server import errors as problems
from hansard.server import logs
from hansard.server.websocket import frames

SECRET = "canary-0123456789"


def _error(text: str) -> str:
    error = InvalidInput(f"It said {text}.", seen={"header": text})
    return f"{error} {error.details}"


def _problem(text: str) -> str:
    error = InvalidInput("It failed.")
    error.args, error.details = (f"It said {text}.",), {"seen": text}
    return problems.refusal(error).body.decode() + frames.refused(1, error).decode()


def _log(text: str) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logs.guard(handler)
    failure = (ValueError, ValueError(text), None)
    handler.handle(
        logging.LogRecord("a.library", logging.ERROR, "", 0, "%s failed", (text,), failure)
    )
    return stream.getvalue()


def _written(failures: bool) -> Callable[[str], str]:
    def write(text: str) -> str:
        stream = io.StringIO()
        output.Writer(stream, failures=failures).write(f"It said {text}.")
        return stream.getvalue()

    return write


def _nothing(value: Any, *_: Any) -> Any:
    return value


_DOORS: dict[str, tuple[Callable[[str], str], ModuleType, tuple[str, ...]]] = {
    "errors": (_error, errors, ("mask", "mask_values")),
    "problem documents": (_problem, problems, ("mask_values",)),
    "log": (_log, logs, ("mask",)),
    "standard output": (_written(False), output, ("mask_known",)),
    "standard error": (_written(True), output, ("mask",)),
}


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_registry", secrets._Registry())
    secrets.register(SECRET)


@pytest.mark.parametrize("door", _DOORS)
def test_a_door_lets_no_secret_out(door: str) -> None:
    said = _DOORS[door][0](SECRET)
    assert SECRET not in said
    assert secrets.MASK in said


@pytest.mark.parametrize("door", _DOORS)
def test_a_door_that_does_not_mask_is_noticed(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    through, module, names = _DOORS[door]
    for name in names:
        monkeypatch.setattr(module, name, _nothing)
    assert SECRET in through(SECRET)


@pytest.mark.parametrize("level", logs.LEVELS)
def test_no_detail_of_a_library_is_logged_at_any_level(level: str) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logs.guard(handler)
    root, names = (
        logging.getLogger(),
        ("hansard", "uvicorn", "uvicorn.error", "websockets", "httpx"),
    )
    before = {name: logging.getLogger(name).level for name in names}
    kept = root.handlers
    root.handlers = [cast("logging.Handler", handler)]
    try:
        logs.log_to_stderr(level)
        for name in names:
            logging.getLogger(name).debug("detail of %s: cookie: x=%s", name, "harmless")
        logging.getLogger("httpx").setLevel(logging.DEBUG)
        logging.getLogger("httpx").debug("detail of a library that was turned on")
    finally:
        root.handlers = kept
        for name, number in before.items():
            logging.getLogger(name).setLevel(number)
    told = stream.getvalue()
    assert ("detail of hansard" in told) == (level == "debug")
    for name in names[1:]:
        assert f"detail of {name}" not in told
    assert "turned on" not in told


def test_a_log_line_commands_no_terminal() -> None:
    assert "\x1b" not in _log("seen\x1b[35;7m")


@pytest.mark.parametrize("door", ["server", "cli"])
def test_no_door_reaches_past_the_services_to_the_storage(door: str) -> None:
    """Imports are checked by import-linter; this finds the way through an object, such as `database.storage`."""
    reached = [
        f"{file.name}:{node.lineno}"
        for file in (Path(errors.__file__).parent / door).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"storage", "_storage"}
        and not (isinstance(node.value, ast.Name) and node.value.id == "hansard")
    ]
    assert reached == []
