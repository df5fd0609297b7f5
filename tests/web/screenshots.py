"""Write pictures of the app's pages to docs/images: `cd tests && python -m web.screenshots`.

A server of its own with a sample record, the browser of the tests; wide, on a phone, and dark.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, expect

from server.harness import JSON, Caller, Process, process
from web.app import App
from web.chromium import chromium
from web.conftest import DESKTOP, PHONE, signed_in_to
from web.sample import fill
from web.speaker import speaker
from web.watch import Watch

IMAGES = Path(__file__).parents[2] / "docs" / "images"

MODEL = "lab/mistral-small"
TOASTS = {
    "mistral-small": "May every road you take lead home, and may neither of you ever have to walk it alone.",
    "qwen3": "To Mia and Jonas: *may the arguments be short*, the breakfasts long, and the door always open.",
}

Show = Callable[[App, dict[str, JSON]], Awaitable[None]]


async def home(app: App, _: dict[str, JSON]) -> None:
    await app.open()
    await expect(app.main.get_by_role("heading", name="Ada")).to_be_visible()
    await expect(app.button("Model: mistral-small")).to_be_visible()


def thread(name: str) -> Show:
    async def show(app: App, record: dict[str, JSON]) -> None:
        await app.open_talk(record[name])
        if name == "diagram":
            await expect(app.thread.get_by_role("img", name="Diagram")).to_be_visible()
        if name == "code":
            await expect(app.thread.locator("pre span[style]").first).to_be_visible()

    return show


async def several(app: App, record: dict[str, JSON]) -> None:
    await app.open_talk(record["several"])
    await expect(app.text("Selected")).to_be_visible()


async def branches(app: App, record: dict[str, JSON]) -> None:
    await app.open_talk(record["rich"])
    await app.button("Branches").click()
    await expect(app.dialog.get_by_role("listitem").first).to_be_visible()


async def palette(app: App, record: dict[str, JSON]) -> None:
    await app.open_talk(record["trip"])
    await app.press("Control+K")
    await app.dialog.get_by_role("combobox").fill("rome")
    await expect(app.page.get_by_role("option").filter(has_text="Rome").first).to_be_visible()
    await expect(app.page.locator("mark").first).to_be_visible()


async def models(app: App, _: dict[str, JSON]) -> None:
    await app.open()
    await app.open_models()


async def drawer(app: App, record: dict[str, JSON]) -> None:
    await app.open_talk(record["trip"])
    await app.button("Show sidebar").click()
    await expect(app.row("Four days in Rome").first).to_be_visible()


async def project(app: App, record: dict[str, JSON]) -> None:
    await app.open(f"/projects/{record['project']['id']}")
    await expect(app.main.get_by_role("link", name="Four days in Rome")).to_be_visible()


async def search(app: App, _: dict[str, JSON]) -> None:
    await app.open("/search?q=sunday")
    await expect(app.main.get_by_role("region", name="Results")).to_be_visible()


async def artifact(app: App, record: dict[str, JSON]) -> None:
    made = record["artifact"]
    await app.open(f"/c/{made['conversation_id']}?artifact={made['id']}")
    await expect(app.page.locator("[role=tabpanel] pre span[style]").first).to_be_visible()


async def revisions(app: App, record: dict[str, JSON]) -> None:
    await artifact(app, record)
    await app.tab("History").click()
    await app.page.get_by_role("button", name="Compare").click()
    await expect(app.page.get_by_text("added,")).to_be_visible()


async def table(app: App, record: dict[str, JSON]) -> None:
    made = record["table"]
    await app.open(f"/c/{made['conversation_id']}?artifact={made['id']}")
    await expect(app.page.get_by_role("columnheader").first).to_be_visible()


async def artifacts(app: App, _: dict[str, JSON]) -> None:
    await app.open("/artifacts")
    await expect(
        app.main.get_by_role("list", name="Artifacts").get_by_role("link").first
    ).to_be_visible()


def settings(page: str, words: str) -> Show:
    async def show(app: App, _: dict[str, JSON]) -> None:
        await app.open(f"/settings/{page}")
        await expect(app.main.get_by_text(words).first).to_be_visible()

    return show


PAGES: dict[str, Show] = {
    "home": home,
    "thread": thread("trip"),
    "code": thread("code"),
    "diagram": thread("diagram"),
    "parts": thread("rich"),
    "several": several,
    "branches": branches,
    "palette": palette,
    "models": models,
    "project": project,
    "search": search,
    "artifact": artifact,
    "revisions": revisions,
    "table": table,
    "artifacts": artifacts,
    "appearance": settings("appearance", "Text size"),
    "statistics": settings("statistics", "Topics"),
    "data": settings("data", "Danger zone"),
}
KINDS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {**PHONE, "color_scheme": "light"},
}


@asynccontextmanager
async def window(browser: Browser, server: Process, how: dict[str, Any]) -> AsyncIterator[App]:
    given = {"storage_state": signed_in_to(server), **how}
    context = await browser.new_context(locale="en-GB", reduced_motion="reduce", **given)
    yield App(await context.new_page(), Watch(server.url))
    await context.close()


async def take(server: Process, record: dict[str, JSON]) -> None:
    async with chromium() as browser:
        for kind, how in KINDS.items():
            async with window(browser, server, how) as app:
                for name, show in {
                    **PAGES,
                    **({"drawer": drawer} if kind == "phone" else {}),
                }.items():
                    await show(app, record)
                    await settled(app)
                    await app.page.screenshot(path=IMAGES / f"{name}-{kind}.png", scale="css")


async def settled(app: App) -> None:
    """Until the list is there, and nothing is drawn in grey any more."""
    if await app.list.count():
        await expect(app.list.get_by_role("link").first).to_be_visible()
    await expect(app.page.locator(".animate-pulse")).to_have_count(0)
    await app.page.evaluate("document.fonts.ready")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, speaker(TOASTS) as lab:
        os.environ["HANSARD_PROVIDER_LAB_URL"] = lab.url
        with (
            process(Path(folder) / "home", model=MODEL) as server,
            Caller(server.url, server.token) as caller,
        ):
            record = {"several": ask_several(caller), **fill(caller, MODEL)}
            asyncio.run(take(server, record))


def ask_several(caller: Caller) -> JSON:
    """A conversation in which two models answer side by side."""
    talk = caller.talk(title="A toast for the wedding", model=MODEL)
    said = "One sentence for the toast at Mia and Jonas's wedding, please."
    asked = {"content": said, "models": [f"lab/{name}" for name in TOASTS]}
    for run in caller.post(f"/conversations/{talk['id']}/chat", 202, **asked)["runs"]:
        caller.ended(run)
    return talk


if __name__ == "__main__":
    main()
