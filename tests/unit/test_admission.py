"""What comes in with a file is held to what a writer is held to, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hansard.errors import InvalidInput
from hansard.ids import new_id
from hansard.model.artifacts import Artifact, Revision
from hansard.model.base import Entry
from hansard.model.blobs import Blob
from hansard.model.checks import check_parts
from hansard.model.collections import Collection
from hansard.model.parts import Image
from hansard.model.settings import Setting
from hansard.services.artifacts.validation import CHECKS
from hansard.services.transfer import validation
from hansard.services.transfer.validation import admit

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


@pytest.mark.parametrize("given", NO_MEDIA_TYPES)
def test_a_writer_gives_no_media_type_that_is_no_header(given: str) -> None:
    with pytest.raises(InvalidInput):
        CHECKS["media_type"](given)
    with pytest.raises(InvalidInput):
        check_parts([Image("0" * 64, given)], "")
    assert CHECKS["media_type"]("text/plain; charset=utf-8")
