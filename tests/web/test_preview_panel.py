"""A preview as the app shows it: it can be stopped and run again, and says what is wrong with it."""

from __future__ import annotations

import pytest
from playwright.async_api import FrameLocator, expect

from server.harness import Caller
from web import previews
from web.app import App
from web.conftest import ONCE

pytestmark = [pytest.mark.anyio, ONCE]

LOOP = "<h1>Round and round</h1><script>setTimeout(() => { while (true); }, 100);</script>"
FLOOD = """<h1>Much to say</h1><script>
setInterval(() => { for (let i = 0; i < 100; i += 1) parent.postMessage({ hansard: "alive" }, "*"); }, 10);
</script>"""
GONE = "<h1>Here</h1><script>setTimeout(() => { location = 'http://127.0.0.2:9/'; }, 100);</script>"
FORGED = """<h1>Forged</h1><script>
const forged = [
  { hansard: "error", text: "<img src=x onerror=window.__xss=1>" + "long ".repeat(1000) },
  { hansard: "error", text: { toString: "no text" } },
  { hansard: "error" }, { hansard: ["error"] }, "hansard", null, 7,
];
for (const each of forged) parent.postMessage(each, "*");
</script>"""


async def shown(app: App, server: Caller, content: str) -> FrameLocator:
    """An artifact on its page."""
    artifact = previews.made(server, "html", content)
    await app.open(f"/artifacts/{artifact['id']}")
    return app.page.frame_locator("iframe[title='Preview of “A page”']")


async def test_a_preview_is_stopped_and_run_again(app: App, server: Caller) -> None:
    frame = await shown(app, server, "<h1>Hello</h1><button onclick='this.remove()'>Go</button>")
    await frame.get_by_role("button", name="Go").click()
    await expect(frame.get_by_role("button")).to_have_count(0)
    await app.button("Reload").click()
    await expect(frame.get_by_role("button", name="Go")).to_be_visible()
    await app.button("Stop").click()
    await expect(app.page.locator("iframe")).to_have_count(0)
    await app.button("Reload").click()
    await expect(frame.get_by_role("heading")).to_have_text("Hello")


async def test_a_preview_has_a_tab_of_its_own(app: App, server: Caller) -> None:
    await shown(app, server, "<h1>Hello</h1>")
    async with app.page.context.expect_page() as opening:
        await app.button("Open in new tab").click()
    page = await opening.value
    await expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("Hello")
    assert await page.evaluate("opener") is None


async def test_a_script_without_an_end_is_said_to_be_busy_and_is_stopped(
    app: App, server: Caller
) -> None:
    # What records the test looks into every frame, and would wait for this one.
    await app.page.context.tracing.stop()
    await shown(app, server, LOOP)
    await expect(app.text("This preview is not responding.").first).to_be_visible()
    await app.button("Stop").click()
    await expect(app.text("Stopped")).to_be_visible()
    await expect(app.page.locator("iframe")).to_have_count(0)


async def test_a_flood_of_messages_is_stopped(app: App, server: Caller) -> None:
    await shown(app, server, FLOOD)
    await expect(app.text("Too much console output; preview stopped.")).to_be_visible()
    await expect(app.page.locator("iframe")).to_have_count(0)


async def test_a_preview_that_leaves_is_said_to_be_gone(app: App, server: Caller) -> None:
    app.watch.expect("frame-src", "^asked for http://127.0.0.2:9/")
    await shown(app, server, GONE)
    await expect(app.text("This preview failed to load, or left its page.").first).to_be_visible()


async def test_errors_are_listed(app: App, server: Caller) -> None:
    app.watch.expect("first 1", "third", "second")
    script = "console.error('first', 1); setTimeout(() => { throw new Error('second'); }); Promise.reject('third')"
    await shown(app, server, f"<h1>Errors</h1><script>{script}</script>")
    await app.text("3 errors").click()
    for error in ("first 1", "Error: second", "third"):
        await expect(app.main.get_by_role("listitem").filter(has_text=error)).to_be_visible()


async def test_what_a_preview_says_is_text_and_not_believed(app: App, server: Caller) -> None:
    frame = await shown(app, server, FORGED)
    await expect(frame.get_by_role("heading")).to_have_text("Forged")
    await app.text("One error").click()
    said = app.main.get_by_role("listitem").filter(has_text="<img src=x onerror=")
    assert len(await said.inner_text()) <= 500
    assert await app.page.evaluate("window.__xss") is None
    await expect(app.main.locator("img")).to_have_count(0)


async def test_a_preview_that_is_no_more_is_told(app: App, server: Caller) -> None:
    artifact = previews.made(server, "html", "<h1>Hello</h1>")
    app.watch.expect("status of 404")
    await app.page.route(
        "**/preview", lambda route: route.fulfill(status=404, json={"detail": "It is gone."})
    )
    await app.open(f"/artifacts/{artifact['id']}")
    await expect(app.text("It is gone.")).to_be_visible()
    await app.page.unroute("**/preview")
    await app.button("Reload").click()
    await expect(app.page.frame_locator("iframe").get_by_role("heading")).to_have_text("Hello")
