"""What the tests of the walls ask for: bodies, and every field that names a thing."""

from __future__ import annotations

import re
from typing import NamedTuple
from uuid import uuid4

from server.harness import JSON

TEXT = {"role": "user", "content": "x"}
ECHO = {"model": "echo/echo"}
ANY = "00000000-0000-7000-8000-000000000000"
BODIES: dict[str, JSON] = {
    "answer": ECHO,
    "append_messages": {"messages": [TEXT]},
    "chat": {"content": "x", **ECHO},
    "continue_run": {},
    "create_branch": {"at": ANY},
    "create_task": {"name": "x", "body": "x"},
    "dialogue": {"models": ["echo/echo", "echo/echo"], "content": "x"},
    "edit_message": {"content": "x"},
    "link_artifact": {},
    "merge_branches": {"source": ANY},
    "preview_artifact": {},
    "rate_message": {"value": 1},
    "rename_branch": {"name": "x"},
    "render_prompt": {},
    "retry_message": ECHO,
    "restore_revision": {},
    "share_artifact": {"user_id": "x"},
    "update_agent": {"name": "x"},
    "update_api_key": {"name": "x"},
    "update_artifact": {"title": "x"},
    "update_collection": {"name": "x"},
    "update_conversation": {"title": "x"},
    "update_project": {"name": "x"},
    "update_provider": {"position": 1},
    "update_prompt": {"description": "x"},
    "update_rule": {"text": "x"},
    "update_tag": {"color": ""},
    "use_artifact": {"use": "opened"},
}
"""What operations on a thing are asked to do with it."""

OWN_NAMES = {"set_setting", "follow_link", "download_linked", "preview_link"}
"""Operations whose names everybody has for themselves, or that are secrets."""


class Reference(NamedTuple):
    """A field or `?parameter` that names a thing: of what operation, what kind of id, and what goes with it."""

    operation: str
    field: str
    kind: str
    path: str
    body: JSON = {}


