"""Checks of branches: forks, names, selection, merges and deletion."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hansard.testing.protocol.answers import JSON, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import TITLE, Server

check = group("branches")


def _forked(server: Server, **fields: Any) -> tuple[JSON, str, list[JSON], JSON]:
    """A conversation, its path, its two messages, and a branch that ends with the first."""
    conversation = server.conversation()
    path = f"/conversations/{conversation['id']}"
    messages = server.append(conversation, "a", "b")
    body = {"at": messages[0]["id"], "name": "fork"} | fields
    return conversation, path, messages, server.post(f"{path}/branches", **body)


def _texts(server: Server, path: str, **params: Any) -> list[str]:
    items = server.get(f"{path}/messages", **params)["items"]
    return [item["parts"][0]["text"] for item in items]


@check
def a_conversation_has_a_main_branch(server: Server) -> None:
    """A new conversation has one branch, which is selected."""
    conversation = server.conversation()
    branches = server.get(f"/conversations/{conversation['id']}/branches")
    ids = [item["id"] for item in branches["items"]]
    expect_equal(ids, [conversation["branch"]], "the branches")
    expect_equal(branches["current"], conversation["branch"], "the selected branch")


@check
def a_fork_copies_nothing(server: Server) -> None:
    """A fork ends with the named message, which it shares with its parent branch."""
    conversation, path, (first, _), branch = _forked(server)
    names = ("head_id", "parent_branch", "name", "fork_seq", "head_seq")
    expected = [first["id"], conversation["branch"], "fork", 0, 0]
    expect_equal([branch[name] for name in names], expected, "the branch")
    items = server.get(f"{path}/messages", branch=branch["id"])["items"]
    expect_equal(items, [first], "its messages")


@check
def a_fork_is_idempotent(server: Server) -> None:
    """Repeating a fork with the same id returns the same branch."""
    chosen = str(uuid4())
    _, path, (first, _), branch = _forked(server, id=chosen)
    again = server.post(f"{path}/branches", at=first["id"], name="fork", id=chosen)
    expect_equal(again, branch, "the second response")


@check
def a_fork_with_a_taken_id_conflicts(server: Server) -> None:
    """The id of an existing branch with another name is a conflict."""
    _, path, (first, _), branch = _forked(server)
    body = {"at": first["id"], "name": "other", "id": branch["id"]}
    answer = server.request("POST", f"{path}/branches", json=body)
    answer.expect_problem(409, "already-exists")


@check
def a_fork_grows_by_itself(server: Server) -> None:
    """Messages on a fork are not on its parent branch, and the other way round."""
    conversation, path, _, branch = _forked(server)
    server.append(conversation, "c", branch=branch["id"])
    server.append(conversation, "d", branch=conversation["branch"])
    expect_equal(_texts(server, path, branch=branch["id"]), ["a", "c"], "the fork")
    main = _texts(server, path, branch=conversation["branch"])
    expect_equal(main, ["a", "b", "d"], "the main branch")


@check
def a_fork_needs_a_message(server: Server) -> None:
    """A fork after a message of no or of another conversation is refused."""
    _, path, _, _ = _forked(server)
    [other] = server.append(server.conversation(), "x")
    for message in (str(uuid4()), other["id"]):
        body = {"at": message}
        server.request("POST", f"{path}/branches", json=body).expect_problem(404, "not-found")


@check
def a_fork_may_be_selected(server: Server) -> None:
    """A fork with `switch` is selected."""
    _, path, _, branch = _forked(server, switch=True)
    expect_equal(server.get(f"{path}/branches")["current"], branch["id"], "the selected branch")


@check
def a_selected_branch_is_read(server: Server) -> None:
    """Without `branch`, messages are read from the selected branch."""
    conversation, path, _, branch = _forked(server)
    expect_equal(_texts(server, path), ["a", "b"], "the messages")
    server.act(f"{path}/branches/{branch['id']}/switch")
    expect_equal(_texts(server, path), ["a"], "the messages of the selected branch")
    server.act(f"{path}/branches/{conversation['branch']}/switch")
    expect_equal(_texts(server, path), ["a", "b"], "the messages after switching back")


@check
def a_branch_is_renamed(server: Server) -> None:
    """A renamed branch is listed with its new name."""
    _, path, _, branch = _forked(server)
    renamed = server.patch(f"{path}/branches/{branch['id']}", name="other")
    listed = [item["name"] for item in server.get(f"{path}/branches")["items"]]
    expect_equal((renamed["name"], listed[-1]), ("other", "other"), "the name")


@check
def a_merge_copies_messages(server: Server) -> None:
    """A merge appends copies of the messages that only the source has, and names the originals."""
    conversation, path, _, branch = _forked(server)
    [third] = server.append(conversation, "c", branch=branch["id"])
    body = {"source": branch["id"], "into": conversation["branch"]}
    copies = server.post(f"{path}/merge", **body)["items"]
    expect_equal([item["origin_id"] for item in copies], [third["id"]], "the originals")
    main = _texts(server, path, branch=conversation["branch"])
    expect_equal(main, ["a", "b", "c"], "the target branch")
    expect_equal(_texts(server, path, branch=branch["id"]), ["a", "c"], "the source branch")


@check
def a_merge_crosses_conversations(server: Server) -> None:
    """A merge may copy the messages of another conversation."""
    conversation, _, _, _ = _forked(server)
    other = server.conversation()
    body = {"source": conversation["branch"], "source_conversation": conversation["id"]}
    copies = server.post(f"/conversations/{other['id']}/merge", **body)["items"]
    expect_equal([item["parts"][0]["text"] for item in copies], ["a", "b"], "the copies")


@check
def a_deleted_branch_is_restored(server: Server) -> None:
    """A deleted branch is not listed until it is restored."""
    conversation, path, _, branch = _forked(server)
    server.append(conversation, "c", branch=branch["id"])
    trashed = server.delete(f"{path}/branches/{branch['id']}")
    expect_equal(trashed["count"], 1, "the number of deleted messages")
    ids = [item["id"] for item in server.get(f"{path}/branches")["items"]]
    expect_equal(ids, [conversation["branch"]], "the branches")
    server.act(f"{path}/branches/{trashed['branch']}/restore")
    texts = _texts(server, path, branch=trashed["branch"])
    expect_equal(texts, ["a", "c"], "the restored branch")


@check
def the_main_branch_stays(server: Server) -> None:
    """The main branch cannot be deleted."""
    conversation, path, _, _ = _forked(server)
    answer = server.request("DELETE", f"{path}/branches/{conversation['branch']}")
    answer.expect_problem(409, "conflict")


@check
def a_branch_belongs_to_its_conversation(server: Server) -> None:
    """A branch is not found in another conversation."""
    _, _, _, branch = _forked(server)
    path = f"/conversations/{server.conversation()['id']}"
    for method, rest, body in (
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/switch", None),
    ):
        answer = server.request(method, f"{path}/branches/{branch['id']}{rest}", json=body)
        answer.expect_problem(404, "not-found")
    params = {"branch": branch["id"]}
    server.request("GET", f"{path}/messages", params=params).expect_problem(404, "not-found")


@check
def many_conversations_merge_into_a_new_one(server: Server) -> None:
    """Conversations are copied into a new one, in the order given, and nothing is created if one does not exist."""
    one, two = server.conversation(), server.conversation()
    sources = server.append(two, "c") + server.append(one, "a", "b")
    merged = server.post("/conversations/merge", ids=[two["id"], one["id"]], title=TITLE)
    items = server.get(f"/conversations/{merged['id']}/messages")["items"]
    expect_equal([m["origin_id"] for m in items], [m["id"] for m in sources], "the origins")
    expect_equal(merged["message_count"], 3, "the number of messages")
    for ids, status in (([one["id"], str(uuid4())], 404), ([], 422), ([one["id"]] * 101, 400)):
        body = {"ids": ids, "title": TITLE}
        server.request("POST", "/conversations/merge", json=body).expect_problem(status)
