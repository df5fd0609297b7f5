"""Checks of the trash: what is deleted, restored and purged."""

from __future__ import annotations

from hansard.testing.protocol.answers import JSON, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server

check = group("trash")


def _listed(server: Server, record: JSON, path: str, *, deleted: bool) -> bool:
    items = server.get(path, limit=500, deleted=deleted)["items"]
    return record["id"] in [item["id"] for item in items]


def _check_trash(server: Server, path: str, record: JSON) -> None:
    own = f"{path}/{record['id']}"
    trashed = server.delete(own)
    expect(trashed["deleted_at"], "a time in deleted_at", trashed["deleted_at"])
    expect_equal(trashed["state"], "trashed", "its state")
    expect_equal(_listed(server, record, path, deleted=False), False, "whether it is in the list")
    expect_equal(_listed(server, record, path, deleted=True), True, "whether it is in the trash")


@check
def a_deleted_conversation_is_in_the_trash(server: Server) -> None:
    """A deleted conversation is in the trash and not in the list."""
    _check_trash(server, "/conversations", server.conversation())


@check
def a_deleted_artifact_is_in_the_trash(server: Server) -> None:
    """A deleted artifact is in the trash and not in the list."""
    _check_trash(server, "/artifacts", server.artifact())


@check
def a_deleted_conversation_does_not_exist(server: Server) -> None:
    """A conversation in the trash is not found: neither read, nor changed, nor deleted again."""
    conversation = server.conversation()
    path = f"/conversations/{conversation['id']}"
    server.delete(path)
    for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        server.request(method, path, json=body).expect_problem(404, "not-found")
    body = {"messages": [{"role": "user", "content": "one"}]}
    server.request("POST", f"{path}/messages", json=body).expect_problem(404, "not-found")
    server.request("GET", f"{path}/messages").expect_problem(404, "not-found")


@check
def a_deleted_artifact_does_not_exist(server: Server) -> None:
    """An artifact in the trash is not found."""
    path = f"/artifacts/{server.artifact()['id']}"
    server.delete(path)
    for method, rest in (("GET", ""), ("GET", "/content"), ("GET", "/file"), ("DELETE", "")):
        server.request(method, path + rest).expect_problem(404, "not-found")


@check
def restore_brings_a_conversation_back(server: Server) -> None:
    """A restored conversation has its messages and its fields."""
    conversation = server.conversation(title="Rome")
    messages = server.append(conversation, "one", "two")
    path = f"/conversations/{conversation['id']}"
    server.delete(path)
    restored = server.act(f"{path}/restore")
    expected = {"title": "Rome", "deleted_at": None, "state": "active", "message_count": 2}
    expect_equal({name: restored[name] for name in expected}, expected, "the conversation")
    expect_equal(server.get(f"{path}/messages")["items"], messages, "its messages")


@check
def all_messages_go_and_come_back(server: Server) -> None:
    """All messages of a conversation are deleted in one request; restoring the branch it names restores them."""
    conversation = server.conversation()
    path = f"/conversations/{conversation['id']}"
    first, _ = server.append(conversation, "one", "two")
    server.post(f"{path}/messages/{first['id']}/edit", content="three")
    branches = [branch["id"] for branch in server.get(f"{path}/branches")["items"]]
    messages = [server.get(f"{path}/messages", branch=branch)["items"] for branch in branches]
    trashed = server.delete(f"{path}/messages")
    expect_equal(trashed["count"], 3, "the number of deleted messages")
    expect_equal(server.get(path)["message_count"], 0, "the number of messages")
    server.request("DELETE", f"{path}/messages").expect_problem(409)
    server.act(f"{path}/branches/{trashed['branch']}/restore")
    restored = [server.get(f"{path}/messages", branch=branch)["items"] for branch in branches]
    expect_equal(restored, messages, "the messages of all branches")


@check
def restore_brings_an_artifact_back(server: Server) -> None:
    """A restored artifact has its content and its revisions."""
    path = f"/artifacts/{server.artifact()['id']}"
    content = server.get(f"{path}/content")
    server.delete(path)
    expect_equal(server.act(f"{path}/restore")["deleted_at"], None, "deleted_at")
    expect_equal(server.get(f"{path}/content"), content, "its content")


@check
def restore_needs_the_trash(server: Server) -> None:
    """A record that is not in the trash cannot be restored."""
    for path in (
        f"/conversations/{server.conversation()['id']}",
        f"/artifacts/{server.artifact()['id']}",
    ):
        server.request("POST", f"{path}/restore").expect_problem(404, "not-found")


