"""A file from anybody is read on a thread, and no more of it is in memory than a batch."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import threading
from collections.abc import Generator, Iterator
from typing import Any

import msgspec
import pytest

import hansard
from hansard import Services
from hansard.errors import InvalidInput, TooLarge
from hansard.formats import jsonl
from hansard.ids import now
from hansard.model.blobs import BlobChunk
from hansard.model.settings import Setting
from hansard.services.blobs import CHUNK
from hansard.services.transfer import artifact_importer, batches, integrity
from hansard.services.transfer.batches import Batches

pytestmark = pytest.mark.anyio

HEAD, END = jsonl.write_header(now()), jsonl.write_end(0)


def whole(*lines: bytes) -> list[bytes]:
    """A file of these lines, which says how many records it has."""
    return [HEAD, *lines, jsonl.write_end(sum(bool(line.strip()) for line in lines))]


def line(kind: str, **fields: Any) -> bytes:
    return msgspec.json.encode({"kind": kind, "created_at": now(), **fields}) + b"\n"


def setting(number: int, size: int = 0) -> bytes:
    at = now()
    value = "x" * size
    return line("setting", user_id="me", name=f"s{number}", value=value, updated_at=at, version=1)


async def test_batches_are_bounded_by_bytes_and_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH", 20)
    monkeypatch.setattr(batches, "MAX_BYTES", 10_000)
    small = [setting(number) for number in range(45)]
    large = [setting(number, 4_000) for number in range(7)]
    sizes = [len(batch) async for batch in Batches("acme", whole(*small, *large)).read()]
    assert sum(sizes) == 52
    assert max(sizes) == 20
    assert sizes[-3:] == [3, 3, 1] or max(sizes[3:]) <= 3


async def _read_slowly(size: int) -> None:
    """Take batches of 20 lines in, after all that is read ahead is read; `size` is what the batches really have."""
    threads: set[int] = set()
    read = taken = 0
    is_read = threading.Event()

    def lines() -> Iterator[bytes]:
        nonlocal read
        yield HEAD
        for number in range(120):
            threads.add(threading.get_ident())
            read += 1
            if read % size == 0:
                is_read.set()
            yield setting(number)
        yield jsonl.write_end(120)

    async for batch in Batches("acme", lines()).read():
        is_read.clear()
        if read < min(taken + 2 * size, 120):
            await asyncio.to_thread(is_read.wait)  # the next batch is read without being asked for
        for _ in range(50):
            await asyncio.sleep(0)
        assert read <= taken + 40
        taken += len(batch)
    assert taken == 120
    assert threading.get_ident() not in threads


async def test_lines_are_read_beside_the_loop_and_at_most_one_batch_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "BATCH", 20)
    await _read_slowly(20)
    monkeypatch.setattr(batches, "BATCH", 30)
    with pytest.raises(AssertionError):
        await _read_slowly(30)


async def _names(lines: list[bytes], into: list[str]) -> None:
    async for batch in Batches("acme", whole(*lines)).read():
        into += [record.name for record in batch if isinstance(record, Setting)]


async def _refused_at(wrong: int, line: bytes) -> None:
    lines = [setting(number) for number in range(100)]
    lines[wrong] = line
    names: list[str] = []
    with pytest.raises(InvalidInput, match=f"^Line {wrong + 2} is invalid: "):
        await _names(lines, names)
    assert names == [f"s{number}" for number in range(wrong)]


NEGATIVE = setting(1).replace(b'"version":1', b'"version":-1')
"""A line that can be read, and has what is not allowed."""


@pytest.mark.parametrize("wrong", [30, 61, 99])
@pytest.mark.parametrize("line", [b"{", NEGATIVE], ids=["garbled", "not allowed"])
async def test_an_error_in_the_batch_ahead_comes_after_the_records_before_it(
    monkeypatch: pytest.MonkeyPatch, wrong: int, line: bytes
) -> None:
    monkeypatch.setattr(batches, "BATCH", 20)
    await _refused_at(wrong, line)
    next_ = Batches._next

    def without_records(self: Batches) -> batches.Batch:
        batch = next_(self)
        return batch._replace(records=[]) if batch.error else batch

    monkeypatch.setattr(Batches, "_next", without_records)
    with pytest.raises(AssertionError):
        await _refused_at(wrong, line)


async def test_of_two_wrong_lines_the_first_is_told() -> None:
    lines = [setting(number) for number in range(9)]
    lines[3], lines[5] = NEGATIVE, b"{"
    with pytest.raises(InvalidInput, match=r"^Line 5 is invalid: version must be between"):
        await _names(lines, [])


async def _close_while_reading() -> None:
    is_waiting, goes_on = threading.Event(), threading.Event()
    read = 0

    def lines() -> Generator[bytes, None, None]:
        nonlocal read
        yield HEAD
        for number in range(100):
            read += 1
            if read == 25:
                is_waiting.set()
                assert goes_on.wait(60)
            yield setting(number)

    reading = lines()
    taken = Batches("acme", reading).read()
    await anext(taken)
    await asyncio.to_thread(is_waiting.wait)
    closing = asyncio.ensure_future(taken.aclose())
    for _ in range(50):
        await asyncio.sleep(0)
    is_early = closing.done()
    goes_on.set()
    await closing
    assert not is_early
    assert inspect.getgeneratorstate(reading) == inspect.GEN_SUSPENDED
    assert read == 25


async def test_when_reading_has_ended_nobody_reads_the_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever gave the file may close it."""
    monkeypatch.setattr(batches, "BATCH", 20)
    await _close_while_reading()

    async def go(*_: object) -> None:
        """Leave the thread where it is."""

    monkeypatch.setattr(Batches, "_stop", go)
    with pytest.raises(AssertionError):
        await _close_while_reading()


