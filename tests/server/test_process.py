"""What befalls a server: being started, stopped, killed, and started again."""

from __future__ import annotations

import json
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from hansard.config import load
from hansard.errors import DatabaseInUse, InvalidConfig, SchemaOutdated
from hansard.server.cookies import KEY
from hansard.server.serve import serve
from hansard.server.sessions import signin_code
from server.harness import JSON, browser, credentials, parse, problem, process, text_of, wait_until

WORDS = " ".join(f"word{i}" for i in range(400))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_server_says_where_it_is_and_stops_when_it_is_told(home: Path) -> None:
    with process(home) as server:
        assert json.loads(server.ready_file.read_text()) == {
            "url": server.url,
            "token": server.token,
            "pid": server.process.pid,
        }
        assert stat.S_IMODE(server.ready_file.stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "token").stat().st_mode) == 0o600
        with server.client() as client:
            assert client.get("/me").status_code == 200
        code, said, complained = server.end()
    assert (code, complained) == (0, "")
    where, link, record = said.splitlines()
    assert where.endswith(f" is running at {server.url}")
    assert link == "`hansard link` prints a link that signs one browser in."
    assert "code=" not in said, "a journal holds no credential"
    assert record == f"The database is {home / 'chats.db'}"
    assert server.token not in said


def test_a_server_below_a_path_says_so(home: Path) -> None:
    with process(home, path_prefix="/hansard") as server, server.client() as client:
        assert server.url.endswith("/hansard")
        assert client.get("/me").status_code == 200
        told = client.post("/signin", json={"code": signin_code(server.token)})
        assert "Path=/hansard" in told.headers["set-cookie"].split("; ")


def test_a_second_start_is_quick_and_knows_token_and_sessions(home: Path) -> None:
    with process(home) as first, browser(first.url, first.token) as client:
        signed = credentials(client)
        first.end(signal.SIGINT)
        began = time.monotonic()
        with process(home) as second:
            assert time.monotonic() - began < 5
            assert second.token == first.token
            answer = httpx2.get(f"{second.url}/api/v1/me", headers=signed)
            assert answer.status_code == 200


def test_who_signed_out_is_not_signed_in_again_by_a_restart(home: Path) -> None:
    with process(home) as first, browser(first.url, first.token) as client:
        signed = credentials(client)
        out = client.delete(f"{first.url}/api/v1/session", headers={"Origin": first.url})
        assert out.status_code == 204
        first.end()
        with process(home) as second:
            answer = httpx2.get(f"{second.url}/api/v1/me", headers=signed)
            problem(answer, 401, "unauthenticated")


def begin(client: httpx2.Client, **fields: Any) -> tuple[str, JSON]:
    """A conversation with an answer under way, of which something was said."""
    talk = client.post("/conversations", json={}).json()["id"]
    asked = {"content": WORDS, "model": "echo/echo", "options": {"delay": 0.02}} | fields
    run = client.post(f"/conversations/{talk}/chat", json=asked).json()["run"]
    return talk, run


def heard(client: httpx2.Client, run: JSON, count: int) -> Iterator[JSON]:
    """A run's events, of which the first so many were heard."""
    with client.stream("GET", f"/runs/{run['id']}/events") as response:
        events = parse(response)
        for _ in range(count):
            next(events)
        yield from events


