"""Checks of artifacts: creation, revisions, differences, files, extraction, archives and previews."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hansard.testing.protocol.answers import JSON, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server

check = group("artifacts")
PATH = "/artifacts"
CODE = "import time\n\n\ndef tick():\n    print(time.time())\n\n\ntick()\n"


def _content(server: Server, record: JSON, **params: Any) -> str:
    return server.get(f"{PATH}/{record['id']}/content", **params)["content"]


def _ids(server: Server, **filters: Any) -> list[str]:
    return [item["id"] for item in server.get(PATH, **filters)["items"]]


@check
def create_returns_the_first_revision(server: Server) -> None:
    """A new artifact has revision 1 and the size of its content in bytes."""
    record = server.artifact(title="Ünï", content="é")
    expect_equal((record["revision"], record["size"]), (1, 2), "the revision and the size")
    expect_equal(server.get(f"{PATH}/{record['id']}"), record, "the stored artifact")
    expect_equal(_content(server, record), "é", "the content")


@check
def create_is_idempotent(server: Server) -> None:
    """Repeating a creation with the same id returns the existing artifact."""
    body = {"id": str(uuid4()), "type": "text", "title": "Plan", "content": "one"}
    record = server.artifact(**body)
    expect_equal(server.post(PATH, **body), record, "the second response")


@check
def create_with_a_taken_id_conflicts(server: Server) -> None:
    """The id of an existing artifact with other content is a conflict."""
    body = {"id": str(uuid4()), "type": "text", "title": "Plan", "content": "one"}
    record = server.artifact(**body)
    for other in ({"content": "two"}, {"title": "Other"}, {"type": "code"}):
        server.request("POST", PATH, json=body | other).expect_problem(409, "already-exists")
    expect_equal(_content(server, record), "one", "the content")


@check
def wrong_fields_are_named(server: Server) -> None:
    """An invalid field is refused with a pointer, in creations and changes alike."""
    body = {"type": "text", "title": "Plan", "content": "one"}
    path = f"{PATH}/{server.artifact()['id']}"
    cases: list[JSON] = [
        {"type": "film"},
        {"title": " "},
        {"content": "a\0b"},
        {"content": ""},
        {"media_type": "html"},
        {"metadata": []},
    ]
    for wrong in cases:
        pointer = f"/{next(iter(wrong))}"
        for method, where in (("POST", PATH), ("PATCH", path)):
            sent = body | wrong if method == "POST" else wrong
            server.request(method, where, json=sent).expect_problem(400, "invalid-input", pointer)


@check
def contents_have_a_limit(server: Server) -> None:
    """Contents of more than 1 MiB as UTF-8 are refused with 413 and a pointer."""
    body = {"type": "text", "title": "Plan"}
    for content in ("x" * (2**20 + 1), "é" * (2**19 + 1)):
        answer = server.request("POST", PATH, json=body | {"content": content})
        answer.expect_problem(413, "too-large", "/content")


@check
def contents_come_back_unchanged(server: Server) -> None:
    """Contents come back byte for byte, also as a file."""
    content = "\ufeffa\r\nb\tc\u202e \x1b[31m é e\u0301\n"
    record = server.artifact(type="other", content=content)
    expect_equal(_content(server, record), content, "the content")
    answer = server.request("GET", f"{PATH}/{record['id']}/file").expect(200)
    expect_equal(answer.response.content, content.encode(), "the file")


@check
def new_content_adds_a_revision(server: Server) -> None:
    """New content adds a revision; older revisions are read by number."""
    record = server.artifact(content="one\n")
    changed = server.patch(f"{PATH}/{record['id']}", content="two\n", note="shorter")
    expect_equal(changed["revision"], 2, "the revision")
    contents = [_content(server, record), _content(server, record, revision=1)]
    expect_equal(contents, ["two\n", "one\n"], "the contents")
    revision = server.get(f"{PATH}/{record['id']}/content")["revision"]
    author = server.get("/me")["id"]
    facts = (revision["note"], revision["author"])
    expect_equal(facts, ("shorter", author), "the note and the author")


@check
def other_fields_add_no_revision(server: Server) -> None:
    """A change of the title changes no content and adds no revision."""
    record = server.artifact()
    changed = server.patch(f"{PATH}/{record['id']}", title="Other")
    expect_equal((changed["title"], changed["revision"]), ("Other", 1), "the artifact")


@check
def a_late_writer_conflicts(server: Server) -> None:
    """A writer that expects an older revision is refused, with both revisions."""
    record = server.artifact(content="one\n")
    path = f"{PATH}/{record['id']}"
    server.patch(path, content="two\n", expect_revision=1)
    answer = server.request("PATCH", path, json={"content": "three\n", "expect_revision": 1})
    problem = answer.expect_problem(409, "revision-conflict", "/expect_revision")
    expect_equal((problem["revision"], problem["expected"]), (2, 1), "the revisions")
    expect_equal(_content(server, record), "two\n", "the content")


@check
def an_expected_revision_is_a_positive_number(server: Server) -> None:
    """An expected revision that is no positive integer is refused."""
    path = f"{PATH}/{server.artifact()['id']}"
    for wrong in (0, -1, "2", 1.5):
        answer = server.request("PATCH", path, json={"expect_revision": wrong, "content": "x"})
        answer.expect_problem(400, "invalid-input", "/expect_revision")


@check
def revisions_are_listed(server: Server) -> None:
    """Revisions are listed from the newest, in pages."""
    path = f"{PATH}/{server.artifact()['id']}"
    for content in ("two\n", "three\n"):
        server.patch(path, content=content)
    numbers = [item["number"] for item in server.walk(f"{path}/revisions", limit=2)]
    expect_equal(numbers, [3, 2, 1], "the numbers")


@check
def a_revision_is_restored(server: Server) -> None:
    """Restoring an older revision adds one with its content and names the older one."""
    record = server.artifact(content="one\n")
    path = f"{PATH}/{record['id']}"
    server.patch(path, content="two\n")
    restored = server.post(f"{path}/revisions/1/restore", 200, expect_revision=2)
    expect_equal(restored["revision"], 3, "the revision")
    newest = server.get(f"{path}/content")
    facts = (newest["content"], newest["revision"]["restored_from"])
    expect_equal(facts, ("one\n", 1), "the content and its origin")


@check
def a_late_restoration_conflicts(server: Server) -> None:
    """A restoration that expects an older revision is refused."""
    path = f"{PATH}/{server.artifact(content='one')['id']}"
    server.patch(path, content="two\n")
    answer = server.request("POST", f"{path}/revisions/1/restore", json={"expect_revision": 1})
    answer.expect_problem(409, "revision-conflict", "/expect_revision")


@check
def a_missing_revision_does_not_exist(server: Server) -> None:
    """A revision that does not exist is not found, in content, file, difference and restoration."""
    path = f"{PATH}/{server.artifact()['id']}"
    for rest in ("/content?revision=3", "/file?revision=3", "/diff?from=7", "/diff?to=7"):
        server.request("GET", path + rest).expect_problem(404, "not-found")
    answer = server.request("POST", f"{path}/revisions/3/restore", json={})
    answer.expect_problem(404, "not-found")


@check
def an_invalid_revision_is_refused(server: Server) -> None:
    """A revision that is no positive number is refused, and the parameter is named."""
    path = f"{PATH}/{server.artifact()['id']}"
    for rest, name in (("/content", "revision"), ("/diff", "from"), ("/diff", "to")):
        for value in ("0", "one"):
            answer = server.request("GET", path + rest, params={name: value})
            answer.expect_problem(400, "invalid-input", f"/{name}")


@check
def a_difference_counts_lines(server: Server) -> None:
    """A difference has a unified diff and the numbers of added and removed lines."""
    path = f"{PATH}/{server.artifact(content='a' + chr(10) + 'b' + chr(10))['id']}"
    server.patch(path, content="a\nc\nd\n")
    diff = server.get(f"{path}/diff", **{"from": 1, "to": 2})
    facts = [diff[name] for name in ("old", "new", "added", "removed")]
    expect_equal(facts, [1, 2, 2, 1], "the revisions and the counts")
    for line in ("-b", "+c", "+d"):
        expect(line in diff["text"].splitlines(), f"a line {line}", diff["text"])


@check
def a_file_is_a_download(server: Server) -> None:
    """A file is an attachment with a name, and no browser runs it on the server's pages."""
    record = server.artifact(title="Ünï page", language="html", content="<p>one</p>")
    answer = server.request("GET", f"{PATH}/{record['id']}/file").expect(200)
    named = "attachment; filename*=UTF-8''%C3%9Cn%C3%AF-page.html"
    expect_equal(answer.header("content-disposition"), named, "content-disposition")
    expect_equal(answer.media_type, "text/html", "the media type")
    expect_equal(answer.header("x-content-type-options"), "nosniff", "x-content-type-options")
    policy = answer.header("content-security-policy")
    expect("sandbox" in policy, "a sandbox in content-security-policy", policy)


