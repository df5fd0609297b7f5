"""Frames from a real server are what the protocol's description says, and so are the requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import jsonschema_rs
import pytest

from hansard.server.websocket import asyncapi
from hansard.server.websocket.commands import OPERATION_REQUESTS, REQUESTS, Ping
from hansard.services.feed.kinds import TOPICS
from server.harness import JSON, Site
from server.sockets import Socket, socket

DOCUMENT = asyncapi.describe()


def validator(message: str) -> Any:
    payload = DOCUMENT["components"]["messages"][message]["payload"]
    return jsonschema_rs.Draft202012Validator({**payload, "components": DOCUMENT["components"]})


VALIDATORS = {name: validator(name) for name in DOCUMENT["components"]["messages"]}
MESSAGE_OF = {kind: topic for topic, kinds in TOPICS.items() for kind in kinds}


class Checked(Socket):
    """A socket on which every frame, either way, is held against the description."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.seen: set[str] = set()
        self._kinds: dict[int, str] = {}

    def send(self, kind: str, **fields: Any) -> int:
        number = super().send(kind, **fields)
        self._kinds[number] = kind
        self._check(kind, {"type": kind, "id": number, **fields})
        return number

    def frame(self) -> JSON:
        frame = super().frame()
        kind: str = frame["type"]
        asked = self._kinds[frame["id"]] if kind == "ok" else ""
        self._check(f"{asked}.ok" if asked else MESSAGE_OF.get(kind, kind), frame)
        return frame

    def _check(self, message: str, frame: JSON) -> None:
        VALIDATORS[message].validate(json.loads(json.dumps(frame)))
        self.seen.add(message)


@pytest.fixture
def checked(here: Site) -> Iterator[Checked]:
    with socket(here.url) as connected:
        yield Checked(connected.connection)


def everything(here: Site, wired: Socket) -> None:
    """Each request once, and changes of several kinds."""
    talk = here.talk()
    wired.ask("unsubscribe")
    wired.ask("subscribe", topics=["*"], after=here.feed_end())
    page = {"type": "html", "title": "x", "content": "<p>", "conversation_id": talk["id"]}
    made = wired.ask("create_artifact", artifact=page)["id"]
    wired.ask("update_artifact", artifact_id=made, updates={"title": "y", "content": "<b>"})
    wired.ask("get_artifact", artifact_id=made, revision=1)
    wired.ask("get_artifacts", conversation_id=talk["id"], limit=1)
    wired.ask("delete_artifact", artifact_id=made)
    message = {"content": "one two", "model": "echo/echo"}
    run = wired.ask("send_message", conversation_id=talk["id"], message=message)["run"]["id"]
    wired.ask("subscribe", runs={run: 0})
    wired.ask("cancel_run", run_id=run)
    wired.ask("unsubscribe", topics=["settings"])
    wired.refused("get_artifact", artifact_id=str(uuid4()))
    here.post("/projects", 201, name="x")
    here.put("/settings/theme", value="dark")
    here.post("/collections", 201, name=str(uuid4()))
    here.patch("/me", traits={})
    wired.ask("subscribe", after=10**12)
    wired.ask("ping")


def test_every_frame_is_as_it_is_described(here: Site, checked: Checked) -> None:
    everything(here, checked)
    while "resync" not in checked.seen or "run.delta" not in checked.seen:
        checked.event()
    said = {asyncapi.name_of(kind) for kind in REQUESTS} - OPERATION_REQUESTS.keys()
    assert said | {f"{name}.ok" for name in said} <= checked.seen
    assert {"error", "artifacts", "messages", "runs"} <= checked.seen


def test_a_reply_that_is_not_as_described_would_be_seen(
    here: Site, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a request answers with something else than it says."""

    async def wrong(_self: Any, _peer: Any) -> Any:
        return {"position": "far"}

    monkeypatch.setattr(Ping, "answer", wrong)
    with pytest.raises(jsonschema_rs.ValidationError):
        everything(here, checked)
