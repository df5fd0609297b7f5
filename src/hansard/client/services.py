"""The services of a database on a server: every call is a request.

Calls of declared operations are made from their declarations. Here is what is no operation: streams, files, and calls
that combine others.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from email.message import Message as Headers
from typing import IO, Any, cast

import msgspec
from msgspec.structs import replace

from hansard.api.envelopes import FeedPage, Items
from hansard.api.operation import Operation
from hansard.api.operations import OPERATIONS, SERVICES
from hansard.arguments import check_arguments, check_methods
from hansard.client.client import Client
from hansard.client.http import Http, decoded, pieces, query_of, segment
from hansard.errors import Conflict, PermissionDenied
from hansard.ids import new_id
from hansard.model.artifacts import Artifact, Revision
from hansard.model.blobs import Blob
from hansard.model.branches import Branch
from hansard.model.drafts import Draft
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.model.runs import RunEvent
from hansard.model.scope import Right, Scope
from hansard.services.artifacts.files import ArtifactFile
from hansard.services.artifacts.service import Artifacts
from hansard.services.artifacts.shares import Linked
from hansard.services.artifacts.validation import ArtifactFilter
from hansard.services.conversations.branches import Branches
from hansard.services.conversations.service import Conversations
from hansard.services.feed.service import Feed, FeedStart
from hansard.services.runs.service import Runs
from hansard.services.search import Search
from hansard.services.transfer.import_session import ImportReport
from hansard.services.users.sessions import SignedIn

PAGE = 500
_CHUNK = 256 * 1024


class Connection(msgspec.Struct, frozen=True):
    """What the services of a remote database share."""

    http: Http
    live: Client


class RemoteService:
    """A service whose calls are requests to a server."""

    def __init_subclass__(cls) -> None:
        check_methods(cls)

    def __init__(self, scope: Scope, connection: Connection, services: Any) -> None:
        self.scope = scope
        self.services = services
        self._connection = connection

    def http(self, right: Right) -> Http:
        """Return what sends requests that need a right. Raises PermissionDenied without it."""
        self.require(right)
        return self._connection.http

    @property
    def live(self) -> Client:
        self.require("read")
        return self._connection.live

    def require(self, right: Right) -> None:
        if right not in self.scope.rights:
            raise PermissionDenied(f"This operation needs the right to {right}.")


class RemoteServices:
    """The services for one scope."""

    def __init__(self, scope: Scope, connection: Connection) -> None:
        self.scope = scope
        for name, service in _remote_services().items():
            setattr(self, name, service(scope, connection, self))


class _Conversations(RemoteService):
    latest = Conversations.latest
    find = Conversations.find


class _Search(RemoteService):
    messages = Search.messages


class _Messages(RemoteService):
    async def all(
        self, conversation_id: str, *, branch: str | None = None
    ) -> AsyncIterator[Message]:
        listed = await self.services.branches.overview(conversation_id)
        key = (branch or listed.current).lower()
        last = next((each.head_seq for each in listed.items if each.id == key), None)
        previous: str | None = None
        page = await self.services.messages.read(conversation_id, first=PAGE, branch=key)
        while page.items:
            for message in page.items:
                if last is not None and message.seq > last:
                    return
                if message.parent_id != previous:
                    raise Conflict("The branch was changed while it was read; read it again.")
                previous = message.id
                yield message
            if page.after is None:
                return
            page = await self.services.messages.read(
                conversation_id, after=page.after, limit=PAGE, branch=key
            )


class _Branches(RemoteService):
    list = Branches.list

    async def current(self, conversation_id: str) -> Branch:
        listed = await self.services.branches.overview(conversation_id)
        return next(branch for branch in listed.items if branch.id == listed.current)


class _Artifacts(RemoteService):
    read = Artifacts.read

    async def revision(self, artifact_id: str, number: int | None = None) -> Revision:
        return (await self.services.artifacts.get_content(artifact_id, number))[0]

    async def get_with_content(
        self, artifact_id: str, revision: int | None = None
    ) -> tuple[Artifact, Revision, str]:
        stored, text = await self.services.artifacts.get_content(artifact_id, revision)
        return await self.services.artifacts.get(artifact_id), stored, text

    async def file(self, artifact_id: str, revision: int | None = None) -> ArtifactFile:
        path = f"/artifacts/{segment(artifact_id)}/file"
        return _file(
            await self.http("read").request("GET", path, query=query_of(revision=revision))
        )


class _Shares(RemoteService):
    async def follow(self, token: str) -> Linked:
        return decoded(await self.http("read").request("GET", f"/links/{segment(token)}"), Linked)

    async def file(self, token: str) -> ArtifactFile:
        return _file(await self.http("read").request("GET", f"/links/{segment(token)}/file"))


class _Archives(RemoteService):
    async def export(
        self,
        ids: Sequence[str] = (),
        *,
        filter: ArtifactFilter = ArtifactFilter(),  # noqa: A002, B008 - frozen
    ) -> AsyncIterator[bytes]:
        content = msgspec.json.encode({"ids": list(ids)} | msgspec.to_builtins(filter))
        async with self.http("read").stream(
            "POST", "/artifacts/export", content=content
        ) as response:
            async for chunk in response.aiter_bytes():
                yield chunk

    async def import_zip(self, file: IO[bytes]) -> ImportReport:
        chunks = iter(lambda: file.read(_CHUNK), b"")
        return await _upload(self.http("write"), "/artifacts/import", chunks, "application/zip")


class _Transfer(RemoteService):
    async def export(self, *, conversation_id: str | None = None) -> AsyncIterator[bytes]:
        query = query_of(conversation_id=conversation_id)
        async with self.http("read").stream("GET", "/export", query=query) as response:
            rest = b""
            async for chunk in response.aiter_bytes():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield line + b"\n"
            if rest:
                yield rest

    async def import_lines(self, lines: Iterable[bytes]) -> ImportReport:
        return await _upload(self.http("write"), "/import", lines, "application/jsonl")


class _Blobs(RemoteService):
    async def put(self, data: bytes, media_type: str) -> Blob:
        response = await self.http("write").request(
            "POST", "/blobs", content=data, media_type=media_type
        )
        return decoded(response, Blob)

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        async with self.http("read").stream("GET", f"/blobs/{segment(digest)}") as response:
            async for chunk in response.aiter_bytes(_CHUNK):
                yield chunk


class _Sessions(RemoteService):
    async def list(self) -> Sequence[SignedIn]:
        return decoded(await self.http("read").request("GET", "/sessions"), Items[SignedIn]).items

    async def end(self, session_id: str) -> None:
        await self.http("write").request(
            "DELETE", f"/sessions/{segment(session_id)}", repeatable=False
        )


class _Feed(RemoteService):
    follow = Feed.follow

    async def read(self, *, after: int = 0, limit: int = 100) -> Sequence[FeedEntry]:
        query = query_of(after=after, limit=limit)
        response = await self.http("read").request("GET", "/feed", query=query)
        return decoded(response, FeedPage).items

    async def begin(self, after: int | None = None) -> FeedStart:
        response = await self.http("read").request(
            "GET", "/feed", query=query_of(after=after, limit=1)
        )
        page = decoded(response, FeedPage)
        if page.items and after is not None:
            trimmed = page.items[0].kind == "feed.trimmed"
            return FeedStart(position=await self.end() if trimmed else after, resync=trimmed)
        return FeedStart(position=page.next, resync=page.resync)

    async def end(self) -> int:
        return (await self.begin()).position

    async def changes(self, after: int) -> AsyncIterator[Sequence[FeedEntry]]:
        """Each event of the socket says that there is something to read."""
        async with aclosing(cast("Any", self.live.events(after=after))) as events:
            async for event in events:
                while event.position > after:
                    entries = await self.read(after=after, limit=PAGE)
                    if not entries:
                        break
                    yield entries
                    after = entries[-1].position
                after = max(after, event.position)


class _Runs(RemoteService):
    wait = Runs.wait

    async def events(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        async with aclosing(cast("Any", self.live.run_events(run_id, after=after))) as events:
            async for event in events:
                yield event


_WRITTEN: dict[str, type[RemoteService]] = {
    "archives": _Archives,
    "artifacts": _Artifacts,
    "blobs": _Blobs,
    "branches": _Branches,
    "conversations": _Conversations,
    "feed": _Feed,
    "messages": _Messages,
    "runs": _Runs,
    "search": _Search,
    "sessions": _Sessions,
    "shares": _Shares,
    "transfer": _Transfer,
}


@functools.cache
def _remote_services() -> dict[str, type[RemoteService]]:
    """Return a class for each service, with all its public methods."""
    operations = {(each.service, each.call): each for noun in OPERATIONS.values() for each in noun}
    services: dict[str, type[RemoteService]] = {}
    for name, service in SERVICES.items():
        base = _WRITTEN.get(name, RemoteService)
        methods: dict[str, Any] = {}
        for call, method in public_methods(service).items():
            if (operation := operations.get((name, call))) is not None:
                methods[call] = _request(operation)
            elif not hasattr(base, call):
                methods[call] = _unavailable(f"{name}.{call}", method)
        services[name] = type(service.__name__, (base,), methods)
    return services


def public_methods(service: type) -> dict[str, Callable[..., Any]]:
    """Return the asynchronous methods that a service offers to users."""
    return {
        name: method
        for name, method in vars(service).items()
        if not name.startswith("_")
        and _is_asynchronous(inspect.unwrap(method))
        and "tx" not in inspect.signature(method).parameters
    }


def _is_asynchronous(method: Any) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)


def _request(operation: Operation) -> Callable[..., Any]:
    """Return a method that calls an operation."""
    takes_id = any(field.name == "id" for field in operation.fields)

    @functools.wraps(operation.method)
    async def call(self: RemoteService, *args: Any, **kwargs: Any) -> Any:
        values = operation.values(*args, **kwargs)
        if takes_id and values.get("id") is None:
            values["id"] = new_id()
        if "messages" in values:
            values["messages"] = [_with_id(draft) for draft in values["messages"]]
        conditional = {"version", "expect_revision"} & values.keys()
        repeatable = (
            operation.verb == "GET"
            or takes_id
            or "messages" in values
            or (operation.verb in ("PUT", "PATCH") and not conditional)
        )
        result = await self.http(operation.right).call(operation, values, repeatable=repeatable)
        return operation.unwrap(result)

    return check_arguments(call)


def _with_id(draft: Draft) -> Draft:
    """Return a draft with an id, so that a repeated request stores it once."""
    return draft if draft.id is not None else replace(draft, id=new_id())


def _unavailable(name: str, method: Any) -> Callable[..., Any]:
    """Return a method that says that the server does not offer it."""

    @functools.wraps(method)
    def call(*_: Any, **__: Any) -> Any:
        raise PermissionDenied(
            f"{name} is not available on a server; call it where the database is."
        )

    vars(call)["unavailable"] = True
    return call


async def _upload(http: Http, path: str, lines: Iterable[bytes], media_type: str) -> ImportReport:
    async with http.stream("POST", path, content=pieces(lines), media_type=media_type) as response:
        await response.aread()
        return decoded(response, ImportReport)


def _file(response: Any) -> ArtifactFile:
    """Return the file that a response has as an attachment."""
    headers = Headers()
    headers["Content-Disposition"] = response.headers["Content-Disposition"]
    media_type = response.headers["Content-Type"]
    return ArtifactFile(
        name=headers.get_filename() or "artifact", media_type=media_type, data=response.content
    )
