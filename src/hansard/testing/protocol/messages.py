"""Checks of messages: appends, heads, reading, edits and ratings."""

from __future__ import annotations

from uuid import uuid4

from hansard.testing.protocol.answers import JSON, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server

check = group("messages")


def _texts(items: list[JSON]) -> list[str]:
    return [item["parts"][0]["text"] for item in items]


def _path(conversation: JSON) -> str:
    return f"/conversations/{conversation['id']}/messages"


@check
def positions_have_no_gaps(server: Server) -> None:
    """Appended messages have consecutive positions from 0, and each names the one before."""
    conversation = server.conversation()
    items = server.append(conversation, "a", "b") + server.append(conversation, "c")
    expect_equal([item["seq"] for item in items], [0, 1, 2], "the positions")
    parents = [None, items[0]["id"], items[1]["id"]]
    expect_equal([item["parent_id"] for item in items], parents, "the parents")


@check
def append_is_idempotent(server: Server) -> None:
    """Appending the same ids with the same content returns the stored messages."""
    conversation = server.conversation()
    drafts = [{"id": str(uuid4()), "role": "user", "content": text} for text in ("a", "b")]
    first = server.post(_path(conversation), messages=drafts)
    expect_equal(server.post(_path(conversation), messages=drafts), first, "the second response")
    count = server.get(f"/conversations/{conversation['id']}")["message_count"]
    expect_equal(count, 2, "the message count")


@check
def append_with_other_content_conflicts(server: Server) -> None:
    """The id of a stored message with other content is a conflict, and changes nothing."""
    conversation = server.conversation()
    [first] = server.append(conversation, "one")
    draft = {"id": first["id"], "role": "user", "content": "two"}
    answer = server.request("POST", _path(conversation), json={"messages": [draft]})
    answer.expect_problem(409, "already-exists")
    expect_equal(_texts(server.get(_path(conversation))["items"]), ["one"], "the messages")


@check
def append_is_all_or_nothing(server: Server) -> None:
    """If one message of an append is invalid, none is stored."""
    conversation = server.conversation()
    missing = {"type": "image", "blob": "0" * 64, "media_type": "image/png"}
    for wrong in ({"role": "user", "parts": [missing]}, {"role": "nobody", "content": "x"}):
        body = {"messages": [{"role": "user", "content": "a"}, wrong]}
        server.request("POST", _path(conversation), json=body).expect(400, 404)
    expect_equal(server.get(_path(conversation))["items"], [], "the messages")


@check
def an_invalid_draft_is_named(server: Server) -> None:
    """An invalid message of several is named by its index."""
    conversation = server.conversation()
    body = {"messages": [{"role": "user", "content": "a"}, {"role": "nobody", "content": "x"}]}
    answer = server.request("POST", _path(conversation), json=body)
    answer.expect_problem(400, "invalid-input", "/messages/1/role")


@check
def an_append_needs_messages(server: Server) -> None:
    """An append without messages is refused with 422."""
    answer = server.request("POST", _path(server.conversation()), json={"messages": []})
    answer.expect_problem(422, "empty-input")


@check
def a_draft_has_text_or_parts(server: Server) -> None:
    """A message with both content and parts is refused."""
    both = {"role": "user", "content": "a", "parts": [{"type": "text", "text": "a"}]}
    body = {"messages": [both]}
    answer = server.request("POST", _path(server.conversation()), json=body)
    answer.expect_problem(400, "invalid-input")


@check
def an_expected_head_is_accepted(server: Server) -> None:
    """An append that expects the actual head is made."""
    conversation = server.conversation()
    [first] = server.append(conversation, "a")
    [second] = server.append(conversation, "b", expect_head=first["id"])
    expect_equal(second["parent_id"], first["id"], "the parent")


@check
def another_head_conflicts(server: Server) -> None:
    """An append that expects an older head is refused, and stores nothing."""
    conversation = server.conversation()
    first, _ = server.append(conversation, "a", "b")
    body = {"messages": [{"role": "user", "content": "c"}], "expect_head": first["id"]}
    answer = server.request("POST", _path(conversation), json=body)
    answer.expect_problem(409, "head-conflict")
    expect_equal(_texts(server.get(_path(conversation))["items"]), ["a", "b"], "the messages")


