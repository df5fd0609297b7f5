"""All operations, by noun, in the order of the reference pages.

Exports, uploads, streams and sign-in have routes of their own in `server/http`.
"""

from __future__ import annotations

from hansard.api.envelopes import ArtifactContent, Count, Started, StartedRuns
from hansard.api.operation import Operation, operation
from hansard.services.artifacts.collections import Collections
from hansard.services.artifacts.service import Artifacts
from hansard.services.artifacts.shares import Shares
from hansard.services.blobs import Blobs
from hansard.services.conversations.branches import Branches
from hansard.services.conversations.messages import Messages
from hansard.services.conversations.ratings import Ratings
from hansard.services.conversations.service import Conversations
from hansard.services.projects import Projects
from hansard.services.runs.chat import Chat
from hansard.services.runs.models import Models
from hansard.services.runs.service import Runs
from hansard.services.search import Search
from hansard.services.users.service import Users
from hansard.services.users.settings import Settings
from hansard.services.users.statistics import Statistics
from hansard.services.users.usage import Usage

_CONVERSATION = "/conversations/{conversation_id}"
_MESSAGE = f"{_CONVERSATION}/messages/{{message_id}}"
_BRANCH = f"{_CONVERSATION}/branches/{{branch_id}}"
_PROJECT = "/projects/{project_id}"
_ARTIFACT = "/artifacts/{artifact_id}"
_COLLECTION = "/collections/{collection_id}"

_TIMES = {"since": "from", "until": "to"}

OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "conversations": (
        operation("create_conversation", "POST /conversations", Conversations.create),
        operation("list_conversations", "GET /conversations", Conversations.list),
        operation("get_conversation", f"GET {_CONVERSATION}", Conversations.get),
        operation("update_conversation", f"PATCH {_CONVERSATION}", Conversations.update),
        operation("delete_conversation", f"DELETE {_CONVERSATION}", Conversations.delete),
        operation(
            "delete_conversations",
            "DELETE /conversations",
            Conversations.delete_all,
            envelope=Count,
        ),
        operation(
            "restore_conversation", f"POST {_CONVERSATION}/restore 200", Conversations.restore
        ),
        operation("purge_conversation", f"POST {_CONVERSATION}/purge", Conversations.purge),
        operation(
            "purge_conversations",
            "POST /conversations/purge 200",
            Conversations.purge_all,
            envelope=Count,
        ),
        operation("merge_branches", f"POST {_CONVERSATION}/merge", Branches.merge, body="Merge"),
    ),
    "messages": (
        operation(
            "append_messages", f"POST {_CONVERSATION}/messages", Messages.append, body="NewMessages"
        ),
        operation("list_messages", f"GET {_CONVERSATION}/messages", Messages.read),
        operation("get_message", f"GET {_MESSAGE}", Messages.get),
        operation("delete_message", f"DELETE {_MESSAGE}", Messages.delete),
        operation("edit_message", f"POST {_MESSAGE}/edit", Messages.edit, body="NewContent"),
        operation(
            "retry_message",
            f"POST {_MESSAGE}/retry 202",
            Chat.retry,
            envelope=Started,
            body="Retry",
            body_is_optional=True,
        ),
        operation("list_siblings", f"GET {_MESSAGE}/siblings", Branches.siblings),
    ),
    "ratings": (
        operation("rate_message", f"PUT {_MESSAGE}/rating", Ratings.rate, body="NewRating"),
        operation("list_ratings", f"GET {_CONVERSATION}/ratings", Ratings.list),
    ),
    "branches": (
        operation("list_branches", f"GET {_CONVERSATION}/branches", Branches.overview),
        operation("create_branch", f"POST {_CONVERSATION}/branches", Branches.fork),
        operation("rename_branch", f"PATCH {_BRANCH}", Branches.rename, body="BranchName"),
        operation("delete_branch", f"DELETE {_BRANCH}", Branches.delete),
        operation("switch_branch", f"POST {_BRANCH}/switch 200", Branches.switch),
        operation(
            "restore_branch", f"POST {_BRANCH}/restore 200", Branches.restore, envelope=Count
        ),
        operation("purge_branch", f"POST {_BRANCH}/purge", Branches.purge),
    ),
    "chat": (
        operation(
            "chat", f"POST {_CONVERSATION}/chat 202", Chat.send, envelope=StartedRuns, body="Prompt"
        ),
        operation(
            "answer",
            f"POST {_CONVERSATION}/answer 202",
            Chat.answer,
            envelope=StartedRuns,
            body_is_optional=True,
        ),
        operation(
            "dialogue", f"POST {_CONVERSATION}/dialogue 202", Chat.dialogue, envelope=Started
        ),
    ),
    "runs": (
        operation("list_runs", f"GET {_CONVERSATION}/runs", Runs.list),
        operation("list_active_runs", "GET /runs", Runs.active),
        operation("get_run", "GET /runs/{run_id}", Runs.get),
        operation("cancel_run", "POST /runs/{run_id}/cancel 200", Runs.cancel),
        operation(
            "continue_run",
            "POST /runs/{run_id}/continue 202",
            Chat.continue_run,
            envelope=Started,
            body="Continue",
            body_is_optional=True,
        ),
    ),
    "search": (operation("search", "GET /search", Search.page, renamed={"roles": "role"}),),
    "statistics": (operation("get_stats", "GET /stats", Statistics.get),),
    "models": (
        operation("list_models", "GET /models", Models.list),
        operation("find_model", "GET /models/find", Models.find),
    ),
    "projects": (
        operation("create_project", "POST /projects", Projects.create),
        operation("list_projects", "GET /projects", Projects.list),
        operation("get_project", f"GET {_PROJECT}", Projects.get),
        operation("update_project", f"PATCH {_PROJECT}", Projects.update),
        operation("delete_project", f"DELETE {_PROJECT}", Projects.delete),
        operation("restore_project", f"POST {_PROJECT}/restore 200", Projects.restore),
    ),
    "settings": (
        operation("list_settings", "GET /settings", Settings.list),
        operation("get_setting", "GET /settings/{name}", Settings.get),
        operation("set_setting", "PUT /settings/{name}", Settings.set, body="NewValue"),
        operation("delete_setting", "DELETE /settings/{name}", Settings.delete),
    ),
    "users": (
        operation("get_me", "GET /me", Users.me),
        operation("update_me", "PATCH /me", Users.update_me, body="UserChanges"),
        operation("get_tenant", "GET /tenant", Users.tenant),
        operation("update_tenant", "PATCH /tenant", Users.update_tenant, right="admin"),
    ),
    "blobs": (operation("get_blob", "GET /blobs/{digest}/metadata", Blobs.get),),
    "usage": (operation("get_usage", "GET /usage", Usage.get),),
    "artifacts": (
        operation("create_artifact", "POST /artifacts", Artifacts.create),
        operation("list_artifacts", "GET /artifacts", Artifacts.list, renamed=_TIMES),
        operation(
            "search_artifacts",
            "GET /search/artifacts",
            Search.artifacts,
            renamed=_TIMES | {"types": "type", "languages": "language"},
        ),
        operation("get_artifact_uses", "GET /artifacts/uses", Artifacts.uses, renamed=_TIMES),
        operation("get_artifact", f"GET {_ARTIFACT}", Artifacts.get),
        operation(
            "read_artifact",
            f"GET {_ARTIFACT}/content",
            Artifacts.get_content,
            envelope=ArtifactContent,
        ),
        operation("update_artifact", f"PATCH {_ARTIFACT}", Artifacts.update),
        operation("delete_artifact", f"DELETE {_ARTIFACT}", Artifacts.delete),
        operation("restore_artifact", f"POST {_ARTIFACT}/restore 200", Artifacts.restore),
        operation("purge_artifact", f"POST {_ARTIFACT}/purge", Artifacts.purge),
        operation("list_revisions", f"GET {_ARTIFACT}/revisions", Artifacts.revisions),
        operation(
            "restore_revision",
            f"POST {_ARTIFACT}/revisions/{{number}}/restore 200",
            Artifacts.restore_revision,
        ),
        operation(
            "diff_artifact",
            f"GET {_ARTIFACT}/diff",
            Artifacts.diff,
            renamed={"old": "from", "new": "to"},
        ),
        operation("use_artifact", f"POST {_ARTIFACT}/uses", Artifacts.used, body="ArtifactUse"),
    ),
    "collections": (
        operation("create_collection", "POST /collections", Collections.create),
        operation("list_collections", "GET /collections", Collections.list),
        operation("get_collection", f"GET {_COLLECTION}", Collections.get),
        operation("update_collection", f"PATCH {_COLLECTION}", Collections.update),
        operation("delete_collection", f"DELETE {_COLLECTION}", Collections.delete),
        operation("restore_collection", f"POST {_COLLECTION}/restore 200", Collections.restore),
        operation(
            "collect_artifact", f"PUT {_COLLECTION}/artifacts/{{artifact_id}}", Collections.add
        ),
        operation(
            "uncollect_artifact",
            f"DELETE {_COLLECTION}/artifacts/{{artifact_id}}",
            Collections.remove,
        ),
    ),
    "shares": (
        operation("share_artifact", f"POST {_ARTIFACT}/shares", Shares.share, body="NewShare"),
        operation("link_artifact", f"POST {_ARTIFACT}/links", Shares.link, body="NewLinkTo"),
        operation("list_shares", f"GET {_ARTIFACT}/shares", Shares.of),
        operation("revoke_share", "DELETE /shares/{share_id}", Shares.revoke),
    ),
}


def by_name(name: str) -> Operation:
    """Return an operation. Raises KeyError if there is none of this name."""
    return {each.name: each for noun in OPERATIONS.values() for each in noun}[name]
