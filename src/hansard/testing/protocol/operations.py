"""The operations of the protocol, and a valid body for each operation that takes one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hansard.testing.protocol.answers import JSON

_TABLE = """
export_artifacts     POST   /artifacts/export
import_artifacts     POST   /artifacts/import
create_artifact      POST   /artifacts
list_artifacts       GET    /artifacts
search_artifacts     GET    /search/artifacts
get_artifact_uses    GET    /artifacts/uses
get_artifact         GET    /artifacts/{artifact_id}
update_artifact      PATCH  /artifacts/{artifact_id}
delete_artifact      DELETE /artifacts/{artifact_id}
read_artifact        GET    /artifacts/{artifact_id}/content
download_artifact    GET    /artifacts/{artifact_id}/file
restore_artifact     POST   /artifacts/{artifact_id}/restore
purge_artifact       POST   /artifacts/{artifact_id}/purge
list_revisions       GET    /artifacts/{artifact_id}/revisions
restore_revision     POST   /artifacts/{artifact_id}/revisions/{number}/restore
diff_artifact        GET    /artifacts/{artifact_id}/diff
use_artifact         POST   /artifacts/{artifact_id}/uses
upload_blob          POST   /blobs
download_blob        GET    /blobs/{digest}
get_blob             GET    /blobs/{digest}/metadata
list_branches        GET    /conversations/{conversation_id}/branches
create_branch        POST   /conversations/{conversation_id}/branches
rename_branch        PATCH  /conversations/{conversation_id}/branches/{branch_id}
delete_branch        DELETE /conversations/{conversation_id}/branches/{branch_id}
switch_branch        POST   /conversations/{conversation_id}/branches/{branch_id}/switch
restore_branch       POST   /conversations/{conversation_id}/branches/{branch_id}/restore
purge_branch         POST   /conversations/{conversation_id}/branches/{branch_id}/purge
chat                 POST   /conversations/{conversation_id}/chat
answer               POST   /conversations/{conversation_id}/answer
dialogue             POST   /conversations/{conversation_id}/dialogue
create_collection    POST   /collections
list_collections     GET    /collections
get_collection       GET    /collections/{collection_id}
update_collection    PATCH  /collections/{collection_id}
delete_collection    DELETE /collections/{collection_id}
restore_collection   POST   /collections/{collection_id}/restore
collect_artifact     PUT    /collections/{collection_id}/artifacts/{artifact_id}
uncollect_artifact   DELETE /collections/{collection_id}/artifacts/{artifact_id}
create_conversation  POST   /conversations
list_conversations   GET    /conversations
delete_conversations DELETE /conversations
get_conversation     GET    /conversations/{conversation_id}
update_conversation  PATCH  /conversations/{conversation_id}
delete_conversation  DELETE /conversations/{conversation_id}
purge_conversations  POST   /conversations/purge
restore_conversation POST   /conversations/{conversation_id}/restore
purge_conversation   POST   /conversations/{conversation_id}/purge
merge_conversations  POST   /conversations/merge
merge_branches       POST   /conversations/{conversation_id}/merge
read_feed            GET    /feed
follow_feed          GET    /feed/stream
check_alive          GET    /healthz
check_ready          GET    /readyz
append_messages      POST   /conversations/{conversation_id}/messages
list_messages        GET    /conversations/{conversation_id}/messages
delete_messages      DELETE /conversations/{conversation_id}/messages
get_message          GET    /conversations/{conversation_id}/messages/{message_id}
delete_message       DELETE /conversations/{conversation_id}/messages/{message_id}
edit_message         POST   /conversations/{conversation_id}/messages/{message_id}/edit
retry_message        POST   /conversations/{conversation_id}/messages/{message_id}/retry
list_siblings        GET    /conversations/{conversation_id}/messages/{message_id}/siblings
list_models          GET    /models
find_model           GET    /models/find
preview_artifact     POST   /artifacts/{artifact_id}/preview
preview_link         POST   /links/{token}/preview
create_project       POST   /projects
list_projects        GET    /projects
get_project          GET    /projects/{project_id}
update_project       PATCH  /projects/{project_id}
delete_project       DELETE /projects/{project_id}
restore_project      POST   /projects/{project_id}/restore
create_tag           POST   /tags
list_tags            GET    /tags
get_tag              GET    /tags/{tag_id}
update_tag           PATCH  /tags/{tag_id}
delete_tag           DELETE /tags/{tag_id}
restore_tag          POST   /tags/{tag_id}/restore
purge_tag            POST   /tags/{tag_id}/purge
create_rule          POST   /rules
list_rules           GET    /rules
get_rule             GET    /rules/{rule_id}
update_rule          PATCH  /rules/{rule_id}
delete_rule          DELETE /rules/{rule_id}
restore_rule         POST   /rules/{rule_id}/restore
purge_rule           POST   /rules/{rule_id}/purge
create_agent         POST   /agents
list_agents          GET    /agents
get_agent            GET    /agents/{agent_id}
update_agent         PATCH  /agents/{agent_id}
delete_agent         DELETE /agents/{agent_id}
restore_agent        POST   /agents/{agent_id}/restore
purge_agent          POST   /agents/{agent_id}/purge
create_prompt        POST   /prompts
list_prompts         GET    /prompts
get_prompt           GET    /prompts/{prompt_id}
update_prompt        PATCH  /prompts/{prompt_id}
delete_prompt        DELETE /prompts/{prompt_id}
restore_prompt       POST   /prompts/{prompt_id}/restore
purge_prompt         POST   /prompts/{prompt_id}/purge
list_tasks           GET    /agents/{agent_id}/tasks
create_task          POST   /agents/{agent_id}/tasks
create_api_key       POST   /api-keys
list_api_keys        GET    /api-keys
get_api_key          GET    /api-keys/{api_key_id}
update_api_key       PATCH  /api-keys/{api_key_id}
delete_api_key       DELETE /api-keys/{api_key_id}
restore_api_key      POST   /api-keys/{api_key_id}/restore
purge_api_key        POST   /api-keys/{api_key_id}/purge
create_provider      POST   /providers
list_providers       GET    /providers
list_environment_providers GET /providers/environment
get_provider         GET    /providers/{provider_id}
update_provider      PATCH  /providers/{provider_id}
delete_provider      DELETE /providers/{provider_id}
restore_provider     POST   /providers/{provider_id}/restore
purge_provider       POST   /providers/{provider_id}/purge
test_provider        POST   /providers/{provider_id}/test
refresh_provider     POST   /providers/{provider_id}/refresh
list_prompt_revisions GET    /prompts/{prompt_id}/revisions
render_prompt        POST   /prompts/{prompt_id}/render
purge_project        POST   /projects/{project_id}/purge
get_project_defaults GET    /projects/{project_id}/defaults
rate_message         PUT    /conversations/{conversation_id}/messages/{message_id}/rating
list_ratings         GET    /conversations/{conversation_id}/ratings
list_runs            GET    /conversations/{conversation_id}/runs
list_active_runs     GET    /runs
get_run              GET    /runs/{run_id}
follow_run           GET    /runs/{run_id}/events
cancel_run           POST   /runs/{run_id}/cancel
continue_run         POST   /runs/{run_id}/continue
search               GET    /search
sign_in              POST   /signin
sign_out             DELETE /session
list_sessions        GET    /sessions
end_sessions         DELETE /sessions
end_session          DELETE /sessions/{session_id}
list_settings        GET    /settings
get_setting          GET    /settings/{name}
set_setting          PUT    /settings/{name}
delete_setting       DELETE /settings/{name}
share_artifact       POST   /artifacts/{artifact_id}/shares
list_shares          GET    /artifacts/{artifact_id}/shares
link_artifact        POST   /artifacts/{artifact_id}/links
revoke_share         DELETE /shares/{share_id}
follow_link          GET    /links/{token}
download_linked      GET    /links/{token}/file
get_stats            GET    /stats
export               GET    /export
export_conversation  GET    /conversations/{conversation_id}/export
import_records       POST   /import
get_usage            GET    /usage
get_scope            GET    /scope
get_me               GET    /me
update_me            PATCH  /me
get_tenant           GET    /tenant
update_tenant        PATCH  /tenant
"""

_ECHO: JSON = {"model": "echo/echo"}
BODIES: dict[str, JSON] = {
    "export_artifacts": {"ids": []},
    "create_artifact": {"type": "text", "title": "Protocol check", "content": "one"},
    "update_artifact": {"title": "Protocol check"},
    "restore_revision": {},
    "use_artifact": {"use": "opened"},
    "create_branch": {"at": "{message_id}"},
    "rename_branch": {"name": "Protocol check"},
    "chat": {"content": "one", **_ECHO},
    "answer": _ECHO,
    "dialogue": {"models": ["echo/echo", "echo/echo"], "turns": 1, "content": "one"},
    "create_collection": {"name": "Protocol check"},
    "update_collection": {"name": "Protocol check"},
    "create_conversation": {"title": "Protocol check"},
    "update_conversation": {"title": "Protocol check"},
    "merge_conversations": {"ids": ["{conversation_id}"], "title": "Protocol check"},
    "merge_branches": {"source": "{branch_id}"},
    "append_messages": {"messages": [{"role": "user", "content": "one"}]},
    "edit_message": {"content": "one"},
    "retry_message": _ECHO,
    "preview_artifact": {},
    "create_project": {"name": "Protocol check"},
    "update_project": {"name": "Protocol check"},
    "create_tag": {"name": "{unique}"},
    "update_tag": {"color": "#336699"},
    "create_rule": {"name": "{unique}", "text": "Be brief."},
    "update_rule": {"text": "Be brief."},
    "create_agent": {"name": "{unique}"},
    "update_agent": {"description": "one"},
    "create_task": {"name": "{unique}", "body": "one"},
    "create_prompt": {"name": "{unique}", "body": "one"},
    "update_prompt": {"description": "one"},
    "render_prompt": {},
    "create_api_key": {"name": "{unique}", "value": "protocol-check"},
    "update_api_key": {"value": "protocol-check"},
    "create_provider": {"name": "{unique}", "type": "openai"},
    "update_provider": {"position": 1},
    "rate_message": {"value": 1},
    "continue_run": {},
    "sign_in": {"code": "none"},
    "set_setting": {"value": 1},
    "share_artifact": {"user_id": "protocol-check"},
    "link_artifact": {},
    "update_me": {},
    "update_tenant": {},
}
"""A valid JSON body for each operation that takes one; `{…}` is an id of the specimen."""
BYTES = {"import_artifacts", "upload_blob", "import_records"}
"""Operations whose body is not JSON."""
OPEN = {"check_alive", "check_ready", "sign_in", "preview_link", "follow_link", "download_linked"}
"""Operations that need no credential."""
ONLY_REST = {
    *("download_artifact", "download_blob", "preview_artifact", "preview_link", "follow_run"),
    *("follow_link", "download_linked", "end_session", "export_conversation"),
}
"""Operations on a record that are not requests over the WebSocket."""
SOCKET_BODIES = {"create_artifact": "artifact", "update_artifact": "updates", "chat": "message"}
"""The field that has the body over the WebSocket, if it is not `body`."""
SWEEPING = {"delete_conversations", "purge_conversations", "end_sessions"}
"""Operations on all records of the user, which the suite never requests."""


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    id: str
    method: str
    path: str

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters in the path."""
        return re.findall(r"{(\w+)}", self.path)


OPERATIONS = {
    name: Operation(name, method, path)
    for name, method, path in (line.split() for line in _TABLE.strip().splitlines())
}
"""All operations of the protocol by id."""
