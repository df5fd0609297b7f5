"""Thinking that a model marks in its text, told apart from what it answers.

Models that think aloud put it between tags at the beginning of the text, such as `<think>` and `</think>`. A tag
further on is part of what was said: somebody may ask what `<think>` means.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

TAGS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
}
"""What begins thinking, and what ends it."""


class DetectedArtifact(NamedTuple):
    kind: Literal["text", "reasoning"]
    text: str


class ThinkingSplitter:
    """Tells text and thinking apart as the text comes, wherever it was cut into pieces."""

    def __init__(self) -> None:
        self._state: Literal["start", "thinking", "text"] = "start"
        self._blanks: list[str] = []
        """Blanks before what is held, which are looked at once."""
        self._held = ""
        self._end = ""

    def feed(self, text: str) -> list[DetectedArtifact]:
        """What is certain by now; the beginning of what may be a tag is held back."""
        if self._state == "text":
            return [DetectedArtifact("text", text)] if text else []
        self._held += text
        pieces: list[DetectedArtifact] = []
        while self._held and self._step(pieces):
            pass
        return pieces

    def close(self) -> list[DetectedArtifact]:
        """What was held back, when nothing more comes."""
        kind = "reasoning" if self._state == "thinking" else "text"
        held = "".join([*self._blanks, self._held])
        self._blanks, self._held, self._state = [], "", "text"
        held = held.strip() if self._end and kind == "text" else held
        return [DetectedArtifact(kind, held)] if held else []

    def _step(self, pieces: list[DetectedArtifact]) -> bool:
        """Take what can be taken of what is held; False when more must come first."""
        if self._state == "thinking":
            return self._think(pieces)
        begun = self._held.lstrip()
        self._blanks.append(self._held[: len(self._held) - len(begun)])
        self._held = begun
        tag = next((tag for tag in TAGS if begun.startswith(tag)), None)
        if tag is not None:
            self._state, self._end = "thinking", TAGS[tag]
            self._blanks, self._held = [], begun[len(tag) :]
            return True
        if any(tag.startswith(begun) for tag in TAGS):
            return False
        self._state = "text"
        # The blank lines after thinking belong to the tag.
        pieces.append(
            DetectedArtifact("text", begun if self._end else "".join([*self._blanks, begun]))
        )
        self._blanks, self._held = [], ""
        return False

    def _think(self, pieces: list[DetectedArtifact]) -> bool:
        thought, end, rest = self._held.partition(self._end)
        if not end:
            kept = _overlap(thought, self._end)
            thought, rest = thought[: len(thought) - kept], thought[len(thought) - kept :]
        if thought:
            pieces.append(DetectedArtifact("reasoning", thought))
        self._held = rest
        if end:
            self._state = "start"
        return bool(end)


def split_thinking(text: str) -> tuple[str, str]:
    """The thinking in a whole text, and the text without it.

    An end without a beginning counts too: some templates begin the thinking in the prompt. Thinking that was cut
    off before its end leaves no text.
    """
    splitter = ThinkingSplitter()
    pieces = [*splitter.feed(text), *splitter.close()]
    thought = "".join(piece.text for piece in pieces if piece.kind == "reasoning")
    said = "".join(piece.text for piece in pieces if piece.kind == "text")
    if not thought:
        for end in TAGS.values():
            before, found, after = said.partition(end)
            if found:
                return before.strip(), after.strip()
    return thought.strip(), said.strip()


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of a text may be the beginning of a tag."""
    return next((n for n in range(len(tag) - 1, 0, -1) if text.endswith(tag[:n])), 0)
