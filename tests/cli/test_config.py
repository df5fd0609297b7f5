"""Settings: the flag, then the environment, then `.env`, then the config file; `hansard config` tells."""

from __future__ import annotations

from typing import Any

import pytest

from cli.program import Program

KEY = "sk-abcdefghijklmnopqrstuvwxyz"


def write(program: Program, *, dotenv: str = "", file: str = "") -> None:
    program.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (program.home / ".env").write_text(dotenv)
    (program.home / "config.toml").write_text(file)


def setting(program: Program, name: str, *flags: str, **environment: str) -> tuple[Any, str]:
    settings = program.ok("config", "--json", *flags, **environment).json["settings"]
    [found] = [s for s in settings if s["name"] == name]
    return found["value"], found["source"]


def test_a_flag_wins_over_the_environment_that_over_dotenv_and_that_over_the_file(
    program: Program,
) -> None:
    file = str(program.home / "config.toml")
    assert setting(program, "user") == ("me", "default")
    write(program, file='user = "fay"\nport = 9000\n')
    assert setting(program, "user") == ("fay", file)
    write(program, dotenv="HANSARD_USER=dot\n", file='user = "fay"\nport = 9000\n')
    assert setting(program, "user") == ("dot", str(program.home / ".env"))
    assert setting(program, "user", HANSARD_USER="eve") == ("eve", "environment")
    assert setting(program, "user", "--session", "flo", HANSARD_USER="eve") == ("flo", "flag")
    assert setting(program, "port", HANSARD_USER="eve") == (9000, file)


def test_the_database_of_each_source_is_the_one_that_is_used(program: Program) -> None:
    paths = {name: program.work / f"{name}.db" for name in ("file", "dot", "environment", "flag")}
    write(
        program,
        dotenv=f"HANSARD_DATABASE_URL={paths['dot']}\n",
        file=f'database_url = "{paths["file"]}"\n',
    )
    program.ok("chat", "hello")
    assert [name for name, path in paths.items() if path.exists()] == ["dot"]
    program.ok("chat", "hello", HANSARD_DATABASE_URL=str(paths["environment"]))
    program.ok("chat", "hello", "--db", str(paths["flag"]), DATABASE_PATH=str(paths["file"]))
    assert [name for name, path in paths.items() if path.exists()] == ["dot", "environment", "flag"]


def test_secrets_are_masked_wherever_they_come_from(program: Program) -> None:
    write(
        program,
        dotenv=f"ANTHROPIC_API_KEY={KEY}\n",
        file=f'[providers.mine]\nurl = "http://ada:{KEY}@127.0.0.1:9/v1"\nkey = "{KEY}"\n',
    )
    secret = {
        "OPENAI_API_KEY": KEY,
        "GEMINI_API_KEY": "short",
        "HANSARD_DATABASE_URL": f"postgresql://ada:{KEY}@127.0.0.1:9/x?sslpassword={KEY}",
    }
    done = program.ok("config", "--json", **secret)
    for text in (done.out, done.err, program.ok("config", **secret).out):
        assert KEY not in text
        assert "short" not in text
    found = {p["name"]: (p["value"], p["source"]) for p in done.json["providers"]}
    assert found == {
        "OLLAMA_HOST": ("127.0.0.1:9", "environment"),
        "ANTHROPIC_API_KEY": ("…wxyz", str(program.home / ".env")),
        "GEMINI_API_KEY": ("…", "environment"),
        "OPENAI_API_KEY": ("…wxyz", "environment"),
        "HANSARD_PROVIDER_MINE_KEY": ("…wxyz", str(program.home / "config.toml")),
        "HANSARD_PROVIDER_MINE_URL": (
            "http://ada:[secret]@127.0.0.1:9/v1",
            str(program.home / "config.toml"),
        ),
    }
    assert (
        done.json["places"]["database"]
        == "postgresql://ada:[secret]@127.0.0.1:9/x?sslpassword=[secret]"
    )
    assert KEY not in program.ok("db", "path", **secret).out


def test_a_password_is_not_in_an_error_either(program: Program) -> None:
    address = f"postgresql://ada:{KEY}@127.0.0.1:9/x"
    for command in (("conversations", "list"), ("db", "check"), ("chat", "hello")):
        done = program.run(*command, "--db", address)
        assert done.code == 5
        assert KEY not in done.out + done.err


@pytest.mark.parametrize(
    ("file", "wrong"),
    [
        ("prot = 9000\n", "prot"),
        ('port = "many"\n', "not a whole number"),
        ("port = \n", "config.toml"),
        ('[providers.mine]\naddress = "x"\n', "providers.mine"),
    ],
)
def test_a_wrong_setting_is_told_with_its_place(program: Program, file: str, wrong: str) -> None:
    write(program, file=file)
    done = program.run("config")
    assert (done.code, done.out) == (2, "")
    assert wrong in done.err
    assert str(program.home / "config.toml") in done.err
    assert len(done.err.splitlines()) == 1


def test_the_back_end_that_is_asked_for_must_be_the_databases(program: Program) -> None:
    done = program.run("chat", "--backend", "postgresql", "hello")
    assert done.code == 2
    assert "--db" in done.err
    assert not program.home.exists()


def test_the_path_of_the_config_file(program: Program) -> None:
    assert program.ok("config", "path").out == f"{program.home / 'config.toml'}\n"
