"""The pages of providers and API keys, against a model server on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Request, expect

from server.harness import JSON, Caller
from web.app import App
from web.conftest import ONCE, PHONE, Visit
from web.speaker import Speaker, speaker

pytestmark = [pytest.mark.anyio, ONCE]
SECRET = "tide-secret-abcdefghij6789"
NOWHERE = "http://127.0.0.1:9/v1"
ANSWERS = {"deep": "The deep is calm.", "shallow": "The shallow is warm."}


@pytest.fixture
def tide() -> Iterator[Speaker]:
    """A model server whose models are `deep` and `shallow`."""
    with speaker(ANSWERS) as server:
        yield server


def record(app: App, name: str) -> Locator:
    return app.main.get_by_role("button", name=f"Edit {name}")


def actions(app: App, name: str) -> Locator:
    return app.main.get_by_role("group", name=f"Actions for {name}")


async def press(app: App, name: str, action: str) -> None:
    await actions(app, name).get_by_role("button", name=action, exact=True).click()


async def new(app: App, title: str) -> None:
    await app.main.get_by_role("button", name=title, exact=True).click()
    await expect(app.dialog).to_be_visible()


def field(app: App, label: str) -> Locator:
    return app.dialog.get_by_label(label, exact=True)


async def fill(app: App, **fields: str) -> None:
    for label, text in fields.items():
        await field(app, label.replace("_", " ")).fill(text)


async def submit(app: App, action: str = "Create") -> None:
    await app.dialog.get_by_role("button", name=action, exact=True).click()


async def add_provider(app: App, url: str, secret: str = SECRET) -> None:
    """Set up `tide` with a new key, in the form."""
    await new(app, "New provider")
    await field(app, "Type").select_option("OpenAI-compatible")
    await fill(app, Name="tide", Address=url, Key=secret, Name_of_the_key="personal")
    await submit(app)


def stored(server: Caller, url: str, **fields: object) -> JSON:
    """A provider `tide` that uses a key `personal`."""
    key = server.post("/api-keys", 201, name="personal", value=SECRET)
    given = {"name": "tide", "type": "openai-compatible", "base_url": url, **fields}
    return server.post("/providers", 201, api_key_id=key["id"], **given)


async def test_a_provider_is_set_up_tested_and_answers(
    app: App, server: Caller, tide: Speaker
) -> None:
    await app.open()
    models = await app.open_models()
    await models.get_by_role("link", name="Manage providers").click()
    await expect(app.page).to_have_url(re.compile("/library/providers$"))
    await add_provider(app, tide.url)
    await expect(record(app, "tide")).to_contain_text("Key: personal")
    await expect(actions(app, "tide")).to_contain_text("Models not fetched yet")
    await press(app, "tide", "Test")
    await expect(actions(app, "tide")).to_contain_text(
        re.compile(r"Answered in [\d.]+ s, 2 models")
    )
    await press(app, "tide", "Refresh")
    await expect(actions(app, "tide")).to_contain_text("2 models, fetched")
    await record(app, "tide").click()
    await app.dialog.get_by_role("radio", name="Offer only some").check()
    await expect(app.dialog.get_by_role("button", name="Save")).to_be_disabled()
    await app.dialog.get_by_role("checkbox", name="deep").check()
    await submit(app, "Save")
    await expect(actions(app, "tide")).to_contain_text("1 of 2 models")
    [provider] = server.get("/providers")["items"]
    assert provider["chosen_models"] == ["deep"]
    await app.open()
    await app.pick_models("deep")
    await app.say("How is the sea?")
    await expect(app.answer(ANSWERS["deep"])).to_be_visible()
    assert tide.asked[0]["model"] == "deep"


async def test_a_provider_is_disabled_deleted_and_brought_back(
    app: App, server: Caller, tide: Speaker
) -> None:
    stored(server, tide.url)
    await app.open()
    deep = (await app.open_models()).get_by_role("button", name=re.compile("^deep"))
    await expect(deep).to_be_visible()
    await app.press("Escape", "Control+K")
    await app.dialog.get_by_role("combobox").fill("manage prov")
    await app.page.get_by_role("option", name="Manage providers").click()
    switch = app.main.get_by_role("switch", name="Use tide")
    await switch.click()
    await expect(switch).not_to_be_checked()
    await app.page.go_back()
    other = (await app.open_models()).get_by_role("button", name=re.compile("^other"))
    await expect(other).to_be_visible()
    await expect(deep).to_have_count(0)
    await app.press("Escape")
    await app.page.go_forward()
    await app.button("Delete “tide”").click()
    await expect(record(app, "tide")).to_have_count(0)
    await app.button("Undo").click()
    await expect(record(app, "tide")).to_be_visible()
    await switch.click()
    await expect(switch).to_be_checked()
    await app.page.go_back()
    await app.open_models()
    await expect(deep).to_be_visible()


async def test_a_provider_that_does_not_answer_is_said_to(app: App, server: Caller) -> None:
    app.watch.expect("status of 50[0-9].*/refresh")
    stored(server, NOWHERE)
    await app.open("/library/providers")
    for action in ("Test", "Refresh"):
        await press(app, "tide", action)
        await expect(actions(app, "tide")).to_contain_text("tide cannot be reached")
        await app.page.reload()
        await expect(record(app, "tide")).to_be_visible()
    await expect(actions(app, "tide")).to_contain_text("Models not fetched yet")


async def test_the_value_of_a_key_is_sent_once_and_is_nowhere(
    app: App, server: Caller, tide: Speaker
) -> None:
    sent: list[str] = []

    def note(request: Request) -> None:
        if SECRET in f"{request.url} {request.headers} {request.post_data or ''}":
            sent.append(f"{request.method} {request.url.removeprefix(app.url)}")

    app.page.on("request", note)
    await app.open("/library/providers")
    await add_provider(app, tide.url)
    await expect(record(app, "tide")).to_be_visible()
    await press(app, "tide", "Refresh")
    await expect(actions(app, "tide")).to_contain_text("2 models, fetched")
    await app.main.get_by_role("link", name="API keys").click()
    await expect(record(app, "personal")).to_contain_text("…6789")
    await expect(record(app, "personal")).to_contain_text("used by tide")
    await record(app, "personal").click()
    value = field(app, "New key")
    await expect(value).to_have_attribute("type", "password")
    await expect(value).to_have_attribute("autocomplete", "off")
    await expect(value).to_have_value("")
    kept = await app.page.evaluate(
        """() => [document.documentElement.outerHTML, location.href, JSON.stringify(history.state),
          ...[...document.querySelectorAll("input")].map(({ value }) => value),
          JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })].join("\\n")"""
    )
    assert "6789" in kept
    assert SECRET not in kept
    assert sent == ["POST /api/v1/api-keys"]
    [key] = server.get("/api-keys")["items"]
    assert key["ending"] == "6789"


async def test_a_value_is_replaced_and_a_key_renamed(app: App, server: Caller) -> None:
    before = server.post("/api-keys", 201, name="personal", value=SECRET)
    await app.open("/library/api-keys")
    await record(app, "personal").click()
    await fill(app, Name="shared")
    await submit(app, "Save")
    await expect(record(app, "shared")).to_contain_text(before["fingerprint"])
    await record(app, "shared").click()
    await fill(app, New_key="another-secret-4321")
    await submit(app, "Save")
    await expect(record(app, "shared")).to_contain_text("…4321")
    [after] = server.get("/api-keys")["items"]
    assert after["fingerprint"] != before["fingerprint"]


async def test_deleting_a_key_names_the_providers_that_lose_it(
    app: App, server: Caller, tide: Speaker
) -> None:
    provider = stored(server, tide.url)
    await app.open("/library/api-keys")
    await expect(record(app, "personal")).to_contain_text("used by tide")
    await app.button("Delete “personal”").click()
    await expect(app.text("These providers have no key now: tide.")).to_be_visible()
    assert server.get(f"/providers/{provider['id']}")["api_key_id"] is None
    await app.button("Undo").click()
    await expect(record(app, "personal")).to_contain_text("used by tide")


async def test_what_the_server_refuses_is_said_beside_the_field(app: App, server: Caller) -> None:
    app.watch.expect("status of 4(09|00|22).*/api/v1/(providers|api-keys)")
    stored(server, NOWHERE)
    await app.open("/library/api-keys")
    await new(app, "New API key")
    await fill(app, Name="personal", Key=SECRET)
    await submit(app)
    await expect(field(app, "Name")).to_have_accessible_description(re.compile("already"))
    await fill(app, Name="short", Key="short")
    await submit(app)
    await expect(field(app, "Key")).to_have_accessible_description(re.compile("at least 8"))
    await app.press("Escape")
    await app.main.get_by_role("link", name="Providers").click()
    await add_provider(app, NOWHERE)
    await expect(field(app, "Name of the key")).to_have_accessible_description(
        re.compile("already")
    )
    await fill(app, Name_of_the_key="second")
    await submit(app)
    await expect(field(app, "Name")).to_have_accessible_description(re.compile("already"))
    await fill(app, Name="flood", Address="ftp://tide.example")
    await submit(app)
    await expect(field(app, "Address")).to_have_attribute("aria-invalid", "true")
    assert [key["name"] for key in server.get("/api-keys")["items"]] == ["personal"]
    assert server.get("/api-keys", deleted=True)["items"] == []


async def test_headers_are_shown_by_name_and_replaced_as_a_whole(app: App, server: Caller) -> None:
    provider = stored(server, NOWHERE, headers={"X-Team": SECRET, "X-Zone": "east"})
    await app.open("/library/providers")
    await record(app, "tide").click()
    await expect(app.dialog.get_by_text("X-Team, X-Zone")).to_be_visible()
    await app.dialog.get_by_role("button", name="Replace headers").click()
    first = app.dialog.get_by_role("group", name="Header 1")
    await expect(first.get_by_label("Value")).to_have_value("")
    await first.get_by_label("Value").fill("another-team")
    await app.dialog.get_by_role("button", name="Remove header 2").click()
    await submit(app, "Save")
    await expect(app.dialog).to_have_count(0)
    assert server.get(f"/providers/{provider['id']}")["header_names"] == ["X-Team"]


async def test_a_second_tab_follows(app: App, server: Caller, tide: Speaker) -> None:
    other = await app.another()
    await other.open("/library/providers")
    await expect(other.text("No providers of your own yet.")).to_be_visible()
    await app.open("/library/providers")
    await add_provider(app, tide.url)
    await expect(record(other, "tide")).to_contain_text("Key: personal")
    await press(app, "tide", "Refresh")
    await expect(actions(other, "tide")).to_contain_text("2 models, fetched")
    [key] = server.get("/api-keys")["items"]
    server.delete(f"/api-keys/{key['id']}")
    for one in (app, other):
        await expect(record(one, "tide")).to_contain_text("No key")
    await other.button("Delete “tide”").click()
    await expect(record(app, "tide")).to_have_count(0)


async def test_the_order_is_changed_with_the_keyboard(app: App, server: Caller) -> None:
    for name in ("a", "b", "c"):
        server.post("/providers", 201, name=name, type="groq")
    await app.open("/library/providers")
    names = app.main.get_by_role("button", name=re.compile("^Edit "))
    down = app.button("Move a down")
    await down.focus()
    await app.press("Enter")
    await expect(names).to_have_text([re.compile(f"^Edit {name}") for name in "bac"])
    await expect(app.live).to_have_text("a is now number 2 of 3.")
    await expect(down).to_be_focused()
    await app.press("Enter")
    await expect(names).to_have_text([re.compile(f"^Edit {name}") for name in "bca"])
    await expect(down).to_have_attribute("aria-disabled", "true")
    await expect(down).to_be_focused()
    await app.page.reload()
    await expect(names).to_have_text([re.compile(f"^Edit {name}") for name in "bca"])


async def test_the_models_are_listed_in_the_order_of_their_providers(
    app: App, server: Caller, tide: Speaker
) -> None:
    for position, name in enumerate(("west", "east")):
        fields = {"type": "openai-compatible", "base_url": tide.url, "position": position}
        server.post("/providers", 201, name=name, **fields)
    await app.open()
    models = await app.open_models()
    titles = models.get_by_text(re.compile("^(west|east)$"))
    await expect(titles).to_have_text(["west", "east"])


async def test_the_keyboard_suffices(app: App, tide: Speaker) -> None:
    await app.open("/library/providers")
    await app.main.get_by_role("button", name="New provider").focus()
    await app.press("Enter")
    await expect(field(app, "Name")).to_be_focused()
    await app.press("Shift+Tab")
    await app.page.keyboard.type("OpenAI-c")
    await expect(field(app, "Type")).to_have_value("openai-compatible")
    await app.press("Tab", "Control+A")
    await app.page.keyboard.type("tide")
    await app.press("Tab")
    await app.page.keyboard.type(tide.url)
    await app.press("Tab", "Tab")
    await app.page.keyboard.type(SECRET)
    await expect(field(app, "Name of the key")).to_have_value("tide")
    await app.press("Enter")
    await expect(app.dialog).to_have_count(0)
    await actions(app, "tide").get_by_role("button", name="Test").focus()
    await app.press("Enter")
    await expect(app.live).to_have_text(re.compile(r"Answered in [\d.]+ s, 2 models"))
    await record(app, "tide").press("Tab")
    await app.press("Space")
    await expect(app.main.get_by_role("switch", name="Use tide")).not_to_be_checked()


async def test_providers_of_the_environment_are_listed_and_not_changed(app: App) -> None:
    await app.open("/library/providers")
    shared = app.main.get_by_role("list", name="From the server")
    row = shared.get_by_role("listitem").filter(has_text="speaker")
    await expect(row).to_contain_text("Environment")
    await expect(row).to_contain_text("http://127.0.0.1:")
    await expect(shared.get_by_role("button")).to_have_count(0)


async def test_a_phone_has_room_for_it(visit: Visit, server: Caller) -> None:
    app = await visit(server, **PHONE)
    stored(server, NOWHERE, name="a" * 64)
    await app.open("/library/providers")
    await expect(app.main.get_by_role("switch")).to_be_visible()
    assert await app.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await new(app, "New provider")
    await app.dialog.get_by_role("button", name="Add header").tap()
    await expect(app.dialog.get_by_role("group", name="Header 1")).to_be_visible()
    assert await app.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
