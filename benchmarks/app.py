"""The chat app, in a real browser.

The size of a page is the number of kilobytes of compressed scripts that load before it can be used. A thread of 10,000
messages is opened from the sidebar and timed from the click until the newest message is drawn. Then it
is scrolled up through hundreds of messages, and the longest time during which the page could do nothing else
is reported. Memory is the heap of the scripts after twenty threads have been opened one after the other and garbage
has been collected; it is compared with the heap after the first of them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Any

from bench import Bench
from hansard.server.sessions import signin_link
from results import Row, Target
from server import Server, ServerMissing, served

ROOT = Path(__file__).parent.parent
sys.path += [str(ROOT / "tests"), str(ROOT / "scripts")]

MESSAGES = 10_000
STEP = 500
THREADS = 20
SCROLLS = 100
LONG_TASKS = """() => {
    window.longest = 0
    new PerformanceObserver((seen) => {
        for (const task of seen.getEntries()) window.longest = Math.max(window.longest, task.duration)
    }).observe({ entryTypes: ["longtask"] })
}"""
CLICKED = """(title) => new Promise((drawn) => {
    const begun = performance.now()
    const look = () => {
        const newest = document.querySelector("main ol > li:last-child")
        if (newest?.textContent?.includes(title)) drawn(performance.now() - begun)
        else requestAnimationFrame(look)
    }
    document.querySelector(`aside a[href$="${window.target}"]`).click()
    look()
})"""


async def measure(bench: Bench) -> list[Row]:
    try:
        from app_weight import FIRST, THREAD, weight  # noqa: PLC0415 - the path is known only now
        from web.chromium import chromium  # noqa: PLC0415 - needs what `make test` gets

        weights = weight(*FIRST), weight(*THREAD)
        with served(bench.home / "app") as server:
            async with chromium() as browser:
                page = await browser.new_page(viewport={"width": 1280, "height": 800})
                return [*_weighed(weights), *await _watched(bench, server, page)]
    except (ImportError, OSError, AssertionError, ServerMissing) as error:
        bench.skip("app", f"the app or the browser is missing ({error}): `make test` gets them")
        return []


def _weighed(weights: tuple[float, float]) -> list[Row]:
    first, thread = weights
    return [
        _row("scripts of the first page", "KB", first, Target("≤", 180)),
        _row("scripts of a thread, the first page's included", "KB", thread, Target("≤", 350)),
    ]


async def _watched(bench: Bench, server: Server, page: Any) -> list[Row]:
    short = [_talk(server, f"Talk {i}", 40) for i in range(THREADS)]
    long = _talk(server, "The long one", min(MESSAGES, bench.sizes.long))
    await page.goto(signin_link(server.token, server.url))
    await page.get_by_role("link", name="The long one").wait_for()
    await _open(page, short[0])
    before = await _heap(page)
    opened: list[float] = []
    for _ in range(bench.sizes.rounds):
        opened.append(await _open(page, long))
        await _open(page, short[0])
    await _open(page, long)
    longest = await _scroll(page)
    for talk in short:
        await _open(page, talk)
    after = await _heap(page)
    return [
        _row("open a thread of 10,000 messages", "ms", median(opened), Target("≤", 300)),
        _row("longest task while scrolling it", "ms", longest, Target("≤", 100)),
        Row(
            subject="app",
            what="memory after 20 threads",
            unit="MB",
            value=after,
            beside="after the first",
            other=before,
            ratio=after / before,
            reading="as much",
        ),
    ]


def _row(what: str, unit: str, value: float, target: Target) -> Row:
    return Row(
        subject="app", what=what, unit=unit, value=value, target=target, met=target.met(value)
    )


def _talk(server: Server, title: str, messages: int) -> tuple[str, str]:
    """A conversation's id, and what its newest message says."""
    talk = server.post("/conversations", {"title": title})["id"]
    said = [
        f"{title}, message {i}. " + "It says a few words more. " * (i % 20) for i in range(messages)
    ]
    for first in range(0, messages, STEP):
        drafts = [
            {"role": "assistant" if i % 2 else "user", "content": said[i]}
            for i in range(first, min(first + STEP, messages))
        ]
        server.post(f"/conversations/{talk}/messages", {"messages": drafts})
    return talk, f"{title}, message {messages - 1}."


async def _open(page: Any, talk: tuple[str, str]) -> float:
    """Milliseconds from the click to the newest message."""
    await page.evaluate("(id) => { window.target = id }", talk[0])
    return await page.evaluate(CLICKED, talk[1])


async def _scroll(page: Any) -> float:
    """Milliseconds of the longest task."""
    await page.evaluate(LONG_TASKS)
    await page.mouse.move(760, 400)
    for _ in range(SCROLLS):
        await page.mouse.wheel(0, -400)
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    return await page.evaluate("() => window.longest")


async def _heap(page: Any) -> float:
    """Megabytes that scripts hold."""
    tools = await page.context.new_cdp_session(page)
    await tools.send("HeapProfiler.collectGarbage")
    used = await tools.send("Runtime.getHeapUsage")
    await tools.detach()
    return used["usedSize"] / 1e6
