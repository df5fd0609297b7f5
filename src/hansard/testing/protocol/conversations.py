"""Checks of conversations: creation, changes, lists, the trash."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hansard.testing.protocol.answers import expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server

check = group("conversations")
PATH = "/conversations"


def _ids(server: Server, **filters: Any) -> list[str]:
    return [item["id"] for item in server.get(PATH, **filters)["items"]]


@check
def create_returns_all_fields(server: Server) -> None:
    """A new conversation has the fields of the request, version 1 and no messages."""
    fields = {"title": "Rome", "system": "Be brief.", "metadata": {"a": [1, None]}, "tags": ["x"]}
    record = server.conversation(**fields, pinned=True)
    expected = {**fields, "pinned": True, "archived": False, "version": 1, "message_count": 0}
    expect_equal({name: record[name] for name in expected}, expected, "the new conversation")


@check
def create_is_idempotent(server: Server) -> None:
    """Repeating a creation with the same id returns the stored conversation and changes nothing."""
    body = {"id": str(uuid4()), "title": "Rome"}
    record = server.conversation(**body)
    expect_equal(server.post(PATH, 201, **body), record, "the second response")
    expect_equal(_ids(server, q="Rome").count(record["id"]), 1, "its number in the list")


@check
def create_with_a_taken_id_conflicts(server: Server) -> None:
    """The id of an existing conversation with other content is a conflict, which names the id."""
    record = server.conversation(title="Rome")
    answer = server.request("POST", PATH, json={"id": record["id"], "title": "Milan"})
    answer.expect_problem(409, "already-exists", "/id")
    expect_equal(server.get(f"{PATH}/{record['id']}")["title"], "Rome", "the title")


@check
def create_uses_the_chosen_id(server: Server) -> None:
    """A client may choose the id of a conversation."""
    chosen = str(uuid4())
    expect_equal(server.conversation(id=chosen)["id"], chosen, "the id")


@check
def create_without_fields_succeeds(server: Server) -> None:
    """All fields of a new conversation are optional."""
    record = server.post(PATH)
    expect_equal(server.get(f"{PATH}/{record['id']}"), record, "the stored conversation")


@check
def create_names_the_owner_itself(server: Server) -> None:
    """No field of a request chooses for whom a record is."""
    for field in ("tenant_id", "owner_id", "user_id"):
        answer = server.request("POST", PATH, json={field: "protocol-check"})
        answer.expect_problem(400, "invalid-input", f"/{field}")


@check
def wrong_types_are_named(server: Server) -> None:
    """A field of a wrong type is refused with a pointer to it."""
    for body, pointer in (
        ({"title": 5}, "/title"),
        ({"pinned": "true"}, "/pinned"),
        ({"tags": ["a", 5]}, "/tags/1"),
        ({"tags": ["a", " "]}, "/tags/1"),
        ({"model": "nameless"}, "/model"),
        ({"metadata": {"a/b": "\0"}}, "/metadata/a~1b"),
        ({"id": "nonsense"}, "/id"),
    ):
        server.request("POST", PATH, json=body).expect_problem(400, "invalid-input", pointer)


@check
def a_title_has_a_limit(server: Server) -> None:
    """A title of more than 500 characters is refused with 413 and a pointer."""
    answer = server.request("POST", PATH, json={"title": "x" * 501})
    answer.expect_problem(413, "too-large", "/title")


@check
def texts_come_back_unchanged(server: Server) -> None:
    """Texts of every script come back as they were sent."""
    title = "„Grüße“ 😀 عربى 𝒳 e\u0301"
    record = server.conversation(title=title)
    expect_equal(server.get(f"{PATH}/{record['id']}")["title"], title, "the title")


@check
def get_returns_what_create_returned(server: Server) -> None:
    """A conversation is read as it was created."""
    record = server.conversation(title="Rome")
    expect_equal(server.get(f"{PATH}/{record['id']}"), record, "the stored conversation")


@check
def ids_ignore_case(server: Server) -> None:
    """An id in upper case names the same conversation."""
    record = server.conversation()
    expect_equal(server.get(f"{PATH}/{record['id'].upper()}"), record, "the conversation")


@check
def update_changes_only_named_fields(server: Server) -> None:
    """A change affects only the fields of the request and raises the version by one."""
    record = server.conversation(title="Rome", system="Be brief.")
    changed = server.patch(f"{PATH}/{record['id']}", title="Milan", archived=True)
    names = ("title", "archived", "system", "version")
    expected = {"title": "Milan", "archived": True, "system": "Be brief.", "version": 2}
    expect_equal({name: changed[name] for name in names}, expected, "the changed conversation")


@check
def update_is_stored(server: Server) -> None:
    """A changed conversation is read as the change returned it."""
    record = server.conversation()
    changed = server.patch(f"{PATH}/{record['id']}", tags=["a", "b"], metadata={"n": 1})
    expect_equal(server.get(f"{PATH}/{record['id']}"), changed, "the stored conversation")


@check
def update_at_an_old_version_conflicts(server: Server) -> None:
    """A change that names an old version is refused, and changes nothing."""
    record = server.conversation(title="Rome")
    path = f"{PATH}/{record['id']}"
    server.patch(path, title="Milan", version=1)
    answer = server.request("PATCH", path, json={"title": "Bari", "version": 1})
    answer.expect_problem(409, "version-conflict")
    expect_equal(server.get(path)["title"], "Milan", "the title")


@check
def update_at_the_current_version_succeeds(server: Server) -> None:
    """A change that names the current version is made."""
    record = server.conversation(title="Rome")
    changed = server.patch(f"{PATH}/{record['id']}", title="Milan", version=record["version"])
    expect_equal(changed["version"], record["version"] + 1, "the version")


@check
def update_may_clear_the_model(server: Server) -> None:
    """A change with null clears a field that may be empty."""
    record = server.conversation(model="echo/echo")
    expect_equal(record["model"], "echo/echo", "the model")
    changed = server.patch(f"{PATH}/{record['id']}", model=None)
    expect_equal(changed["model"], None, "the model")


@check
def appending_keeps_the_version(server: Server) -> None:
    """An append updates the count and the preview, but not the version."""
    record = server.conversation()
    server.append(record, "a first text", "a second text")
    now = server.get(f"{PATH}/{record['id']}")
    names = ("message_count", "preview", "version")
    expected = {"message_count": 2, "preview": "a second text", "version": record["version"]}
    expect_equal({name: now[name] for name in names}, expected, "the conversation")


@check
def list_has_the_most_recent_first(server: Server) -> None:
    """A list begins with the conversation that was active last."""
    tag = str(uuid4())
    first, second = (server.conversation(tags=[tag])["id"] for _ in range(2))
    expect_equal(_ids(server, tag=tag), [second, first], "the ids")
    server.append({"id": first}, "a text")
    expect_equal(_ids(server, tag=tag), [first, second], "the ids after an append")


@check
def list_is_walked_by_cursor(server: Server) -> None:
    """Pages that are read with `next` contain every conversation once, in order."""
    tag = str(uuid4())
    ids = [server.conversation(tags=[tag])["id"] for _ in range(5)]
    walked = [item["id"] for item in server.walk(PATH, tag=tag, limit=2)]
    expect_equal(walked, ids[::-1], "the ids of all pages")


@check
def list_filters_by_tag(server: Server) -> None:
    """`tag` lists only the conversations with a tag."""
    tag = str(uuid4())
    server.conversation(tags=["other"])
    record = server.conversation(tags=["other", tag])
    expect_equal(_ids(server, tag=tag), [record["id"]], "the ids")


@check
def list_filters_by_title(server: Server) -> None:
    """`q` finds text in titles without regard to case and accents."""
    word = f"Überraschung{uuid4().hex[:8]}"
    record = server.conversation(title=word)
    server.conversation(title="other")
    expect_equal(_ids(server, q=word.lower().replace("ü", "u")), [record["id"]], "the ids")


@check
def list_filters_by_flags(server: Server) -> None:
    """`pinned` and `archived` list only conversations with these marks."""
    tag = str(uuid4())
    pinned = server.conversation(tags=[tag], pinned=True)["id"]
    archived = server.conversation(tags=[tag])["id"]
    server.patch(f"{PATH}/{archived}", archived=True)
    expect_equal(_ids(server, tag=tag, pinned=True), [pinned], "the pinned ids")
    expect_equal(_ids(server, tag=tag, archived=True), [archived], "the archived ids")


@check
def list_filters_by_time(server: Server) -> None:
    """`since` includes and `until` excludes its time."""
    tag = str(uuid4())
    first, second = (server.conversation(tags=[tag]) for _ in range(2))
    time = second["active_at"]
    expect_equal(_ids(server, tag=tag, since=time), [second["id"]], "the ids since the second")
    expect_equal(_ids(server, tag=tag, until=time), [first["id"]], "the ids until the second")


@check
def list_of_an_unknown_project_is_empty(server: Server) -> None:
    """The list of a project that does not exist is empty."""
    expect_equal(_ids(server, project_id=str(uuid4())), [], "the ids")


@check
def temporary_ones_are_not_listed(server: Server) -> None:
    """A temporary conversation is only in the list of temporary ones, and has an expiry time."""
    record = server.conversation(temporary=True)
    expect(record["expires_at"], "an expiry time", record["expires_at"])
    expect(record["id"] not in _ids(server), "a list without it", record["id"])
    expect(record["id"] in _ids(server, temporary=True), "it in the list", record["id"])


@check
def a_temporary_one_can_be_kept(server: Server) -> None:
    """A temporary conversation that is kept has no expiry time and is listed."""
    record = server.conversation(temporary=True)
    kept = server.patch(f"{PATH}/{record['id']}", temporary=False)
    expect_equal(kept["expires_at"], None, "the expiry time")
    expect(record["id"] in _ids(server), "it in the list", record["id"])
