"""Separates reasoning that a model marks with tags from its answer.

Some models put their reasoning between tags at the beginning of the text, such as `<think>` and `</think>`. A tag
further on is part of the answer: somebody may ask what `<think>` means.
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
"""The tags that start reasoning, and those that end it."""


class TextSegment(NamedTuple):
    """A piece of text, or of reasoning."""

    kind: Literal["text", "reasoning"]
    text: str


class ThinkingSplitter:
    """Separates text and reasoning in a stream of chunks, which may end within a tag."""

    def __init__(self) -> None:
        self._state: Literal["start", "thinking", "text"] = "start"
        self._blanks: list[str] = []
        """White space before `_buffer`, kept apart so that it is scanned only once."""
        self._buffer = ""
        self._end = ""

    def feed(self, text: str) -> list[TextSegment]:
        """Return the segments that are certain; the beginning of a possible tag is buffered."""
        if self._state == "text":
            return [TextSegment("text", text)] if text else []
        self._buffer += text
        pieces: list[TextSegment] = []
        while self._buffer and self._step(pieces):
            pass
        return pieces

    def close(self) -> list[TextSegment]:
        """Return the rest of the buffer at the end of the stream."""
        kind = "reasoning" if self._state == "thinking" else "text"
        rest = "".join([*self._blanks, self._buffer])
        self._blanks, self._buffer, self._state = [], "", "text"
        rest = rest.strip() if self._end and kind == "text" else rest
        return [TextSegment(kind, rest)] if rest else []

    def _step(self, pieces: list[TextSegment]) -> bool:
        """Process a part of the buffer; False if more text is needed first."""
        if self._state == "thinking":
            return self._split_reasoning(pieces)
        start = self._buffer.lstrip()
        self._blanks.append(self._buffer[: len(self._buffer) - len(start)])
        self._buffer = start
        tag = next((tag for tag in TAGS if start.startswith(tag)), None)
        if tag is not None:
            self._state, self._end = "thinking", TAGS[tag]
            self._blanks, self._buffer = [], start[len(tag) :]
            return True
        if any(tag.startswith(start) for tag in TAGS):
            return False
        self._state = "text"
        # Blank lines after reasoning belong to the tag.
        pieces.append(TextSegment("text", start if self._end else "".join([*self._blanks, start])))
        self._blanks, self._buffer = [], ""
        return False

    def _split_reasoning(self, pieces: list[TextSegment]) -> bool:
        thought, end, rest = self._buffer.partition(self._end)
        if not end:
            kept = _overlap(thought, self._end)
            thought, rest = thought[: len(thought) - kept], thought[len(thought) - kept :]
        if thought:
            pieces.append(TextSegment("reasoning", thought))
        self._buffer = rest
        if end:
            self._state = "start"
        return bool(end)


def split_thinking(text: str) -> tuple[str, str]:
    """Return the reasoning in a complete text, and the text without it.

    An end tag without a start tag counts too: some templates put the start tag into the prompt. If reasoning is cut off
    before its end tag, there is no text.
    """
    splitter = ThinkingSplitter()
    pieces = [*splitter.feed(text), *splitter.close()]
    thought = "".join(piece.text for piece in pieces if piece.kind == "reasoning")
    answer = "".join(piece.text for piece in pieces if piece.kind == "text")
    if not thought:
        for end in TAGS.values():
            before, separator, after = answer.partition(end)
            if separator:
                return before.strip(), after.strip()
    return thought.strip(), answer.strip()


def _overlap(text: str, tag: str) -> int:
    """Return how many characters at the end of a text may be the beginning of a tag."""
    return next((n for n in range(len(tag) - 1, 0, -1) if text.endswith(tag[:n])), 0)
