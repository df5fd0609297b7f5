"""The page on the settings has every setting, with the default that it has."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from hansard.config import Config, load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")


def test_every_setting_stands_there_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.+?)`)? ?\|", PAGE, re.MULTILINE)
    fields = msgspec.structs.fields(Config)
    assert rows == [(f.name, _written(f.default)) for f in fields]


def test_the_example_of_an_env_file_has_every_setting_with_its_default_and_sets_none() -> None:
    lines = EXAMPLE.splitlines()
    rows = [re.fullmatch(r"# HANSARD_(\w+)=(.*)", line) for line in lines]
    fields = msgspec.structs.fields(Config)
    expected = [(f.name.upper(), _written(f.default)) for f in fields]
    assert [row.groups() for row in rows if row] == expected
    assert [line for line in lines if line and not line.startswith("# ")] == []


def test_the_example_of_an_env_file_is_accepted_with_all_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "all.env"
    file.write_text(re.sub(r"^# HANSARD_", "HANSARD_", EXAMPLE, flags=re.MULTILINE))
    file.chmod(0o600)
    loaded = load({}, {"HANSARD_HOME": str(tmp_path / "home")}, file)
    assert loaded.config == Config()
    assert {setting.source for setting in loaded.settings if setting.value != ""} == {str(file)}


def _written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
