"""Answers with artifacts in them, for tests."""

from __future__ import annotations

from typing import Any

import hansard
from hansard import Services
from hansard.model.artifacts import Artifact
from hansard.model.conversations import Conversation
from hansard.model.feed import FeedEntry
from hansard.model.messages import Message
from hansard.services.artifacts.validation import ArtifactFilter

CODE = (
    "def tick():\n    hour = 1\n    minute = 2\n    second = 3\n    return hour, minute, second\n"
)


def fenced(code: str = CODE, label: str = "python clock.py") -> str:
    return f"Here it is:\n\n```{label}\n{code}```\n\nEnjoy."


def element(identifier: str, content: str, **attributes: str) -> str:
    given = {"identifier": identifier, "type": "text/markdown", "title": identifier, **attributes}
    said = " ".join(f'{name}="{value}"' for name, value in given.items())
    return f"<artifact {said}>\n{content}\n</artifact>"


async def answer(
    services: Services, talk: Conversation, *texts: str, branch: str | None = None, **fields: Any
) -> list[Message]:
    drafts = [hansard.assistant(text, model="p/m", **fields) for text in texts]
    return await services.messages.append(talk.id, drafts, branch=branch)


async def artifacts(services: Services, **which: Any) -> list[Artifact]:
    return (await services.artifacts.list(filter=ArtifactFilter(**which))).items


async def titles(services: Services, **which: Any) -> list[str]:
    return sorted([each.title for each in await artifacts(services, **which)])


async def said(services: Services, artifact: Artifact) -> list[str]:
    """What an artifact says at each revision, the first one first."""
    revisions = (await services.artifacts.revisions(artifact.id)).items
    return [await services.artifacts.read(artifact.id, each.number) for each in revisions[::-1]]


async def kinds(services: Services) -> list[str]:
    """What the feed tells of artifacts."""
    return [entry.kind for entry in await told(services)]


async def told(services: Services) -> list[FeedEntry]:
    """The entries of the feed that are of artifacts."""
    entries = await services.feed.read(limit=500)
    return [entry for entry in entries if entry.kind.startswith("artifact.")]
