"""Trust: nothing counts that a stranger may have written, and no key goes where its owner did not say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hansard import sources
from hansard.config import Loaded, load
from hansard.errors import InvalidConfig

KEY = "canary-of-the-environment"


def _file(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def _loaded(tmp_path: Path, env: Path | None = None, **environment: str) -> Loaded:
    return load({}, {"HANSARD_HOME": str(tmp_path / "home"), **environment}, env)


def test_the_working_directory_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _file(
        tmp_path / "repository" / ".env",
        "HANSARD_HOST=0.0.0.0\nHANSARD_MODEL=x/y\nHANSARD_HOME=/x\nOPENAI_BASE_URL=http://x\n",
    )
    _file(file.parent / "config.toml", 'host = "0.0.0.0"')
    monkeypatch.chdir(file.parent)
    loaded = _loaded(tmp_path)
    assert {s.source for s in loaded.settings} == {"default"}
    assert loaded.home == tmp_path / "home"
    assert "OPENAI_BASE_URL" not in loaded.environment
    file.write_text("HANSARD_HOST=0.0.0.0\n")
    assert _loaded(tmp_path, file).config.host == "0.0.0.0"  # noqa: S104 - control: who asks gets it
    assert _loaded(tmp_path, HANSARD_ENV_FILE=str(file)).config.host == "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        ("GOOGLE_API_KEY", "GOOGLE_BASE_URL"),
        ("GEMINI_API_KEY", "GOOGLE_BASE_URL"),
        ("HANSARD_PROVIDER_MY_BOX_KEY", "HANSARD_PROVIDER_MY_BOX_URL"),
        ("PGPASSWORD", "HANSARD_DATABASE_URL"),
        ("PGPASSWORD", "DATABASE_PATH"),
    ],
)
def test_a_key_goes_to_no_address_of_a_file_that_is_trusted_less(
    tmp_path: Path, key: str, address: str
) -> None:
    url = "postgresql://me@127.0.0.1:9/x" if key == "PGPASSWORD" else "http://127.0.0.1:9/v1"
    file = _file(tmp_path / "stranger.env", f"{address}={url}\n")
    with pytest.raises(InvalidConfig) as refused:
        _loaded(tmp_path, file, **{key: KEY}).connect()
    for word in (key, "environment", address, str(file)):
        assert word in refused.value.message
    assert KEY not in refused.value.message
    _loaded(tmp_path, file).connect()
    _loaded(tmp_path, file, **{key: KEY, address: url}).connect()
    if key != "PGPASSWORD":
        _file(file, f"{address}={url}\n{key}={KEY}\n")
        assert _loaded(tmp_path, file).connect()


def test_a_key_of_the_config_file_goes_to_no_address_of_a_named_file(tmp_path: Path) -> None:
    config = _file(tmp_path / "home" / "config.toml", f"[providers.box]\nkey = '{KEY}'\n")
    stranger = _file(tmp_path / "x.env", "HANSARD_PROVIDER_BOX_URL=http://127.0.0.1:9/v1\n")
    with pytest.raises(InvalidConfig, match=r"config\.toml"):
        _loaded(tmp_path, stranger).connect()
    _file(config.with_name(".env"), "HANSARD_PROVIDER_BOX_URL=http://127.0.0.1:9/v1\n")
    assert _loaded(tmp_path).connect(), "the home's own env file is trusted as much"


def test_that_a_key_goes_astray_is_noticed_if_all_places_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "NAMED", sources.OWN)
    file = _file(tmp_path / "stranger.env", "OPENAI_BASE_URL=http://127.0.0.1:9/v1\n")
    loaded = _loaded(tmp_path, file, OPENAI_API_KEY=KEY)
    loaded.connect()
    assert loaded.environment["OPENAI_BASE_URL"] == "http://127.0.0.1:9/v1"


def test_an_address_of_an_env_file_cannot_name_other_variables(tmp_path: Path) -> None:
    file = _file(tmp_path / "x.env", "HANSARD_PROVIDER_X_URL=http://h/${OPENAI_API_KEY}\n")
    loaded = _loaded(tmp_path, file, OPENAI_API_KEY=KEY)
    assert loaded.environment["HANSARD_PROVIDER_X_URL"] == "http://h/${OPENAI_API_KEY}"


@pytest.mark.parametrize("name", ["named.env", "home/.env", "home/config.toml"])
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    file = _file(tmp_path / name, "", mode)
    named = file if name == "named.env" else None
    with pytest.raises(InvalidConfig) as refused:
        _loaded(tmp_path, named)
    assert f"chmod go-w {file}" in refused.value.message
    file.chmod(0o644)
    assert _loaded(tmp_path, named)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    file = _file(tmp_path / "x.env", "")
    os.chown(file, 12_345, -1)
    with pytest.raises(InvalidConfig, match="another user"):
        _loaded(tmp_path, file)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [(None, "cannot be read"), (b"\xff\xfe", "UTF-8"), (b"HANSARD_HOME=/x", "HANSARD_HOME")],
)
def test_an_env_file_that_cannot_be_used_is_told(
    tmp_path: Path, content: bytes | None, wrong: str
) -> None:
    file = tmp_path / "x.env"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidConfig, match=wrong) as refused:
        _loaded(tmp_path, file)
    assert str(file) in refused.value.message


def test_what_others_may_read_is_told_with_what_mends_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    config = _file(home / "config.toml", f"[providers.box]\nkey = '{KEY}'\n", 0o644)
    database = _file(home / "chats.db", "SQLite format 3\0", 0o666)
    home.chmod(0o755)
    assert _loaded(tmp_path).exposed() == [
        f"Others may read {path}. Fix it with: chmod {mode} {path}"
        for path, mode in ((home, 700), (config, 600), (database, 600))
    ]
    config.write_text("port = 9000\n")
    database.chmod(0o600)
    home.chmod(0o700)
    assert _loaded(tmp_path).exposed() == [], "a config file without keys may be read"
