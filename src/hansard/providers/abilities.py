"""Decides which models can chat; lists rarely say so, so the name decides otherwise."""

from __future__ import annotations

import re
from typing import Any, cast

_KINDS = re.compile(
    r"embed|rerank|moderat|image|video|audio|speech|transcri|tts|stt|classif|segment", re.IGNORECASE
)
"""Kinds of models, as lists name them, that cannot chat."""
_WORDS = re.compile(
    r"(?:.*embed.*|.*rerank.*|moderation|whisper.*|.*transcri.*|tts\d*|dall|dalle\d*|image|images|imagen\d*|sora\d*|veo\d*"
    r"|lyria|realtime|live|audio|speech|voice|ocr|guard.*|.*guard|shieldgemma|sdxl.*|flux.*|diffusion|clip|siglip"
    r"|bge|gte|e5|minilm|colbert|aqa|parakeet|kokoro|bark|musicgen|davinci|babbage)"
)
"""Words in the names of models for embeddings, images, audio or moderation, and of completion models."""
_OTHER_DOORS = re.compile(
    r"gpt-3\.5-turbo-instruct|codex|deep-research|computer-use|^(?:o\d|gpt-[\d.]+)-pro"
)
"""Names of models with another interface than chat."""


def can_chat(name: str, entry: dict[str, Any] | None = None) -> bool:
    """Return whether a model can chat: by its entry in the provider's list, or else by its name."""
    stated = _stated(entry or {})
    return _named(name) if stated is None else stated


def _named(name: str) -> bool:
    own = name.lower().rpartition("/")[2]
    words = re.split(r"[^a-z0-9]+", own)
    return not (_OTHER_DOORS.search(own) or any(_WORDS.fullmatch(word) for word in words))


def _stated(entry: dict[str, Any]) -> bool | None:
    """Return what an entry states, in one of the ways that lists use; None if it states nothing."""
    if entry.get("active") is False:
        return False
    verdicts = (_by_abilities(entry), _by_outputs(entry), _by_methods(entry), _by_kind(entry))
    return next((verdict for verdict in verdicts if verdict is not None), None)


def _by_abilities(entry: dict[str, Any]) -> bool | None:
    abilities = entry.get("capabilities")
    chats = _fields(abilities).get("completion_chat")
    if isinstance(chats, bool):
        return chats
    listed = _texts(abilities)
    known = listed & {"completion", "chat", "embedding"}
    return bool(known - {"embedding"}) if known else None


def _by_outputs(entry: dict[str, Any]) -> bool | None:
    outputs = _texts(_fields(entry.get("architecture")).get("output_modalities"))
    return False if outputs and "text" not in outputs else None


def _by_methods(entry: dict[str, Any]) -> bool | None:
    methods = _texts(entry.get("supportedGenerationMethods"))
    return False if methods and "generateContent" not in methods else None


def _by_kind(entry: dict[str, Any]) -> bool | None:
    kinds = [entry.get(key) for key in ("type", "task", "pipeline_tag", "kind")]
    kind = next((kind.lower() for kind in kinds if isinstance(kind, str)), "")
    if kind in ("chat", "llm", "vlm", "image-text-to-text"):
        return True
    return False if _KINDS.search(kind) else None


def _fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _texts(value: Any) -> set[str]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return {item for item in items if isinstance(item, str)}