@check
def lists_are_filtered(server: Server) -> None:
    """Artifacts are listed by conversation, type and language."""
    conversation = server.conversation()
    fields = {"conversation_id": conversation["id"], "content": CODE}
    code = server.artifact(type="code", language="python", **fields)["id"]
    text = server.artifact(type="text", **fields)["id"]
    own = {"conversation_id": conversation["id"]}
    expect_equal(_ids(server, **own), [text, code], "the ids of the conversation")
    expect_equal(_ids(server, **own, type="code"), [code], "the ids of the type")
    expect_equal(_ids(server, **own, language="python"), [code], "the ids of the language")


@check
def lists_are_walked(server: Server) -> None:
    """Pages that are read with `next` contain every artifact once, the newest first."""
    conversation = server.conversation()["id"]
    ids = [server.artifact(conversation_id=conversation)["id"] for _ in range(3)]
    walked = [item["id"] for item in server.walk(PATH, conversation_id=conversation, limit=2)]
    expect_equal(walked, ids[::-1], "the ids of all pages")


@check
def a_conversation_must_exist(server: Server) -> None:
    """An artifact of a conversation that does not exist is refused."""
    body = {"type": "text", "title": "x", "content": "x", "conversation_id": str(uuid4())}
    server.request("POST", PATH, json=body).expect_problem(404, "not-found")


