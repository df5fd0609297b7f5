"""Artifacts go out as a zip file and come back equal; what is no such file brings nothing."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hansard import Database, Services
from hansard.errors import InvalidInput, NotFound
from hansard.formats import archive as format_archive
from hansard.ids import new_id
from hansard.model.artifacts import Artifact, Content, Revision
from hansard.services.artifacts.validation import ArtifactFilter
from hansard.storage.query import Query
from services.conftest import Clock
from services.making import CODE, answer, artifacts, fenced, kinds, said, titles
from services.talks import talk

pytestmark = pytest.mark.anyio

Files = dict[str, bytes]


async def export(who: Services, *ids: str, **which: Any) -> bytes:
    pieces = [p async for p in who.archives.export(ids, filter=ArtifactFilter(**which))]
    return b"".join(pieces)


async def take_in(who: Services, data: bytes) -> Any:
    return await who.archives.import_zip(io.BytesIO(data))


def files_of(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def manifest(files: Files) -> dict[str, Any]:
    return msgspec.json.decode(files["manifest.json"])


def zipped(files: Files) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


async def test_each_artifact_is_a_file_with_its_revisions_beside_it(ada: Services) -> None:
    here = await talk(ada, title="Clocks")
    await answer(ada, here, fenced(), fenced("1\n" * 9))
    await ada.artifacts.create("a,b\n", type="csv", title="The table")
    await ada.artifacts.create("c,d\n", type="csv", title="the TABLE")
    await ada.artifacts.create("x", type="text", title="x", file_name="../../etc/passwd")
    [clock] = await artifacts(ada, type="code")
    await ada.artifacts.restore_revision(clock.id, 1)
    files = files_of(await export(ada))
    assert {name: files[name] for name in files if name != "manifest.json"} == {
        "clock.py": CODE.encode(),
        "revisions/clock.py/2.py": b"1\n" * 9,
        "passwd.txt": b"x",
        "the-TABLE.csv": b"c,d\n",
        "The-table-2.csv": b"a,b\n",
    }
    listed = manifest(files)
    assert (listed["hansard"], listed["kind"]) == (1, "artifacts")
    [made] = [each for each in listed["artifacts"] if each["id"] == clock.id]
    assert [(r["number"], r["file"]) for r in made["revisions"]] == [
        (1, "clock.py"),
        (2, "revisions/clock.py/2.py"),
        (3, "clock.py"),
    ]
    assert "tenant_id" not in made


async def test_what_is_exported_is_what_was_asked_for(ada: Services, bob: Services) -> None:
    here = await talk(ada, title="Clocks")
    await answer(ada, here, fenced())
    first, second = [
        await ada.artifacts.create("x", type="text", title=title) for title in ("one", "two")
    ]
    gone = await ada.artifacts.create("x", type="text", title="gone")
    await ada.artifacts.delete(gone.id)
    some = await ada.collections.create("Some")
    await ada.collections.add(some.id, second.id)

    async def names(who: Services, *ids: str, **which: Any) -> set[str]:
        return set(files_of(await export(who, *ids, **which))) - {"manifest.json"}

    assert await names(ada) == {"clock.py", "one.txt", "two.txt"}
    assert await names(ada, conversation_id=here.id) == {"clock.py"}
    assert await names(ada, collection_id=some.id) == {"two.txt"}
    assert await names(ada, first.id.upper(), first.id) == {"one.txt"}
    assert await names(bob) == set()
    await ada.shares.share(first.id, "bob")
    assert await names(bob, first.id) == await names(bob, shared=True) == {"one.txt"}
    missing: list[dict[str, Any]] = [
        {f"{place}_id": new_id()} for place in ("conversation", "project", "collection")
    ]
    for which in missing:
        with pytest.raises(NotFound):
            await export(ada, **which)
    for wrong in (second.id, gone.id, new_id(), "no id"):
        with pytest.raises(NotFound) as refused:
            await export(bob, first.id, wrong)
        assert refused.value.pointer == "/ids/1"
    with pytest.raises(InvalidInput):
        await export(ada, first.id, collection_id=some.id)
    with pytest.raises(InvalidInput):
        await export(ada, *[first.id] * 1_001)


async def test_each_that_is_exported_counts(ada: Services, bob: Services) -> None:
    one, two = [await ada.artifacts.create("x", type="text", title=t) for t in ("one", "two")]
    await ada.shares.share(one.id, "bob")
    await export(ada)
    await export(ada, two.id)
    await export(bob, one.id)
    [use] = await ada.artifacts.uses()
    assert (use.made, use.exported) == (2, 4)
    assert await bob.artifacts.uses() == []


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
contents = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
things = st.fixed_dictionaries(
    {
        "type": st.sampled_from(("code", "html", "csv", "other")),
        "language": st.sampled_from(("", "python", "c++", "../x")),
        "title": names.filter(str.strip),
        "file_name": st.just("") | st.sampled_from(("a.py", "A.PY", "nul.txt", "Dockerfile")) | names,
        "description": names,
        "said": st.lists(contents | st.sampled_from(("one", "two")), min_size=1, max_size=4),
        "metadata": st.dictionaries(names, st.integers() | names, max_size=2),
    }
)  # fmt: skip


def plain(record: Artifact | Revision) -> dict[str, Any]:
    return {n: getattr(record, n) for n in record.__struct_fields__ if n != "tenant_id"}


async def kept(who: Services) -> list[Any]:
    """All that an account has of artifacts, but whose and where it is."""
    found: list[Any] = []
    for each in sorted(await artifacts(who), key=lambda a: a.id):
        revisions = (await who.artifacts.revisions(each.id)).items
        found.append((plain(each), [plain(r) for r in revisions], await said(who, each)))
    return found


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(things, max_size=4))
async def test_whatever_goes_out_comes_back_equal(db: Database, made: list[dict[str, Any]]) -> None:
    here, there = [db.scope(f"t{uuid4().hex}", "ada") for _ in range(2)]
    for thing in made:
        first, *later = thing.pop("said")
        one = await here.artifacts.create(first, **thing)
        for text in later:
            one = await here.artifacts.update(one.id, content=text)
        if one.revision > 1:
            await here.artifacts.restore_revision(one.id, 1)
    data = await export(here)
    for name in files_of(data):
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert len(name.rpartition("/")[2].encode()) < 200
        assert not name.rpartition("/")[2].lower().startswith("nul.")
    report = await take_in(there, data)
    assert report.added.get("artifact", 0) == len(made)
    assert (report.unchanged.get("artifact"), report.conflicting, report.problems) == (None, {}, [])
    assert await kept(there) == await kept(here)
    again = await export(there)
    assert _untimed(files_of(again)) == _untimed(files_of(data))
    same = await take_in(there, again)
    assert (same.added, same.conflicting) == ({}, {})


def _untimed(files: Files) -> tuple[Files, Any]:
    """Names depend on the order, which is that of the last change."""
    listed = manifest(files)
    return {n: d for n, d in files.items() if n != "manifest.json"}, listed["artifacts"]


async def test_what_was_made_in_a_conversation_comes_without_it(
    ada: Services, eve: Services
) -> None:
    project = await ada.projects.create("Times")
    here = await ada.conversations.create(title="Clocks", project_id=project.id)
    await answer(ada, here, fenced(), fenced("1\n" * 9))
    data = await export(ada)
    again = await take_in(ada, data)
    assert (again.added, again.conflicting) == ({}, {}), "it is still there"
    await ada.conversations.update(here.id, project_id=None)
    assert (await take_in(ada, data)).conflicting == {}, "where it is does not matter"
    await take_in(eve, data)
    [clock] = await artifacts(eve)
    assert (clock.conversation_id, clock.message_id, clock.project_id) == (None, None, None)
    assert await said(eve, clock) == [CODE, "1\n" * 9]
    assert [hit.artifact.id for hit in (await eve.search.artifacts("clock")).items] == [clock.id]
    assert await kinds(eve) == ["artifact.created"]
    [use] = await eve.artifacts.uses()
    assert (use.made, use.edited, use.exported) == (1, 1, 0)


async def test_what_is_different_here_stays_and_is_reported(ada: Services) -> None:
    made = await ada.artifacts.create("one", type="text", title="Plan")
    data = await export(ada)
    await ada.artifacts.update(made.id, content="two")
    report = await take_in(ada, data)
    assert (report.conflicting, report.unchanged) == (
        {"artifact": 1},
        {"content": 1, "revision": 1},
    )
    assert report.problems == [f"artifact {made.id} exists with other content"]
    assert await said(ada, made) == ["one", "two"]
    await ada.artifacts.delete(made.id)
    await ada.artifacts.purge(made.id)
    assert (await take_in(ada, data)).added == {"artifact": 1, "content": 1, "revision": 1}
    assert await said(ada, made) == ["one"]


async def test_what_somebody_else_has_is_not_touched(ada: Services, bob: Services) -> None:
    made = await ada.artifacts.create("one", type="text", title="Plan")
    await ada.shares.share(made.id, "bob")
    data = await export(bob, made.id)
    await ada.artifacts.delete(made.id)
    report = await take_in(bob, data)
    assert (report.added, report.conflicting) == ({}, {"artifact": 1, "content": 1, "revision": 1})
    assert (await artifacts(bob), await titles(ada, deleted=True)) == ([], ["Plan"])


def _manifest(change: Callable[[dict[str, Any]], Any]) -> Callable[[Files], Any]:
    def changed(files: Files) -> None:
        listed = manifest(files)
        change(listed)
        files["manifest.json"] = msgspec.json.encode(listed)

    return changed


def _last(**fields: Any) -> Callable[[Files], Any]:
    return _manifest(lambda listed: listed["artifacts"][-1].update(fields))


def _revision(**fields: Any) -> Callable[[Files], Any]:
    return _manifest(lambda listed: listed["artifacts"][-1]["revisions"][-1].update(fields))


WRONG: dict[str, Callable[[Files], Any]] = {
    "no manifest": lambda files: files.pop("manifest.json"),
    "a manifest that is no JSON": lambda files: files.update({"manifest.json": b"{"}),
    "a manifest of something else": _manifest(lambda listed: listed.update(kind="poems")),
    "a later version": _manifest(lambda listed: listed.update(hansard=2)),
    "artifacts that are no list": _manifest(lambda listed: listed.update(artifacts={})),
    "a JSON bomb": lambda files: files.update({"manifest.json": b"[" * 100_000}),
    "a file that lacks": lambda files: files.pop("plan.txt"),
    "other bytes": lambda files: files.update({"plan.txt": b"tw0"}),
    "bytes that are no text": lambda files: files.update({"plan.txt": b"\xff\xfe"}),
    "a file that is too large": lambda files: files.update({"plan.txt": b"x" * (2**20 + 1)}),
    "a file that leads out": lambda files: files.update({"../x": b""}),
    "a file that leads to the root": lambda files: files.update({"/etc/x": b""}),
    "a file that leads out on Windows": lambda files: files.update({"..\\x": b""}),
    "a bomb": lambda files: files.update({str(n): b"\0" * 2**20 for n in range(150)}),
    "another digest": _revision(digest="0" * 64),
    "no digest": _revision(digest="x"),
    "another size": _revision(size=1),
    "another artifact": _revision(artifact_id=new_id()),
    "another number": _revision(number=3),
    "no file": _revision(file=None),
    "a file outside": _revision(file="../plan.txt"),
    "no revisions": _last(revisions=[]),
    "no list of revisions": _last(revisions=None),
    "another newest revision": _last(revision=3),
    "a type that there is not": _last(type="film"),
    "a title that is too long": _last(title="x" * 600),
    "NUL": _last(title="a\0b"),
    "no id": _last(id="x"),
    "no time": _last(created_at="yesterday"),
}


@pytest.mark.parametrize("how", WRONG.values(), ids=WRONG.keys())
async def test_what_is_wrong_is_refused_and_leaves_nothing_of_its_artifact(
    db: Database, ada: Services, eve: Services, how: Callable[[Files], Any]
) -> None:
    plan = await ada.artifacts.create("one", type="text", title="plan")
    await ada.artifacts.update(plan.id, content="two")
    good = await ada.artifacts.create("fine", type="text", title="good")
    files = files_of(await export(ada, good.id, plan.id))
    how(files)
    with pytest.raises(InvalidInput):
        await take_in(eve, zipped(files))
    assert set(await titles(eve)) <= {"good"}, "what came before may stay"
    left = {
        record: await db.storage.read("globex", lambda tx, r=record: tx.count(Query(r)))
        for record in (Artifact, Revision, Content)
    }
    assert set(left.values()) <= {len(await artifacts(eve))}
    assert (await eve.search.artifacts("one two")).items == []
    await take_in(eve, await export(ada))
    assert await titles(eve) == ["good", "plan"]


def _many(count: int) -> bytes:
    """An archive that lists very many files, of which there is none."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    listed = (entry + b"x") * count
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65_535, 65_535, len(listed), 0, 0)
    return listed + end


