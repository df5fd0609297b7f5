"""The trials of a PostgreSQL server, each in a database of its own: with Hansard, and with PostgreSQL alone."""

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
from hansard.torture.kill_trial import KillTrial, look, verify
from hansard.torture.ledger import Ledger, require
from hansard.torture.loop_device import NotPossible
from hansard.torture.planted_bugs import planted
from hansard.torture.prompt_ledger import TENANT, USER, Prompts, text_of
from hansard.torture.report import Subject, Task
from hansard.torture.temporary_database import connection, temporary_database, without_encryption
from hansard.torture.writer_processes import writer_pool

TRIES = 100
"""How often something is asked again under the same ids."""


_PREPARE = {"hansard": admin.migrate, "postgresql": control_postgres.prepare}
"""What makes a subject's tables."""


async def kill(task: Task, subject: Subject) -> None:
    """A process that writes is killed, again and again; its answers are looked at when other processes ended them."""
    task.how = "kill -9 of a process that writes"
    async with temporary_database(task, _PREPARE[subject]) as address:
        with writer_pool() as writers:
            kill_trial = KillTrial(
                writers, address, task.random, plant=task.plant, subject=subject, is_shared=True
            )
            await kill_trial.run(task, task.rounds)
        if subject == "hansard":
            await look(address, kill_trial.conversation, kill_trial.ledger, kill_trial.prompts)
            await verify(address)


async def lost_commit(task: Task, subject: Subject) -> None:
    """The reply to a commit is lost, or the commit is: the same request again, under its ids, settles it."""
    task.how = "a proxy that cuts at commits"
    place = urlsplit(task.address).netloc.rpartition("@")[2]
    if not place or "," in place:
        raise NotPossible("the address does not name one host, to which a proxy could pass on")
    async with temporary_database(task, _PREPARE[subject]) as address:
        async with cutting_proxy(without_encryption(address)) as proxy:
            await _check_readable(proxy.url)
            with planted(task.plant):
                await (_cut if subject == "hansard" else _cut_bare)(task, proxy, address)
        if subject == "hansard":
            await verify(address)


async def two_servers(task: Task, subject: Subject) -> None:
    """One of two servers, or of two processes that write, is killed while somebody follows each."""
    await (server_failover.two_servers if subject == "hansard" else writer_failover.two_writers)(
        task
    )


async def _check_readable(url: str) -> None:
    try:
        async with connection(url):
            pass
    except DatabaseUnreachable:
        raise NotPossible(
            "the server takes no connection without TLS, which no proxy can read"
        ) from None


async def _cut(task: Task, proxy: Proxy, address: str) -> None:
    """Store steps and say prompts, of each of which a commit is cut off, and look at what is there."""
    ledger, prompts, talk = Ledger(), Prompts(), new_id()
    async with connect(proxy.url, providers=[Echo()]) as database:
        ada, bob = database.scope("acme", "ada"), database.scope(TENANT, USER)
        await ada.conversations.create(id=talk)
        for number in range(task.rounds):
            step, prompt = f"r{number}", f"r{number}c0p0"
            proxy.cut_at(f"{step}part0", when=_moment(task))
            tries = await _settled(lambda s=step: ledger.store(ada, talk, s))
            proxy.cut_at(text_of(prompt), "COMMIT", when=_moment(task))
            tries += await _settled(lambda p=prompt: prompts.say(bob, p))
            task.count(faults=tries, acknowledged=2)
    await look(address, talk, ledger, prompts)


async def _cut_bare(task: Task, proxy: Proxy, address: str) -> None:
    """Store steps, of each of which the commit is cut off, on a connection for each try."""
    ledger = Ledger()
    for number in range(task.rounds):
        step = f"r{number}"
        proxy.cut_at(f"{step}part0", "COMMIT", when=_moment(task))
        tries = await _settled(lambda s=step: _store_bare(ledger, proxy, s))
        task.count(faults=tries, acknowledged=1)
    ledger.check_texts(await control_postgres.stored(address))


async def _store_bare(ledger: Ledger, proxy: Proxy, step: str) -> None:
    async with connection(proxy.url) as own:
        ledger.note(f"sent {step}")
        await control_postgres.store(own, step)
        ledger.note(f"done {step}")


def _moment(task: Task) -> Cut:
    return task.random.choice(("before", "after"))


async def _settled(ask: Callable[[], Awaitable[None]]) -> int:
    """Ask until it is settled; gives how often that was in vain."""
    error: HansardError | None = None
    for tries in range(TRIES):
        try:
            await ask()
        except (Unavailable, DatabaseUnreachable) as failure:
            error = failure
            continue
        return tries
    require(False, f"asked {TRIES} times in vain: {error}")
    raise AssertionError
