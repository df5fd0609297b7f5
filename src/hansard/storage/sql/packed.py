"""Long values of a SQLite file: texts that are stored compressed.

A packed column holds a TEXT as it is, or a BLOB: the zstd frame of a TEXT. Short texts, and those that would not become
smaller, stay as they are, and a file may hold both forms of the same column.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import zstandard

LEVEL = 3
"""The usual zstd level: higher ones take longer, for some per cent less."""
LEVELS = range(20)
"""0: nothing is compressed."""
LEAST = 128
"""Characters of a text from which it is compressed."""
LARGEST = 256 * 1024 * 1024
"""Bytes of a text. A frame that says that it holds more is damaged, and is not unpacked."""

_local = threading.local()
"""The compressors and the decompressor of each thread: they must not be used by two at once."""


def packer(level: int) -> Callable[[str], str | bytes]:
    """Return the function that packs a text with a zstd level."""

    def pack(text: str) -> str | bytes:
        if not level or len(text) < LEAST:
            return text
        plain = text.encode()
        frame = _compressor(level).compress(plain)
        return frame if len(frame) < len(plain) else text

    return pack


def unpack(value: str | bytes) -> str:
    """Return the text of a packed value. Raises ValueError if it is damaged."""
    if isinstance(value, str):
        return value
    try:
        if zstandard.frame_content_size(value) > LARGEST:
            raise ValueError("A compressed value says that it is too large.")
        return _decompressor().decompress(value, max_output_size=LARGEST).decode()
    except zstandard.ZstdError as error:
        raise ValueError(f"A compressed value is damaged: {error}") from error


def _compressor(level: int) -> Any:
    try:
        return _local.compressors[level]
    except (AttributeError, KeyError):
        compressors = _local.__dict__.setdefault("compressors", {})
        return compressors.setdefault(level, zstandard.ZstdCompressor(level=level))


def _decompressor() -> Any:
    try:
        return _local.decompressor
    except AttributeError:
        _local.decompressor = zstandard.ZstdDecompressor()
        return _local.decompressor
