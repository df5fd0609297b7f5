"""Artifacts as files: a valid file name with the right extension, and the media type."""

from __future__ import annotations

import re
from itertools import takewhile
from posixpath import splitext
from unicodedata import category

import msgspec

from hansard.detection.languages import extension_of, language_of_file
from hansard.model.artifacts import Artifact
from hansard.normalization import normalize

MAX_NAME, MAX_ENDING = 150, 20
"""Bytes; file systems allow 255 per name."""
_INVALID = re.compile(r"[^\w.+-]+")
_TYPES = {"react": "jsx", "other": "bin", "text": "txt"}
_DEVICE = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)")
"""Device names, which Windows does not allow as file names."""


class ArtifactFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    media_type: str
    data: bytes


def name_of(artifact: Artifact) -> str:
    """Return the artifact's file name without folders, or one made from its title."""
    file_name = artifact.file_name.replace("\\", "/").rpartition("/")[2]
    name = _INVALID.sub(_hyphen, normalize("NFC", file_name or artifact.title)).strip("-.")
    if file_name and (language_of_file(file_name) or "." in name):
        stem, ending = splitext(name)
    else:
        kind = artifact.language or artifact.type
        stem, ending = name, f".{_TYPES.get(kind) or extension_of(kind)}"
    stem = _cut(stem, MAX_NAME).strip("-.") or "artifact"
    if _DEVICE.fullmatch(stem.partition(".")[0]):
        stem = f"_{stem}"
    return stem + _cut(ending, MAX_ENDING)


def _hyphen(match: re.Match[str]) -> str:
    """Replace invalid characters; combining marks, such as Devanagari vowels, belong to the letter before them."""
    marks = "".join(takewhile(lambda sign: category(sign).startswith("M"), match[0]))
    return marks if marks == match[0] else f"{marks}-"


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def file_of(artifact: Artifact, text: str) -> ArtifactFile:
    return ArtifactFile(name=name_of(artifact), media_type=artifact.media_type, data=text.encode())