def stored(client: httpx2.Client, talk: str) -> list[JSON]:
    return client.get(f"/conversations/{talk}/messages").json()["items"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_keeps_what_was_said(home: Path, how: signal.Signals) -> None:
    with process(home) as server, server.client() as client:
        talk, run = begin(client)
        with client.stream("GET", f"/runs/{run['id']}/events") as response:
            events = parse(response)
            said = [next(events) for _ in range(10)]
            began = time.monotonic()
            server.process.send_signal(how)
            said += events
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < 5
        assert said[-1]["type"] == "interrupted"
    with process(home) as server, server.client() as client:
        _, answer = stored(client, talk)
        assert answer["finish"] == "interrupted"
        assert answer["parts"] == [{"type": "text", "text": text_of(said)}]
        assert client.get(f"/runs/{run['id']}").json()["status"] == "interrupted"


def kill_in_the_middle(home: Path, **flags: Any) -> tuple[str, str, list[JSON]]:
    """Kill a server while it answers; gives what was heard by then, and what is stored afterwards."""
    with process(home, **flags) as server, server.client() as client:
        talk, run = begin(client)
        with client.stream("GET", f"/runs/{run['id']}/events") as response:
            events = parse(response)
            said = [next(events) for _ in range(30)]
        assert server.end(signal.SIGKILL)[0] == -signal.SIGKILL
    with process(home, **flags) as server, server.client() as client:
        return run["id"], text_of(said), stored(client, talk)


def test_a_killed_server_leaves_what_was_said_and_the_answer_goes_on(home: Path) -> None:
    run, said, (prompt, answer) = kill_in_the_middle(home, save_interval=0.1)
    assert prompt["parts"][0]["text"] == WORDS
    assert answer["finish"] == "interrupted"
    kept = answer["parts"][0]["text"]
    assert WORDS.startswith(kept)
    assert len(kept) > len(said) / 2, "all but the last tenth of a second"
    with process(home) as server, server.client() as client:
        told = client.get(f"/runs/{run}/events")
        events = list(parse(told))
        assert (events[-1]["type"], text_of(events)) == ("interrupted", kept)
        following = client.post(f"/runs/{run}/continue").json()["run"]
        assert list(heard(client, following, 1))[-1]["type"] == "completed"
        messages = stored(client, answer["conversation_id"])
        assert [message["id"] for message in messages[1:]] == [
            answer["id"],
            following["message_id"],
        ]


def test_without_saving_on_the_way_the_kill_would_show(home: Path) -> None:
    """The planted bug: an answer is only stored at its end."""
    _, said, (_, answer) = kill_in_the_middle(home, auto_save=False)
    assert said
    assert answer["finish"] == "interrupted"
    assert not [part for part in answer["parts"] if part["type"] == "text"]


def test_a_second_signal_ends_it_at_once(home: Path) -> None:
    with process(home) as server, server.client() as client:
        talk = client.post("/conversations", json={}).json()["id"]
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as slow:
            slow.sendall(
                f"POST /api/v1/conversations/{talk}/messages HTTP/1.1\r\n"
                f"Host: {server.url[7:]}\r\nAuthorization: Bearer {server.token}\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
            )
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: refused(server.url))
            assert server.process.poll() is None, "it waits for the request that is under way"
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(10) == 128 + signal.SIGTERM
            assert time.monotonic() - began < 1
    with process(home) as server, server.client() as client:
        assert client.get(f"/conversations/{talk}").status_code == 200


def refused(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=1).close()
    except OSError:
        return True
    return False


def test_a_request_that_never_ends_is_told_that_the_server_stops(home: Path) -> None:
    with process(home) as server:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with socket.create_connection(address) as slow:
            slow.sendall(
                f"POST /api/v1/blobs HTTP/1.1\r\nHost: {server.url[7:]}\r\n"
                f"Authorization: Bearer {server.token}\r\nContent-Length: 100\r\n"
                "Expect: 100-continue\r\n\r\n".encode()
            )
            assert slow.recv(100).startswith(b"HTTP/1.1 100 "), "it is being read"
            began = time.monotonic()
            code, _, complained = server.end()
            told = b"".join(iter(lambda: slow.recv(65_536), b""))
    assert code == 0
    assert time.monotonic() - began < 5
    head, _, body = told.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in head
    assert json.loads(body)["detail"] == "The server is shutting down."
    assert "Traceback" not in complained


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        loaded = load({"port": port}, {"HANSARD_HOME": str(tmp_path)})
        with pytest.raises(InvalidConfig, match=f"port {port}: another program does") as told:
            serve(loaded)
    assert "\n" not in told.value.message
    assert not (tmp_path / "chats.db").exists()