@check
def answers_are_extracted(server: Server) -> None:
    """Code in an answer is an artifact of that answer."""
    conversation = server.conversation()
    run = server.ended(server.chat(conversation, f"A clock:\n\n```python\n# clock.py\n{CODE}```\n"))
    items = server.get(PATH, conversation_id=conversation["id"])["items"]
    facts = [(item["type"], item["language"], item["message_id"]) for item in items]
    expect_equal(facts, [("code", "python", run["message_id"])], "the artifacts")
    expect_equal(_ids(server, message_id=run["message_id"]), [items[0]["id"]], "by message")


@check
def artifacts_are_found(server: Server) -> None:
    """A search finds the newest content of an artifact."""
    word = f"w{uuid4().hex}"
    record = server.artifact(type="text", content=f"about {word}")
    hits = server.get("/search/artifacts", q=word)["items"]
    expect_equal([hit["artifact"] for hit in hits], [record], "the hits")
    start, end = hits[0]["marks"][0]
    expect_equal(hits[0]["snippet"][start:end], word, "the marked text")
    server.patch(f"{PATH}/{record['id']}", content="about nothing")
    expect_equal(server.get("/search/artifacts", q=word)["items"], [], "the hits after a change")


@check
def an_archive_is_imported_again(server: Server) -> None:
    """An exported archive is a zip file, which brings a purged artifact back."""
    record = server.artifact(content="one\n")
    path = f"{PATH}/{record['id']}"
    server.patch(path, content="two\n")
    archive = server.request("POST", f"{PATH}/export", json={"ids": [record["id"]]}).expect(200)
    expect_equal(archive.response.content[:2], b"PK", "the first bytes")
    server.remove(path)
    headers = {"Content-Type": "application/zip"}
    content = archive.response.content
    report = server.request("POST", f"{PATH}/import", content=content, headers=headers)
    expect(report.expect(200).json()["added"], "added records", str(report))
    contents = [_content(server, record, revision=number) for number in (1, 2)]
    expect_equal(contents, ["one\n", "two\n"], "the contents")


@check
def a_damaged_archive_is_refused(server: Server) -> None:
    """A file that is no archive is refused with 400."""
    for content in (b"", b"PK\3\4nonsense"):
        headers = {"Content-Type": "application/zip"}
        answer = server.request("POST", f"{PATH}/import", content=content, headers=headers)
        answer.expect_problem(400, "invalid-input")


@check
def uses_are_limited(server: Server) -> None:
    """Only the uses opened, copied and exported are recorded."""
    path = f"{PATH}/{server.artifact()['id']}/uses"
    for use in ("opened", "copied", "exported"):
        server.post(path, 204, use=use)
    server.request("POST", path, json={"use": "eaten"}).expect_problem(400, "invalid-input", "/use")
