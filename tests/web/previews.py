"""Previews of artifacts, on a page of the app and in a tab of their own."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import FrameLocator, Page

from server.harness import JSON, Caller
from web.app import App

HERE = Path(__file__).with_name("escapes")
APART = {"try", "leaving", "calls-inside"}
ATTEMPTS = sorted(file.stem for file in HERE.glob("*.js") if file.stem not in APART)
EMBED = """([url, sandbox]) => {
  const frame = document.createElement("iframe");
  if (sandbox) frame.sandbox = sandbox;
  Object.assign(frame, { src: url, title: "Preview" });
  frame.style = "position: fixed; inset: 10% 10% 10% 30%; width: 60%; height: 80%; background: white; z-index: 9";
  document.body.append(frame);
}"""


def ways_of(name: str) -> list[str]:
    """What the ways of an attempt are called."""
    text = (HERE / f"{name}.js").read_text("utf-8")
    return [
        plain or quoted
        for plain, quoted in re.findall(r'^  (?:(\w+)|"(.+)"): async', text, re.MULTILINE)
    ]


def attempt(name: str, home: str, away: str, only: str = "") -> str:
    """A page that tries to get out."""
    constants = f'const HOME = "{home}", AWAY = "{away}", ONLY = "{only}";'
    own = (HERE / f"{name}.js").read_text("utf-8")
    common = (HERE / "try.js").read_text("utf-8")
    hints = f'<link rel="preconnect" href="{away}"><link rel="dns-prefetch" href="{away}">'
    button = '<button id="go" style="position: fixed; inset: 0">Go</button>'
    return (
        f"{hints if name == 'hints' else ''}{button}<script>{constants}\n{common}\n{own}</script>"
    )


def made(server: Caller, kind: str, content: str, title: str = "A page") -> JSON:
    return server.post("/artifacts", 201, type=kind, title=title, content=content)


def preview_of(server: Caller, artifact: JSON) -> JSON:
    return server.post(f"/artifacts/{artifact['id']}/preview", 201)


async def show(
    app: App, server: Caller, artifact: JSON, sandbox: str = "allow-scripts"
) -> FrameLocator:
    """An artifact's frame on the page that is open."""
    url = preview_of(server, artifact)["frame_url"]
    await app.page.evaluate(EMBED, [url, sandbox])
    return app.page.frame_locator("iframe[title=Preview]")


async def show_alone(app: App, server: Caller, artifact: JSON) -> tuple[Page, FrameLocator]:
    """An artifact's frame in a tab of its own."""
    page = await app.page.context.new_page()
    await page.goto(app.url + preview_of(server, artifact)["url"])
    return page, page.frame_locator("iframe")
