"""One successful request to each operation, in an order in which all can succeed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hansard.testing.protocol.answers import Answer, BrokenPromise, NotApplicable
from hansard.testing.protocol.operations import OPERATIONS
from hansard.testing.protocol.server import ECHO, TITLE, Server
from hansard.testing.protocol.specimen import Specimen

READS = [
    *(
        "check_alive",
        "check_ready",
        "list_models",
        "get_me",
        "get_tenant",
        "get_usage",
        "get_scope",
    ),
    *("get_stats", "list_sessions", "list_settings", "get_setting", "set_setting"),
    *("list_projects", "get_project", "get_project_defaults"),
    *("list_conversations", "get_conversation", "list_messages"),
    *("get_message", "list_siblings", "rate_message", "list_ratings", "list_branches"),
    *("list_artifacts", "get_artifact", "read_artifact", "download_artifact", "list_revisions"),
    *("diff_artifact", "use_artifact", "get_artifact_uses", "preview_artifact", "list_shares"),
    *("follow_link", "download_linked", "preview_link", "share_artifact", "list_collections"),
    *("list_tags", "get_tag", "list_rules", "get_rule", "list_agents", "get_agent", "list_tasks"),
    *("list_prompts", "get_prompt", "list_prompt_revisions", "render_prompt"),
    *("list_api_keys", "get_api_key", "list_providers", "get_provider", "test_provider"),
    "list_environment_providers",
    *("get_collection", "download_blob", "get_blob", "list_active_runs", "list_runs", "read_feed"),
]
CHANGES = [
    *("update_me", "update_tenant", "update_project", "update_conversation", "append_messages"),
    *("rename_branch", "switch_branch", "update_artifact", "restore_revision", "link_artifact"),
    *("update_tag", "update_rule", "update_agent", "update_prompt"),
    *("update_api_key", "update_provider"),
    *("update_collection", "uncollect_artifact", "collect_artifact", "revoke_share"),
]
TRASH = [
    *("delete_artifact", "restore_artifact", "delete_artifact", "purge_artifact"),
    *("delete_setting", "delete_collection", "restore_collection", "delete_project"),
    *("delete_tag", "restore_tag", "delete_tag", "purge_tag"),
    *("delete_rule", "restore_rule", "delete_rule", "purge_rule"),
    *("delete_prompt", "restore_prompt", "delete_prompt", "purge_prompt"),
    *("delete_agent", "restore_agent", "delete_agent", "purge_agent"),
    *("delete_provider", "restore_provider", "delete_provider", "purge_provider"),
    *("delete_api_key", "restore_api_key", "delete_api_key", "purge_api_key"),
    *("restore_project", "delete_project", "purge_project"),
    *("delete_conversation", "restore_conversation", "delete_conversation", "purge_conversation"),
]


class Tour:
    """The successful responses so far, by operation."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.specimen = Specimen(server)
        self.responses: dict[str, Answer] = {}

    def go(self, name: str, **others: str) -> Answer:
        answer = self.specimen.request(name, others)
        self.responses[name] = answer
        return answer

    def send(self, name: str, *, query: str = "", **how: Any) -> Answer:
        """The response to an operation with a query or a body of another type."""
        operation = OPERATIONS[name]
        path = self.specimen.path(operation) + query
        self.responses[name] = self.server.request(operation.method, path, **how)
        return self.responses[name]


def walk(server: Server) -> dict[str, Answer]:
    """Return a response of each operation; operations after a failed one may be missing."""
    tour = Tour(server.lasting)
    for part in (_read, _branches, _transfer, _run):
        with suppress(BrokenPromise, NotApplicable, KeyError):
            part(tour)
    for name in (*CHANGES, *TRASH):
        tour.go(name)
    return tour.responses


def _read(tour: Tour) -> None:
    for name in READS:
        tour.go(name)
    tour.send("search", query="?q=one")
    tour.send("find_model", query=f"?name={ECHO}")
    tour.send("search_artifacts", query="?q=two")
    for name in ("create_project", "create_collection", "create_conversation", "create_artifact"):
        tour.go(name)
    for name in ("create_tag", "create_rule", "create_agent", "create_prompt", "create_task"):
        tour.go(name)
    for name in ("create_api_key", "create_provider"):
        tour.go(name)


def _branches(tour: Tour) -> None:
    edited = tour.go("edit_message").expect(201).json()
    main = tour.specimen.ids["main_branch"]
    tour.responses["merge_branches"] = tour.specimen.request(
        "merge_branches", body={"source": edited["branch"], "into": main}
    )
    tour.go("merge_conversations")
    own = tour.go("create_branch").expect(201).json()["id"]
    trashed = tour.go("delete_branch", branch_id=edited["branch"]).expect(200).json()["branch"]
    tour.go("restore_branch", branch_id=trashed).expect(200)
    conversation = {"id": tour.specimen.ids["conversation_id"]}
    [last] = tour.server.append(conversation, "three", branch=own)
    trashed = tour.go("delete_message", message_id=last["id"]).expect(200).json()["branch"]
    tour.go("purge_branch", branch_id=trashed)
    emptied = tour.server.conversation(title=TITLE)
    tour.server.append(emptied, "one")
    tour.go("delete_messages", conversation_id=emptied["id"]).expect(200)


def _transfer(tour: Tour) -> None:
    lines = tour.send("export", query=f"?conversation_id={tour.specimen.ids['conversation_id']}")
    tour.go("export_conversation")
    headers = {"Content-Type": "application/jsonl"}
    tour.send("import_records", content=lines.response.content, headers=headers)
    archive = tour.send("export_artifacts", json={"ids": [tour.specimen.ids["artifact_id"]]})
    headers = {"Content-Type": "application/zip"}
    tour.send("import_artifacts", content=archive.response.content, headers=headers)
    tour.send("upload_blob", content=b"Protocol check", headers={"Content-Type": "text/plain"})


def _run(tour: Tour) -> None:
    ids, server = tour.specimen.ids, tour.server
    run = tour.go("chat").expect(202).json()["run"]
    server.ended(run)
    ids |= {"run_id": run["id"], "answer_id": run["message_id"]}
    for name in ("get_run", "follow_run"):
        tour.go(name)
    again = tour.go("retry_message", message_id=ids["answer_id"]).expect(202).json()["run"]
    server.ended(again)
    prompt = server.conversation(title=TITLE)
    server.append(prompt, "one")
    answer = tour.go("answer", conversation_id=prompt["id"]).expect(202).json()["run"]
    server.ended(answer)
    dialogue = tour.go("dialogue", conversation_id=prompt["id"]).expect(202).json()["run"]
    server.ended(dialogue)
    slow = server.chat(prompt, "word " * 200, model=ECHO, options={"delay": 0.1})
    with server.stream(f"/runs/{slow['id']}/events") as events:
        events.until("text")
    tour.go("cancel_run", run_id=slow["id"]).expect(200)
    rest = tour.go("continue_run", run_id=slow["id"]).expect(202).json()["run"]
    server.ended(rest)
