"""Nothing that was written runs, and nothing that was written makes a browser ask another host: wherever it is shown.

Two walls stand between: what the app makes of a text, and the policy that the server sends. Each is tried alone: with
the policy off, nothing may run all the same; with it on, nothing may even come to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Dialog, Route, expect

from server.harness import JSON, Caller
from web import corpus
from web.app import App
from web.conftest import ONCE, Visit

pytestmark = [pytest.mark.anyio, ONCE]

CANARY = """
for (const name of ["__xss"]) Object.defineProperty(window, name, { set(value) { tell(`${name} = ${value}`); } });
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => tell(name);
function tell(what) { console.error(`canary: ${what}`); }
"""
UNFOLD = """() => {
  for (const fold of document.querySelectorAll("main details:not([open]) > summary")) fold.click();
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
ODD = Path(__file__).with_name("odd.js").read_text("utf-8").partition("\n")[2].rstrip(";\n")
TRUST = """() => {
  for (const one of document.querySelectorAll("[data-markdown]")) one.innerHTML = one.textContent;
}"""


@dataclass
class Stored:
    """Where the corpus is."""

    threads: list[JSON] = field(default_factory=list[JSON])
    projects: list[JSON] = field(default_factory=list[JSON])
    titled: list[JSON] = field(default_factory=list[JSON])
    parts: JSON = field(default_factory=dict[str, Any])


@pytest.fixture
def stored(server: Caller) -> Stored:
    """The corpus as messages, and its names as every name that there is."""
    made = Stored(parts=server.talk(title="parts", system=corpus.TEXTS[0]))
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{corpus.RUN}'/>"
    sent = server.client.post(
        "/blobs", content=svg.encode(), headers={"Content-Type": "image/svg+xml"}
    )
    blob = sent.json()["id"]
    server.patch("/me", name=corpus.NAMES[0])
    for start in range(0, len(corpus.TEXTS), 25):
        talk = server.talk(title=f"xss {start}")
        drafts: list[JSON] = []
        for i, text in enumerate(corpus.TEXTS[start : start + 25]):
            role = "assistant" if i % 5 else "user"
            model = (
                {"model": f"evil/{corpus.NAMES[i % len(corpus.NAMES)]}"}
                if role == "assistant"
                else {}
            )
            drafts.append({"role": role, "content": text, **model})
        server.post(f"/conversations/{talk['id']}/messages", 201, messages=drafts)
        made.threads.append(talk)
    for i, name in enumerate(corpus.NAMES):
        outer = made.projects[-1]["id"] if i % 2 else None
        instructions = corpus.TEXTS[i]
        project = server.post(
            "/projects", 201, name=name, parent_id=outer, instructions=instructions
        )
        made.projects.append(project)
        talk = server.talk(
            title=f"{name} xss", tags=[name], project_id=project["id"], system=corpus.TEXTS[i]
        )
        server.say(talk, f"xss {name}")
        drafts = [
            {"role": "assistant", "parts": corpus.parts(name, blob), "model": f"evil/{name}"},
            {
                "role": "tool",
                "parts": [
                    {"type": "tool_result", "call_id": name, "output": corpus.HOSTILE},
                    {"type": "tool_result", "call_id": "x", "output": name, "is_error": True},
                ],
            },
        ]
        path = f"/conversations/{made.parts['id']}"
        at = server.post(f"{path}/messages", 201, messages=drafts)["items"][-1]["id"]
        server.post(f"{path}/branches", 201, at=at, name=name)
        made.titled.append(talk)
        gone = server.talk(title=name)
        server.say(gone, "xss")
        server.delete(f"/conversations/{gone['id']}")
    return made


@pytest.fixture(params=[True, False], ids=["policy-off", "policy-on"])
async def reader(request: pytest.FixtureRequest, visit: Visit, server: Caller) -> App:
    return await guarded(visit, server, policy_off=request.param)


async def guarded(visit: Visit, server: Caller, *, policy_off: bool) -> App:
    """A browser in which whatever runs is heard, and from which nothing gets out."""
    app = await visit(server, bypass_csp=policy_off)

    async def refuse(route: Route) -> None:
        await route.abort()

    async def hear(dialog: Dialog) -> None:
        app.watch.problems.append(f"canary: {dialog.type}")
        await dialog.dismiss()

    context = app.page.context
    await context.route(lambda url: not url.startswith((server.url, "data:", "blob:")), refuse)
    await context.add_init_script(CANARY)
    app.page.on("dialog", hear)
    return app


DRAFTS = "[id^=ddiagram]"
"""What diagrams are drawn in, out of sight, before they are pictures."""


SEEN = f"""async () => {{
  while (document.querySelector("{DRAFTS}")) await new Promise(requestAnimationFrame);
  return ({ODD})();
}}"""


async def look(app: App) -> None:
    """See all that is on the page, and what is behind what can be unfolded."""
    await app.page.evaluate(UNFOLD)
    assert await app.page.evaluate(SEEN) == []


async def test_messages_do_nothing_but_be_read(reader: App, stored: Stored) -> None:
    assert len(corpus.TEXTS) >= 60
    for start, talk in enumerate(stored.threads):
        await reader.open_talk(talk)
        texts = corpus.TEXTS[start * 25 : start * 25 + 25]
        await expect(reader.messages).to_have_count(len(texts))
        for message in await reader.messages.all():
            await message.scroll_into_view_if_needed()
        if any("```mermaid" in text for text in texts):
            await expect(reader.thread.get_by_role("img", name="Diagram").first).to_be_attached()
        await look(reader)
        await reader.act(reader.messages.last, "More")
        await reader.item("View raw JSON").click()
        await expect(reader.dialog).to_contain_text('"parts"')
        await look(reader)


async def test_names_and_parts_do_nothing_wherever_they_are_shown(
    reader: App, stored: Stored
) -> None:
    await reader.open_talk(stored.parts)
    await expect(reader.thread.get_by_text("Something went wrong.")).to_have_count(
        len(corpus.NAMES)
    )
    await look(reader)
    await reader.button("Branches").click()
    for name in corpus.NAMES:
        await expect(reader.dialog).to_contain_text(name)
    await look(reader)
    await reader.press("Escape")
    await reader.main.get_by_role("button", name="System prompt").click()
    await expect(reader.dialog.get_by_role("textbox")).to_have_value(corpus.TEXTS[0])
    await look(reader)
    for talk in stored.titled[:3]:
        await reader.open_talk(talk)
        await expect(reader.page).to_have_title(f"{talk['title']} · Hansard")
        await look(reader)
    for project in stored.projects[:2]:
        await reader.open(f"/projects/{project['id']}")
        await expect(reader.main.get_by_role("heading", level=1)).to_be_visible()
        await expect(reader.main.get_by_role("link").first).to_be_visible()
        await look(reader)


async def test_lists_and_searches_and_figures_do_nothing_with_them(
    reader: App, stored: Stored
) -> None:
    assert stored
    shown: dict[str, Callable[[], Any]] = {
        "/": lambda: reader.main.get_by_role("heading", level=1),
        "/search?q=xss": lambda: reader.main.get_by_role("region", name="Results"),
        "/search?q=onerror": lambda: reader.main.get_by_role("region", name="Results"),
        "/settings/data": lambda: reader.main.get_by_role("button", name="permanently").first,
        "/settings/statistics": lambda: reader.main.get_by_role("table").first,
        "/settings/models": lambda: reader.main.get_by_text("echo/echo"),
    }
    for path, content in shown.items():
        await reader.open(path)
        await expect(content()).to_be_visible()
        await look(reader)
    await reader.main.page.keyboard.press("Control+K")
    palette = reader.page.get_by_role("dialog", name="Search and commands")
    for words in ("xss", corpus.NAMES[0], corpus.TEXTS[0]):
        await palette.get_by_role("combobox").fill(words)
        await expect(palette.get_by_role("option").first).to_be_visible()
        await look(reader)
    await reader.press("Escape")


async def test_artifacts_do_nothing_but_be_read(reader: App, server: Caller) -> None:
    hostile = "\n\n".join(corpus.TEXTS)
    contents = {
        "markdown": hostile,
        "csv": "name,said\n"
        + "".join(f'x,"{text.replace(chr(34), chr(34) * 2)}"\n' for text in corpus.NAMES),
        "json": json.dumps(corpus.HOSTILE),
        "code": hostile,
    }
    talk = server.talk(title="xss")
    shown = ["/artifacts", "/artifacts?q=xss"]
    reader.watch.expect("ERR_FILE_NOT_FOUND blob:")  # a diagram is left before it is seen
    for i, name in enumerate(corpus.NAMES):
        kind = list(contents)[i % len(contents)]
        made = server.post(
            "/artifacts",
            201,
            content=contents[kind],
            type=kind,
            title=name,
            language=name,
            description=corpus.TEXTS[i],
            conversation_id=talk["id"],
        )
        server.patch(f"/artifacts/{made['id']}", content=contents[kind] + "\n", note=name)
        shelf = server.post("/collections", 201, name=name)["id"]
        shown.append(f"/artifacts?collection={shelf}")
        server.client.put(f"/collections/{shelf}/artifacts/{made['id']}")
        token = server.post(f"/artifacts/{made['id']}/links", 201)["token"]
        await reader.open(f"/artifacts/{made['id']}")
        await expect(reader.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        for tab in await reader.page.get_by_role("tab").all():
            await tab.click()
            await expect(reader.page.get_by_role("tabpanel")).to_be_visible()
            await look(reader)
        await reader.open(f"/shared/{token}")
        await expect(reader.page).to_have_title(f"{name} · Hansard")
        await look(reader)
    for path in shown[:3]:
        await reader.open(path)
        await expect(reader.page.get_by_role("list", name="Artifacts")).to_be_visible()
        await look(reader)


async def test_elements_in_answers_do_nothing(reader: App, server: Caller) -> None:
    talk = server.talk(title="xss")
    drafts: list[JSON] = []
    for name in corpus.NAMES:
        quoted = name.replace('"', "&quot;").replace(">", "&gt;")
        said = f'<artifact title="{quoted}" type="text/markdown">\n{corpus.TEXTS[0]}\n</artifact>'
        drafts.append({"role": "assistant", "content": f"xss\n{said}\n{name}", "model": "evil/x"})
    server.post(f"/conversations/{talk['id']}/messages", 201, messages=drafts)
    await reader.open_talk(talk)
    await expect(reader.thread.locator("[data-artifact]")).to_have_count(len(corpus.NAMES))
    await look(reader)
    await reader.thread.locator("[data-artifact]").last.click()
    await expect(reader.panel.get_by_role("heading", level=2)).to_be_visible()
    await look(reader)


async def test_menus_and_notices_do_nothing_with_them(
    reader: App, server: Caller, stored: Stored, tmp_path: Path
) -> None:
    name = corpus.NAMES[0]
    await reader.open()
    await expect(reader.row("xss").first).to_be_visible()
    tag = reader.page.get_by_role("menuitemradio", name=name)
    await reader.button("Filter").click()
    await expect(tag).to_be_visible()
    await look(reader)
    await reader.press("Escape")
    title = stored.titled[0]["title"]
    await reader.choose(title, "Move to…")
    await expect(reader.dialog.get_by_role("button", name=corpus.NAMES[1])).to_be_visible()
    await look(reader)
    await reader.dialog.get_by_role("button", name=corpus.NAMES[1], exact=True).click()
    await expect(reader.text(f"Moved “{title}” to “{corpus.NAMES[1]}”.")).to_be_visible()
    await look(reader)
    await reader.choose(title, "Tags")
    await expect(reader.dialog.get_by_role("list", name="Tags")).to_contain_text(name)
    await look(reader)
    await reader.press("Escape")
    await reader.choose(title, "Delete")
    await expect(reader.text(f"Moved “{title}” to trash.")).to_be_visible()
    await look(reader)

    file = tmp_path / "'><img src=x onerror=window.__xss=1>.svg"
    file.write_text(f"<svg xmlns='http://www.w3.org/2000/svg' onload='{corpus.RUN}'/>")
    async with reader.page.expect_file_chooser() as opening:
        await reader.button("Add images and files").click()
    await (await opening.value).set_files(file)
    await expect(reader.page.get_by_role("list", name="Attached files")).to_contain_text("onerror")
    await expect(reader.button("Send")).to_be_enabled()  # it is uploaded
    await look(reader)
    await reader.say(corpus.TEXTS[2])
    await expect(reader.answer("onerror")).to_be_visible()
    await look(reader)
    assert server.get("/me")["name"] == name


@pytest.mark.parametrize("policy_off", [True, False])
async def test_a_renderer_that_trusts_what_it_gets_would_be_caught(
    visit: Visit, server: Caller, stored: Stored, policy_off: bool
) -> None:
    """The planted bug: what was written is put into the page as HTML."""
    app = await guarded(visit, server, policy_off=policy_off)
    await app.open_talk(stored.threads[0])
    await expect(app.messages).to_have_count(25)
    sign = "canary: __xss" if policy_off else "policy: script-src"
    async with app.page.expect_console_message(lambda message: sign in message.text):
        odd = await app.page.evaluate(f"() => {{ ({TRUST})(); return ({ODD})(); }}")
    assert odd
    heard = app.watch.unexpected()
    assert any(corpus.EVIL in problem for problem in heard)
    assert policy_off or not any("canary" in one for one in heard), "the other wall holds"
    app.watch.expect("")
