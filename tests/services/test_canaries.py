"""A key that an endpoint repeats is nowhere: not in events, rows, files or exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import hansard
from hansard import errors, secrets
from hansard.providers import failures
from hansard.providers.remote import Remote
from hansard.services.runs import sanitize, stream
from repeater import CANARY, repeating
from unpacked import unpacked


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(secrets, "_registry", secrets._Registry())
    with repeating() as address:
        yield address


def _everything(endpoint: str, file: Path) -> tuple[str, str]:
    """Ask both; all that can be seen afterwards, and how the refusal reads."""
    providers = [
        Remote(name, url=f"{endpoint}/{name}/v1", key=CANARY) for name in ("refuse", "repeat")
    ]
    with hansard.connect(file, providers=providers) as database:
        me = database.scope()
        seen, told = b"", ""
        for name in ("refuse", "repeat"):
            talk = me.conversations.create(title=name)
            me.messages.append(talk.id, [hansard.user("hello")])
            [run] = me.chat.answer(talk.id, models=[f"{name}/m"])
            seen += b"".join(repr(event).encode() for event in me.runs.events(run.id))
            ended = me.runs.wait(run.id)
            told += repr(ended)
        seen += b"".join(me.transfer.export())
    seen += b"".join(path.read_bytes() for path in file.parent.iterdir())
    seen += unpacked(file).encode()
    return seen.decode("utf-8", "replace"), told


def test_a_key_that_an_endpoint_repeats_is_nowhere(endpoint: str, tmp_path: Path) -> None:
    seen, told = _everything(endpoint, tmp_path / "chats.db")
    assert CANARY not in seen + told
    assert "You sent Bearer [secret]." in seen
    assert "403" in told


@pytest.mark.parametrize("door", ["answers", "calls", "failures"])
def test_a_door_that_does_not_mask_is_noticed(
    door: str, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    match door:
        case "answers":
            monkeypatch.setattr(stream.Masker, "feed", lambda _, piece: piece)
        case "calls":
            monkeypatch.setattr(sanitize, "mask_known", lambda text: text)
        case _:
            monkeypatch.setattr(failures, "mask", lambda text: text)
            monkeypatch.setattr(sanitize, "mask_known", lambda text: text)
            for name in ("mask", "mask_values"):
                monkeypatch.setattr(errors, name, lambda value: value)
    seen, told = _everything(endpoint, tmp_path / "chats.db")
    assert CANARY in seen + told
