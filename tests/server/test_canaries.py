"""No secret leaves a running server: not by its log at the lowest level, its answers, its files, copies and exports."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx2
import pytest

from hansard.server.cookies import KEY
from hansard.server.sessions import signin_code
from hansard.storage import admin
from repeater import CANARY, repeating
from server.harness import Process, process
from unpacked import unpacked


class Left(NamedTuple):
    """What a server left, and the secrets that it was given or made."""

    seen: dict[str, str]
    """By where it was seen."""
    secrets: dict[str, str]
    token_file: str

    def leaks(self) -> list[tuple[str, str]]:
        """Which secret is seen where."""
        return [
            (name, where)
            for name, secret in self.secrets.items()
            for where, text in self.seen.items()
            if secret in text or quote(secret, safe="") in text
        ]


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Left:
    home, copy = tmp_path / "home", tmp_path / "copy.db"
    with repeating() as endpoint:
        for name in ("refuse", "repeat"):
            monkeypatch.setenv(f"HANSARD_PROVIDER_{name.upper()}_URL", f"{endpoint}/{name}/v1")
            monkeypatch.setenv(f"HANSARD_PROVIDER_{name.upper()}_KEY", CANARY)
        with process(home, log_level="debug") as server:
            answers, secrets = _use(server)
            admin.backup(str(home / "chats.db"), copy)
            said = server.end()
    files = [path for path in home.iterdir() if path.is_file() and path.name != "token"]
    seen = {path.name: path.read_bytes().decode("latin-1") for path in [*files, copy]}
    seen |= {"texts of the database": unpacked(home / "chats.db")}
    seen |= {"answers": answers, "output": said[1], "log": said[2]}
    return Left(seen, secrets, (home / "token").read_text())


def _use(server: Process) -> tuple[str, dict[str, str]]:
    """Sign in, talk to both, provoke errors; all that was answered, without the sign-in itself, and the secrets."""
    code = signin_code(server.token)
    told: list[httpx2.Response] = []
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        signed = client.post("/api/v1/signin", json={"code": code})
        [cookie] = client.cookies.values()
        key: str = signed.json()["key"]
        client.headers |= {KEY: key, "Origin": server.url}
        for name in ("refuse", "repeat"):
            talk = client.post("/api/v1/conversations", json={}).json()["id"]
            asked = {"content": "hello", "model": f"{name}/m"}
            run = client.post(f"/api/v1/conversations/{talk}/chat", json=asked).json()["run"]
            told.append(client.get(f"/api/v1/runs/{run['id']}/events"))
            told.append(client.get(f"/api/v1/conversations/{talk}/messages"))
        paths = ("me", "sessions", "models", "providers", "settings", "export", "nowhere")
        told += [client.get(f"/api/v1/{path}") for path in paths]
        told.append(client.post("/api/v1/signin", json={"code": code}))
        told.append(client.get("/readyz"))
        wrong = {"Authorization": f"Bearer {server.token}x"}
        told.append(httpx2.get(f"{server.url}/api/v1/me", headers=wrong))
    answers = "\n".join(f"{answer.headers} {answer.text}" for answer in told)
    secrets = {
        "provider's key": CANARY, "token": server.token, "sign-in code": code, "cookie": cookie,
        "page's key": key,
    }  # fmt: skip
    return answers, secrets


def test_no_secret_leaves_a_server(left: Left) -> None:
    assert "You sent Bearer [secret]." in left.seen["answers"]
    assert left.seen["log"], "it tells everything"
    assert left.leaks() == []


def test_a_secret_that_leaves_is_noticed(left: Left) -> None:
    """The planted leak: a file that has the token, as the file of the token rightly has."""
    left.seen["planted"] = left.token_file
    assert left.leaks() == [("token", "planted")]
