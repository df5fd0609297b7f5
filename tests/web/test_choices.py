"""Agents, rules and templates in the message field, and what the details of an answer say about them."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from server.harness import JSON, Caller
from web.app import App
from web.conftest import ONCE

pytestmark = [pytest.mark.anyio, ONCE]
ECHO = "echo/echo"


def invite(server: Caller) -> JSON:
    variables = [{"name": "event", "required": True}, {"name": "formal", "type": "boolean"}]
    body = "Invite people to {{ event }}{% if formal %}, formally{% endif %}."
    return server.post("/prompts", 201, name="Invite", body=body, variables=variables)


def applied(server: Caller, talk: JSON) -> JSON:
    """What applied to the newest answer of a conversation."""
    answer = server.get(f"/conversations/{talk['id']}/messages")["items"][-1]
    return server.get(f"/runs/{answer['run_id']}")["applied"]


async def test_a_template_is_chosen_filled_in_and_sent_by_keyboard(
    app: App, server: Caller
) -> None:
    template, talk = invite(server), server.talk(title="Party", model=ECHO)
    await app.open(f"/c/{talk['id']}")
    await app.field.press_sequentially("/inv")
    await expect(app.page.get_by_role("option", name="/Invite")).to_be_visible()
    await app.press("Enter")
    await expect(app.dialog.get_by_role("textbox", name="event")).to_be_focused()
    await expect(app.dialog.get_by_role("button", name="Send")).to_be_disabled()
    await app.page.keyboard.type("a picnic")
    await app.dialog.get_by_role("combobox", name="formal").select_option("Yes")
    preview = app.dialog.get_by_role("region", name="Preview")
    await expect(preview).to_contain_text("Invite people to a picnic, formally.")
    await app.dialog.get_by_role("combobox", name="formal").press("Tab")
    await app.press("Tab", "Enter")
    await expect(app.answer("Invite people to a picnic, formally.")).to_be_visible()
    await expect(app.field).to_have_value("")
    made = applied(server, talk)["prompt"]
    assert (made["id"], made["values"]) == (template["id"], {"event": "a picnic", "formal": True})


async def test_an_agent_is_chosen_for_one_message(app: App, server: Caller) -> None:
    agent = server.post("/agents", 201, name="Editor", instructions="Edit.", model=ECHO)
    talk = server.talk(title="Text", model=ECHO)
    await app.open(f"/c/{talk['id']}")
    await app.field.press_sequentially("Shorten this @ed")
    await expect(app.page.get_by_role("option", name="@Editor")).to_be_visible()
    await app.press("Tab")
    chosen = app.main.get_by_role("list", name="Chosen for this message")
    await expect(chosen).to_contain_text("Editor")
    await expect(app.field).to_have_value("Shorten this ")
    await app.press("Enter")
    await expect(app.answer("Shorten this")).to_be_visible()
    await expect(chosen).to_have_count(0)
    await app.ask("And this")
    first, second = [
        server.get(f"/runs/{message['run_id']}")["applied"]
        for message in server.get(f"/conversations/{talk['id']}/messages")["items"]
        if message["role"] == "assistant"
    ]
    assert first["agent"]["id"] == agent["id"]
    assert second.get("agent") is None


async def test_rules_are_chosen_for_one_message_and_removed(app: App, server: Caller) -> None:
    server.post("/rules", 201, name="Always", text="Be kind.", always=True)
    for name in ("Brief", "Metric"):
        server.post("/rules", 201, name=name, text=f"{name}!")
    talk = server.talk(title="Text", model=ECHO)
    await app.open(f"/c/{talk['id']}")
    await app.field.fill("How far is Rome?")
    await app.button("Rules").press("Enter")
    await expect(app.page.get_by_role("menuitemcheckbox", name="Always")).to_be_disabled()
    for name in ("Brief", "Metric"):
        await app.page.get_by_role("menuitemcheckbox", name=name).press("Enter")
    await app.press("Escape")
    await expect(app.page.get_by_role("menu")).to_have_count(0)
    await expect(app.button("Rules")).to_be_focused()
    await app.page.reload()  # what was chosen is part of the draft
    await app.button("Remove Brief").click()
    await app.field.press("Enter")
    await expect(app.answer("How far is Rome?")).to_be_visible()
    assert [(rule["name"], rule["source"]) for rule in applied(server, talk)["rules"]] == [
        ("Always", "always"),
        ("Metric", "chosen"),
    ]


async def test_a_conversation_is_held_with_an_agent_until_a_model_is_chosen(
    app: App, server: Caller
) -> None:
    agent = server.post("/agents", 201, name="Editor", instructions="Edit.", model=ECHO)
    server.post(f"/agents/{agent['id']}/tasks", 201, name="shorten", body="Shorten it.")
    await app.open()
    models = await app.open_models()
    await models.get_by_role("button", name="Editor").click()
    await expect(app.button("Model: Editor")).to_be_visible()
    await app.ask("Hello")
    [talk] = server.get("/conversations")["items"]
    assert talk["agent_id"] == agent["id"]
    assert applied(server, talk)["agent"]["id"] == agent["id"]
    await app.field.press_sequentially("/sho")
    await app.page.get_by_role("option", name="/shorten").click()
    await app.dialog.get_by_role("button", name="Send").press("Enter")
    await expect(app.answer("Shorten it.")).to_be_visible()
    await app.pick_models("echo")
    await expect(app.button("Model: echo")).to_be_visible()
    await expect(app.button("Model: Editor")).to_have_count(0)
    await app.ask("Again")
    assert applied(server, talk).get("agent") is None


async def test_choices_survive_a_reload_and_are_sent_once(app: App, server: Caller) -> None:
    template = invite(server)
    rule = server.post("/rules", 201, name="Brief", text="Brief!")
    agent = server.post("/agents", 201, name="Editor", instructions="Edit.", model=ECHO)
    talk = server.talk(title="Party", model=ECHO)
    app.watch.expect("net::ERR_")
    await app.open(f"/c/{talk['id']}")
    await app.field.press_sequentially("@ed")
    await expect(app.page.get_by_role("option")).to_have_count(1)
    await app.press("Enter")
    await app.button("Rules").click()
    await app.page.get_by_role("menuitemcheckbox", name="Brief").click()
    await app.press("Escape")
    await app.field.press_sequentially("/inv")
    await app.page.get_by_role("option", name="/Invite").click()
    await app.dialog.get_by_role("textbox", name="event").fill("a picnic")
    await expect(app.dialog.get_by_role("region", name="Preview")).to_contain_text("a picnic.")
    await app.page.route("**/chat", lambda route: route.abort("connectionfailed"))
    await app.dialog.get_by_role("button", name="Send").click()
    await expect(app.text("Waiting for connection")).to_be_visible()
    await expect(app.mine("Invite people to a picnic.")).to_be_visible()
    await app.page.unroute("**/chat")
    await app.page.reload()
    await expect(app.answer("Invite people to a picnic.")).to_be_visible()
    await expect(app.messages).to_have_count(2)
    what = applied(server, talk)
    assert what["prompt"]["id"] == template["id"]
    assert what["agent"]["id"] == agent["id"]
    assert [one["id"] for one in what["rules"]] == [rule["id"]]
    assert len(server.get(f"/conversations/{talk['id']}/messages")["items"]) == 2


async def test_the_details_of_an_answer_say_what_applied(app: App, server: Caller) -> None:
    invite(server)
    agent = server.post("/agents", 201, name="Editor", instructions="You edit texts.", model=ECHO)
    rule = server.post("/rules", 201, name="Brief", text="In one sentence.", always=True)
    talk = server.talk(title="Party", model=ECHO, agent_id=agent["id"])
    values = {"event": "a picnic"}
    [run] = server.post(
        f"/conversations/{talk['id']}/chat", 202, prompt="Invite", variables=values
    )["runs"]
    server.ended(run)
    server.patch(f"/rules/{rule['id']}", text="Changed since.")
    await app.open_talk(talk)
    await app.act(app.messages.last, "More")
    await app.item("Details").click()
    sections = app.dialog.get_by_role("region")
    await expect(sections).to_have_count(3)
    await expect(sections.nth(0)).to_contain_text("You edit texts.")
    await expect(sections.nth(1)).to_contain_text("Invite, revision 1")
    await expect(sections.nth(1)).to_contain_text("a picnic")
    await expect(sections.nth(2)).to_contain_text("Always applies")
    await expect(sections.nth(2)).to_contain_text("In one sentence.")
