"""Blobs, exports and imports over HTTP."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from hansard.errors import InvalidInput
from hansard.server.http import transfer
from hansard.services.blobs import MAX_BLOB
from hansard.services.transfer.exporter import Transfer
from server.harness import TOKEN, Site, problem, site

LINES = {"Content-Type": "application/jsonl"}


@pytest.mark.parametrize(
    ("claimed", "served"),
    [
        ("image/png", "image/png"),
        ("image/webp", "image/webp"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/html; charset=utf-8", "application/octet-stream"),
        ("IMAGE/PNG", "image/png"),
        ("", "application/octet-stream"),
    ],
)
def test_a_blob_comes_back_as_bytes_that_no_browser_shows(
    here: Site, claimed: str, served: str
) -> None:
    data = b"<script>alert(1)</script>" + claimed.encode()
    made = here.client.post("/blobs", content=data, headers={"Content-Type": claimed})
    assert made.status_code == 201
    blob = made.json()
    assert (blob["id"], blob["size"]) == (hashlib.sha256(data).hexdigest(), len(data))
    got = here.client.get(f"/blobs/{blob['id']}")
    assert got.content == data
    assert got.headers["content-type"] == served
    assert got.headers["content-length"] == str(len(data))
    assert got.headers["content-disposition"] == "attachment"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]


def test_a_large_blob_is_streamed_whole(here: Site) -> None:
    data = bytes(range(256)) * 8_000
    blob = here.client.post("/blobs", content=data, headers={"Content-Type": "image/png"}).json()
    assert here.client.get(f"/blobs/{blob['id']}").content == data


def test_a_blob_has_bytes_but_not_too_many(here: Site) -> None:
    headers = {"Content-Type": "image/png"}
    problem(here.client.post("/blobs", content=b"", headers=headers), 400, "invalid-input")
    pieces = (b"x" * 2**20 for _ in range(MAX_BLOB // 2**20 + 1))
    problem(here.client.post("/blobs", content=pieces, headers=headers), 413, "too-large")
    wrong = {"Content-Type": "nonsense"}
    problem(here.client.post("/blobs", content=b"x", headers=wrong), 400, "invalid-input")


def test_an_export_goes_out_and_comes_back_equal(here: Site, tmp_path: Path) -> None:
    talk = here.talk(title="Export me")
    here.say(talk, "first", "second")
    here.ended(here.ask(talk, "third"))
    response = here.client.get("/export")
    assert response.headers["content-type"].startswith("application/jsonl")
    assert response.headers["content-disposition"].startswith("attachment")
    with site(tmp_path / "other.db") as there:
        report = there.client.post("/import", content=response.content, headers=LINES)
        assert report.status_code == 200
        assert report.json()["added"]["message"] >= 4
        assert there.get(f"/conversations/{talk['id']}") == here.get(f"/conversations/{talk['id']}")
        path = f"/conversations/{talk['id']}/messages"
        assert there.get(path) == here.get(path)
        again = there.client.post("/import", content=response.content, headers=LINES).json()
        assert (again["added"], again["conflicting"]) == ({}, {})
        assert _records(there.client.get("/export").text) == _records(response.text)


def test_one_conversation_is_exported_alone(here: Site) -> None:
    talk = here.talk()
    here.say(talk, "alone")
    whole = here.client.get("/export", params={"conversation_id": talk["id"]}).text
    kinds = [json.loads(line)["kind"] for line in whole.splitlines()]
    assert kinds == ["export", "conversation", "branch", "message", "end"]
    problem(here.client.get("/export", params={"conversation_id": "nonsense"}), 404, "not-found")


def test_a_conversation_is_exported_at_its_own_path_as_well(here: Site) -> None:
    talk, other = here.talk(), here.talk()
    here.say(talk, "one", "two")
    path = f"/conversations/{talk['id']}"
    own = here.client.get(f"{path}/export")
    same = here.client.get("/export", params={"conversation_id": talk["id"]})
    assert own.text.splitlines()[1:] == same.text.splitlines()[1:]
    for name in ("content-type", "content-disposition"):
        assert own.headers[name] == same.headers[name]
    assert other["id"] not in own.text
    here.delete(path)
    for missing in (talk["id"], "nonsense"):
        refused = here.client.get(f"/conversations/{missing}/export")
        problem(refused, 404, "not-found")


def test_an_import_that_is_wrong_is_refused_and_leaves_nothing(here: Site) -> None:
    talk = here.talk()
    here.say(talk, "one", "two")
    whole = here.client.get("/export", params={"conversation_id": talk["id"]}).content
    here.delete(f"/conversations/{talk['id']}")
    here.post(f"/conversations/{talk['id']}/purge", 204)
    for wrong in (
        b"",
        b"nonsense",
        whole.rpartition(b'{"kind":"end"')[0],
        whole.replace(b'"kind":"message"', b'"kind":"message","seq":"x"'),
        b'{"hansard":99,"kind":"export","exported_at":"2026-01-01T00:00:00Z"}\n',
        whole.partition(b"\n")[0] + b"\n" + b"[" * 100_000,
    ):
        problem(here.client.post("/import", content=wrong, headers=LINES), 400, "invalid-input")
        problem(here.client.get(f"/conversations/{talk['id']}"), 404, "not-found")
    html = {"Content-Type": "text/html"}
    told = here.client.post("/import", content=whole, headers=html)
    problem(told, 415, "unsupported-media-type")


def test_a_line_without_an_end_is_not_read_into_memory(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []

    async def spy(_: Transfer, lines: Iterable[bytes]) -> None:
        lengths.extend(len(line) for line in lines)
        raise InvalidInput

    monkeypatch.setattr(transfer, "MAX_LINE", 1_000)
    monkeypatch.setattr(Transfer, "import_lines", spy)
    problem(here.client.post("/import", content=b"x" * 10_000, headers=LINES), 400, "invalid-input")
    assert (max(lengths), sum(lengths)) == (1_001, 10_000)


def test_an_import_has_a_limit_of_its_own(here: Site) -> None:
    host, _, port = here.url.removeprefix("http://").partition(":")
    for length, answer in ((transfer.MAX_IMPORT + 1, b"HTTP/1.1 413"), (17 * 2**20, b"")):
        with socket.create_connection((host, int(port)), timeout=0.5) as connection:
            connection.sendall(
                f"POST /api/v1/import HTTP/1.1\r\nHost: {host}:{port}\r\n"
                f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/jsonl\r\n"
                f"Content-Length: {length}\r\n\r\n".encode()
            )
            assert _begin(connection) == answer


def _begin(connection: socket.socket) -> bytes:
    """The beginning of an answer; nothing if the server waits for more."""
    try:
        return connection.recv(12)
    except TimeoutError:
        return b""


def _records(text: str) -> list[str]:
    """An export without the line that says when it was made."""
    return sorted(text.splitlines()[1:])