@check
def another_head_may_be_followed(server: Server) -> None:
    """With on_conflict `append`, the messages are appended after the actual head."""
    conversation = server.conversation()
    first, second = server.append(conversation, "a", "b")
    [third] = server.append(conversation, "c", expect_head=first["id"], on_conflict="append")
    expect_equal(third["parent_id"], second["id"], "the parent")


@check
def another_head_may_be_forked(server: Server) -> None:
    """With on_conflict `fork`, the messages are on a new branch after the expected head."""
    conversation = server.conversation()
    first, second = server.append(conversation, "a", "b")
    [third] = server.append(conversation, "c", expect_head=first["id"], on_conflict="fork")
    expect_equal((third["parent_id"], third["seq"]), (first["id"], 1), "the parent and position")
    expect(third["branch"] != second["branch"], "another branch", third["branch"])


@check
def every_part_comes_back(server: Server) -> None:
    """Every kind of part comes back as it was sent."""
    blob = server.request("POST", "/blobs", content=b"Protocol check").expect(201).json()["id"]
    parts: list[JSON] = [
        {"type": "text", "text": "𝒳 عربى"},
        {"type": "reasoning", "text": "hm", "signature": "abc"},
        {"type": "tool_call", "call_id": "1", "name": "add", "arguments": {"a": [1, 2.5, None]}},
        {"type": "tool_result", "call_id": "1", "output": 3.5, "is_error": True},
        {"type": "image", "blob": blob, "media_type": "image/png"},
        {"type": "file", "blob": blob, "media_type": "image/png", "name": "x.png"},
        {"type": "data", "data": {"any": ["thing"]}, "name": "note"},
        {"type": "error", "code": "provider-error", "message": "no"},
    ]
    path = _path(server.conversation())
    [message] = server.post(path, messages=[{"role": "assistant", "parts": parts}])["items"]
    expect_equal(message["parts"], parts, "the parts")
    expect_equal(server.get(f"{path}/{message['id']}"), message, "the stored message")


@check
def authors_are_recorded(server: Server) -> None:
    """A user's message has that user as its author and owner."""
    [message] = server.append(server.conversation(), "a")
    user = server.get("/me")["id"]
    owners = (message["owner_id"], message["author_id"])
    expect_equal(owners, (user, user), "the owner and the author")


@check
def digests_cover_the_path(server: Server) -> None:
    """Messages have SHA-256 digests, which differ after different paths."""
    first, second = (server.conversation() for _ in range(2))
    one = server.append(first, "a", "same")
    other = server.append(second, "b", "same")
    expect_equal({len(item["digest"]) for item in one + other}, {64}, "the lengths")
    expect(one[1]["digest"] != other[1]["digest"], "different digests", one[1]["digest"])


@check
def the_last_are_read(server: Server) -> None:
    """`last` reads the newest messages, oldest first, and says where the page before is."""
    conversation = server.conversation()
    ids = [item["id"] for item in server.append(conversation, *"012345678")]
    page = server.get(_path(conversation), last=3)
    expect_equal(_texts(page["items"]), ["6", "7", "8"], "the messages")
    expect_equal((page["before"], page["after"]), (ids[6], None), "the neighbours")


@check
def pages_before_are_read(server: Server) -> None:
    """`before` reads the messages before one."""
    conversation = server.conversation()
    ids = [item["id"] for item in server.append(conversation, *"012345678")]
    page = server.get(_path(conversation), before=ids[6], limit=2)
    expect_equal(_texts(page["items"]), ["4", "5"], "the messages")
    expect_equal((page["before"], page["after"]), (ids[4], ids[5]), "the neighbours")


@check
def pages_after_are_read(server: Server) -> None:
    """`after` reads the messages after one; the last page has no `after`."""
    conversation = server.conversation()
    ids = [item["id"] for item in server.append(conversation, *"01234")]
    page = server.get(_path(conversation), after=ids[1], limit=2)
    expect_equal((_texts(page["items"]), page["after"]), (["2", "3"], ids[3]), "the page")
    page = server.get(_path(conversation), after=ids[3])
    expect_equal((_texts(page["items"]), page["after"]), (["4"], None), "the last page")


