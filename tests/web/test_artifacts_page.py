"""Everything that was made, on one page: found, narrowed, collected, let go, brought back, and shared by a link."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, expect

from app_weight import APP
from server.harness import JSON, Caller, Site, site
from web.app import App
from web.conftest import ONCE, Visit

pytestmark = pytest.mark.anyio
MANY = 95


@pytest.fixture
def made(server: Caller) -> list[JSON]:
    """A program, a page and a table, the last one the newest."""
    for one in server.get("/collections")["items"]:
        server.delete(f"/collections/{one['id']}")
    talk = server.talk(title="Workshop")
    whats = [
        ("code", "python", "tide.py", "print('high water')\n"),
        ("html", "html", "Clock", "<!doctype html><html><body>noon</body></html>"),
        ("csv", "csv", "Ships", "name,tons\nAda,900\n"),
    ]
    return [
        server.post(
            "/artifacts",
            201,
            type=kind,
            language=language,
            title=title,
            content=content,
            conversation_id=talk["id"],
        )
        for kind, language, title, content in whats
    ]


def grid(app: App) -> Locator:
    return app.main.get_by_role("list", name="Artifacts").get_by_role("listitem")


async def test_the_list_is_narrowed_and_searched_and_the_address_keeps_it(
    app: App, made: list[JSON]
) -> None:
    assert made
    await app.open()
    await app.page.get_by_role("link", name="Artifacts").click()
    await expect(grid(app).get_by_role("link")).to_have_text(["Ships", "Clock", "tide.py"])
    await app.page.get_by_label("Type").select_option("HTML")
    await expect(grid(app).get_by_role("link")).to_have_text(["Clock"])
    await app.page.reload()
    await expect(grid(app).get_by_role("link")).to_have_text(["Clock"])
    await app.button("Clear filters").click()
    await expect(grid(app)).to_have_count(3)
    await app.page.get_by_role("searchbox", name="Search artifacts").fill("high wat")
    await expect(grid(app).get_by_role("link")).to_have_text(["tide.py"])
    await expect(grid(app).locator("mark")).to_have_text(["high", "water"])
    await grid(app).get_by_role("link").click()
    await expect(app.page.get_by_role("group", name="tide.py")).to_have_text(
        "print('high water')\n"
    )
    await app.button("Close").click()
    await expect(grid(app).get_by_role("link")).to_have_text(["tide.py"])
    await app.page.get_by_role("searchbox", name="Search artifacts").fill("nowhere")
    await expect(app.text("No results")).to_be_visible()


async def test_a_change_elsewhere_is_seen_in_the_list(
    app: App, server: Caller, made: list[JSON]
) -> None:
    await app.open("/artifacts")
    await expect(grid(app)).to_have_count(3)
    server.patch(f"/artifacts/{made[0]['id']}", title="moon.py")
    await expect(grid(app).get_by_role("link")).to_have_text(["moon.py", "Ships", "Clock"])
    asked = len([one for one in app.watch.requests if "/artifacts?" in one])
    server.delete(f"/artifacts/{made[1]['id']}")
    await expect(grid(app).get_by_role("link")).to_have_text(["moon.py", "Ships"])
    server.post(f"/artifacts/{made[1]['id']}/restore", 200)
    await expect(grid(app)).to_have_count(3)
    assert len([one for one in app.watch.requests if "/artifacts?" in one]) == asked


@ONCE
async def test_more_come_when_the_end_is_near(app: App, server: Caller) -> None:
    talk = server.talk(title="Many")
    for i in range(MANY):
        server.post(
            "/artifacts",
            201,
            type="text",
            title=f"Note {i}",
            content="x",
            conversation_id=talk["id"],
        )
    await app.open("/artifacts")
    await expect(grid(app)).not_to_have_count(0)
    await app.main.get_by_role("listitem").last.scroll_into_view_if_needed()
    await expect(grid(app).filter(has_text="Note 20")).to_have_count(1)
    await grid(app).last.scroll_into_view_if_needed()
    await expect(grid(app)).to_have_count(MANY)


async def test_what_is_selected_is_collected_and_taken_out_again(
    app: App, visit: Visit, server: Caller, made: list[JSON]
) -> None:
    assert made
    other = await visit(server)
    for one in (app, other):
        await one.open("/artifacts")
    for name in ("Ships", "Clock"):
        await grid(app).filter(has_text=name).hover()
        await app.page.get_by_role("checkbox", name=f"Select “{name}”").check()
    await expect(app.text("2 selected")).to_be_visible()
    await app.button("Add to collection").click()
    await app.dialog.get_by_role("textbox").fill("Harbour")
    await app.dialog.get_by_role("button", name="Create").click()
    await expect(app.text("Added 2 artifacts to “Harbour”.")).to_be_visible()
    await other.page.get_by_role("link", name="Harbour").click()
    await expect(grid(other)).to_have_count(2)
    await app.page.get_by_role("link", name="Harbour").click()
    await grid(app).filter(has_text="Clock").hover()
    await app.page.get_by_role("checkbox", name="Select “Ships”").uncheck()
    await app.button("Remove from collection").click()
    for one in (app, other):
        await expect(grid(one).get_by_role("link")).to_have_text(["Ships"])
    await app.button("Rename collection").click()
    await app.dialog.get_by_role("textbox").fill("Docks")
    await app.press("Enter")
    await expect(other.page.get_by_role("heading", name="Docks")).to_be_visible()
    await app.button("Delete collection").click()
    await expect(other.page.get_by_role("link", name="Docks")).to_have_count(0)
    await app.button("Undo").click()
    await expect(other.page.get_by_role("link", name="Docks")).to_be_visible()


async def test_the_trash_gives_back_and_lets_go(app: App, server: Caller, made: list[JSON]) -> None:
    for one in made[:2]:
        server.delete(f"/artifacts/{one['id']}")
    await app.open("/artifacts?view=trash")
    trash = app.main.get_by_role("list", name="Trash")
    await app.button("Restore “tide.py”").click()
    await expect(trash).not_to_contain_text("tide.py")
    await app.button("Delete “Clock” permanently").click()
    await app.dialog.get_by_role("button", name="Delete").click()
    await expect(app.text("Trash is empty")).to_be_visible()
    await app.page.get_by_role("link", name="All artifacts").click()
    await expect(grid(app)).to_have_count(2)
    assert server.get("/artifacts", deleted="true")["items"] == []


async def test_a_link_shows_the_artifact_until_it_is_ended(
    app: App, visit: Visit, server: Caller, made: list[JSON]
) -> None:
    await app.open(f"/artifacts/{made[2]['id']}")
    await app.button("More").click()
    await app.item("Share").click()
    await app.dialog.get_by_label("Version").select_option(label="Only version 1")
    await app.dialog.get_by_role("button", name="Create link").click()
    address = await app.dialog.locator("[data-link]").inner_text()
    server.patch(f"/artifacts/{made[2]['id']}", content="name,tons\nGrace,700\n")
    guest = await visit(server)
    await guest.page.goto(address)
    await expect(guest.page.get_by_role("heading", level=1)).to_have_text("Ships")
    await expect(guest.page.get_by_role("cell", name="Ada")).to_be_visible()
    await expect(guest.page.get_by_role("navigation")).to_have_count(0)
    await app.dialog.get_by_label("Username").fill("grace")
    await app.dialog.get_by_label("Permission").select_option("write")
    await app.dialog.get_by_role("button", name="Share", exact=True).click()
    shares = app.dialog.get_by_role("list", name="Shared with").get_by_role("listitem")
    await expect(shares).to_have_count(2)
    await expect(shares.filter(has_text="grace")).to_contain_text("Edit")
    await app.dialog.get_by_role("button", name=re.compile("Revoke: Link")).click()
    await expect(shares).to_have_count(1)
    guest.watch.expect("status of 404.*/links/")
    await guest.page.reload()
    await expect(guest.text("This link does not work")).to_be_visible()


@pytest.fixture
def here(backend: str) -> Iterator[Site]:
    """A server with a way to its database beside it."""
    assert backend == "sqlite"
    with site("memory:", served={"web": APP}) as running:
        yield running


@ONCE
async def test_what_others_share_offers_what_the_share_lets(here: Site, visit: Visit) -> None:
    grace = here.database.scope(user="grace")
    made = here.do(lambda: grace.artifacts.create("Ahoy", type="text", title="Log"))
    here.do(lambda: grace.artifacts.update(made.id, content="Land ho"))
    here.do(lambda: grace.shares.share(made.id, "me"))
    app = await visit(here)
    await app.open(f"/artifacts/{made.id}")
    await expect(app.text("Land ho")).to_be_visible()
    await app.button("More").click()
    await expect(app.item("Download")).to_be_visible()
    await expect(app.item("Rename")).to_have_count(0)
    await app.press("Escape")
    await expect(app.button("Edit")).to_have_count(0)
    here.do(lambda: grace.shares.share(made.id, "me", right="write"))
    await expect(app.button("Edit")).to_be_visible()
    await app.tab("History").click()
    await app.button("Restore version 1").click()
    await expect(app.button("Restore version 2")).to_be_visible()
