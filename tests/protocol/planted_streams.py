"""Planted faults in the feed, in streams of events and in sockets."""

from __future__ import annotations

import json
from typing import Any

from protocol.faulty import JSON, Call, Faulty, Request, Response
from server.harness import TOKEN


class RepeatedPositions(Faulty):
    """A page of the feed begins with the last entry of the page before."""

    caught_by = "feed/pages-have-no-gap"

    async def answer(self, request: Request, call: Call) -> Response | None:
        if request.path == "/feed":
            request.query = [
                (name, str(max(0, int(value) - 1)) if name == "after" else value)
                for name, value in request.query
            ]
        return await call(request)


class GapInTheFeed(Faulty):
    """A page of the feed lacks its first entry."""

    caught_by = "feed/every-change-has-an-entry"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and request.path == "/feed" and isinstance(response.body, dict):
            response.body["items"] = response.body.get("items", [])[1:]
        return response


class DroppedEvent(Faulty):
    """A run's stream lacks its second event."""

    caught_by = "runs/events-are-numbered-from-one"

    def event(self, path: str, number: int, text: str) -> list[str]:
        return [] if path.startswith("/runs") and number == 1 else [text]


class RepeatedEvent(Faulty):
    """A stream of the feed sends a change twice."""

    caught_by = "feed/the-stream-is-the-feed"

    def event(self, path: str, number: int, text: str) -> list[str]:
        return [text, text] if path.startswith("/feed") and number == 1 else [text]


class NoNumbers(Faulty):
    """Events have no ids, so no client can resume."""

    caught_by = "runs/events-carry-their-number-and-type"

    def event(self, path: str, number: int, text: str) -> list[str]:
        return [text.partition("\n")[2]]


class NoResumption(Faulty):
    """A stream begins anew for a client that comes back with the number of an event."""

    caught_by = "runs/a-stream-resumes-after-an-event"

    async def answer(self, request: Request, call: Call) -> Response | None:
        request.headers.pop("last-event-id", None)
        return await call(request)


class NoResumptionWhileItRuns(NoResumption):
    caught_by = "runs/a-stream-resumes-while-it-runs"


class NoRecords(Faulty):
    """Changes in the stream do not have the records."""

    caught_by = "feed/the-stream-sends-records"

    def event(self, path: str, number: int, text: str) -> list[str]:
        head, _, data = text.rstrip("\n").partition("data: ")
        event = json.loads(data)
        if "record" in event:
            event["record"] = None
        return [f"{head}data: {json.dumps(event)}\n\n"]


class DroppedFrame(Faulty):
    """A socket lacks its second event."""

    caught_by = "websocket/missed-changes-are-sent"

    def sent(self, number: int, frame: JSON) -> list[JSON]:
        return [] if number == 1 else [frame]


class RepeatedFrame(Faulty):
    """A socket sends its second event twice."""

    caught_by = "websocket/missed-changes-are-sent"

    def sent(self, number: int, frame: JSON) -> list[JSON]:
        return [frame, frame] if number == 1 else [frame]


class DroppedDelta(DroppedFrame):
    caught_by = "websocket/runs-are-followed"


class ForgetfulSocket(Faulty):
    """A socket starts from now on for a client that comes back with its position."""

    caught_by = "websocket/missed-changes-are-sent"

    def received(self, frame: JSON) -> JSON:
        frame.pop("after", None)
        return frame


class EveryTopic(Faulty):
    """A socket sends all changes, whatever was subscribed to."""

    caught_by = "websocket/topics-select-changes"

    def received(self, frame: JSON) -> JSON:
        return {**frame, "topics": ["*"]} if frame.get("topics") else frame


class ForeignConversations(EveryTopic):
    caught_by = "websocket/one-conversation-can-be-followed"


class ForgetfulRuns(Faulty):
    """A socket sends the events of a run from the beginning for a client that comes back."""

    caught_by = "websocket/a-followed-run-resumes"

    def received(self, frame: JSON) -> JSON:
        if "runs" in frame:
            frame["runs"] = dict.fromkeys(frame["runs"], 0)
        return frame


class NoSuchRequest(Faulty):
    """A socket does not know an operation."""

    caught_by = "requests/rename-branch"

    def received(self, frame: JSON) -> JSON:
        return {**frame, "type": "unknown"} if frame.get("type") == "rename_branch" else frame


class OtherProblem(Faulty):
    """A socket says less about what does not exist than REST does."""

    caught_by = "requests/get-project"

    def reply(self, frame: JSON) -> JSON:
        frame.get("problem", {}).pop("detail", None)
        return frame


class EverybodyMayConnect(Faulty):
    """A handshake needs no credential."""

    caught_by = "websocket/a-handshake-needs-a-token"

    def handshake(self, scope: Any) -> Any:
        others = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        return scope | {"headers": [*others, (b"authorization", f"Bearer {TOKEN}".encode())]}


class OtherReplyIds(Faulty):
    """The ids of replies are texts."""

    caught_by = "websocket/replies-come-in-order"

    def reply(self, frame: JSON) -> JSON:
        return {**frame, "id": str(frame["id"])}


class NoTextIds(Faulty):
    """Ids of requests that are texts are not repeated."""

    caught_by = "websocket/ids-may-be-texts"

    def reply(self, frame: JSON) -> JSON:
        return frame if isinstance(frame["id"], int) else {**frame, "id": None}
