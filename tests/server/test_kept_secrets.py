"""The secrets of users, their API keys and headers, are nowhere but where they are sent.

Everything that a database and its server leave is searched for them, byte by byte: files, copies of them, exports,
answers, errors, the feed and the log.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hansard import secrets
from hansard.encryption import Sealed
from hansard.services.providers import api_keys, vault
from hansard.storage import admin
from repeater import CANARY, repeating
from server.harness import Site, site
from unpacked import unpacked

HEADER = "canary-header-77-9876543210"
FORMS = [
    form
    for text in (CANARY, HEADER)
    for form in (text.encode(), base64.b64encode(text.encode()), text.encode().hex().encode())
]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(secrets, "_registry", secrets._Registry())
    with repeating() as address:
        yield address


def everything(
    endpoint: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> tuple[bytes, list[str]]:
    """Use a key and a header in every way; return all that can be seen, and how two runs ended."""
    caplog.set_level(logging.DEBUG)
    file, seen = folder / "chats.db", b""
    with site(file) as here:
        here.client.event_hooks["response"] = [lambda response: response.read()]
        answers: list[bytes] = []
        here.client.event_hooks["response"].append(lambda told: answers.append(told.content))
        statuses = use(here, endpoint)
        here.client.get("/export")
        here.client.get("/feed")
        for path in file.parent.iterdir():
            seen += path.read_bytes()
        seen += b"".join(answers)
        admin.backup(str(file), folder / "copy.db")
    seen += b"".join(path.read_bytes() for path in folder.iterdir() if path.suffix != ".key")
    seen += unpacked(file).encode() + caplog.text.encode()
    return seen, statuses


def use(here: Site, endpoint: str) -> list[str]:
    """Create, change, misuse and use secrets; return how two runs ended, one of them refused."""
    key = here.post("/api-keys", 201, name="work", value=CANARY)
    here.get(f"/api-keys/{key['id']}")
    here.patch(f"/api-keys/{key['id']}", value=CANARY)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("/api-keys", {"name": "work", "value": CANARY}),
        ("/api-keys", {"name": CANARY, "value": [CANARY]}),
        ("/api-keys", {"name": "other", "value": CANARY, "other": CANARY}),
        ("/providers", {"name": "x", "type": "openai", "headers": {"X": f"{HEADER}\n"}}),
        ("/providers", {"name": "x", "type": "pigeon", "headers": {"X": HEADER}}),
    ]
    for path, body in wrong:
        assert here.client.post(path, json=body).status_code in (400, 409, 422)
    ended: list[str] = []
    for name in ("refuse", "repeat"):
        provider: dict[str, Any] = {"type": "openai-compatible", "api_key_id": key["id"]}
        provider |= {"base_url": f"{endpoint}/{name}/v1", "headers": {"X-Other": HEADER}}
        made = here.post("/providers", 201, name=name, **provider)
        here.post(f"/providers/{made['id']}/test", 200)
        here.client.post(f"/providers/{made['id']}/refresh")
        run = here.ask(here.talk(title=name), "hello", model=f"{name}/m", options={})
        ended.append(here.ended(run)["status"])
    here.get("/models")
    here.get("/providers")
    here.delete(f"/api-keys/{key['id']}")
    return ended


def test_secrets_are_nowhere_but_where_they_are_sent(
    endpoint: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen, ended = everything(endpoint, tmp_path, caplog)
    assert ended == ["failed", "completed"]
    assert b"You sent Bearer [secret]." in seen
    assert [form for form in FORMS if form in seen] == []


@pytest.mark.parametrize("leak", ["stored plainly", "described wholly", "not masked"])
def test_a_leak_is_noticed(
    leak: str,
    endpoint: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    match leak:
        case "stored plainly":
            monkeypatch.setattr(
                vault, "seal", lambda key, text, _: Sealed(key.id, b"", text.encode())
            )
            monkeypatch.setattr(vault, "unseal", lambda _, sealed, __: sealed.content.decode())
        case "described wholly":
            monkeypatch.setattr(api_keys, "SHOWN", len(CANARY))
        case _:
            for module in ("api_keys", "endpoints"):
                monkeypatch.setattr(
                    f"hansard.services.providers.{module}.register_here", lambda *_: None
                )
    seen, _ = everything(endpoint, tmp_path, caplog)
    assert any(form in seen for form in FORMS)
