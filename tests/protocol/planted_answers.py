"""Planted faults in requests and responses."""

from __future__ import annotations

from typing import Any

from protocol.faulty import JSON, Call, Faulty, Request, Response

CONVERSATION = "/conversations/"


class AnotherStatus(Faulty):
    """Creations are answered with 200."""

    caught_by = "conversations/create-returns-all-fields"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and response.status == 201:
            response.status = 200
        return response


class NoPointer(Faulty):
    """Problems do not say which field is wrong."""

    caught_by = "unknown-fields/create-conversation"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and isinstance(response.body, dict):
            response.body.pop("pointer", None)
        return response


class WrongPointer(NoPointer):
    """Problems name the first field of the path only."""

    caught_by = "messages/an-invalid-draft-is-named"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and isinstance(response.body, dict) and "pointer" in response.body:
            response.body["pointer"] = "/" + response.body["pointer"].split("/")[-1]
        return response


class PlainProblem(Faulty):
    """Problems have the media type of other JSON."""

    caught_by = "unknown-ids/get-run"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and response.status >= 400:
            response.headers["content-type"] = "application/json"
        return response


class Forgetful(Faulty):
    """A server that does not read some fields and parameters."""

    forgotten: tuple[str, ...] = ()

    async def answer(self, request: Request, call: Call) -> Response | None:
        request.forget(*self.forgotten)
        return await call(request)


class NoVersions(Forgetful):
    caught_by = "conversations/update-at-an-old-version-conflicts"
    forgotten = ("version",)


class NoVersionsOfSettings(NoVersions):
    caught_by = "settings/an-old-version-conflicts"


class NoHeads(Forgetful):
    caught_by = "messages/another-head-conflicts"
    forgotten = ("expect_head",)


class NoRevisions(Forgetful):
    caught_by = "artifacts/a-late-writer-conflicts"
    forgotten = ("expect_revision",)


class NoIds(Forgetful):
    """Ids that clients choose are not read, so repeated requests have an effect."""

    caught_by = "conversations/create-is-idempotent"
    forgotten = ("id",)


class NoIdsOfPrompts(NoIds):
    caught_by = "runs/chat-is-idempotent"


class NoIdsOfMessages(Faulty):
    """Ids of appended messages are not read."""

    caught_by = "messages/append-is-idempotent"

    async def answer(self, request: Request, call: Call) -> Response | None:
        if request.path.endswith("/messages") and isinstance(request.body, dict):
            for draft in request.body.get("messages", []):
                draft.pop("id", None)
        return await call(request)


class NoCursors(Forgetful):
    """Every page is the first one."""

    caught_by = "conversations/list-is-walked-by-cursor"
    forgotten = ("cursor",)


class NoRoles(Forgetful):
    caught_by = "search/roles-and-conversations-select"
    forgotten = ("role",)


class Cached(Faulty):
    """What was read once is shown again when it does not exist any more."""

    caught_by = "trash/a-purged-conversation-is-gone"

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._kept: dict[str, Response] = {}

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is None:
            return None
        if response.status == 201 and isinstance(response.body, dict) and "id" in response.body:
            created = Response(200, response.headers, response.body)
            self._kept[f"{request.path}/{response.body['id']}"] = created
        if request.method == "GET" and response.status == 200:
            self._kept[request.path] = response
        if request.method == "GET" and response.status == 404:
            return self._kept.get(request.path, response)
        return response


class CachedArtifacts(Cached):
    caught_by = "trash/a-deleted-artifact-does-not-exist"


class CachedLinks(Cached):
    caught_by = "sharing/a-link-ends-with-its-artifact"


class SomebodyElses(Faulty):
    """Another record is shown in place of one that does not exist."""

    caught_by = "unknown-ids/get-conversation"

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._last: Response | None = None

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        own = response is not None and request.path == "/conversations" and response.status == 201
        if own and response is not None:
            self._last = Response(200, response.headers, response.body)
        missing = response is not None and response.status == 404 and request.method == "GET"
        return self._last if missing and request.path.startswith(CONVERSATION) else response


class TellsIdsApart(Faulty):
    """The problem says which id was not found."""

    caught_by = "basics/unknown-and-malformed-ids-look-the-same"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and response.status == 404:
            response.body["detail"] += request.path
        return response