@check
def purge_needs_the_trash(server: Server) -> None:
    """A record that is not in the trash cannot be purged, and stays."""
    for path in (
        f"/conversations/{server.conversation()['id']}",
        f"/artifacts/{server.artifact()['id']}",
    ):
        server.request("POST", f"{path}/purge").expect_problem(404, "not-found")
        server.get(path)


@check
def a_purged_conversation_is_gone(server: Server) -> None:
    """A purged conversation is neither read, nor restored, nor purged again, and not in the trash."""
    conversation = server.conversation()
    [message] = server.append(conversation, "one")
    path = f"/conversations/{conversation['id']}"
    server.delete(path)
    server.act(f"{path}/purge", 204)
    for method, rest in (
        ("GET", ""),
        ("GET", f"/messages/{message['id']}"),
        ("POST", "/restore"),
        ("POST", "/purge"),
    ):
        server.request(method, path + rest).expect_problem(404, "not-found")
    listed = _listed(server, conversation, "/conversations", deleted=True)
    expect_equal(listed, False, "whether it is in the trash")


@check
def a_purged_artifact_is_gone(server: Server) -> None:
    """A purged artifact is neither read, nor restored, nor purged again, and not in the trash."""
    artifact = server.artifact()
    path = f"/artifacts/{artifact['id']}"
    server.delete(path)
    server.act(f"{path}/purge", 204)
    for method, rest in (
        ("GET", ""),
        ("GET", "/content"),
        ("POST", "/restore"),
        ("POST", "/purge"),
    ):
        server.request(method, path + rest).expect_problem(404, "not-found")
    listed = _listed(server, artifact, "/artifacts", deleted=True)
    expect_equal(listed, False, "whether it is in the trash")


@check
def a_purge_includes_the_artifacts(server: Server) -> None:
    """Purging a conversation purges its artifacts."""
    conversation = server.conversation()
    artifact = server.artifact(conversation_id=conversation["id"])
    path = f"/conversations/{conversation['id']}"
    server.delete(path)
    server.act(f"{path}/purge", 204)
    for rest in ("", "/content"):
        server.request("GET", f"/artifacts/{artifact['id']}{rest}").expect_problem(404)


@check
def deleted_messages_are_restored(server: Server) -> None:
    """A deleted message and those after it are in the trash as a branch that restores them."""
    conversation = server.conversation()
    messages = server.append(conversation, "one", "two", "three")
    path = f"/conversations/{conversation['id']}"
    trashed = server.delete(f"{path}/messages/{messages[1]['id']}")
    expect_equal(trashed["count"], 2, "the number of deleted messages")
    expect_equal(server.get(f"{path}/messages")["items"], messages[:1], "the messages left")
    branches = [item["id"] for item in server.get(f"{path}/branches", deleted=True)["items"]]
    expect_equal(branches, [trashed["branch"]], "the branches in the trash")
    restored = server.act(f"{path}/branches/{trashed['branch']}/restore")
    expect_equal(restored, {"count": 2}, "the result")
    texts = [item["parts"] for item in server.get(f"{path}/messages")["items"]]
    expect_equal(texts, [item["parts"] for item in messages], "the messages")


@check
def purged_messages_are_gone(server: Server) -> None:
    """Messages that are purged from the trash cannot be restored or read."""
    conversation = server.conversation()
    _, second = server.append(conversation, "one", "two")
    path = f"/conversations/{conversation['id']}"
    trashed = server.delete(f"{path}/messages/{second['id']}")["branch"]
    server.act(f"{path}/branches/{trashed}/purge", 204)
    server.request("POST", f"{path}/branches/{trashed}/restore").expect_problem(404, "not-found")
    server.request("GET", f"{path}/messages/{second['id']}").expect_problem(404, "not-found")


@check
def a_deleted_position_is_free(server: Server) -> None:
    """After a deletion, the next message has the position of the deleted one."""
    conversation = server.conversation()
    _, second = server.append(conversation, "one", "two")
    server.delete(f"/conversations/{conversation['id']}/messages/{second['id']}")
    [third] = server.append(conversation, "three")
    expect_equal(third["seq"], second["seq"], "the seq")


@check
def the_trash_is_not_searched(server: Server) -> None:
    """A search finds no message of a conversation in the trash."""
    conversation = server.conversation()
    word = f"w{conversation['id'].replace('-', '')}"
    server.append(conversation, word)
    expect_equal(len(server.get("/search", q=word)["items"]), 1, "the number of hits")
    server.delete(f"/conversations/{conversation['id']}")
    expect_equal(server.get("/search", q=word)["items"], [], "the hits")
