"""What comes in with a file is held to what a writer is held to, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from hansard.errors import InvalidInput
from hansard.ids import new_id
from hansard.model.artifacts import Artifact, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob
from hansard.model.branches import Branch
from hansard.model.checks import check_parts
from hansard.model.collections import Collection
from hansard.model.messages import Message
from hansard.model.parts import Image, Reasoning, Text, ToolCall
from hansard.model.settings import Setting
from hansard.services.artifacts.validation import CHECKS
from hansard.services.transfer import validation
from hansard.services.transfer.validation import admit, admit_all

NOW = datetime(2026, 11, 29, tzinfo=UTC)
NO_MEDIA_TYPES = [
    "text/html\r\nx: y",
    "text/h\xe4ml",
    "text/\u4e2d",
    "text",
    "/html",
    "text/",
    "a/b\x7f",
    "x/" * 101,
]


def _record(kind: type[Entry], **fields: Any) -> Entry:
    times = {"created_at": NOW, "updated_at": NOW}
    digest = {"digest": "0" * 64, "size": 1}
    base: dict[type[Entry], dict[str, Any]] = {
        Artifact: {**times, "size": 1, "id": new_id(), "owner_id": "me", "type": "text", "title": "t",
                   "media_type": "text/plain", "revision": 1},
        Revision: {"created_at": NOW, **digest, "artifact_id": new_id(), "number": 1, "title": "t"},
        Blob: {"created_at": NOW, "id": "0" * 64, "size": 1, "media_type": "image/png"},
        Collection: {**times, "id": new_id(), "owner_id": "me", "name": "n"},
        Setting: {**times, "user_id": "me", "name": "n", "value": 1},
    }  # fmt: skip
    return kind(tenant_id="t", **(base[kind] | fields))


_REFUSED = [
    *((kind, "media_type", given) for kind in (Artifact, Blob) for given in NO_MEDIA_TYPES),
    (Artifact, "title", " "),
    (Artifact, "description", "x" * 100_000),
    (Revision, "title", " "),
    (Revision, "note", "x" * 2_000),
    (Revision, "author", "nobody\r\n"),
    (Collection, "name", " "),
    (Collection, "description", "x" * 100_000),
    (Setting, "name", " "),
]


@pytest.mark.parametrize(("kind", "name", "given"), _REFUSED)
def test_a_file_is_refused_what_a_writer_is_refused(
    kind: type[Entry], name: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admit(_record(kind))
    with pytest.raises(InvalidInput) as refused:
        admit(_record(kind, **{name: given}))
    assert refused.value.pointer == f"/{name}"
    if len(given) < 200:
        monkeypatch.setattr(validation, "_FIELD_CHECKS", {})
        validation._checks.cache_clear()
        assert admit(_record(kind, **{name: given})), "without the writers' checks it comes in"
        validation._checks.cache_clear()


def _message(**fields: Any) -> Message:
    ids: dict[str, Any] = {name: new_id() for name in ("id", "conversation_id", "branch")}
    base: dict[str, Any] = {
        "created_at": NOW,
        "seq": 0,
        "owner_id": "me",
        "role": "user",
        "parts": (Text("x"),),
    }
    return Message(tenant_id="t", **(ids | base | fields))


ID = "0192f0c1-7a2b-7c3d-8e4f-0123456789ab"
EAST = timezone(timedelta(hours=2))
_ODD: list[dict[str, Any]] = [
    {"id": ID.upper()},
    {"id": f"{ID}\n"},
    {"id": ""},
    {"parent_id": "x" * 36},
    {"digest": "0" * 63 + "G"},
    {"digest": "0" * 63},
    {"seq": -1},
    {"tokens_in": 2**53},
    {"created_at": NOW.replace(tzinfo=None)},
    {"created_at": NOW.replace(year=1969)},
    {"created_at": NOW.replace(year=2201)},
    {"created_at": NOW.astimezone(EAST)},
    {"created_at": datetime(2201, 1, 1, tzinfo=EAST)},
    {"owner_id": "\0"},
    {"author_id": "x" * 100_001},
    {"model": "none"},
    {"parts": ()},
    {"parts": (Text("\0"),)},
    {"parts": (Text("\ud800"),)},
    {"parts": (Text("\ud800"), Text("\udc00"))},
    {"parts": (Text("x" * 2**20),)},
    {"parts": (Text("\1" * 2**18),)},
    {"parts": (Reasoning("\0"),)},
    {"parts": (Image("no digest", "image/png"),)},
    {"parts": (ToolCall("1", "f", {"a": "\0"}),)},
    {"metadata": {"a": "\0"}},
    {"metadata": {"a": "x" * 70_000}},
]
_FINE: list[dict[str, Any]] = [
    {},
    {"parts": (Text("Größe \N{GRINNING FACE}"),), "model": "p/m", "tokens_in": 0},
    {"parts": (Text("\1" * 2**17),), "digest": "0" * 64, "run_id": ID},
    {"parts": (Text("a"), ToolCall("1", "f", {"a": [1]})), "metadata": {"a": {"b": None}}},
]


def _one_by_one(records: Sequence[Entry]) -> tuple[list[Entry], Any]:
    admitted: list[Entry] = []
    for record in records:
        try:
            admitted.append(admit(record))
        except InvalidInput as error:
            return admitted, (type(error), error.pointer)
    return admitted, None


def _are_held_to_the_same(*records: Entry) -> None:
    admitted, error = admit_all(records)
    told = (type(error), error.pointer) if isinstance(error, InvalidInput) else error
    assert (admitted, told) == _one_by_one(records)


@pytest.mark.parametrize("odd", _ODD, ids=lambda odd: str(odd)[:40])
def test_many_records_are_held_to_the_same_as_one(
    odd: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    records: list[Entry] = [*(_message(**fields) for fields in _FINE), _message(**odd)]
    branch = Branch(
        tenant_id="t", id=ID, conversation_id=ID, name="b", created_at=NOW, updated_at=NOW
    )
    _are_held_to_the_same(branch, *records, msgspec.structs.replace(branch, name="\0"))
    _are_held_to_the_same(records[-1])
    _are_held_to_the_same(branch, msgspec.structs.replace(branch, state="purging"))
    if _one_by_one(records) != (records, None):
        monkeypatch.setattr(validation, "_are_canonical", lambda *_: True)
        with pytest.raises(AssertionError):
            _are_held_to_the_same(*records)


def test_usual_records_are_checked_together(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [_message(**fields) for fields in _FINE]
    monkeypatch.setattr(validation, "admit", None)
    assert admit_all(records) == (records, None)


@pytest.mark.parametrize("given", NO_MEDIA_TYPES)
def test_a_writer_gives_no_media_type_that_is_no_header(given: str) -> None:
    with pytest.raises(InvalidInput):
        CHECKS["media_type"](given)
    with pytest.raises(InvalidInput):
        check_parts([Image("0" * 64, given)], "")
    assert CHECKS["media_type"]("text/plain; charset=utf-8")