class EverybodyMayRead(Faulty):
    """A request without a credential gets that of the one before."""

    caught_by = "authentication/get-me"

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._credential = ""

    async def answer(self, request: Request, call: Call) -> Response | None:
        credential = request.headers.setdefault("authorization", self._credential)
        response = await call(request)
        if response is not None and response.status < 400:
            self._credential = credential
        return response


class TokenInTheAddress(Faulty):
    caught_by = "basics/a-token-is-not-read-from-the-address"

    async def answer(self, request: Request, call: Call) -> Response | None:
        if token := dict(request.query).get("token"):
            request.headers["authorization"] = f"Bearer {token}"
        return await call(request)


class AnyMediaType(Faulty):
    caught_by = "media-types/create-conversation"

    async def answer(self, request: Request, call: Call) -> Response | None:
        if isinstance(request.body, dict):
            request.headers["content-type"] = "application/json"
        return await call(request)


class AnyField(Faulty):
    """Fields that are not known are ignored."""

    caught_by = "unknown-fields/update-artifact"

    async def answer(self, request: Request, call: Call) -> Response | None:
        request.forget("no_such_field")
        return await call(request)


class NoMethods(Faulty):
    """The allowed methods are not named."""

    caught_by = "methods/me"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None:
            response.headers.pop("allow", None)
        return response


class MissingField(Faulty):
    """A record lacks a field that the document declares."""

    caught_by = "schemas/get-me"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and request.path == "/me" and isinstance(response.body, dict):
            response.body.pop("created_at", None)
        return response


class NumbersAsTexts(Faulty):
    """A number is a text."""

    caught_by = "schemas/chat"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and response.status == 202:
            response.body["run"]["version"] = str(response.body["run"]["version"])
        return response


class OtherSites(Faulty):
    """Pages of other sites may read responses."""

    caught_by = "basics/other-sites-are-not-allowed"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None:
            response.headers["access-control-allow-origin"] = "*"
        return response


class CutTexts(Faulty):
    """A title that is too long is cut instead of refused."""

    caught_by = "conversations/a-title-has-a-limit"

    async def answer(self, request: Request, call: Call) -> Response | None:
        if isinstance(request.body, dict) and isinstance(request.body.get("title"), str):
            request.body["title"] = request.body["title"][:500]
        return await call(request)


class ComposedTexts(Faulty):
    """Letters with accents are composed."""

    caught_by = "artifacts/contents-come-back-unchanged"

    async def answer(self, request: Request, call: Call) -> Response | None:
        if isinstance(request.body, dict) and "content" in request.body:
            request.body["content"] = request.body["content"].replace("e\u0301", "\u00e9")
        return await call(request)


class NothingIsDeleted(Faulty):
    caught_by = "trash/a-deleted-conversation-is-in-the-trash"

    async def answer(self, request: Request, call: Call) -> Response | None:
        if request.method == "DELETE":
            request.method = "GET"
        return await call(request)


class NothingIsCancelled(Faulty):
    caught_by = "runs/cancelling-keeps-the-text"

    async def answer(self, request: Request, call: Call) -> Response | None:
        if request.path.endswith("/cancel"):
            request.method, request.path = "GET", request.path.removesuffix("/cancel")
        return await call(request)


class CutExports(Faulty):
    """An export lacks its last line."""

    caught_by = "transfer/an-export-is-complete"

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and request.path == "/export":
            response.body = response.body.rpartition(b'{"kind":"end"')[0]
        return response


class EmptyAnswers(Faulty):
    """Every request succeeds, with nothing in the answer."""

    async def answer(self, request: Request, call: Call) -> Response | None:
        return Response(200, {"content-type": "application/json"}, {})

    def reply(self, frame: JSON) -> JSON:
        return {"type": "ok", "id": frame["id"], "result": {}}


class NothingExists(Faulty):
    """Nothing is ever found."""

    problem: JSON = {"type": "urn:hansard:problem:not-found", "title": "No.", "status": 404}

    async def answer(self, request: Request, call: Call) -> Response | None:
        headers = {"content-type": "application/problem+json"}
        return Response(404, headers, {**self.problem, "detail": "No."})

    def reply(self, frame: JSON) -> JSON:
        return {"type": "error", "id": frame["id"], "problem": self.problem}


class OtherErrors(Faulty):
    """Every refusal has another status."""

    async def answer(self, request: Request, call: Call) -> Response | None:
        response = await call(request)
        if response is not None and response.status >= 400:
            response.status = 418
        return response
