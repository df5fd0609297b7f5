"""The trials of a PostgreSQL server, each in its own database, with Hansard and with PostgreSQL alone as a control."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from hansard.database import connect
from hansard.errors import DatabaseUnreachable, HansardError, Unavailable
from hansard.ids import new_id
from hansard.providers.echo import Echo
from hansard.storage import admin
from hansard.torture import control_postgres, server_failover, writer_failover
from hansard.torture.cutting_proxy import Cut, Proxy, cutting_proxy
from hansard.torture.kill_trial import KillTrial, check_database, check_record
from hansard.torture.ledger import Ledger, require
from hansard.torture.loop_device import NotPossible
from hansard.torture.planted_bugs import planted
from hansard.torture.prompt_ledger import TENANT, USER, Prompts, text_of
from hansard.torture.report import Subject, Task
from hansard.torture.temporary_database import connection, temporary_database, without_encryption
from hansard.torture.writer_processes import writer_pool

TRIES = 100
"""How often a request is repeated with the same ids."""


_PREPARE = {"hansard": admin.migrate, "postgresql": control_postgres.prepare}
"""Creates the tables of a subject."""


async def kill(task: Task, subject: Subject) -> None:
    """Kill a writing process repeatedly; answers are checked after other processes have ended their runs."""
    task.how = "kill -9 of a process that writes"
    async with temporary_database(task, _PREPARE[subject]) as address:
        with writer_pool() as writers:
            kill_trial = KillTrial(
                writers, address, task.random, plant=task.plant, subject=subject, is_shared=True
            )
            await kill_trial.run(task, task.rounds)
        if subject == "hansard":
            await check_record(
                address, kill_trial.conversation, kill_trial.ledger, kill_trial.prompts
            )
            await check_database(address)


async def lost_commit(task: Task, subject: Subject) -> None:
    """Lose commits or replies to commits; repeating the request with the same ids must resolve it."""
    task.how = "a proxy that cuts at commits"
    host = urlsplit(task.address).netloc.rpartition("@")[2]
    if not host or "," in host:
        raise NotPossible("a proxy needs an address with one host")
    async with temporary_database(task, _PREPARE[subject]) as address:
        async with cutting_proxy(without_encryption(address)) as proxy:
            await _check_readable(proxy.url)
            with planted(task.plant):
                await (_cut if subject == "hansard" else _cut_bare)(task, proxy, address)
        if subject == "hansard":
            await check_database(address)


async def two_servers(task: Task, subject: Subject) -> None:
    """Kill one of two servers, or of two writing processes, while a client follows each."""
    await (server_failover.two_servers if subject == "hansard" else writer_failover.two_writers)(
        task
    )


async def _check_readable(url: str) -> None:
    try:
        async with connection(url):
            pass
    except DatabaseUnreachable:
        raise NotPossible(
            "the server accepts only TLS connections, which a proxy cannot read"
        ) from None


async def _cut(task: Task, proxy: Proxy, address: str) -> None:
    """Store steps and send prompts, cutting the connection at a commit of each, and check the database."""
    ledger, prompts, conversation_id = Ledger(), Prompts(), new_id()
    async with connect(proxy.url, providers=[Echo()]) as database:
        ada, bob = database.scope("acme", "ada"), database.scope(TENANT, USER)
        await ada.conversations.create(id=conversation_id)
        for number in range(task.rounds):
            step, prompt = f"r{number}", f"r{number}c0p0"
            proxy.cut_at(f"{step}part0", when=_moment(task))
            tries = await _repeat_until_done(lambda s=step: ledger.store(ada, conversation_id, s))
            proxy.cut_at(text_of(prompt), "COMMIT", when=_moment(task))
            tries += await _repeat_until_done(lambda p=prompt: prompts.send(bob, p))
            task.count(faults=tries, acknowledged=2)
    await check_record(address, conversation_id, ledger, prompts)


async def _cut_bare(task: Task, proxy: Proxy, address: str) -> None:
    """Store steps, cutting the connection at the commit of each; every attempt has a new connection."""
    ledger = Ledger()
    for number in range(task.rounds):
        step = f"r{number}"
        proxy.cut_at(f"{step}part0", "COMMIT", when=_moment(task))
        tries = await _repeat_until_done(lambda s=step: _store_bare(ledger, proxy, s))
        task.count(faults=tries, acknowledged=1)
    ledger.check_texts(await control_postgres.stored(address))


async def _store_bare(ledger: Ledger, proxy: Proxy, step: str) -> None:
    async with connection(proxy.url) as session:
        ledger.note(f"sent {step}")
        await control_postgres.store(session, step)
        ledger.note(f"done {step}")


def _moment(task: Task) -> Cut:
    return task.random.choice(("before", "after"))


async def _repeat_until_done(ask: Callable[[], Awaitable[None]]) -> int:
    """Repeat a request until it succeeds; return how often it failed."""
    error: HansardError | None = None
    for tries in range(TRIES):
        try:
            await ask()
        except (Unavailable, DatabaseUnreachable) as failure:
            error = failure
            continue
        return tries
    require(False, f"the request failed {TRIES} times: {error}")
    raise AssertionError
