"""What an artifact does when it runs: what people expect of a page, a drawing, a component and a diagram."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from server.harness import Caller
from web import previews
from web.app import App
from web.conftest import ONCE

pytestmark = [pytest.mark.anyio, ONCE]

PAGE = """<!DOCTYPE html>
<html lang="en">
  <head><style>h1 { color: rgb(1, 2, 3) }</style></head>
  <body>
    <h1>Hello</h1>
    <form><input required name="name"><button>Greet</button></form>
    <script>
      document.querySelector("form").addEventListener("submit", (event) => {
        event.preventDefault();
        document.querySelector("h1").textContent = `Hello, ${new FormData(event.target).get("name")}`;
      });
    </script>
  </body>
</html>"""
DRAWING = """<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" width="80" height="80">
  <title>Not yet</title><circle cx="5" cy="5" r="4" fill="teal"/>
  <script><![CDATA[document.querySelector("title").textContent = 1 < 2 ? "A circle" : ""]]></script>
</svg>"""
COUNTER = """import React, { useState } from 'react';
import { Camera } from "lucide-react";

interface Props { start?: number }

export default function Counter({ start = 1 }: Props) {
  const [count, setCount] = useState<number>(start);
  return (
    <div className="grid gap-[7px]">
      <Camera aria-label="Camera" role="img" />
      <h1>Counted to {count}</h1>
      <button onClick={() => setCount(count + 1)}>One more</button>
      <form onSubmit={(event) => { event.preventDefault(); setCount(100); }}><button>All</button></form>
    </div>
  );
}"""
LAST = """const Part = ({ name }) => <b>{name}</b>;
function App() {
  const [name] = React.useState("without an export");
  return <p>A component <Part name={name} /></p>;
}"""
BROKEN = {
    "import * as d3 from 'd3';\nexport default () => <p>{d3.version}</p>;": "Cannot import “d3”",
    "export default function App() { throw new Error('It broke.'); }": "It broke.",
    "export default function App() { return <p>open }": "Unexpected token (1:",
    "const answer = 42;": "No component found.",
}


async def test_a_page_runs_its_scripts_and_hears_of_its_forms(app: App, server: Caller) -> None:
    await app.open()
    frame = await previews.show(app, server, previews.made(server, "html", PAGE))
    heading = frame.get_by_role("heading")
    await expect(heading).to_have_css("color", "rgb(1, 2, 3)")
    await frame.get_by_role("button", name="Greet").click()
    await expect(heading).to_have_text("Hello")
    await frame.get_by_role("textbox").fill("Ada")
    await frame.get_by_role("textbox").press("Enter")
    await expect(heading).to_have_text("Hello, Ada")


async def test_a_drawing_is_seen_and_runs_its_scripts(app: App, server: Caller) -> None:
    await app.open()
    frame = await previews.show(app, server, previews.made(server, "svg", DRAWING))
    await expect(frame.locator("svg title")).to_have_text("A circle")
    box = await frame.locator("circle").bounding_box()
    assert box
    assert round(box["width"]) == 64


async def test_a_component_counts(app: App, server: Caller) -> None:
    await app.open()
    frame = await previews.show(app, server, previews.made(server, "react", COUNTER))
    heading = frame.get_by_role("heading")
    await expect(heading).to_have_text("Counted to 1")
    await frame.get_by_role("button", name="One more").click()
    await expect(heading).to_have_text("Counted to 2")
    await frame.get_by_role("button", name="All").click()
    await expect(heading).to_have_text("Counted to 100")
    await expect(frame.get_by_role("img", name="Camera")).to_be_visible()
    await expect(frame.locator(".grid")).to_have_css("row-gap", "7px")


async def test_the_last_component_is_shown_if_none_is_exported(app: App, server: Caller) -> None:
    await app.open()
    frame = await previews.show(app, server, previews.made(server, "react", LAST))
    await expect(frame.get_by_role("paragraph")).to_have_text("A component without an export")


async def test_what_is_wrong_with_a_component_is_said(app: App, server: Caller) -> None:
    app.watch.expect("It broke.")
    for code, why in BROKEN.items():
        await app.open()
        frame = await previews.show(app, server, previews.made(server, "react", code))
        await expect(frame.get_by_role("alert")).to_contain_text(why)


async def test_a_diagram_is_drawn(app: App, server: Caller) -> None:
    await app.open()
    diagram = 'graph LR\n  A[Browser] --> B{In the cache?}\n  click A href "https://example.org"'
    frame = await previews.show(app, server, previews.made(server, "mermaid", diagram))
    await expect(frame.locator("svg .node")).to_have_count(2)
    await expect(frame.locator("svg")).to_contain_text("In the cache?")


async def test_what_is_wrong_with_a_diagram_is_said(app: App, server: Caller) -> None:
    await app.open()
    frame = await previews.show(
        app, server, previews.made(server, "mermaid", "graph LR\n A[[[ -->")
    )
    await expect(frame.get_by_role("alert")).to_contain_text("Parse error on line 2")


async def test_nothing_runs_on_the_page_of_a_tab_but_the_frame(app: App, server: Caller) -> None:
    page, frame = await previews.show_alone(
        app, server, previews.made(server, "html", PAGE, "<b>Title")
    )
    await expect(page).to_have_title("<b>Title")
    await expect(frame.get_by_role("heading")).to_have_text("Hello")
    assert await page.evaluate("document.scripts.length") == 0