@pytest.mark.parametrize(
    "flags",
    [{"host": "no.such.host.invalid"}, {"port": 99_999}, {"port": -1}, {"log_level": "loud"}],
)
def test_settings_that_cannot_be_are_told(tmp_path: Path, flags: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        serve(load({"port": 0, **flags}, {"HANSARD_HOME": str(tmp_path)}))


def test_a_second_server_on_a_database_learns_where_the_first_is(home: Path) -> None:
    with process(home) as server:
        loaded = load({"port": 0}, {"HANSARD_HOME": str(home)})
        with pytest.raises(DatabaseInUse, match=f"the server at {server.url}"):
            serve(loaded)


@pytest.mark.usefixtures("anyio_backend")
def test_an_outdated_database_server_is_not_touched(tmp_path: Path, empty_postgres: str) -> None:
    flags = {"port": 0, "database_url": empty_postgres}
    with pytest.raises(SchemaOutdated, match="hansard db migrate"):
        serve(load(flags, {"HANSARD_HOME": str(tmp_path)}))


@pytest.fixture
async def empty_postgres(postgres_server: str) -> str:
    name = f"empty_{uuid4().hex}"
    connection = await asyncpg.connect(f"{postgres_server}/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"{postgres_server}/{name}"


def test_nothing_secret_and_nothing_said_is_logged(home: Path) -> None:
    with process(home, log_level="debug") as server, server.client() as client:
        with browser(server.url, server.token) as page:
            page.get("/api/v1/me")
            secrets = [*page.cookies.values(), page.headers[KEY]]
        talk = client.post("/conversations", json={"title": "marmot"}).json()["id"]
        body = {"content": "marmot", "model": "echo/echo"}
        client.post(f"/conversations/{talk}/chat", json=body)
        client.get("/search", params={"q": "marmot"})
        client.get("/conversations/marmot")
        client.post("/conversations", content=b"marmot")
        _, said, complained = server.end()
    assert "INFO" in complained
    for secret in (server.token, *secrets, "marmot"):
        assert secret not in complained
    assert server.token not in said


@pytest.mark.parametrize(("level", "logged"), [("info", 1), ("warning", 0)])
def test_stored_artifacts_are_logged_without_their_text(
    home: Path, level: str, logged: int
) -> None:
    code = "def marmot():\n    sleeps = 1\n    eats = 2\n    whistles = 3\n    return sleeps, eats, whistles\n"
    with process(home, log_level=level) as server, server.client() as client:
        talk = client.post("/conversations", json={"title": "x"}).json()["id"]
        for content in (f"```python marmot.py\n{code}```", "nothing"):
            body = {"content": content, "model": "echo/echo"}
            run = client.post(f"/conversations/{talk}/chat", json=body).json()["run"]
            assert list(heard(client, run, 1))[-1]["type"] == "completed"
        _, _, complained = server.end()
    line = f"INFO Artifacts stored: 1, of an answer in conversation {talk}"
    assert complained.count(line) == complained.count("Artifacts stored") == logged
    assert "marmot" not in complained


def test_a_server_for_other_machines_warns_and_still_wants_the_token(home: Path) -> None:
    everywhere = "0.0.0.0"  # noqa: S104
    with process(home, host=everywhere, allowed_hosts="chat.example, 10.0.0.7:99") as server:
        port = server.url.rpartition(":")[2]
        assert server.url == f"http://127.0.0.1:{port}"
        problem(httpx2.get(f"{server.url}/api/v1/me"), 401, "unauthenticated")
        with server.client() as client:
            for host in ("chat.example", "chat.example:443", "10.0.0.7:99"):
                assert client.get("/me", headers={"Host": host}).status_code == 200
            told = client.get("/me", headers={"Host": "10.0.0.7"})
            problem(told, 421, "wrong-host")
        _, _, complained = server.end()
    [line] = complained.splitlines()
    assert "without TLS" in line


@pytest.mark.usefixtures("anyio_backend")
def test_two_servers_share_one_database(tmp_path: Path, postgres_url: str) -> None:
    with (
        process(tmp_path / "one", database_url=postgres_url) as one,
        process(tmp_path / "two", database_url=postgres_url) as two,
        one.client() as here,
        two.client() as there,
    ):
        talk, run = begin(here)
        with there.stream("GET", f"/runs/{run['id']}/events") as response:
            events = parse(response)
            said = [next(events) for _ in range(10)]
            began = time.monotonic()
            code, _, _ = two.end()
            assert time.monotonic() - began < 5
            assert code == 0
            said += events
        assert said[-1]["type"] == "text", "the run goes on: it is not this server's"
        assert here.get(f"/runs/{run['id']}").json()["status"] == "running"
        headers = {"Last-Event-ID": str(said[-1]["number"])}
        with here.stream("GET", f"/runs/{run['id']}/events", headers=headers) as response:
            rest = parse(response)
            said.append(next(rest))
            with process(tmp_path / "two", database_url=postgres_url) as again:
                with again.client() as client:
                    client.post(f"/runs/{run['id']}/cancel")
                said += rest
        assert [event["number"] for event in said] == list(range(1, len(said) + 1))
        assert said[-1]["type"] == "cancelled"
        assert stored(here, talk)[1]["parts"][0]["text"] == text_of(said)


def test_a_full_disk_refuses_to_write_and_goes_on_reading(home: Path) -> None:
    """The disk is full for the server alone: its files may not grow beyond what they are."""
    import resource

    with process(home) as server, server.client() as client:
        talk = client.post("/conversations", json={}).json()["id"]
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1, 1))
        body = {"messages": [{"role": "user", "content": "x" * 500_000}]}
        told = client.post(f"/conversations/{talk}/messages", json=body)
        assert told.status_code in (503, 507), told.text
        assert client.get(f"/conversations/{talk}").status_code == 200
        assert client.get(f"/conversations/{talk}/messages").json()["items"] == []
