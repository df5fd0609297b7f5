"""Artifacts as files: a name that every system takes, with the right ending, and the right media type."""

from __future__ import annotations

import re
from itertools import takewhile
from posixpath import splitext
from unicodedata import category

import msgspec

from hansard.detection.languages import ending_of, language_of_file
from hansard.model.artifacts import Artifact
from hansard.normalization import normalize

MAX_NAME, MAX_ENDING = 150, 20
"""Bytes; file systems take 255 for a name."""
_UNWANTED = re.compile(r"[^\w.+-]+")
_TYPES = {"react": "jsx", "other": "bin", "text": "txt"}
_DEVICE = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)")
"""What Windows does not take for the name of a file."""


class ArtifactFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    media_type: str
    data: bytes


def name_of(artifact: Artifact) -> str:
    """The artifact's own file name without its folders, else one made of its title."""
    own = artifact.file_name.replace("\\", "/").rpartition("/")[2]
    name = _UNWANTED.sub(_hyphen, normalize("NFC", own or artifact.title)).strip("-.")
    if own and (language_of_file(own) or "." in name):
        stem, ending = splitext(name)
    else:
        kind = artifact.language or artifact.type
        stem, ending = name, f".{_TYPES.get(kind) or ending_of(kind)}"
    stem = _cut(stem, MAX_NAME).strip("-.") or "artifact"
    if _DEVICE.fullmatch(stem.partition(".")[0]):
        stem = f"_{stem}"
    return stem + _cut(ending, MAX_ENDING)


def _hyphen(run: re.Match[str]) -> str:
    """For what is unwanted; but marks, such as vowels of Devanagari, belong to the letter before them."""
    marks = "".join(takewhile(lambda sign: category(sign).startswith("M"), run[0]))
    return marks if marks == run[0] else f"{marks}-"


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def file_of(artifact: Artifact, text: str) -> ArtifactFile:
    return ArtifactFile(name=name_of(artifact), media_type=artifact.media_type, data=text.encode())
