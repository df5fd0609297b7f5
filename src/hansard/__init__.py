"""Hansard, the conversation database: the verbatim record of everything said.

::

    async with hansard.connect("sqlite:///chats.db") as db:
        ada = db.scope(tenant="acme", user="ada")
        talk = await ada.conversations.create(title="Trip to Rome")
        await ada.messages.append(talk.id, [hansard.user("Where do I sleep?")])
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "hansard.api.operations": "Services",
    "hansard.database": "Database connect",
    "hansard.errors": (
        "AlreadyExists BadCursor Conflict DatabaseInUse DatabaseReadOnly DatabaseUnreachable "
        "EmptyInput HansardError HeadConflict InvalidConfig InvalidInput NotADatabase "
        "NotFound OutcomeUnknown Overloaded PermissionDenied ProviderError ProviderRefused "
        "ProviderUnavailable RevisionConflict SchemaOutdated SchemaTooNew StorageError "
        "StorageFull TooLarge TooManyRequests Unauthenticated Unavailable UnknownModel "
        "Undecipherable UnsafeEngine Unstorable VersionConflict"
    ),
    "hansard.model.activity": "DayUse HourUse MessageCounters ModelUse Stats Topic",
    "hansard.model.agents": "Agent",
    "hansard.model.api_keys": "ApiKey",
    "hansard.model.applied": "Applied AppliedAgent AppliedPrompt AppliedRule RuleSource",
    "hansard.model.artifacts": (
        "Artifact ArtifactCounters ArtifactHit ArtifactType Diff PreviewType Revision Use UseKey"
    ),
    "hansard.model.blobs": "Blob",
    "hansard.model.branches": "Branch BranchList",
    "hansard.model.collections": "Collection",
    "hansard.model.conversations": "Conversation",
    "hansard.model.drafts": "Draft assistant system tool user",
    "hansard.model.event_kinds": "EventKind EventRecord",
    "hansard.model.events": "Appended",
    "hansard.model.feed": "FeedEntry",
    "hansard.model.health": "Fault Health",
    "hansard.model.messages": "Finish Message OnConflict Rating Role Summary",
    "hansard.model.pages": "Hit MatchWords MessagePage Page",
    "hansard.model.parts": "Data Error File Image Part Parts Reasoning Text ToolCall ToolResult",
    "hansard.model.projects": (
        "ConversationsOnDelete Inherited InheritedFrom InheritedRule Project ProjectDefaults"
    ),
    "hansard.model.prompts": "Prompt PromptRevision RenderedPrompt Variable VariableType",
    "hansard.model.providers": (
        "EnvironmentProvider ProviderConfig ProviderModel ProviderTest ProviderType"
    ),
    "hansard.model.rules": "Rule RulePosition",
    "hansard.model.runs": "Run RunError RunEvent RunEventType RunMode RunStatus",
    "hansard.model.scope": "Right Scope",
    "hansard.model.sessions": "Session",
    "hansard.model.settings": "Setting",
    "hansard.model.shares": "Share ShareRight Snapshot",
    "hansard.model.tags": "Tag",
    "hansard.model.users": "Tenant User",
    "hansard.providers.base": (
        "DataOutput Finished ImageOutput Listing Media Model Provider ProviderFailure "
        "ReasoningDelta Request TextDelta ToolCalled Turn"
    ),
    "hansard.services.artifacts.backfill": "BackfillProgress",
    "hansard.services.artifacts.files": "ArtifactFile",
    "hansard.services.artifacts.previews": "PreviewContent PreviewTarget",
    "hansard.services.artifacts.shares": "Linked NewLink",
    "hansard.services.artifacts.validation": "ArtifactFilter",
    "hansard.services.conversations.service": "ConversationFilter",
    "hansard.services.conversations.trash": "Trashed",
    "hansard.services.feed.service": "FeedStart",
    "hansard.services.options": "ChatOptions Retention",
    "hansard.services.runs.models": "ModelList",
    "hansard.services.search": "ArtifactSearchFilter SearchFilter",
    "hansard.services.transfer.import_session": "ImportReport",
    "hansard.services.users.sessions": "NewSession SignedIn",
    "hansard.services.users.usage": "UsageByKind",
    "hansard.storage.base": "Storage",
}
"""Where each exported name is defined; `__init__.pyi` says the same to type checkers."""
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that `import hansard` loads nothing else."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
