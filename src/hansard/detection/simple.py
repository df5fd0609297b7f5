"""The blocks of a simple answer, read line by line: most answers need no Markdown parser.

An answer is simple if its lines begin paragraphs, headings, items of flat lists and fences of backticks, none of them
indented, and nothing outside the fences can be an element, HTML or reasoning. For such a text the blocks are those of
`hansard.detection.blocks`; for any other there are none.
"""

from __future__ import annotations

import re

from hansard.detection.blocks import Block

_OTHER_LINE_END = re.compile("[\r\v\f\0\x1c-\x1e\x85\u2028\u2029]")
_BEGINNING = r"(?:[^\s\d#>*+\-=_~<`]|`{1,2}(?!`)|\*\*(?![\s*])|\d+(?![\d.)]))"
"""What a paragraph begins with and nothing else does."""
_PARAGRAPH = re.compile(rf"{_BEGINNING}[^<]*")
_HEADING = re.compile(r"#{1,6} +([^\s<#](?:[^<]*[^<#])?)")
_ITEM = re.compile(rf"(?:([*+-])|\d{{1,9}}([.)])) ({_BEGINNING}[^<]*)")
_FENCE = re.compile(r"(`{3,})([^`]*)")
_CLOSING = re.compile(r" {0,3}(`{3,})[ \t]*\n?")


def simple_blocks(text: str) -> list[Block] | None:
    """Return the blocks of a simple text, in order; None if the text is not simple."""
    if _OTHER_LINE_END.search(text):
        return None
    lines = re.sub(r"\n[ \t]++\Z", "\n", text).splitlines(keepends=True)
    blocks: list[Block] = []
    paragraph: list[str] = []
    """The lines of the paragraph that is being read."""
    order = ""
    """The delimiter of the ordered list whose item is being read."""
    number = 0
    while number < len(lines):
        line = lines[number].rstrip("\n")
        fence = _FENCE.fullmatch(line)
        heading = None if fence else _HEADING.fullmatch(line)
        item = None if fence or heading else _ITEM.fullmatch(line)
        if item and item[2] and paragraph and order != item[2]:
            return None  # in a paragraph, only the number 1 begins a list
        is_text = item or (not fence and not heading and _PARAGRAPH.fullmatch(line))
        if paragraph and (item or not is_text):
            blocks.append(_text(paragraph, number))
            paragraph = []
        if fence:
            block = _fence(lines, number, fence[1], fence[2])
            blocks.append(block)
            number = block.end
            continue
        if heading:
            blocks.append(Block("heading", number, number + 1, heading[1].strip()))
        elif is_text:
            order = item[2] or "" if item else order if paragraph else ""
            paragraph.append(item[3] if item else line)
        elif line.strip(" \t"):
            return None
        number += 1
    return [*blocks, _text(paragraph, number)] if paragraph else blocks


def _text(lines: list[str], end: int) -> Block:
    return Block("text", end - len(lines), end, "\n".join(lines).strip())


def _fence(lines: list[str], start: int, marker: str, info: str) -> Block:
    for end in range(start + 1, len(lines)):
        closing = _CLOSING.fullmatch(lines[end])
        if closing and len(closing[1]) >= len(marker):
            return Block("fence", start, end + 1, "".join(lines[start + 1 : end]), info)
    return Block("fence", start, len(lines), "".join(lines[start + 1 :]), info, closed=False)