SAID: JSON = {"messages": [TEXT]}
PAGE: JSON = {"type": "html", "title": "x", "content": "x"}
PROVIDER: JSON = {"name": "y", "type": "openai"}
TEMPLATE: JSON = {"name": "y", "body": "x"}
REFERENCES = [
    Reference("list_conversations", "?project_id", "project_id", "/conversations"),
    Reference("create_conversation", "project_id", "project_id", "/conversations"),
    Reference("update_conversation", "project_id", "project_id", "{own}"),
    Reference("create_project", "parent_id", "project_id", "/projects", {"name": "x"}),
    Reference("update_project", "parent_id", "project_id", "/projects/{project_id}"),
    Reference("append_messages", "branch", "branch_id", "{own}/messages", SAID),
    Reference("append_messages", "expect_head", "message_id", "{own}/messages", SAID),
    Reference(
        "append_messages",
        "expect_head",
        "message_id",
        "{own}/messages",
        SAID | {"on_conflict": "fork"},
    ),
    Reference("chat", "branch", "branch_id", "{own}/chat", BODIES["chat"]),
    Reference("answer", "branch", "branch_id", "{own}/answer", ECHO),
    Reference("dialogue", "branch", "branch_id", "{own}/dialogue", BODIES["dialogue"]),
    Reference("create_branch", "at", "message_id", "{own}/branches"),
    Reference("merge_branches", "source", "branch_id", "{own}/merge"),
    Reference("merge_branches", "into", "branch_id", "{own}/merge", {"source": "{branch}"}),
    Reference(
        "merge_branches", "source_conversation", "conversation_id", "{own}/merge", {"source": ANY}
    ),
    Reference("list_messages", "?before", "message_id", "{own}/messages"),
    Reference("list_messages", "?after", "message_id", "{own}/messages"),
    Reference("list_messages", "?around", "message_id", "{own}/messages"),
    Reference("list_messages", "?branch", "branch_id", "{own}/messages"),
    Reference("search", "?conversation_id", "conversation_id", "/search", {"q": "marmot"}),
    Reference("search", "?project_id", "project_id", "/search", {"q": "marmot"}),
    Reference("get_stats", "?project_id", "project_id", "/stats"),
    Reference("export", "?conversation_id", "conversation_id", "/export"),
    Reference("list_artifacts", "?conversation_id", "conversation_id", "/artifacts"),
    Reference("list_artifacts", "?message_id", "message_id", "/artifacts"),
    Reference("list_artifacts", "?project_id", "project_id", "/artifacts"),
    Reference("list_artifacts", "?collection_id", "collection_id", "/artifacts"),
    Reference(
        "search_artifacts",
        "?conversation_id",
        "conversation_id",
        "/search/artifacts",
        {"q": "marmot"},
    ),
    Reference(
        "search_artifacts", "?project_id", "project_id", "/search/artifacts", {"q": "marmot"}
    ),
    Reference("create_artifact", "conversation_id", "conversation_id", "/artifacts", PAGE),
    Reference("create_artifact", "project_id", "project_id", "/artifacts", PAGE),
    Reference("export_artifacts", "conversation_id", "conversation_id", "/artifacts/export"),
    Reference("export_artifacts", "project_id", "project_id", "/artifacts/export"),
    Reference("export_artifacts", "collection_id", "collection_id", "/artifacts/export"),
    Reference("chat", "agent", "agent_id", "{own}/chat", BODIES["chat"]),
    Reference("chat", "prompt", "prompt_id", "{own}/chat", ECHO),
    Reference("chat", "rules", "rule_id", "{own}/chat", BODIES["chat"]),
    Reference("answer", "agent", "agent_id", "{own}/answer", ECHO),
    Reference("answer", "rules", "rule_id", "{own}/answer", ECHO),
    Reference("create_conversation", "agent_id", "agent_id", "/conversations"),
    Reference("update_conversation", "agent_id", "agent_id", "{own}"),
    Reference("create_project", "rules", "rule_id", "/projects", {"name": "x"}),
    Reference("update_project", "rules", "rule_id", "/projects/{project_id}"),
    Reference("update_me", "rules", "rule_id", "/me"),
    Reference("update_tenant", "rules", "rule_id", "/tenant"),
    Reference("create_agent", "rules", "rule_id", "/agents", {"name": "y"}),
    Reference("update_agent", "rules", "rule_id", "/agents/{agent_id}"),
    Reference("list_prompts", "?agent_id", "agent_id", "/prompts"),
    Reference("create_prompt", "agent_id", "agent_id", "/prompts", TEMPLATE),
    Reference("create_prompt", "rules", "rule_id", "/prompts", TEMPLATE),
    Reference("update_prompt", "rules", "rule_id", "/prompts/{prompt_id}"),
    Reference("create_task", "rules", "rule_id", "/agents/{agent_id}/tasks", TEMPLATE),
    Reference("create_provider", "api_key_id", "api_key_id", "/providers", PROVIDER),
    Reference("update_provider", "api_key_id", "api_key_id", "/providers/{provider_id}"),
    Reference("list_collections", "?project_id", "project_id", "/collections"),
    Reference("create_collection", "project_id", "project_id", "/collections", {"name": "x"}),
    Reference("update_collection", "project_id", "project_id", "/collections/{collection_id}"),
]

NAMES = re.compile(
    r"\w+_id|agent|prompt|rules|branch|at|source|into|source_conversation|before|after|around|expect_head"
)
NO_THING = {
    ("read_feed", "?after"),
    ("follow_feed", "?after"),
    ("follow_run", "?after"),
    ("share_artifact", "user_id"),
}
"""Positions and event numbers; and names of people, who need not be there."""

TOOL_ARGUMENTS: dict[str, JSON] = {
    "search": {"q": "marmot"},
    "search_artifacts": {"q": "marmot"},
    "append_messages": SAID,
    "create_conversation": {"title": "x"},
}
"""What else tools are asked for that need more than ids."""
TOOL_IDS = {
    "branch": "branch_id",
    **dict.fromkeys(("before", "after", "around", "expect_head"), "message_id"),
}
"""Of what kind the ids are that the arguments of tools name; others are named after their kind."""

MISSING = {
    "digest": "0" * 64,
    "name": "missing",
    **{name: str(uuid4()) for name in ("conversation_id", "message_id", "branch_id")},
    **{name: str(uuid4()) for name in ("run_id", "project_id", "artifact_id", "collection_id")},
    **{name: str(uuid4()) for name in ("tag_id", "rule_id", "agent_id", "prompt_id")},
    **{name: str(uuid4()) for name in ("api_key_id", "provider_id")},
    "share_id": str(uuid4()),
    "session_id": str(uuid4()),
    "token": "missing",
    "number": "1",
}
