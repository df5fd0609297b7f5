"""Settings: the nearer place wins, and each value knows where it was found."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from hansard.config import load
from hansard.errors import InvalidConfig
from hansard.services.options import ChatOptions

PLACES = ("flag", "environment", ".env", "file", "default")


def _load(tmp_path: Path, given: tuple[str, ...]) -> tuple[Any, str]:
    """The port and its source, when these places give one; each gives another."""
    ports = {place: 1_000 + i for i, place in enumerate(PLACES)}
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    environment = {"HANSARD_HOME": str(home)}
    if "environment" in given:
        environment["HANSARD_PORT"] = str(ports["environment"])
    (home / ".env").write_text(f"HANSARD_PORT={ports['.env']}\n" if ".env" in given else "")
    (home / "config.toml").write_text(f"port = {ports['file']}\n" if "file" in given else "")
    flags = {"port": ports["flag"]} if "flag" in given else {"port": None}
    loaded = load(flags, environment)
    [setting] = [s for s in loaded.settings if s.name == "port"]
    assert loaded.config.port == setting.value
    named = {str(home / "config.toml"): "file", str(home / ".env"): ".env"}
    source = named.get(setting.source, setting.source)
    assert setting.value == ports.get(source) or (source, setting.value) == ("default", 8765)
    return setting.value, source


@pytest.mark.parametrize(
    "given", [c for n in range(5) for c in combinations(PLACES[:4], n)], ids="+".join
)
def test_the_nearest_place_wins(tmp_path: Path, given: tuple[str, ...]) -> None:
    _, source = _load(tmp_path, given)
    assert source == (given[0] if given else "default")


def test_a_home_puts_everything_into_one_directory(tmp_path: Path) -> None:
    loaded = load({}, {"HANSARD_HOME": str(tmp_path / "h")})
    assert loaded.home == tmp_path / "h"
    assert loaded.token_file.parent == loaded.file.parent == loaded.home
    assert loaded.database_file == loaded.home / "chats.db"
    assert not loaded.home.exists(), "to look is not to make"


@pytest.mark.parametrize(
    ("environment", "address", "file"),
    [
        ({"HANSARD_DATABASE_URL": "/data/a.db"}, "/data/a.db", Path("/data/a.db")),
        (
            {"HANSARD_DATABASE_URL": "sqlite:////data/a.db"},
            "sqlite:////data/a.db",
            Path("/data/a.db"),
        ),
        ({"DATABASE_PATH": "/data/b.db"}, "/data/b.db", Path("/data/b.db")),
        ({"DATABASE_PATH": "/b", "HANSARD_DATABASE_URL": "/a"}, "/a", Path("/a")),
        ({"HANSARD_DATABASE_URL": "postgresql://h/d"}, "postgresql://h/d", None),
    ],
)
def test_the_database_is_a_path_or_an_address(
    tmp_path: Path, environment: dict[str, str], address: str, file: Path | None
) -> None:
    loaded = load({}, {"HANSARD_HOME": str(tmp_path), **environment})
    assert (loaded.database, loaded.database_file) == (address, file)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "many"), ("AUTO_SAVE", "perhaps"), ("SAVE_INTERVAL", "soon"), ("MAX_HISTORY", "1.5")],
)
def test_a_value_that_is_none_is_told_with_its_place(
    tmp_path: Path, variable: str, value: str
) -> None:
    environment = {"HANSARD_HOME": str(tmp_path), f"HANSARD_{variable}": value}
    with pytest.raises(InvalidConfig) as refused:
        load({}, environment)
    for word in (variable.lower(), value, "environment"):
        assert word in refused.value.message


@pytest.mark.parametrize(
    "content",
    [
        "prot = 1",
        "port = ",
        "providers = 1",
        "[providers.mine]\nurl = 'http://x'\nkye = 'y'",
        "port = 'x'",
    ],
)
def test_a_config_file_that_is_wrong_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.toml").write_text(content)
    with pytest.raises(InvalidConfig, match=r"config\.toml"):
        load({}, {"HANSARD_HOME": str(tmp_path)})


def test_providers_in_the_file_are_what_the_environment_would_say(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        "[providers.my-box]\nurl = 'http://127.0.0.1:9/v1'\nkey = 'file'\n"
    )
    (tmp_path / ".env").write_text("HANSARD_PROVIDER_MY_BOX_KEY=dotenv\nOPENAI_API_KEY=k\n")
    loaded = load({}, {"HANSARD_HOME": str(tmp_path)})
    assert loaded.environment["HANSARD_PROVIDER_MY_BOX_URL"] == "http://127.0.0.1:9/v1"
    assert loaded.environment["HANSARD_PROVIDER_MY_BOX_KEY"] == "dotenv"
    assert loaded.environment["OPENAI_API_KEY"] == "k"


def test_the_settings_of_answers_reach_the_chat(tmp_path: Path) -> None:
    flags = {"model": "echo/echo", "max_history": 7, "auto_save": False, "summarize": False}
    options = load(flags, {"HANSARD_HOME": str(tmp_path)}).chat_options()
    assert (options.model, options.max_history) == ("echo/echo", 7)
    assert (options.auto_save, options.summarize, options.auto_title) == (False, False, True)
    assert load({}, {"HANSARD_HOME": str(tmp_path)}).chat_options().model is None


OUT_OF_RANGE = [
    ("max_history", "0"),
    ("max_history", "-1"),
    ("save_interval", "0"),
    ("save_interval", "-0.5"),
    ("save_interval", "nan"),
    ("save_interval", "inf"),
]


@pytest.mark.parametrize("place", PLACES[:4])
@pytest.mark.parametrize(("name", "value"), OUT_OF_RANGE)
def test_a_value_out_of_range_is_told_with_its_place(
    tmp_path: Path, name: str, value: str, place: str
) -> None:
    variable = f"HANSARD_{name.upper()}"
    environment = {"HANSARD_HOME": str(tmp_path)}
    environment |= {variable: value} if place == "environment" else {}
    (tmp_path / ".env").write_text(f"{variable}={value}\n" if place == ".env" else "")
    (tmp_path / "config.toml").write_text(f"{name} = {value}\n" if place == "file" else "")
    source = {".env": str(tmp_path / ".env"), "file": str(tmp_path / "config.toml")}
    with pytest.raises(InvalidConfig) as refused:
        load({name: value} if place == "flag" else {}, environment)
    for word in (name, value, f"({source.get(place, place)})"):
        assert word in refused.value.message


@pytest.mark.parametrize(("name", "value"), OUT_OF_RANGE)
def test_the_library_refuses_it_too(name: str, value: str) -> None:
    number = float(value) if name == "save_interval" else int(value)
    options: dict[str, Any] = {name: number}
    with pytest.raises(InvalidConfig, match=f"{name} is {number}"):
        ChatOptions(**options)


@pytest.mark.parametrize(("name", "value"), [("max_history", 1), ("save_interval", 0.001)])
def test_the_smallest_values_are_accepted(tmp_path: Path, name: str, value: float) -> None:
    options: dict[str, Any] = {name: value}
    loaded = load(options, {"HANSARD_HOME": str(tmp_path)}).chat_options()
    assert getattr(loaded, name) == getattr(ChatOptions(**options), name) == value