def _twice(data: bytes) -> bytes:
    """An archive with two files of one name, which programs read differently."""
    made = io.BytesIO(data)
    with zipfile.ZipFile(made, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("plan.txt", b"other")
    return made.getvalue()


def _locked(data: bytes) -> bytes:
    """Every file says that it is encrypted."""
    return data.replace(b"PK\1\2\x14\x03\x14\x00\x08", b"PK\1\2\x14\x03\x14\x00\x09")


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no zip file": lambda _: b"PK" * 1_000,
    "half of one": lambda data: data[: len(data) // 2],
    "one without its beginning": lambda data: data[40:],
    "an empty one": lambda _: zipped({}),
    "very many files": lambda _: _many(400_000),
    "a file twice": _twice,
    "an encrypted file": _locked,
}


@pytest.mark.parametrize("how", BYTES.values(), ids=BYTES.keys())
async def test_what_is_no_sound_archive_is_refused(
    ada: Services, eve: Services, how: Callable[[bytes], bytes]
) -> None:
    await ada.artifacts.create("one", type="text", title="plan")
    data = await export(ada)
    assert how(data) != data
    with pytest.raises(InvalidInput):
        await take_in(eve, how(data))
    assert await artifacts(eve) == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_byte_that_is_wrong_anywhere_breaks_nothing(data: st.DataObject) -> None:
    """An archive is read as it was, or refused; never does it fail otherwise."""
    archive = bytearray(_SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    try:
        reader = format_archive.Reader(io.BytesIO(archive), len(archive), "globex", lambda r: r)
        for listed in reader.artifacts():
            for revision, file in listed.revisions:
                reader.read(file, 1_000)
                assert revision.number
    except InvalidInput:
        pass


def _sound() -> bytes:
    now = Clock()()
    digest = hashlib.sha256(b"one").hexdigest()
    made: dict[str, Any] = {"tenant_id": "acme", "title": "plan", "size": 3, "created_at": now}
    artifact = Artifact(
        id=new_id(), owner_id="ada", type="text", media_type="text/plain", updated_at=now, **made
    )
    revision = Revision(artifact_id=artifact.id, number=1, digest=digest, **made)
    writer = format_archive.Writer(now)
    files = writer.begin(artifact, "plan.txt", [revision])
    writer.add(files[digest], b"one", now)
    return writer.taken() + writer.end()


_SOUND = _sound()
