"""Long values of a SQLite file are compressed, and come back exactly as they were."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

import hansard
from hansard.errors import InvalidConfig
from hansard.model.parts import Parts, Reasoning, Text
from hansard.storage.sql import packed, values
from hansard.storage.urls import storage_for

LONG = "The conversation is long. " * 40
TEXTS = st.text(st.characters(codec="utf-8"), max_size=400)


@given(TEXTS, st.sampled_from(packed.LEVELS))
@example(LONG, packed.LEVEL)
def test_a_text_comes_back_as_it_was(text: str, level: int) -> None:
    stored = packed.packer(level)(text)
    assert packed.unpack(stored) == text
    assert len(stored) <= len(text.encode())


@given(st.lists(st.builds(Text, TEXTS) | st.builds(Reasoning, TEXTS), max_size=3))
@example([Text("[]")])
@example([Text("")])
@example([])
def test_parts_come_back_as_they_were(parts: list[Text | Reasoning]) -> None:
    said: Parts = tuple(parts)
    assert values.parts_from_text(values.parts_to_text(said)) == said


def test_the_only_text_of_a_message_has_no_json_around_it() -> None:
    assert values.parts_to_text((Text('say "hi"'),)) == 'say "hi"'


def test_a_short_text_and_one_that_does_not_shrink_stay_as_they_are() -> None:
    short = LONG[: packed.LEAST - 1]
    mixed = "".join(chr(48 + i * 7919 % 2000) for i in range(packed.LEAST))
    assert packed.packer(packed.LEVEL)(short) == short
    assert packed.packer(packed.LEVEL)(mixed) == mixed
    assert packed.packer(0)(LONG) == LONG


def test_a_damaged_frame_is_a_clear_error() -> None:
    frame = packed.packer(packed.LEVEL)(LONG)
    assert isinstance(frame, bytes)
    for damaged in (b"", frame[:-3], b"plain", bytes([*frame[:8], *b"\0\0\0", *frame[11:]])):
        with pytest.raises(ValueError, match="is damaged"):
            packed.unpack(damaged)


def test_a_frame_that_holds_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = packed.packer(packed.LEVEL)(LONG)
    monkeypatch.setattr(packed, "LARGEST", len(LONG) - 1)
    with pytest.raises(ValueError, match="too large"):
        packed.unpack(frame)
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(LONG.encode())
    with pytest.raises(ValueError, match="is damaged"):
        packed.unpack(unsized)


def test_threads_do_not_share_a_compressor() -> None:
    texts = [f"{LONG} {number}" for number in range(400)]
    pack = packed.packer(packed.LEVEL)
    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(pack, texts))
        assert list(threads.map(packed.unpack, stored)) == texts


@pytest.mark.parametrize("level", [-1, 20])
def test_a_level_that_does_not_exist_is_refused(tmp_path: Path, level: int) -> None:
    with pytest.raises(InvalidConfig, match="0 to 19"):
        storage_for(tmp_path / "chats.db", compression_level=level)


def test_only_sqlite_compresses() -> None:
    with pytest.raises(InvalidConfig, match="Only SQLite"):
        storage_for("postgresql://localhost/chats", compression_level=3)


@pytest.mark.anyio
async def test_a_file_may_hold_texts_of_every_level(tmp_path: Path) -> None:
    path, said = tmp_path / "chats.db", []
    for level in (0, 19, 3):
        async with hansard.connect(path, providers=[], compression_level=level) as db:
            me = db.scope()
            talk = (await me.conversations.list()).items or [await me.conversations.create()]
            said.append(f"{level}: {LONG}")
            await me.messages.append(talk[0].id, [hansard.user(said[-1])])
            read = (await me.messages.read(talk[0].id)).items
            assert [message.text for message in read] == said
