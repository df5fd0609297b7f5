"""Records of every kind on which the checks of all operations work."""

from __future__ import annotations

from typing import Any, cast

from hansard.testing.protocol.answers import JSON, Answer
from hansard.testing.protocol.operations import BODIES, OPERATIONS, Operation
from hansard.testing.protocol.server import TITLE, Server, unique

NOBODY: JSON = {"type": "openai-compatible", "base_url": "http://127.0.0.1:9/v1"}
"""A provider at a port where nobody answers."""
Ids = dict[str, str]
"""Ids by the names of the parameters in paths."""


class Specimen:
    """A conversation, an artifact and all that belongs to them, by the names of the parameters that name them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        project = server.post("/projects", name=TITLE)
        conversation = server.conversation(project_id=project["id"])
        path = f"/conversations/{conversation['id']}"
        first, _ = server.append(conversation, "one", "two")
        branch = server.post(f"{path}/branches", at=first["id"], name=TITLE)
        artifact = server.artifact(conversation_id=conversation["id"])
        artifact = server.patch(f"/artifacts/{artifact['id']}", content="<p>two</p>\n")
        collection = server.post("/collections", name=TITLE)
        server.request("PUT", f"/collections/{collection['id']}/artifacts/{artifact['id']}")
        link = server.post(f"/artifacts/{artifact['id']}/links")
        blob = server.request("POST", "/blobs", content=b"Protocol check").expect(201).json()
        agent = server.post("/agents", name=unique())
        self.ids: Ids = {
            "tag_id": server.post("/tags", name=unique())["id"],
            "rule_id": server.post("/rules", name=unique(), text="Be brief.")["id"],
            "agent_id": agent["id"],
            "prompt_id": server.post("/prompts", name=unique(), body="one")["id"],
            "api_key_id": server.post("/api-keys", name=unique(), value="protocol-check")["id"],
            "provider_id": server.post("/providers", name=unique(), **NOBODY)["id"],
            "unique": unique(),
            "project_id": project["id"],
            "conversation_id": conversation["id"],
            "main_branch": conversation["branch"],
            "message_id": first["id"],
            "branch_id": branch["id"],
            "artifact_id": artifact["id"],
            "number": "1",
            "collection_id": collection["id"],
            "share_id": link["share"]["id"],
            "token": link["token"],
            "digest": blob["id"],
            "name": server.setting("one"),
            "session_id": "protocol-check",
        }

    def add_run(self) -> None:
        """Add a run that has ended, if there is none yet."""
        if "run_id" not in self.ids:
            body = {"id": self.ids["conversation_id"]}
            run = self._server.ended(self._server.chat(body, "one two"))
            self.ids |= {"run_id": run["id"], "answer_id": run["message_id"]}

    def path(self, operation: Operation, others: Ids | None = None) -> str:
        """The path of an operation on these records, of which `others` replace some."""
        if "run_id" in operation.parameters:
            self.add_run()
        return operation.path.format(**self.ids | (others or {}))

    def body(self, operation: Operation) -> JSON | None:
        """A valid body for an operation on these records; None if it takes none."""
        body = BODIES.get(operation.id)
        return body and {name: self._fill(value) for name, value in body.items()}

    def _fill(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._fill(each) for each in cast("list[Any]", value)]
        return value.format(**self.ids) if isinstance(value, str) else value

    def request(
        self, operation_id: str, others: Ids | None = None, *, body: JSON | None = None
    ) -> Answer:
        """The response to an operation, with the valid body or another."""
        operation = OPERATIONS[operation_id]
        how: JSON = {}
        chosen = self.body(operation) if body is None else body
        if chosen is not None:
            how["json"] = chosen
        return self._server.request(operation.method, self.path(operation, others), **how)


def specimen(server: Server) -> Specimen:
    """The specimen of a server, which is created once and removed when the suite ends."""
    return server.once("specimen", lambda: Specimen(server.lasting))
