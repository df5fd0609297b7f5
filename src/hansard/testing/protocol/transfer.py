"""Checks of blobs, exports and imports."""

from __future__ import annotations

import hashlib
import json
from uuid import uuid4

from hansard.testing.protocol.answers import JSON, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server

check = group("transfer")
LINES = {"Content-Type": "application/jsonl"}


def _exported(server: Server, conversation: JSON) -> bytes:
    params = {"conversation_id": conversation["id"]}
    return server.request("GET", "/export", params=params).expect(200).response.content


@check
def a_blob_is_named_by_its_digest(server: Server) -> None:
    """A blob's id is the SHA-256 of its bytes, and equal bytes are one blob."""
    data = uuid4().bytes
    headers = {"Content-Type": "image/png"}
    blobs = [
        server.request("POST", "/blobs", content=data, headers=headers).expect(201).json()
        for _ in range(2)
    ]
    expect_equal(blobs[0]["id"], hashlib.sha256(data).hexdigest(), "the id")
    expect_equal(blobs[1]["id"], blobs[0]["id"], "the second id")
    expect_equal(blobs[0]["size"], len(data), "the size")


@check
def a_blob_comes_back_unchanged(server: Server) -> None:
    """A blob's bytes come back as an attachment."""
    data = bytes(range(256)) * 1_000
    headers = {"Content-Type": "image/png"}
    blob = server.request("POST", "/blobs", content=data, headers=headers).expect(201).json()
    answer = server.request("GET", f"/blobs/{blob['id']}").expect(200)
    expect(answer.response.content == data, "the same bytes", len(answer.response.content))
    facts = (answer.media_type, answer.header("content-disposition"))
    expect_equal(facts, ("image/png", "attachment"), "the headers")


@check
def an_active_blob_is_only_bytes(server: Server) -> None:
    """A blob that a browser could run is served as application/octet-stream."""
    for media_type in ("text/html", "image/svg+xml"):
        headers = {"Content-Type": media_type}
        answer = server.request("POST", "/blobs", content=b"<svg/>", headers=headers).expect(201)
        served = server.request("GET", f"/blobs/{answer.json()['id']}").expect(200)
        expect_equal(served.media_type, "application/octet-stream", "the media type")


@check
def an_empty_blob_is_refused(server: Server) -> None:
    """A blob without bytes is refused."""
    headers = {"Content-Type": "image/png"}
    answer = server.request("POST", "/blobs", content=b"", headers=headers)
    answer.expect_problem(400, "invalid-input")


@check
def a_body_has_a_limit(server: Server) -> None:
    """A body of more than 16 MiB is refused with 413, whether its length is announced or not."""
    size, piece = 2**24, b"x" * 2**16
    headers = {"Content-Type": "application/json"}
    for content in (b'{"title": "' + b"x" * size, (piece for _ in range(size // 2**16 + 1))):
        answer = server.request("POST", "/conversations", content=content, headers=headers)
        answer.expect_problem(413, "too-large")


@check
def an_export_is_complete(server: Server) -> None:
    """An export of one conversation has its records and a last line with their number."""
    conversation = server.conversation()
    messages = server.append(conversation, "one", "two")
    lines = [json.loads(line) for line in _exported(server, conversation).splitlines()]
    kinds = [line["kind"] for line in lines]
    expected = ["export", "conversation", "branch", "message", "message", "end"]
    expect_equal(kinds, expected, "the kinds of the lines")
    text = json.dumps(lines)
    for message in messages:
        expect(message["id"] in text, "the message in the export", message["id"])


@check
def an_import_brings_back_what_was_purged(server: Server) -> None:
    """An imported conversation is equal to the exported one."""
    conversation = server.conversation(title="Rome")
    messages = server.append(conversation, "one", "two")
    path = f"/conversations/{conversation['id']}"
    before = server.get(path)
    content = _exported(server, conversation)
    server.remove(path)
    answer = server.request("POST", "/import", content=content, headers=LINES).expect(200)
    expect_equal(answer.json()["added"]["message"], 2, "the number of added messages")
    expect_equal(server.get(path), before, "the conversation")
    expect_equal(server.get(f"{path}/messages")["items"], messages, "the messages")


@check
def an_import_is_idempotent(server: Server) -> None:
    """An import of existing records adds nothing."""
    conversation = server.conversation()
    server.append(conversation, "one")
    content = _exported(server, conversation)
    report = server.request("POST", "/import", content=content, headers=LINES).expect(200).json()
    expect_equal((report["added"], report["conflicting"]), ({}, {}), "the report")


@check
def an_invalid_import_leaves_nothing(server: Server) -> None:
    """An export without its end, or with an invalid line, is refused and leaves nothing."""
    conversation = server.conversation()
    server.append(conversation, "one")
    content = _exported(server, conversation)
    path = f"/conversations/{conversation['id']}"
    server.remove(path)
    for wrong in (
        b"",
        b"nonsense",
        content.rpartition(b'{"kind":"end"')[0],
        content.replace(b'"kind":"message"', b'"kind":"message","seq":"x"'),
    ):
        answer = server.request("POST", "/import", content=wrong, headers=LINES)
        answer.expect_problem(400, "invalid-input")
        server.request("GET", path).expect_problem(404, "not-found")


@check
def a_changed_text_is_not_imported(server: Server) -> None:
    """An export whose text was changed does not match its digests and is refused."""
    conversation = server.conversation()
    server.append(conversation, "one marmot")
    content = _exported(server, conversation).replace(b"one marmot", b"two marmot")
    path = f"/conversations/{conversation['id']}"
    server.remove(path)
    answer = server.request("POST", "/import", content=content, headers=LINES)
    answer.expect_problem(400)
    server.request("GET", path).expect_problem(404, "not-found")


@check
def a_conversation_is_exported_at_its_own_path(server: Server) -> None:
    """The export at a conversation's own path is that of `/export` with its id, but for the time in the first line."""
    conversation = server.conversation()
    server.append(conversation, "one", "two")
    path = f"/conversations/{conversation['id']}/export"
    own = server.request("GET", path).expect(200).response.content
    expect_equal(own.splitlines()[1:], _exported(server, conversation).splitlines()[1:], "lines")


@check
def an_unknown_conversation_is_not_exported(server: Server) -> None:
    """The export of a conversation that does not exist is refused."""
    params = {"conversation_id": str(uuid4())}
    server.request("GET", "/export", params=params).expect_problem(404, "not-found")
