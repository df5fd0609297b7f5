"""Messages, ratings and branches over HTTP."""

from __future__ import annotations

from uuid import uuid4

from server.harness import JSON, Site, problem


def said(messages: list[JSON]) -> list[str]:
    return [message["parts"][0]["text"] for message in messages]


def test_messages_are_read_from_anywhere(here: Site) -> None:
    talk = here.talk()
    ids = [m["id"] for m in here.say(talk, *(str(i) for i in range(9)))]
    path = f"/conversations/{talk['id']}/messages"
    page = here.get(path, last=3)
    assert (said(page["items"]), page["before"], page["after"]) == (["6", "7", "8"], ids[6], None)
    page = here.get(path, before=page["before"], limit=2)
    assert (said(page["items"]), page["before"], page["after"]) == (["4", "5"], ids[4], ids[5])
    assert said(here.get(path, after=ids[6])["items"]) == ["7", "8"]
    assert said(here.get(path, around=ids[4], limit=3)["items"]) == ["3", "4", "5"]
    told = here.client.get(path, params={"last": 1, "before": ids[1]})
    assert problem(told, 400, "invalid-input")["pointer"] == "/last"
    assert here.get(f"{path}/{ids[0]}")["seq"] == 0


def test_every_kind_of_part_comes_back_as_it_was_sent(here: Site) -> None:
    blob = here.client.post("/blobs", content=b"picture", headers={"Content-Type": "image/png"})
    digest = blob.json()["id"]
    parts = [
        {"type": "text", "text": "𝒳 عربى"},
        {"type": "reasoning", "text": "hm", "signature": "abc"},
        {"type": "tool_call", "call_id": "1", "name": "add", "arguments": {"a": [1, 2.5, None]}},
        {"type": "tool_result", "call_id": "1", "output": 3.5, "is_error": True},
        {"type": "image", "blob": digest, "media_type": "image/png"},
        {"type": "file", "blob": digest, "media_type": "image/png", "name": "x.png"},
        {"type": "data", "data": {"any": ["thing"]}, "name": "note"},
        {"type": "error", "code": "provider-error", "message": "no"},
    ]
    talk = here.talk()
    path = f"/conversations/{talk['id']}/messages"
    draft = {"role": "assistant", "parts": parts, "model": "echo/echo", "tokens_out": 3}
    [message] = here.post(path, 201, messages=[draft])["items"]
    assert message["parts"] == parts
    assert here.get(f"{path}/{message['id']}") == message


def test_several_messages_are_stored_all_or_none(here: Site) -> None:
    talk = here.talk()
    path = f"/conversations/{talk['id']}/messages"
    missing = {"type": "image", "blob": "0" * 64, "media_type": "image/png"}
    for last in ({"role": "user", "parts": [missing]}, {"role": "nobody", "content": "x"}):
        response = here.client.post(
            path, json={"messages": [{"role": "user", "content": "a"}, last]}
        )
        assert response.status_code in (400, 404)
    problem(here.client.post(path, json={"messages": []}), 422, "empty-input")
    both = {"role": "user", "content": "a", "parts": [{"type": "text", "text": "a"}]}
    problem(here.client.post(path, json={"messages": [both]}), 400, "invalid-input")
    assert here.get(path)["items"] == []


def test_the_same_id_with_other_content_is_refused(here: Site) -> None:
    talk = here.talk()
    [first] = here.say(talk, "one")
    draft = {"id": first["id"], "role": "user", "content": "two"}
    told = here.client.post(f"/conversations/{talk['id']}/messages", json={"messages": [draft]})
    problem(told, 409, "already-exists")


