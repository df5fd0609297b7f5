"""PostgreSQL addresses by libpq's rules: every parameter is taken, passed over, or refused by its name."""

from __future__ import annotations

import pytest

from hansard.errors import InvalidConfig
from hansard.storage.postgres.address import FOR_THE_DRIVER, FOR_US, PASSED_OVER, parse
from hansard.storage.postgres.storage import PostgresStorage

BASE = "postgresql://ada:pw@db.example/chats"


def test_a_hosted_databases_own_address_is_taken() -> None:
    found = parse(f"{BASE}?sslmode=require&channel_binding=require")
    assert found.dsn == f"{BASE}?sslmode=require"
    assert found.settings == {"application_name": "hansard"}


@pytest.mark.parametrize("name", sorted(PASSED_OVER - {"gssencmode"}))
def test_what_changes_nothing_here_is_passed_over(name: str) -> None:
    assert parse(f"{BASE}?{name}=1") == parse(BASE)


@pytest.mark.parametrize(
    ("given", "prepared"),
    [
        ("pgbouncer=true", False), ("pgbouncer=false", True), ("prepared=no", False),
        ("prepared=yes", True), ("", None),
    ],
)  # fmt: skip
def test_a_pooler_may_be_named_in_two_ways(given: str, prepared: bool | None) -> None:
    assert parse(f"{BASE}?{given}").prepared is prepared


def test_what_is_for_us_does_not_reach_the_driver() -> None:
    found = parse(
        f"{BASE}?connect_timeout=10&application_name=mine&options=-c%20work_mem%3D8MB"
        "&pool_size=3&client_encoding=UTF8&schema=hansard&servicefile=/etc/x"
    )
    assert found.dsn == BASE
    assert (found.timeout, found.pool_size) == (10, 3)
    assert found.settings == {"application_name": "mine", "options": "-c work_mem=8MB"}
    assert found.options == {"servicefile": "/etc/x"}


def test_values_are_handed_on_as_they_were_meant() -> None:
    found = parse("postgresql:///chats?host=/run/pg&user=ada&password=a%26b%3Dc%23+d&database=x")
    assert (
        found.dsn == "postgresql:///chats?host=/run/pg&user=ada&password=a%26b%3Dc%23%2Bd&dbname=x"
    )


def test_several_hosts_are_taken() -> None:
    url = "postgresql://ada:pw@one:5432,two:5433,[::1]:5434/chats?target_session_attrs=read-write"
    assert parse(url).dsn == url


@pytest.mark.parametrize(
    "given",
    [
        "hostaddr=1.2.3.4", "require_auth=none", "statement_timeout=5", "schema=public",
        "connection_limit=5", "sslmode=sometimes", "target_session_attrs=best", "gssencmode=require",
        "client_encoding=LATIN1", "connect_timeout=soon", "connect_timeout=-1", "pool_size=0",
        "pool_size=5000", "prepared=perhaps", "pgbouncer=2", "SSLMODE=require",
    ],
)  # fmt: skip
def test_others_are_refused_by_name(given: str) -> None:
    with pytest.raises(InvalidConfig, match=given.partition("=")[0]):
        PostgresStorage(f"{BASE}?{given}")


def test_no_parameter_is_of_two_kinds() -> None:
    kinds = (FOR_THE_DRIVER, FOR_US, PASSED_OVER)
    assert sum(map(len, kinds)) == len(set().union(*kinds))


@pytest.mark.parametrize("mark", ["@", "/", "#", "?", "@:", "[", "/:#@", "?x=1@", "#?/"])
@pytest.mark.parametrize("host", ["db.example", "db.example:5432", "[::1]:5432"])
def test_a_raw_password_is_found_out_and_not_repeated(mark: str, host: str) -> None:
    with pytest.raises(InvalidConfig, match="percent-encoding") as refused:
        parse(f"postgresql://ada:sec{mark}ret@{host}/chats")
    assert "sec" not in refused.value.message.replace("percent-encoding", "")
    assert "ret" not in refused.value.message


@pytest.mark.parametrize(
    "password", ["a:b", "100%", "a+b", "%40%2F%3A%23%3F", "ä€😀", "!$&'()*,;="]
)
def test_a_password_that_is_clear_is_left_alone(password: str) -> None:
    assert parse(f"postgresql://ada:{password}@db.example/chats").dsn.count(password) == 1
