"""`hansard mcp`: the record for an agent that starts the program and talks to it over its standard streams."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest

from agents import KINDS, READING, WRITING, Agent, Kind, over_stdio
from cli.nursery import PATIENCE
from cli.program import Program
from cli.test_in_use import serving
from hansard.mcp.stdio import MAX_LINE

pytestmark = pytest.mark.anyio

BEGIN: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}


def connected(program: Program, *flags: str, kind: Kind = "auto") -> Any:
    return over_stdio(program.environ({}), *flags, kind=kind)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_tool_works_with_every_client(program: Program, kind: Kind) -> None:
    async with connected(program, "--write", kind=kind) as agent:
        assert await agent.names() == READING + WRITING
        talk = await agent.call("create_conversation", title="The marmot")
        where = {"conversation_id": talk["conversation_id"]}
        answer = "Like this:\n\n```python title=burrow.py\n" + "print('marmot')\n" * 20 + "```\n"
        said = [
            {"role": "user", "content": "Where does it sleep?"},
            {"role": "assistant", "content": answer},
        ]
        written = (await agent.call("append_messages", messages=said, **where))["items"]
        [hit] = (await agent.call("search", q="sleep"))["items"]
        assert {name: hit[name] for name in written[0]} == written[0]
        page = await agent.call("list_messages", around=hit["message_id"], **where)
        assert [each["text"] for each in page["items"]] == [each["content"] for each in said]
        one = await agent.call("get_message", message_id=hit["message_id"], **where)
        assert one["text"] == said[0]["content"]
        assert (await agent.call("list_branches", **where))["current"] == talk["branch"]
        [listed] = (await agent.call("list_conversations"))["items"]
        assert (listed["title"], listed["message_count"]) == ("The marmot", 2)
        [artifact] = (await agent.call("list_artifacts", **where))["items"]
        assert await agent.call("search_artifacts", q="burrow")
        content = await agent.call("read_artifact", artifact_id=artifact["artifact_id"])
        assert content["text"] == "print('marmot')\n" * 20
        told = await agent.refused("search", "invalid-input", q="x", limit=0)
        assert told["pointer"] == "/limit"
        await agent.refused("get_message", "not-found", message_id=talk["branch"], **where)
    stored = program.messages("The marmot")
    assert [message["id"] for message in stored] == [each["message_id"] for each in written]


async def test_it_is_read_only_by_default(program: Program) -> None:
    program.ok("chat", "hello")
    async with connected(program) as agent:
        assert await agent.names() == READING
        told = await agent.refused("create_conversation", "unknown-tool", title="x")
        assert "hansard mcp --write" in told["message"]
        assert len((await agent.call("search", q="hello"))["items"]) == 2
    assert len(program.ok("conversations", "list", "--json").json["items"]) == 1


async def test_a_file_that_does_not_exist_yet_is_an_empty_record(program: Program) -> None:
    async with connected(program) as agent:
        assert (await agent.call("list_conversations"))["items"] == []
    done = program.run("mcp", "--db", "elsewhere.db")
    assert (done.code, done.out) == (5, "")
    assert "There is no database at elsewhere.db" in done.err


async def test_each_user_and_tenant_has_a_record_of_their_own(program: Program) -> None:
    program.ok("chat", "hello")
    [talk] = program.ok("conversations", "list", "--json").json["items"]
    for flags in (("--session", "bob"), ("--tenant", "other")):
        async with connected(program, "--write", *flags) as agent:
            assert (await agent.call("list_conversations"))["items"] == []
            assert (await agent.call("search", q="hello"))["items"] == []
            await agent.refused("list_messages", "not-found", conversation_id=talk["id"])
            said = [{"role": "user", "content": "x"}]
            where = {"conversation_id": talk["id"], "messages": said}
            await agent.refused("append_messages", "not-found", **where)
    assert len(program.messages(talk["id"])) == 2


async def test_beside_a_server_it_reads_the_file_and_writes_through_the_server(
    program: Program,
) -> None:
    program.ok("chat", "hello")
    async with connected(program, "--write") as agent:
        with serving(program):
            talk = await agent.call("create_conversation", title="served")
            where = {"conversation_id": talk["conversation_id"]}
            await say(agent, "while it serves", where)
            assert len((await agent.call("list_conversations"))["items"]) == 2
            program.ok("chat", "--new", "again")
            assert (await agent.call("search", q="again"))["items"]
        await say(agent, "after it stopped", where)
        texts = [m["text"] for m in (await agent.call("list_messages", **where))["items"]]
    assert texts == ["while it serves", "after it stopped"]


async def say(agent: Agent, text: str, where: dict[str, Any]) -> None:
    await agent.call("append_messages", messages=[{"role": "user", "content": text}], **where)


async def test_between_its_writes_others_own_the_file(program: Program) -> None:
    """Several agents and commands write in turn, and lose nothing."""
    program.ok("chat", "hello")
    [talk] = program.ok("conversations", "list", "--json").json["items"]
    where = {"conversation_id": talk["id"]}
    async with (
        connected(program, "--write") as one,
        connected(program, "--write", kind="legacy") as other,
    ):
        said = [say(agent, f"{n}", where) for n in range(5) for agent in (one, other)]
        await asyncio.gather(*said)
        await asyncio.to_thread(program.ok, "conversations", "rename", talk["id"], "Renamed")
        [listed] = (await one.call("list_conversations"))["items"]
    assert (listed["title"], listed["message_count"]) == ("Renamed", 12)


async def test_a_program_that_keeps_the_file_is_named(program: Program) -> None:
    program.ok("chat", "hello")
    with program.terminal("chat") as terminal:
        terminal.asked()
        async with connected(program, "--write") as agent:
            assert (await agent.call("list_conversations"))["items"]
            told = await agent.refused("create_conversation", "database-in-use", title="x")
        assert str(program.home) not in json.dumps(told)
        assert "ask the user to end the other program" in told["advice"]
        assert terminal.leave() == 0


async def test_a_database_in_memory_lasts_as_long_as_the_client(program: Program) -> None:
    await _writes_and_reads(program, "--backend", "memory")
    async with connected(program, "--backend", "memory") as agent:
        assert (await agent.call("list_conversations"))["items"] == []


async def test_postgresql_works_too(program: Program, postgres_url: str) -> None:
    await _writes_and_reads(program, "--db", postgres_url)


async def _writes_and_reads(program: Program, *flags: str) -> None:
    async with connected(program, "--write", *flags) as agent:
        talk = await agent.call("create_conversation", title="x")
        await say(agent, "the marmot", {"conversation_id": talk["conversation_id"]})
        page = await agent.call("list_messages", conversation_id=talk["conversation_id"])
    assert [each["text"] for each in page["items"]] == ["the marmot"]


def test_without_the_library_the_command_says_what_to_install(program: Program) -> None:
    missing = "import sys; sys.modules['mcp_types'] = None; from hansard.cli.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", missing, "mcp"],
        capture_output=True,
        encoding="utf-8",
        env=program.environ({}),
        cwd=program.work,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "hansard: MCP needs `pip install 'hansard-db[mcp]'`.\n"


class Wire:
    """The program's standard streams, as a client without a library sees them."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self.stdin: IO[bytes] = process.stdin
        self.stdout: IO[bytes] = process.stdout

    def send(self, method: str, number: int | None = 1, **params: Any) -> None:
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        self.stdin.write(json.dumps(message).encode() + b"\n")
        self.stdin.flush()

    def begin(self) -> None:
        self.send("initialize", **BEGIN)
        assert json.loads(self.stdout.readline())["result"]["serverInfo"]["name"] == "hansard"
        self.send("notifications/initialized", None)

    def end(self) -> tuple[int, str]:
        """Wait for the program to leave; returns its exit code and its complaints."""
        assert self.process.stderr is not None
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # it says where it waits
            raise AssertionError(self.process.stderr.read().decode()) from None
        return code, self.process.stderr.read().decode()


