"""A real browser, a real server in a process of its own on each kind of database, and somebody who watches both."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Browser, BrowserContext, expect

from hansard.server.cookies import KEY
from server.harness import Caller, Process, process
from server.harness import browser as signed_in_browser
from web.app import App
from web.chromium import chromium
from web.speaker import Speaker, speaker
from web.watch import Watch

expect.set_options(timeout=20_000)

FAILED = pytest.StashKey[bool]()
DESKTOP: Any = {"width": 1280, "height": 800}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:  # noqa: ARG001
    async with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def model_server() -> Iterator[Speaker]:
    """Its models are `speaker/held`, `speaker/other` and `speaker/broken`."""
    with pytest.MonkeyPatch.context() as patch, speaker() as server:
        patch.setenv("HANSARD_PROVIDER_SPEAKER_URL", server.url)
        yield server


@pytest.fixture
def voice(model_server: Speaker) -> Iterator[Speaker]:
    yield model_server
    model_server.reset()


@pytest.fixture(scope="session")
async def postgres_database(postgres_server: str, postgres_template: str) -> AsyncIterator[str]:
    """A database for all tests of this folder that do not mind company."""
    name = f"web_{uuid4().hex}"
    connection = await asyncpg.connect(f"{postgres_server}/postgres")
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield f"{postgres_server}/{name}"
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


ONCE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what the kind of database has no part in."""
FLAGS: dict[str, Any] = {"model": "echo/echo", "save_interval": 0.05}


@pytest.fixture(scope="session")
def running(
    backend: str,
    request: pytest.FixtureRequest,
    model_server: Speaker,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Process]:
    address = request.getfixturevalue("postgres_database") if backend == "postgres" else ""
    home = tmp_path_factory.mktemp("web") / "home"
    with process(home, database_url=address, **FLAGS) as started:
        yield started


@pytest.fixture
def server(running: Process) -> Iterator[Caller]:
    """A server that others use too, one after the other; each finds it empty."""
    with Caller(running.url, running.token) as caller:
        caller.delete("/conversations")
        caller.post("/conversations/purge", 200)
        for project in caller.get("/projects")["items"]:
            if project["parent_id"] is None:  # those inside go with it
                caller.delete(f"/projects/{project['id']}")
        empty_library(caller)
        yield caller


def empty_library(caller: Caller) -> None:
    """Remove all agents with their tasks, templates, rules, tags, providers and API keys."""
    for noun in ("agents", "prompts", "rules", "tags", "providers", "api-keys"):
        for record in caller.get(f"/{noun}")["items"]:
            caller.delete(f"/{noun}/{record['id']}")
        for record in caller.get(f"/{noun}", deleted=True)["items"]:
            caller.post(f"/{noun}/{record['id']}/purge", 204)


@pytest.fixture
def address(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the test's own, for one that stops its server."""
    if backend == "postgres":
        return request.getfixturevalue("postgres_url")
    return str(tmp_path / "chats.db")


Visit = Callable[..., Awaitable[App]]


@pytest.fixture
async def visit(
    browser: Browser, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Visit]:
    """Opens a browser of its own, signed in to a server; what goes wrong in it fails the test."""
    watches: list[Watch] = []
    async with AsyncExitStack() as open_ones:

        async def enter(server: Caller | Process, *, signed_in: bool = True, **how: Any) -> App:
            watch = Watch(server.url)
            watches.append(watch)
            given = {"storage_state": signed_in_to(server), **how} if signed_in else how
            context = await open_ones.enter_async_context(
                _recorded(browser, request.node, tmp_path / f"browser{len(watches)}", given)
            )
            await watch.over(context)
            return App(await context.new_page(), watch)

        yield enter
    problems = [problem for watch in watches for problem in watch.unexpected()]
    assert not problems, "\n".join(problems)


def signed_in_to(server: Caller | Process) -> Any:
    """What a browser keeps that is signed in to a server: a cookie, and what its origin has for itself."""
    with signed_in_browser(server.url, server.token) as client:
        [cookie] = client.cookies.jar
        key = client.headers[KEY]
    place = urlsplit(server.url)
    sent = {"name": cookie.name, "value": cookie.value, "domain": place.hostname, "path": "/"}
    kept = {"name": f"hansard.key {place.path}/", "value": key}
    return {
        "cookies": [
            sent | {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Strict"}
        ],
        "origins": [{"origin": f"{place.scheme}://{place.netloc}", "localStorage": [kept]}],
    }


@asynccontextmanager
async def _recorded(
    browser: Browser, item: pytest.Item, folder: Path, how: dict[str, Any]
) -> AsyncIterator[BrowserContext]:
    """A browser whose last sight is kept if the test fails, and its steps if HANSARD_TEST_TRACE is set."""
    usual: dict[str, Any] = {"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce"}
    context = await browser.new_context(**usual | how)
    context.set_default_timeout(20_000)
    tracing = bool(os.environ.get("HANSARD_TEST_TRACE"))
    if tracing:
        await context.tracing.start(snapshots=True)
    try:
        yield context
    finally:
        if item.stash.get(FAILED, False):
            _make(folder)
            for i, page in enumerate(context.pages):
                await page.screenshot(path=folder / f"page{i}.png")
            if tracing:
                await context.tracing.stop(path=folder / "trace.zip")
            name = re.sub(r"\W+", "-", item.name)
            item.add_report_section("teardown", name, f"What was seen last is in {folder}")
        await context.close()


def _make(folder: Path) -> None:
    folder.mkdir()


@pytest.fixture
async def app(visit: Visit, server: Caller) -> App:
    """The app in a browser that is signed in; nothing is open yet."""
    return await visit(server)
