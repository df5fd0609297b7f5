"""Root keys: where they come from, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hansard import InvalidConfig
from hansard.encryption import new_root_key, text_of
from hansard.root_keys import RootKeys, root_keys_for


def test_the_file_is_made_for_the_first_key_and_is_private(tmp_path: Path) -> None:
    file = tmp_path / "root.key"
    keys = RootKeys(file)
    assert keys.load() == ()
    assert not file.exists()
    key = keys.create()
    assert file.stat().st_mode & 0o777 == 0o600
    assert RootKeys(file).load() == (key,)
    assert keys.create() == key


def test_a_new_key_is_the_current_one_until_the_others_are_dropped(tmp_path: Path) -> None:
    keys = RootKeys(tmp_path / "root.key")
    first = keys.create()
    second = keys.add()
    other = RootKeys(tmp_path / "root.key")
    assert other.load() == (second, first)
    assert other.find(first.id) == first
    keys.drop_others()
    assert other.load() == (second,)
    with pytest.raises(InvalidConfig, match=f"{first.id} is missing .* Restore the file"):
        other.find(first.id)


def test_a_key_that_another_process_added_is_found(tmp_path: Path) -> None:
    mine, theirs = RootKeys(tmp_path / "root.key"), RootKeys(tmp_path / "root.key")
    mine.create()
    added = theirs.add()
    assert mine.find(added.id) == added


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_access_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "root.key"
    RootKeys(file).create()
    file.chmod(mode)
    with pytest.raises(InvalidConfig, match="chmod 600"):
        RootKeys(file).load()


@pytest.mark.parametrize("content", ["", "# nothing\n", "secret\n", "\xff"])
def test_a_file_without_keys_is_refused_and_not_quoted(tmp_path: Path, content: str) -> None:
    file = tmp_path / "root.key"
    file.touch(mode=0o600)
    file.write_text(content, encoding="latin-1")
    with pytest.raises(InvalidConfig) as refused:
        RootKeys(file).load()
    assert "secret" not in refused.value.message


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read"):
        RootKeys(tmp_path).load()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "none" / "root.key"
    with pytest.raises(InvalidConfig, match=f"{file} cannot be written"):
        RootKeys(file).create()


def test_the_environment_has_one_or_several_keys() -> None:
    one, two = new_root_key(), new_root_key()
    keys = RootKeys.from_environment({"HANSARD_ROOT_KEY": f"{text_of(one)}, {text_of(two)}"})
    assert keys.load() == (one, two)
    with pytest.raises(InvalidConfig, match="in HANSARD_ROOT_KEY"):
        keys.add()
    with pytest.raises(InvalidConfig, match=r"HANSARD_ROOT_KEY has .* 2\. entry"):
        RootKeys.from_environment({"HANSARD_ROOT_KEY": f"{text_of(one)},x"})


def test_each_kind_of_database_has_its_place_for_keys(tmp_path: Path) -> None:
    database, given = str(tmp_path / "chats.db"), tmp_path / "other.key"

    def file(address: str, file: Path | None = None, **environment: str) -> Path | None:
        keys = root_keys_for(address, file, environment)
        assert keys is not None
        return keys.file

    assert file(database) == Path(os.path.realpath(tmp_path)) / "chats.db.key"
    assert file(f"sqlite:///{database}") == file(database)
    assert file(database, given) == given
    assert file(database, HANSARD_ROOT_KEY_FILE=str(given)) == given
    assert file("memory:") is None
    assert root_keys_for("postgresql://127.0.0.1/x", None, {}) is None