def test_an_edit_is_a_branch_beside_what_was_said(here: Site) -> None:
    talk = here.talk()
    first, second, _ = here.say(talk, "a", "b", "c")
    path = f"/conversations/{talk['id']}"
    chosen = str(uuid4())
    edit = here.post(f"{path}/messages/{second['id']}/edit", 201, content="B", id=chosen)
    assert (edit["parent_id"], edit["seq"]) == (first["id"], 1)
    assert here.post(f"{path}/messages/{second['id']}/edit", 201, content="B", id=chosen) == edit
    assert said(here.get(f"{path}/messages")["items"]) == ["a", "B"]
    branches = here.get(f"{path}/branches")
    assert branches["current"] == edit["branch"] != talk["branch"]
    siblings = here.get(f"{path}/messages/{second['id']}/siblings")["items"]
    assert said(siblings) == ["b", "B"]
    here.post(f"{path}/branches/{talk['branch']}/switch", 200)
    assert said(here.get(f"{path}/messages")["items"]) == ["a", "b", "c"]


def test_what_was_taken_back_can_be_restored_or_purged(here: Site) -> None:
    talk = here.talk()
    _, second, _ = here.say(talk, "a", "b", "c")
    path = f"/conversations/{talk['id']}"
    trashed = here.delete(f"{path}/messages/{second['id']}")
    assert trashed["count"] == 2
    assert said(here.get(f"{path}/messages")["items"]) == ["a"]
    [top] = here.get(f"{path}/branches", deleted=True)["items"]
    assert top["id"] == trashed["branch"]
    assert here.post(f"{path}/branches/{top['id']}/restore", 200) == {"count": 2}
    assert said(here.get(f"{path}/messages")["items"]) == ["a", "b", "c"]
    again = here.delete(f"{path}/messages/{second['id']}")
    assert here.post(f"{path}/branches/{again['branch']}/purge", 204) is None
    problem(here.client.post(f"{path}/branches/{again['branch']}/restore"), 404, "not-found")


def test_branches_are_made_renamed_dropped_and_merged(here: Site) -> None:
    talk = here.talk()
    first, _ = here.say(talk, "a", "b")
    path = f"/conversations/{talk['id']}"
    chosen = str(uuid4())
    body = {"at": first["id"], "name": "what if", "id": chosen, "switch": True}
    fork = here.post(f"{path}/branches", 201, **body)
    assert (fork["id"], fork["head_id"], fork["name"]) == (chosen, first["id"], "what if")
    assert here.get(f"{path}/branches")["current"] == chosen
    here.say(talk, "c")
    renamed = here.patch(f"{path}/branches/{chosen}", name="then")
    assert renamed["name"] == "then"
    merged = here.post(f"{path}/merge", 201, source=chosen, into=talk["branch"])["items"]
    assert said(merged) == ["c"]
    assert merged[0]["origin_id"] is not None
    other = here.talk()
    copied = here.post(
        f"/conversations/{other['id']}/merge",
        201,
        source=talk["branch"],
        source_conversation=talk["id"],
    )["items"]
    assert said(copied) == ["a", "b", "c"]
    assert here.delete(f"{path}/branches/{chosen}")["count"] == 1
    problem(here.client.delete(f"{path}/branches/{talk['branch']}"), 409, "conflict")


def test_a_fork_may_be_asked_for_again(here: Site) -> None:
    talk = here.talk()
    [first] = here.say(talk, "a")
    path = f"/conversations/{talk['id']}/branches"
    body = {"at": first["id"], "name": "what if", "id": str(uuid4())}
    assert here.post(path, 201, **body) == here.post(path, 201, **body)
    problem(here.client.post(path, json=body | {"name": "other"}), 409, "already-exists")
    problem(here.client.post(path, json=body | {"id": "nonsense"}), 400, "invalid-input")


def test_a_rating_takes_the_place_of_the_one_before(here: Site) -> None:
    talk = here.talk()
    [first] = here.say(talk, "a")
    path = f"/conversations/{talk['id']}/messages/{first['id']}/rating"
    here.put(path, value=1)
    rating = here.put(path, value=-1, note="wrong")
    assert (rating["value"], rating["note"]) == (-1, "wrong")
    assert here.get(f"/conversations/{talk['id']}/ratings")["items"] == [rating]
    told = problem(here.client.put(path, json={"value": 2}), 400, "invalid-input")
    assert told["pointer"] == "/value"
