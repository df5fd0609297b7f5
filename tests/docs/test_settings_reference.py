"""The page on the settings has every setting, with the default that it has."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from hansard.config import Config

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "settings.md").read_text("utf-8")


def test_every_setting_stands_there_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.+?)`)? ?\|", PAGE, re.MULTILINE)
    fields = msgspec.structs.fields(Config)
    assert rows == [(f.name, _written(f.default)) for f in fields]


def _written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
