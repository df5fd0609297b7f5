"""Artifacts go out as a zip file over HTTP, and come back."""

from __future__ import annotations

import io
import zipfile

import pytest

from server.harness import JSON, Site, problem
from services.making import CODE, fenced

pytestmark = pytest.mark.usefixtures("anyio_backend")

TEXT: JSON = {"type": "text", "title": "Plan", "content": "Go."}
ZIP = {"Content-Type": "application/zip"}
MISSING = "00000000-0000-7000-8000-000000000000"


def test_artifacts_are_exported_and_imported_elsewhere(anywhere: Site) -> None:
    talk = anywhere.talk(title="Clocks")
    anywhere.ended(anywhere.ask(talk, fenced()))
    plan = anywhere.post("/artifacts", 201, **TEXT)
    anywhere.patch(f"/artifacts/{plan['id']}", content="Stop.")
    told = anywhere.client.post("/artifacts/export", json={})
    assert told.headers["content-type"] == "application/zip"
    assert told.headers["content-disposition"] == 'attachment; filename="artifacts.zip"'
    with zipfile.ZipFile(io.BytesIO(told.content)) as archive:
        assert archive.testzip() is None
        assert archive.read("clock.py") == CODE.encode()
        assert archive.read("revisions/Plan.txt/1.txt") == b"Go."
    with anywhere.beside(tenant="other") as other:
        report = other.client.post("/artifacts/import", content=told.content, headers=ZIP).json()
        assert report["added"] == {"artifact": 2, "content": 3, "revision": 3}
        assert other.get(f"/artifacts/{plan['id']}/content", revision=1)["content"] == "Go."
        again = other.client.post("/artifacts/import", content=told.content, headers=ZIP).json()
        assert (again["added"], again["conflicting"]) == ({}, {})
    one = anywhere.client.post("/artifacts/export", json={"ids": [plan["id"]]})
    with zipfile.ZipFile(io.BytesIO(one.content)) as archive:
        assert archive.namelist() == ["Plan.txt", "revisions/Plan.txt/1.txt", "manifest.json"]
    uses = anywhere.get("/artifacts/uses")["items"]
    assert sorted([use["exported"] for use in uses]) == [1, 2]


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"ids": [MISSING]}, 404, "/ids/0"),
        ({"ids": ["x"]}, 404, "/ids/0"),
        ({"collection_id": MISSING}, 404, None),
        ({"ids": "all"}, 400, "/ids"),
        ({"type": "film"}, 400, "/type"),
        ({"ids": [MISSING], "type": "text"}, 400, "/ids"),
        ({"colour": "red"}, 400, "/colour"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_the_file_begins(
    here: Site, body: JSON, status: int, pointer: str | None
) -> None:
    code = "not-found" if status == 404 else "invalid-input"
    told = here.client.post("/artifacts/export", json=body)
    assert problem(told, status, code).get("pointer") == pointer


def test_what_is_no_zip_file_of_artifacts_is_refused(here: Site) -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    for wrong in (b"", b"{}", b"PK\3\4", empty.getvalue()):
        told = here.client.post("/artifacts/import", content=wrong, headers=ZIP)
        problem(told, 400, "invalid-input")
    problem(here.client.post("/artifacts/import", json={}), 415, "unsupported-media-type")
