"""All checks: importing this module adds them to the registry."""

from hansard.testing.protocol import (
    artifacts,
    basics,
    branches,
    conversations,
    every_operation,
    feed,
    library,
    messages,
    paging,
    projects,
    providers,
    runs,
    search,
    settings,
    sharing,
    transfer,
    trash,
    websocket,
)
from hansard.testing.protocol.registry import CHECKS, select

MODULES = (
    *(basics, every_operation, paging, conversations, messages, branches, trash, runs),
    *(
        feed,
        websocket,
        artifacts,
        sharing,
        projects,
        library,
        providers,
        settings,
        search,
        transfer,
    ),
)
"""The modules with checks, each about one noun."""

__all__ = ["CHECKS", "MODULES", "select"]
