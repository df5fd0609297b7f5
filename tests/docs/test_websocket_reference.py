"""The pages on the WebSocket are what their script would write, and what they link to is there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import websocket_reference


def test_the_page_and_the_document_are_what_the_script_writes() -> None:
    again = "run scripts/websocket_reference.py"
    assert websocket_reference.page() == websocket_reference.PAGE.read_text("utf-8"), again
    assert websocket_reference.document() == websocket_reference.DOCUMENT.read_bytes(), again


def headings(page: Path) -> set[str]:
    return {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    }


def test_every_link_on_the_page_leads_somewhere() -> None:
    page = websocket_reference.PAGE
    links = re.findall(r"\]\(([^)#]*)#?([^)]*)\)", page.read_text("utf-8"))
    assert len(links) > 15
    for file, heading in links:
        target = page.parent / file if file else page
        assert target.is_file(), file
        assert not heading or heading in headings(target), (file, heading)


def test_every_reference_in_the_document_leads_somewhere() -> None:
    document = json.loads(websocket_reference.DOCUMENT.read_bytes())
    found = list(_references(document))
    assert len(found) > 100
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def _references(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
