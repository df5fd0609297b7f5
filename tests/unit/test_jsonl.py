"""The format of an export: what was written is read as it was, and nothing else is taken for it."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.errors import InvalidInput
from hansard.formats import jsonl
from hansard.model.base import Entry
from hansard.model.blobs import BlobChunk
from hansard.model.messages import Message
from hansard.model.parts import Data, Error, File, Reasoning, Text, ToolCall, ToolResult
from hansard.model.settings import Setting
from hansard.services.transfer.validation import admit

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ids = st.uuids().map(str)
times = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**39), 10**39) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=6,
)
parts = st.lists(
    st.builds(Text, plain)
    | st.builds(Reasoning, plain, st.none() | plain)
    | st.builds(ToolCall, plain, plain, values)
    | st.builds(ToolResult, plain, values, st.booleans())
    | st.builds(Data, values, st.none() | plain)
    | st.builds(Error, plain, plain)
    | st.builds(File, st.just("ab" * 32), st.just("a/b"), st.none() | plain),
    min_size=1,
    max_size=3,
).map(tuple)
messages = st.builds(
    Message,
    tenant_id=st.just("acme"),
    created_at=times,
    id=ids,
    conversation_id=ids,
    branch=ids,
    seq=st.integers(0, 10**6),
    parent_id=st.none() | ids,
    owner_id=st.just("ada"),
    role=st.sampled_from(("user", "assistant", "system", "tool")),
    parts=parts,
    model=st.none() | st.just("p/m"),
    finish=st.none() | st.sampled_from(("stop", "error")),
    tokens_in=st.none() | st.integers(0, 2**53 - 1),
    metadata=st.dictionaries(plain, values, max_size=2),
)
settings_ = st.builds(
    Setting, tenant_id=st.just("acme"), created_at=times, updated_at=times, version=st.integers(1, 9),
    user_id=st.just("ada"), name=plain.filter(str.strip), value=values,
)  # fmt: skip
chunks = st.builds(
    BlobChunk, tenant_id=st.just("acme"), created_at=times, blob_id=st.just("cd" * 32),
    number=st.integers(0, 9), data=st.binary(max_size=50),
)  # fmt: skip


def _read(*lines: bytes, tenant: str = "acme") -> list[Any]:
    count = sum(1 for line in lines if line.strip())
    whole = [jsonl.write_header(NOW), *lines, jsonl.write_end(count)]
    items = list(jsonl.Reader(tenant).read(whole))[1:-1]
    return [admit(item) if isinstance(item, Entry) else item for item in items]


@given(st.lists(messages | settings_ | chunks, max_size=3))
def test_records_come_back_as_they_were(records: list[Entry]) -> None:
    lines = [jsonl.write_record(record) for record in records]
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in lines)
    assert _read(*lines) == records


@given(messages)
def test_the_tenant_is_the_readers_own(message: Message) -> None:
    line = jsonl.write_record(message)
    assert b"acme" not in line
    [read] = _read(line, tenant="globex")
    assert read == msgspec.structs.replace(message, tenant_id="globex")


@given(messages | settings_ | chunks)
def test_a_line_is_the_kind_and_the_fields_in_their_order(record: Entry) -> None:
    fields = {"kind": jsonl.kind_of(record), **jsonl.fields_of(record)}
    assert jsonl.write_record(record) == msgspec.json.encode(fields) + b"\n"


def test_the_tenant_is_the_first_field_of_every_record() -> None:
    for record in jsonl.KINDS.values():
        assert record.__struct_encode_fields__[0] == "tenant_id"
        assert "kind" not in record.__struct_encode_fields__
        assert not record.__struct_config__.omit_defaults


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b'{"kind":"setting"', "setting"),
        (b'{ "name" : "x", "kind" : "setting"', "setting"),
        (b'{"kind":"message","kind":"setting"', "setting"),
        (b'{"tenant_id":"globex","kind":"setting"', "setting"),
        (b'{"new":[{}],"kind":"setting"', "setting"),
    ],
)
def test_a_line_that_is_written_otherwise_is_read_nevertheless(begin: bytes, kind: str) -> None:
    at = b'"2026-03-01T00:00:00Z"'
    fields = b',"user_id":"me","name":"n","value":1,"created_at":%b,"updated_at":%b}' % (at, at)
    [read] = _read(begin + fields)
    assert (jsonl.kind_of(read), read.tenant_id, read.name) == (kind, "acme", "n")


@given(messages, st.data())
def test_a_damaged_line_is_read_as_something_whole_or_refused(
    message: Message, data: st.DataObject
) -> None:
    line = bytearray(jsonl.write_record(message))
    for _ in range(data.draw(st.integers(1, 3))):
        line[data.draw(st.integers(0, len(line) - 2))] = data.draw(st.integers(0, 255))
    try:
        read = _read(*bytes(line).split(b"\n")[:-1])
    except InvalidInput:
        return
    assert all(isinstance(item, Entry | jsonl.Unknown) for item in read)


def test_every_kind_of_record_has_a_name_and_back() -> None:
    assert len(set(jsonl.KINDS.values())) == len(jsonl.KINDS)
    for kind, record in jsonl.KINDS.items():
        assert "tenant_id" in record.__struct_fields__
        assert kind not in ("export", "end")


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b""],
        [b'{"kind":"end","records":0}'],
        [b'{"hansard":1,"kind":"other","exported_at":"2026-03-01T00:00:00Z"}'],
        [b'{"hansard":2,"kind":"export","exported_at":"2026-03-01T00:00:00Z"}'],
        [jsonl.write_header(NOW)],
        [jsonl.write_header(NOW), jsonl.write_header(NOW), jsonl.write_end(0)],
        [jsonl.write_header(NOW), jsonl.write_end(0), b'{"kind":"new"}'],
        [jsonl.write_header(NOW), b"x" * (jsonl.MAX_LINE + 1), jsonl.write_end(0)],
    ],
)
def test_what_is_no_whole_export_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(InvalidInput):
        list(jsonl.Reader("acme").read(lines))


def test_blank_lines_and_later_kinds_are_passed_over() -> None:
    [unknown] = _read(b"\n", b'{"kind": "hologram", "more": [1]}\n', b"  \n")
    assert unknown == jsonl.Unknown(kind="hologram")


@pytest.mark.parametrize("said", [0, 1, 3, 99])
def test_a_file_that_has_another_number_of_records_than_it_says_is_refused(said: int) -> None:
    lines = [jsonl.write_header(NOW), b'{"kind":"one"}', b'{"kind":"two"}', jsonl.write_end(said)]
    with pytest.raises(InvalidInput, match=rf"{said} records, but it has 2\."):
        list(jsonl.Reader("acme").read(lines))


@pytest.mark.parametrize(
    ("encode", "said"),
    [
        (lambda text: text.decode().encode("utf-16"), "UTF-16"),
        (lambda text: text.decode().encode("utf-16-be"), "UTF-16"),
        (gzip.compress, "gzip"),
        (bz2.compress, "bzip2"),
        (lzma.compress, "xz"),
    ],
)
def test_a_file_in_another_form_is_refused_as_that(
    encode: Callable[[bytes], bytes], said: str
) -> None:
    whole = jsonl.write_header(NOW) + jsonl.write_end(0)
    lines = encode(whole).splitlines(keepends=True)
    with pytest.raises(InvalidInput, match=said):
        list(jsonl.Reader("acme").read(lines))


def test_a_byte_order_mark_is_passed_over() -> None:
    lines = [codecs.BOM_UTF8 + jsonl.write_header(NOW), jsonl.write_end(0)]
    assert len(list(jsonl.Reader("acme").read(lines))) == 2
