"""Finding what was said, and what can be done."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from server.harness import JSON, Caller
from web.app import App
from web.conftest import ONCE

pytestmark = pytest.mark.anyio


@pytest.fixture
def talks(server: Caller) -> dict[str, JSON]:
    """Three conversations, one of which speaks of a lighthouse in the midst of much else."""
    found: dict[str, JSON] = {}
    for title, lines in {
        "Trip to Rome": ["Where do I sleep in Rome?", "Near the river."],
        "The coast": [f"Step {i} of the walk." for i in range(60)],
        "Taxes": ["When are taxes due?"],
    }.items():
        found[title] = server.talk(title=title)
        if title == "The coast":
            lines[30] = "There stands a lighthouse above the bay."
        server.say(found[title], *lines)
    return found


def palette(app: App) -> Locator:
    return app.page.get_by_role("dialog", name="Search and commands")


async def seek(app: App, words: str) -> Locator:
    """What the palette finds, on a page that is there to hear the key."""
    await expect(app.list).to_be_visible()
    await app.press("Control+K")
    await palette(app).get_by_role("combobox").fill(words)
    return palette(app).get_by_role("option")


@ONCE
async def test_a_conversation_is_opened_by_its_title(app: App, talks: dict[str, JSON]) -> None:
    await app.open()
    options = await seek(app, "trip")
    await expect(options.filter(has_text="Trip to Rome").first).to_be_visible()
    await options.filter(has_text="Trip to Rome").first.click()
    await expect(app.page).to_have_url(re.compile(talks["Trip to Rome"]["id"]))
    await expect(app.mine("Near the river.")).to_be_visible()
    await expect(palette(app)).to_have_count(0)


async def test_a_message_is_opened_among_what_was_said_around_it(
    app: App, talks: dict[str, JSON]
) -> None:
    await app.open()
    hit = (await seek(app, "lighthouse")).filter(has_text="There stands a")
    await expect(hit.locator("mark")).to_have_text("lighthouse")
    await hit.click()
    await expect(app.page).to_have_url(re.compile(rf"/c/{talks['The coast']['id']}\?.*message="))
    await expect(app.mine("lighthouse")).to_be_in_viewport()
    await expect(app.mine("Step 29 of the walk.")).to_be_attached()
    await expect(app.mine("Step 31 of the walk.")).to_be_attached()


@ONCE
async def test_something_is_done_from_the_palette_by_keyboard(app: App) -> None:
    await app.open()
    await expect(app.field).to_be_focused()
    await seek(app, "dark")
    await expect(palette(app).get_by_role("option", name="Dark theme")).to_have_attribute(
        "aria-selected", "true"
    )
    await app.press("Enter")
    await expect(app.page.locator("html.dark")).to_be_attached()
    await app.press("Control+K")
    await app.press("Escape")
    await expect(palette(app)).to_have_count(0)
    await expect(app.field).to_be_focused()


async def test_the_search_page_keeps_what_was_asked_in_its_address(
    app: App, server: Caller, talks: dict[str, JSON]
) -> None:
    server.ended(server.ask(talks["Taxes"], "Are taxes due on a lighthouse?"))
    await app.open("/search")
    field = app.main.get_by_role("searchbox", name="Search messages")
    await expect(field).to_be_focused()
    await field.fill("lighthouse")
    results = app.main.get_by_role("region", name="Results").get_by_role("listitem")
    await expect(results).to_have_count(3)
    await expect(app.live).to_have_text("3 messages")
    await app.main.get_by_role("combobox", name="Sender").select_option("Model")
    await expect(results).to_have_count(1)
    await expect(results.locator("mark")).to_have_text("lighthouse")
    assert "q=lighthouse" in app.page.url
    assert "role=assistant" in app.page.url
    await app.page.reload()
    await expect(results).to_have_count(1)
    await expect(field).to_have_value("lighthouse")
    await results.get_by_role("link").click()
    await expect(app.answer("Are taxes due on a lighthouse?")).to_be_in_viewport()
    await app.page.go_back()
    await expect(results).to_have_count(1)
    await app.button("Clear filters").click()
    await expect(results).to_have_count(3)


async def test_a_hit_on_another_branch_is_shown_on_its_branch(app: App, server: Caller) -> None:
    talk = server.talk(title="Walks")
    first, _ = server.say(talk, "Where do I walk?", "Along the canal.")
    edited = server.post(
        f"/conversations/{talk['id']}/messages/{first['id']}/edit", 201, content="Where do I swim?"
    )
    branch = edited.get("branch") or edited["message"]["branch"]
    server.post(f"/conversations/{talk['id']}/branches/{branch}/switch", 200)
    await app.open_talk(talk)
    await expect(app.mine("Along the canal.")).to_have_count(0)
    await (await seek(app, "canal")).filter(has_text="Along the").click()
    await expect(app.mine("Along the canal.")).to_be_in_viewport()
    await expect(app.mine("Where do I walk?")).to_be_visible()


@ONCE
async def test_when_nothing_is_found_it_says_why(app: App, talks: dict[str, JSON]) -> None:
    assert talks
    for address, words in {
        "/search": "What are you looking for?",
        "/search?q=z": "Type one more letter",
        "/search?q=%3F%3F": "Nothing to search for",
        "/search?q=unicorn": "No results",
    }.items():
        await app.open(address)
        await expect(app.main.get_by_text(words)).to_be_visible()


@ONCE
async def test_what_makes_no_sense_in_an_address_is_passed_over(
    app: App, talks: dict[str, JSON]
) -> None:
    assert talks
    await app.open("/search?q=lighthouse&role=emperor&from=soon&archived=perhaps")
    await expect(app.main.locator("mark").first).to_have_text("lighthouse")
    await expect(app.button("Clear filters")).to_have_count(0)
    await app.open("/artifacts?type=exe&from=soon&to=2026-13-45&view=all")
    await expect(app.page.get_by_role("searchbox", name="Search artifacts")).to_be_visible()
    await expect(app.button("Clear filters")).to_have_count(0)
    await app.open("/?q=1984&project=7")
    await expect(app.field).to_have_value("1984")


@ONCE
async def test_excerpts_are_read_without_the_signs_of_markdown(app: App, server: Caller) -> None:
    project = server.post("/projects", 201, name="Travel")
    talk = server.talk(title="The walk", project_id=project["id"])
    server.ended(server.ask(talk, "> The **slow** way, not *before* snake_case"))
    await app.open("/search?q=slow")
    excerpt = app.main.get_by_role("region", name="Results").get_by_role("listitem").last
    await expect(excerpt).to_contain_text("The slow way, not before snake_case")
    await expect(excerpt.locator("mark")).to_have_text("slow")
    option = (await seek(app, "slow")).filter(has_text="The slow way, not before")
    await expect(option.first.locator("mark")).to_have_text("slow")
    await app.open(f"/projects/{project['id']}")
    listed = app.main.get_by_role("link", name="The walk")
    await expect(listed).to_contain_text("The slow way, not before snake_case")
    await app.open_talk(talk)
    await app.act(app.mine("slow"), "More")
    await app.item("Branch from here").click()
    await app.button("Branches").click()
    for line in await app.dialog.get_by_role("listitem").all():
        await expect(line).to_contain_text("The slow way, not before snake_case")