@check
def pages_around_are_read(server: Server) -> None:
    """`around` reads a message with its neighbours."""
    conversation = server.conversation()
    ids = [item["id"] for item in server.append(conversation, *"01234")]
    page = server.get(_path(conversation), around=ids[2], limit=3)
    expect_equal(_texts(page["items"]), ["1", "2", "3"], "the messages")


@check
def only_one_place_is_named(server: Server) -> None:
    """`last` together with `before` is refused."""
    conversation = server.conversation()
    [message] = server.append(conversation, "a")
    params = {"last": 1, "before": message["id"]}
    answer = server.request("GET", _path(conversation), params=params)
    answer.expect_problem(400, "invalid-input", "/last")


@check
def a_message_belongs_to_its_conversation(server: Server) -> None:
    """A message is not found in another conversation."""
    [message] = server.append(server.conversation(), "a")
    path = f"{_path(server.conversation())}/{message['id']}"
    server.request("GET", path).expect_problem(404, "not-found")


@check
def an_edit_is_a_branch(server: Server) -> None:
    """An edit is stored on a new branch in the place of the message, and selects that branch."""
    conversation = server.conversation()
    first, second, _ = server.append(conversation, "a", "b", "c")
    path = _path(conversation)
    edit = server.post(f"{path}/{second['id']}/edit", content="B")
    expect_equal((edit["parent_id"], edit["seq"]), (first["id"], 1), "the parent and position")
    expect_equal(_texts(server.get(path)["items"]), ["a", "B"], "the selected branch")
    original = server.get(path, branch=conversation["branch"])["items"]
    expect_equal(_texts(original), ["a", "b", "c"], "the original branch")


@check
def an_edit_is_idempotent(server: Server) -> None:
    """Repeating an edit with the same id returns the same message."""
    conversation = server.conversation()
    [first] = server.append(conversation, "a")
    path = f"{_path(conversation)}/{first['id']}"
    body = {"content": "A", "id": str(uuid4())}
    edit = server.post(f"{path}/edit", **body)
    expect_equal(server.post(f"{path}/edit", **body), edit, "the second response")
    siblings = server.get(f"{path}/siblings")["items"]
    expect_equal(_texts(siblings), ["a", "A"], "the siblings")


@check
def siblings_share_a_parent(server: Server) -> None:
    """The siblings of a message are the messages with the same parent, oldest first."""
    conversation = server.conversation()
    _, second = server.append(conversation, "a", "b")
    path = f"{_path(conversation)}/{second['id']}"
    for text in ("c", "d"):
        server.post(f"{path}/edit", content=text)
    siblings = server.get(f"{path}/siblings")["items"]
    expect_equal(_texts(siblings), ["b", "c", "d"], "the siblings")
    parents = {item["parent_id"] for item in siblings}
    expect_equal(parents, {second["parent_id"]}, "their parents")


@check
def a_rating_replaces_the_one_before(server: Server) -> None:
    """A message has one rating of the user, the newest."""
    conversation = server.conversation()
    [message] = server.append(conversation, "a")
    path = f"{_path(conversation)}/{message['id']}/rating"
    server.put(path, value=1)
    rating = server.put(path, value=-1, note="wrong")
    expect_equal((rating["value"], rating["note"]), (-1, "wrong"), "the rating")
    ratings = server.get(f"/conversations/{conversation['id']}/ratings")["items"]
    expect_equal(ratings, [rating], "the ratings")


@check
def a_rating_has_three_values(server: Server) -> None:
    """A rating other than -1, 0 and 1 is refused."""
    conversation = server.conversation()
    [message] = server.append(conversation, "a")
    path = f"{_path(conversation)}/{message['id']}/rating"
    for value in (2, -2, "1", None):
        answer = server.request("PUT", path, json={"value": value})
        answer.expect_problem(400, "invalid-input", "/value")