def _interruptible() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def wired(program: Program, *flags: str) -> Iterator[Wire]:
    process = subprocess.Popen(
        [sys.executable, "-m", "hansard", "mcp", *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=program.environ({"PYTHONFAULTHANDLER": "1"}),
        cwd=program.work,
        bufsize=0,
        preexec_fn=_interruptible,  # noqa: PLW1509 - SIGINT is ignored by what a shell starts with `&`
    )
    with process:
        try:
            yield Wire(process)
        finally:
            process.kill()


def test_nothing_but_the_protocol_is_on_standard_output(program: Program) -> None:
    with wired(program) as wire:
        wire.stdin.write(b"this is not JSON\n")
        wire.begin()
        wire.send("tools/call", 2, name="search", arguments={"q": "x", "limit": "y"})
        wire.send("no/such/method", 3)
        wire.stdin.close()
        answers = [json.loads(line) for line in wire.stdout]
        code, complaints = wire.end()
    assert {answer["jsonrpc"] for answer in answers} == {"2.0"}
    assert code == 0
    assert "Traceback" not in complaints


def test_it_ends_when_the_client_closes_its_input(program: Program) -> None:
    with wired(program) as wire:
        wire.begin()
        wire.stdin.close()
        assert wire.end() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_ends_on_a_signal_although_the_client_stays(
    program: Program, number: signal.Signals
) -> None:
    with wired(program) as wire:
        wire.begin()
        wire.process.send_signal(number)
        assert wire.end() == (128 + number, "")


def test_it_ends_when_the_client_dies_in_a_call(program: Program) -> None:
    program.ok("chat", "hello")
    with wired(program) as wire:
        wire.begin()
        wire.send("tools/call", 2, name="search", arguments={"q": "hello"})
        wire.stdout.close()
        wire.stdin.close()
        assert wire.end() == (0, "")
    assert len(program.ok("search", "hello", "--json").json["items"]) == 2


def test_a_call_with_half_a_character_is_answered(program: Program) -> None:
    program.ok("chat", "hello")
    with wired(program) as wire:
        wire.begin()
        wire.send("tools/call", 2, name="search", arguments={"q": "hello \ud83d"})
        answer = json.loads(wire.stdout.readline())
        assert (answer["id"], answer["result"]["isError"]) == (2, False)
        wire.stdin.close()
        assert wire.end() == (0, "")


def test_a_request_without_an_end_is_refused(program: Program) -> None:
    with wired(program) as wire:
        wire.begin()
        try:
            for _ in range(MAX_LINE // 65_536 + 2):
                wire.stdin.write(b"x" * 65_536)
        except BrokenPipeError:
            pass
        code, complaints = wire.end()
    assert code == 2
    assert complaints == f"hansard: A request must not exceed {MAX_LINE} bytes.\n"