async def test_the_loop_goes_on_while_a_line_is_waited_for() -> None:
    """What would hold up everybody holds up the import alone."""
    asked, goes_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def lines() -> Iterator[bytes]:
        loop.call_soon_threadsafe(asked.set)
        assert goes_on.wait(60)
        yield from (HEAD, END)

    reading = asyncio.ensure_future(anext(Batches("acme", lines()).read(), None))
    await asked.wait()
    goes_on.set()
    assert await reading is None


@pytest.mark.parametrize("empty", [b"\n", b"  \n", b'{"kind": "of-tomorrow"}\n'])
async def test_lines_that_say_nothing_have_an_end(ada: Services, empty: bytes) -> None:
    some = [empty] * jsonl.MAX_SKIPPED
    await ada.transfer.import_lines(whole(*some))
    with pytest.raises(TooLarge, match=f"Line {jsonl.MAX_SKIPPED + 2}: "):
        await ada.transfer.import_lines(whole(*some, empty))


async def test_a_piece_of_a_blob_is_no_larger_than_the_format_says(ada: Services) -> None:
    data = bytes(CHUNK + 1)
    digest = hashlib.sha256(data).hexdigest()
    blob = line("blob", id=digest, size=len(data), media_type="image/png")

    def pieces(*parts: bytes) -> list[bytes]:
        chunks = enumerate(parts)
        return [
            line("blob_chunk", blob_id=digest, number=n, data=base64.b64encode(p).decode())
            for n, p in chunks
        ]

    with pytest.raises(TooLarge, match="must not exceed 262144 bytes"):
        await ada.transfer.import_lines(whole(blob, *pieces(data)))
    report = await ada.transfer.import_lines(whole(blob, *pieces(data[:CHUNK], data[CHUNK:])))
    assert report.added == {"blob": 1, "blob_chunk": 2}
    assert BlobChunk in jsonl.KINDS.values()


def content(text: str) -> bytes:
    data = text.encode()
    return line(
        "content",
        id=hashlib.sha256(data).hexdigest(),
        encoding="",
        data=base64.b64encode(data).decode(),
    )


async def test_a_content_is_followed_by_its_revision(ada: Services) -> None:
    for lines in ([content("a"), content("b")], [content("a"), setting(1)], [content("a")]):
        with pytest.raises(InvalidInput, match="is not followed by a revision that refers to it"):
            await ada.transfer.import_lines(whole(*lines))


async def test_contents_of_what_is_there_already_have_an_end(
    ada: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are in memory, for another artifact may name them: but not all that a file has."""
    made = await ada.artifacts.create(type="text", title="a", content="first")
    for number in range(8):
        await ada.artifacts.update(made.id, content=f"{number}" * 400)
    lines = [each async for each in ada.transfer.export()]
    await ada.artifacts.update(made.id, content="other")
    await ada.transfer.import_lines(lines)
    report = await ada.transfer.import_lines(lines)
    assert report.conflicting["artifact"] == 1
    monkeypatch.setattr(artifact_importer, "MAX_WAITING_BYTES", 1_000)
    with pytest.raises(TooLarge, match="Too many contents"):
        _bring([each for text in lines for each in _records(text)])


def _bring(contents: list[Any]) -> None:
    brought = artifact_importer.ImportedContents()
    for each in contents:
        brought.add(each, exists=False)
        brought._last = None  # a revision that is there with others has named it


def _records(text: bytes) -> list[Any]:
    fields = msgspec.json.decode(text)
    if fields["kind"] != "content":
        return []
    return [jsonl.record_decoder(jsonl.KINDS["content"])(text, "acme")]


async def test_rows_of_branches_have_an_end(ada: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = await ada.conversations.create()
    [said] = await ada.messages.append(talk.id, [hansard.user("first")])
    await ada.branches.fork(talk.id, at=said.id)
    lines = [each async for each in ada.transfer.export()]
    monkeypatch.setattr(integrity, "MAX_STEPS", 0)
    await ada.conversations.delete(talk.id)
    await ada.conversations.purge(talk.id)
    with pytest.raises(TooLarge, match="nested too deeply"):
        await ada.transfer.import_lines(lines)
