"""The services of a scope, and all operations, by noun, in the order of the reference pages.

Exports, uploads, streams and sign-in have routes of their own in `server/http`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import get_type_hints

from hansard.api.envelopes import ArtifactContent, Count, Started, StartedRuns
from hansard.api.operation import Operation
from hansard.model.scope import Scope
from hansard.services.artifacts.backfill import Backfill
from hansard.services.artifacts.collections import Collections
from hansard.services.artifacts.previews import Previews
from hansard.services.artifacts.service import Artifacts
from hansard.services.artifacts.shares import Shares
from hansard.services.base import Service
from hansard.services.blobs import Blobs
from hansard.services.conversations.branches import Branches
from hansard.services.conversations.messages import Messages
from hansard.services.conversations.ratings import Ratings
from hansard.services.conversations.service import Conversations
from hansard.services.feed.broadcaster import Broadcasters
from hansard.services.feed.service import Feed
from hansard.services.library.agents import Agents
from hansard.services.library.prompts import Prompts
from hansard.services.library.rules import Rules
from hansard.services.library.tags import Tags
from hansard.services.projects.service import Projects
from hansard.services.providers.api_keys import ApiKeys
from hansard.services.providers.service import Providers
from hansard.services.quotas import Meters
from hansard.services.runs.chat import Chat
from hansard.services.runs.models import Models
from hansard.services.runs.runner import Runner
from hansard.services.runs.service import Runs
from hansard.services.search import Search
from hansard.services.transfer.archives import Archives
from hansard.services.transfer.exporter import Transfer
from hansard.services.users.service import Users
from hansard.services.users.sessions import Sessions
from hansard.services.users.settings import Settings
from hansard.services.users.statistics import Statistics
from hansard.services.users.usage import Usage
from hansard.storage.base import Storage


class Services:
    """The services for one scope."""

    scope: Scope
    meters: Meters
    conversations: Conversations
    messages: Messages
    branches: Branches
    projects: Projects
    prompts: Prompts
    agents: Agents
    rules: Rules
    tags: Tags
    api_keys: ApiKeys
    providers: Providers
    search: Search
    statistics: Statistics
    usage: Usage
    ratings: Ratings
    settings: Settings
    artifacts: Artifacts
    archives: Archives
    collections: Collections
    backfill: Backfill
    shares: Shares
    previews: Previews
    blobs: Blobs
    users: Users
    sessions: Sessions
    feed: Feed
    runs: Runs
    models: Models
    chat: Chat
    transfer: Transfer

    def __init__(
        self,
        scope: Scope,
        storage: Storage,
        runner: Runner,
        broadcasters: Broadcasters,
        meters: Meters,
    ) -> None:
        self.scope = scope
        self.meters = meters
        self.feed = Feed(scope, storage, runner.clock, broadcasters)
        self.runs = Runs(scope, storage, runner)
        self.models = Models(scope, storage, runner)
        self.chat = Chat(scope, storage, runner, meters)
        self.api_keys = ApiKeys(scope, storage, runner.clock, runner.directory.vault)
        self.providers = Providers(scope, storage, runner.clock, runner.directory)
        for name, service in SERVICES.items():
            if not hasattr(self, name):
                setattr(self, name, service(scope, storage, runner.clock))

    def uploading(self) -> AbstractContextManager[None]:
        """A context for an upload. Raises TooManyRequests if the user has too many in progress."""
        return self.meters.upload(self.scope.user)


SERVICES: dict[str, type[Service]] = {
    name: kind for name, kind in get_type_hints(Services).items() if issubclass(kind, Service)
}
"""The classes of the services, by their attributes of `Services`."""

_CONVERSATION = "/conversations/{conversation_id}"
_MESSAGE = f"{_CONVERSATION}/messages/{{message_id}}"
_BRANCH = f"{_CONVERSATION}/branches/{{branch_id}}"
_PROJECT = "/projects/{project_id}"
_PROMPT = "/prompts/{prompt_id}"
_AGENT = "/agents/{agent_id}"
_RULE = "/rules/{rule_id}"
_TAG = "/tags/{tag_id}"
_API_KEY = "/api-keys/{api_key_id}"
_PROVIDER = "/providers/{provider_id}"
_ARTIFACT = "/artifacts/{artifact_id}"
_COLLECTION = "/collections/{collection_id}"

_TIMES = {"since": "from", "until": "to"}

OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "conversations": (
        Operation("create_conversation", "POST /conversations", Conversations.create),
        Operation("list_conversations", "GET /conversations", Conversations.list),
        Operation("get_conversation", f"GET {_CONVERSATION}", Conversations.get),
        Operation("update_conversation", f"PATCH {_CONVERSATION}", Conversations.update),
        Operation("delete_conversation", f"DELETE {_CONVERSATION}", Conversations.delete),
        Operation(
            "delete_conversations",
            "DELETE /conversations",
            Conversations.delete_all,
            envelope=Count,
        ),
        Operation(
            "restore_conversation", f"POST {_CONVERSATION}/restore 200", Conversations.restore
        ),
        Operation("purge_conversation", f"POST {_CONVERSATION}/purge", Conversations.purge),
        Operation(
            "purge_conversations",
            "POST /conversations/purge 200",
            Conversations.purge_all,
            envelope=Count,
        ),
        Operation(
            "merge_conversations", "POST /conversations/merge", Conversations.merge, body="Merging"
        ),
        Operation("merge_branches", f"POST {_CONVERSATION}/merge", Branches.merge, body="Merge"),
    ),
    "messages": (
        Operation(
            "append_messages", f"POST {_CONVERSATION}/messages", Messages.append, body="NewMessages"
        ),
        Operation("list_messages", f"GET {_CONVERSATION}/messages", Messages.read),
        Operation("delete_messages", f"DELETE {_CONVERSATION}/messages", Messages.delete_all),
        Operation("get_message", f"GET {_MESSAGE}", Messages.get),
        Operation("delete_message", f"DELETE {_MESSAGE}", Messages.delete),
        Operation("edit_message", f"POST {_MESSAGE}/edit", Messages.edit, body="NewContent"),
        Operation(
            "retry_message",
            f"POST {_MESSAGE}/retry 202",
            Chat.retry,
            envelope=Started,
            body="Retry",
            body_is_optional=True,
        ),
        Operation("list_siblings", f"GET {_MESSAGE}/siblings", Branches.siblings),
    ),
    "ratings": (
        Operation("rate_message", f"PUT {_MESSAGE}/rating", Ratings.rate, body="NewRating"),
        Operation("list_ratings", f"GET {_CONVERSATION}/ratings", Ratings.list),
    ),
    "branches": (
        Operation("list_branches", f"GET {_CONVERSATION}/branches", Branches.overview),
        Operation("create_branch", f"POST {_CONVERSATION}/branches", Branches.fork),
        Operation("rename_branch", f"PATCH {_BRANCH}", Branches.rename, body="BranchName"),
        Operation("delete_branch", f"DELETE {_BRANCH}", Branches.delete),
        Operation("switch_branch", f"POST {_BRANCH}/switch 200", Branches.switch),
        Operation(
            "restore_branch", f"POST {_BRANCH}/restore 200", Branches.restore, envelope=Count
        ),
        Operation("purge_branch", f"POST {_BRANCH}/purge", Branches.purge),
    ),
    "chat": (
        Operation(
            "chat",
            f"POST {_CONVERSATION}/chat 202",
            Chat.send,
            envelope=StartedRuns,
            body="ChatPrompt",
        ),
        Operation(
            "answer",
            f"POST {_CONVERSATION}/answer 202",
            Chat.answer,
            envelope=StartedRuns,
            body_is_optional=True,
        ),
        Operation(
            "dialogue", f"POST {_CONVERSATION}/dialogue 202", Chat.dialogue, envelope=Started
        ),
    ),
    "runs": (
        Operation("list_runs", f"GET {_CONVERSATION}/runs", Runs.list),
        Operation("list_active_runs", "GET /runs", Runs.active),
        Operation("get_run", "GET /runs/{run_id}", Runs.get),
        Operation("cancel_run", "POST /runs/{run_id}/cancel 200", Runs.cancel),
        Operation(
            "continue_run",
            "POST /runs/{run_id}/continue 202",
            Chat.continue_run,
            envelope=Started,
            body="Continue",
            body_is_optional=True,
        ),
    ),
    "search": (Operation("search", "GET /search", Search.page, renamed={"roles": "role"}),),
    "statistics": (Operation("get_stats", "GET /stats", Statistics.get),),
    "models": (
        Operation("list_models", "GET /models", Models.list),
        Operation("find_model", "GET /models/find", Models.find),
    ),
    "projects": (
        Operation("create_project", "POST /projects", Projects.create),
        Operation("list_projects", "GET /projects", Projects.list),
        Operation("get_project", f"GET {_PROJECT}", Projects.get),
        Operation("update_project", f"PATCH {_PROJECT}", Projects.update),
        Operation("delete_project", f"DELETE {_PROJECT}", Projects.delete),
        Operation("restore_project", f"POST {_PROJECT}/restore 200", Projects.restore),
        Operation("purge_project", f"POST {_PROJECT}/purge", Projects.purge),
        Operation("get_project_defaults", f"GET {_PROJECT}/defaults", Projects.defaults),
    ),
    "agents": (
        Operation("create_agent", "POST /agents", Agents.create),
        Operation("list_agents", "GET /agents", Agents.list),
        Operation("get_agent", f"GET {_AGENT}", Agents.get),
        Operation("update_agent", f"PATCH {_AGENT}", Agents.update),
        Operation("delete_agent", f"DELETE {_AGENT}", Agents.delete),
        Operation("restore_agent", f"POST {_AGENT}/restore 200", Agents.restore),
        Operation("purge_agent", f"POST {_AGENT}/purge", Agents.purge),
        Operation("list_tasks", f"GET {_AGENT}/tasks", Prompts.list),
        Operation("create_task", f"POST {_AGENT}/tasks", Prompts.create),
    ),
    "prompts": (
        Operation("create_prompt", "POST /prompts", Prompts.create),
        Operation("list_prompts", "GET /prompts", Prompts.list),
        Operation("get_prompt", f"GET {_PROMPT}", Prompts.get),
        Operation("update_prompt", f"PATCH {_PROMPT}", Prompts.update),
        Operation("delete_prompt", f"DELETE {_PROMPT}", Prompts.delete),
        Operation("restore_prompt", f"POST {_PROMPT}/restore 200", Prompts.restore),
        Operation("purge_prompt", f"POST {_PROMPT}/purge", Prompts.purge),
        Operation("list_prompt_revisions", f"GET {_PROMPT}/revisions", Prompts.revisions),
        Operation(
            "render_prompt",
            f"POST {_PROMPT}/render 200",
            Prompts.render,
            body="VariableValues",
            body_is_optional=True,
            right="read",
        ),
    ),
    "rules": (
        Operation("create_rule", "POST /rules", Rules.create),
        Operation("list_rules", "GET /rules", Rules.list),
        Operation("get_rule", f"GET {_RULE}", Rules.get),
        Operation("update_rule", f"PATCH {_RULE}", Rules.update),
        Operation("delete_rule", f"DELETE {_RULE}", Rules.delete),
        Operation("restore_rule", f"POST {_RULE}/restore 200", Rules.restore),
        Operation("purge_rule", f"POST {_RULE}/purge", Rules.purge),
    ),
    "tags": (
        Operation("create_tag", "POST /tags", Tags.create),
        Operation("list_tags", "GET /tags", Tags.list),
        Operation("get_tag", f"GET {_TAG}", Tags.get),
        Operation("update_tag", f"PATCH {_TAG}", Tags.update),
        Operation("delete_tag", f"DELETE {_TAG}", Tags.delete),
        Operation("restore_tag", f"POST {_TAG}/restore 200", Tags.restore),
        Operation("purge_tag", f"POST {_TAG}/purge", Tags.purge),
    ),
    "api_keys": (
        Operation("create_api_key", "POST /api-keys", ApiKeys.create),
        Operation("list_api_keys", "GET /api-keys", ApiKeys.list),
        Operation("get_api_key", f"GET {_API_KEY}", ApiKeys.get),
        Operation("update_api_key", f"PATCH {_API_KEY}", ApiKeys.update),
        Operation("delete_api_key", f"DELETE {_API_KEY}", ApiKeys.delete),
        Operation("restore_api_key", f"POST {_API_KEY}/restore 200", ApiKeys.restore),
        Operation("purge_api_key", f"POST {_API_KEY}/purge", ApiKeys.purge),
    ),
    "providers": (
        Operation("create_provider", "POST /providers", Providers.create),
        Operation("list_providers", "GET /providers", Providers.list),
        Operation(
            "list_environment_providers",
            "GET /providers/environment",
            Providers.environment,
        ),
        Operation("get_provider", f"GET {_PROVIDER}", Providers.get),
        Operation("update_provider", f"PATCH {_PROVIDER}", Providers.update),
        Operation("delete_provider", f"DELETE {_PROVIDER}", Providers.delete),
        Operation("restore_provider", f"POST {_PROVIDER}/restore 200", Providers.restore),
        Operation("purge_provider", f"POST {_PROVIDER}/purge", Providers.purge),
        Operation("test_provider", f"POST {_PROVIDER}/test 200", Providers.test),
        Operation("refresh_provider", f"POST {_PROVIDER}/refresh 200", Providers.refresh),
    ),
    "settings": (
        Operation("list_settings", "GET /settings", Settings.list),
        Operation("get_setting", "GET /settings/{name}", Settings.get),
        Operation("set_setting", "PUT /settings/{name}", Settings.set, body="NewValue"),
        Operation("delete_setting", "DELETE /settings/{name}", Settings.delete),
    ),
    "users": (
        Operation("get_me", "GET /me", Users.me),
        Operation("update_me", "PATCH /me", Users.update_me, body="UserChanges"),
        Operation("get_tenant", "GET /tenant", Users.tenant),
        Operation("update_tenant", "PATCH /tenant", Users.update_tenant, right="admin"),
    ),
    "blobs": (Operation("get_blob", "GET /blobs/{digest}/metadata", Blobs.get),),
    "usage": (Operation("get_usage", "GET /usage", Usage.get),),
    "artifacts": (
        Operation("create_artifact", "POST /artifacts", Artifacts.create),
        Operation("list_artifacts", "GET /artifacts", Artifacts.list, renamed=_TIMES),
        Operation(
            "search_artifacts",
            "GET /search/artifacts",
            Search.artifacts,
            renamed=_TIMES | {"types": "type", "languages": "language"},
        ),
        Operation("get_artifact_uses", "GET /artifacts/uses", Artifacts.uses, renamed=_TIMES),
        Operation("get_artifact", f"GET {_ARTIFACT}", Artifacts.get),
        Operation(
            "read_artifact",
            f"GET {_ARTIFACT}/content",
            Artifacts.get_content,
            envelope=ArtifactContent,
        ),
        Operation("update_artifact", f"PATCH {_ARTIFACT}", Artifacts.update),
        Operation("delete_artifact", f"DELETE {_ARTIFACT}", Artifacts.delete),
        Operation("restore_artifact", f"POST {_ARTIFACT}/restore 200", Artifacts.restore),
        Operation("purge_artifact", f"POST {_ARTIFACT}/purge", Artifacts.purge),
        Operation("list_revisions", f"GET {_ARTIFACT}/revisions", Artifacts.revisions),
        Operation(
            "restore_revision",
            f"POST {_ARTIFACT}/revisions/{{number}}/restore 200",
            Artifacts.restore_revision,
        ),
        Operation(
            "diff_artifact",
            f"GET {_ARTIFACT}/diff",
            Artifacts.diff,
            renamed={"old": "from", "new": "to"},
        ),
        Operation("use_artifact", f"POST {_ARTIFACT}/uses", Artifacts.used, body="ArtifactUse"),
    ),
    "collections": (
        Operation("create_collection", "POST /collections", Collections.create),
        Operation("list_collections", "GET /collections", Collections.list),
        Operation("get_collection", f"GET {_COLLECTION}", Collections.get),
        Operation("update_collection", f"PATCH {_COLLECTION}", Collections.update),
        Operation("delete_collection", f"DELETE {_COLLECTION}", Collections.delete),
        Operation("restore_collection", f"POST {_COLLECTION}/restore 200", Collections.restore),
        Operation(
            "collect_artifact", f"PUT {_COLLECTION}/artifacts/{{artifact_id}}", Collections.add
        ),
        Operation(
            "uncollect_artifact",
            f"DELETE {_COLLECTION}/artifacts/{{artifact_id}}",
            Collections.remove,
        ),
    ),
    "shares": (
        Operation("share_artifact", f"POST {_ARTIFACT}/shares", Shares.share, body="NewShare"),
        Operation("link_artifact", f"POST {_ARTIFACT}/links", Shares.link, body="NewLinkTo"),
        Operation("list_shares", f"GET {_ARTIFACT}/shares", Shares.of),
        Operation("revoke_share", "DELETE /shares/{share_id}", Shares.revoke),
    ),
}


def by_name(name: str) -> Operation:
    """Return an operation. Raises KeyError if there is none of this name."""
    return {each.name: each for noun in OPERATIONS.values() for each in noun}[name]
