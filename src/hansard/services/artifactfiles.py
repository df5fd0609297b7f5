"""Artifacts as files: a name that every system takes, with the right ending, and the right media type."""

from __future__ import annotations

import re

import msgspec

from hansard.formats.finding.languages import ending_of, language_of_file
from hansard.model.artifacts import Artifact

MAX_NAME = 100
_UNWANTED = re.compile(r"[^\w.+-]+")
_TYPES = {"react": "jsx", "other": "bin", "text": "txt"}


class ArtifactFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    media_type: str
    data: bytes


def name_of(artifact: Artifact) -> str:
    """The artifact's own file name without its folders, else one made of its title."""
    own = artifact.file_name.replace("\\", "/").rpartition("/")[2]
    name = _UNWANTED.sub("-", own or artifact.title).strip("-.")[:MAX_NAME] or "artifact"
    if own and (language_of_file(own) or "." in name):
        return name
    kind = artifact.language or artifact.type
    return f"{name}.{_TYPES.get(kind) or ending_of(kind)}"


def file_of(artifact: Artifact, text: str) -> ArtifactFile:
    return ArtifactFile(name=name_of(artifact), media_type=artifact.media_type, data=text.encode())
