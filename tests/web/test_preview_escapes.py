"""Nothing gets out of a preview: not to the page around it, not to the server, not to another host.

Each attempt is an artifact that tries many ways at a click, and says that it tried. The planted bug, a server without
policies and a frame with the origin of the app, lets all of them out, so these tests would see it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import anyio
import pytest
from playwright.async_api import (
    ConsoleMessage,
    Dialog,
    Download,
    FrameLocator,
    Page,
    Response,
    expect,
)

from app_weight import APP
from hansard.server import preview
from hansard.server import static as app_page
from server.harness import Caller, Site, site
from web import previews
from web.app import App
from web.conftest import ONCE, Visit
from web.elsewhere import Elsewhere, elsewhere

pytestmark = [pytest.mark.anyio, ONCE]

LEAVING = previews.ways_of("leaving")
HARMLESS = {"messages", "devices"}
"""What the planted bug does not let out: nobody answers messages, and nobody is asked for a device."""
TAB = ["calls", "frames", "page-around", "top-navigation", "windows"]
"""What might differ where the frame stands alone."""
PLANTED = "allow-scripts allow-same-origin allow-forms allow-popups allow-modals allow-downloads allow-top-navigation"
BLOCKED = "chrome-error://chromewebdata/"
REFUSALS = (
    r"^console: policy: ",
    r"[Cc]ontent Security Policy",
    r"sandboxed",
    r"^console: Unsafe attempt to ",
    r"[Pp]ermissions policy",
    r"^uncaught: Failed to set a named property 'href' on 'Location'",
    r"^uncaught: Failed to load because no supported source was found",
    r"worklet module script",
    r"401 \(\) chrome-error:",
)
"""What a browser says when it refuses something."""


@dataclass
class Trial:
    """What an artifact said that it tried, and what came of it."""

    app: App
    server: Caller
    away: Elsewhere
    said: list[str] = field(default_factory=list[str])
    happened: list[str] = field(default_factory=list[str])

    async def begin(self) -> None:
        context = self.app.page.context
        self.watch(self.app.page)
        context.on("page", self.watch)
        context.on("console", self.hear)
        context.on("response", self.answered)
        self.app.watch.expect(*REFUSALS, f"^asked for {self.away.url}/")
        await self.open()

    async def open(self) -> None:
        """The app, with something in it that is nobody's business."""
        await self.app.open()
        await expect(self.app.field).to_be_visible()
        secrets = "localStorage.setItem('secret', '1'); document.cookie = 'secret=1; path=/'"
        await self.app.page.evaluate(secrets)
        for found in (self.said, self.happened, self.away.heard):
            found.clear()

    def watch(self, page: Page) -> None:
        page.on("download", self._download)
        page.on("dialog", self._dialog)

    def hear(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def answered(self, response: Response) -> None:
        path = response.url.removeprefix(self.server.url)
        if path.startswith("/api/") and "escape" in path and response.ok:
            self.happened.append(f"answer from {path}")

    async def _download(self, download: Download) -> None:
        self.happened.append(f"download of {download.suggested_filename}")
        await download.cancel()

    async def _dialog(self, dialog: Dialog) -> None:
        self.happened.append(f"dialog {dialog.message}")
        await dialog.dismiss()

    @property
    def tried(self) -> list[str]:
        return [each.removeprefix("tried ") for each in self.said if each.startswith("tried ")]

    @property
    def done(self) -> bool:
        return "done" in self.said

    @property
    def escaped(self) -> list[str]:
        """What got out."""
        return (
            [each for each in self.said if each.startswith("got ")]
            + self.happened
            + self.away.heard
        )

    async def show(self, name: str, only: str = "", sandbox: str = "allow-scripts") -> FrameLocator:
        """An attempt in a frame on the app's page."""
        content = previews.attempt(name, self.server.url, self.away.url, only)
        artifact = previews.made(self.server, "html", content)
        frame = await previews.show(self.app, self.server, artifact, sandbox)
        await expect(frame.locator("#go")).to_be_visible()
        return frame

    async def show_alone(self, name: str, only: str = "") -> tuple[Page, FrameLocator]:
        """An attempt in a tab of its own."""
        content = previews.attempt(name, self.server.url, self.away.url, only)
        artifact = previews.made(self.server, "html", content)
        page, frame = await previews.show_alone(self.app, self.server, artifact)
        await expect(frame.locator("#go")).to_be_visible()
        return page, frame

    async def run(self, frame: FrameLocator, name: str) -> None:
        """Let it try all its ways."""
        await frame.locator("#go").click()
        await until(lambda: self.done)
        assert self.tried == previews.ways_of(name)


@pytest.fixture(scope="module")
def host() -> Iterator[Elsewhere]:
    with elsewhere("127.0.0.2") as other:
        yield other


@pytest.fixture(scope="module")
def port() -> Iterator[Elsewhere]:
    """Another server on this host: ports share cookies."""
    with elsewhere("127.0.0.1") as other:
        yield other


@pytest.fixture
async def trial(visit: Visit, server: Caller, host: Elsewhere) -> Trial:
    found = Trial(await visit(server), server, host)
    await found.begin()
    return found


@pytest.fixture
async def alone(visit: Visit, server: Caller, port: Elsewhere) -> Trial:
    found = Trial(await visit(server), server, port)
    await found.begin()
    return found


@pytest.fixture
def weak(backend: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server with the planted bug: neither frames nor the app have a policy."""
    monkeypatch.setattr(preview, "_policy", lambda *_: "")
    monkeypatch.setattr(preview, "_HEADERS", {})
    monkeypatch.setattr(app_page, "_APP_POLICY", "")
    assert backend == "sqlite"
    with site("memory:", served={"web": APP}) as running:
        yield running


@pytest.fixture
async def planted(visit: Visit, weak: Site, host: Elsewhere) -> AsyncIterator[Trial]:
    found = Trial(await visit(weak), weak, host)
    await found.begin()
    yield found
    found.app.watch.expect("")


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not condition():  # noqa: ASYNC110 - it happens in the browser
            await anyio.sleep(0.02)


@pytest.mark.parametrize("name", previews.ATTEMPTS)
async def test_nothing_gets_out_of_a_frame_in_the_app(trial: Trial, name: str) -> None:
    await trial.run(await trial.show(name), name)
    assert trial.escaped == []
    assert trial.app.page.context.pages == [trial.app.page]
    await expect(trial.app.page).to_have_url(f"{trial.app.url}/")
    await trial.app.field.fill("The app goes on.")


@pytest.mark.parametrize("name", TAB)
async def test_nothing_gets_out_of_a_tab_of_its_own(alone: Trial, name: str) -> None:
    page, frame = await alone.show_alone(name)
    await alone.run(frame, name)
    assert alone.escaped == []
    assert alone.app.page.context.pages == [alone.app.page, page]
    await expect(page).to_have_title("A page")


async def test_a_frame_that_leaves_comes_nowhere(trial: Trial) -> None:
    for way in LEAVING:
        await trial.open()
        await leaves(trial, trial.app.page, await trial.show("leaving", way), way)
        await expect(trial.app.page).to_have_title("Hansard")


async def test_a_frame_that_leaves_its_tab_comes_nowhere(alone: Trial) -> None:
    for way in LEAVING:
        await alone.open()
        page, frame = await alone.show_alone("leaving", way)
        await leaves(alone, page, frame, way)
        await expect(page).to_have_title("A page")
        await page.close()


async def leaves(trial: Trial, page: Page, frame: FrameLocator, way: str) -> None:
    own = page.frames[1].url
    gone: list[str] = []
    page.on("framenavigated", lambda to: gone.append(to.url))
    await frame.locator("#go").click()
    await until(lambda: trial.done or gone != [])
    assert trial.tried == [way]
    assert trial.escaped == []
    assert set(gone) <= {BLOCKED, own}


async def test_a_frame_in_the_frame_calls_nobody(trial: Trial) -> None:
    """Chromium ends the process of a preview that tries; the app is in another, and goes on."""
    await trial.app.page.evaluate("setInterval(() => { document.title += '.' }, 20)")
    frame = await trial.show("calls-inside")
    ended: list[Page] = []
    trial.app.page.on("crash", lambda _: ended.append(trial.app.page))
    await frame.locator("#go").click()
    await until(lambda: trial.done or ended != [])
    assert trial.tried == ["a call"]
    assert trial.escaped == []
    browser = trial.app.page.context.browser
    assert browser
    session = await browser.new_browser_cdp_session()

    async def title() -> str:
        targets = (await session.send("Target.getTargets"))["targetInfos"]
        return next(each["title"] for each in targets if each["url"] == f"{trial.app.url}/")

    before = await title()
    with anyio.fail_after(30):
        while await title() == before:  # noqa: ASYNC110 - it happens in the browser
            await anyio.sleep(0.02)


async def test_a_script_without_an_end_does_not_stop_the_app(trial: Trial) -> None:
    # What records the test looks into every frame, and would wait for this one.
    await trial.app.page.context.tracing.stop()
    loop = "<h1>Round and round</h1><script>console.info('tried a loop'); while (true);</script>"
    await previews.show(trial.app, trial.server, previews.made(trial.server, "html", loop))
    await until(lambda: trial.tried == ["a loop"])
    await trial.app.ask("The app goes on.")


async def test_what_gets_out_without_the_sandbox_is_seen(planted: Trial) -> None:
    for name in sorted(set(previews.ATTEMPTS) - HARMLESS):
        await planted.open()
        frame = await planted.show(name, sandbox=PLANTED)
        await frame.locator("#go").click()
        await until(lambda: planted.done or planted.escaped != [])
        assert planted.escaped != [], name


@pytest.mark.parametrize("way", ["elsewhere", "refresh", "data", "saved"])
async def test_where_a_frame_gets_without_the_policy_is_seen(planted: Trial, way: str) -> None:
    frame = await planted.show("leaving", way, sandbox=PLANTED)
    await frame.locator("#go").click()
    await until(lambda: planted.escaped != [])
