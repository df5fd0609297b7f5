"""Answers while they are made, and what can be done with them."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route, expect

from server.harness import JSON, Caller
from web.app import App
from web.conftest import ONCE
from web.speaker import BEGUN, OTHERWISE, REFUSAL, REST, Speaker

pytestmark = pytest.mark.anyio
HELD = "speaker/held"


async def begun(app: App, server: Caller, model: str = HELD) -> JSON:
    """A conversation on the page, with the beginning of an answer."""
    talk = server.talk(title="The sea", model=model)
    await app.open(f"/c/{talk['id']}")
    await app.say("Tell me of the sea")
    await expect(app.answer(BEGUN)).to_be_visible()
    return talk


async def test_an_answer_is_seen_and_told_while_it_is_made(
    app: App, server: Caller, voice: Speaker
) -> None:
    await begun(app, server)
    await expect(app.live).to_have_text("held is responding.")
    await expect(app.row("The sea")).to_contain_text("Generating…")
    await expect(app.thread).to_have_attribute("aria-busy", "true")
    voice.go.set()
    await expect(app.answer(BEGUN + REST)).to_be_visible()
    await expect(app.live).to_have_text("held has responded.")
    await expect(app.row("The sea")).not_to_contain_text("Generating…")
    assert await app.page.locator("[aria-live=polite]:not([aria-label])").count() == 1


async def test_escape_stops_an_answer_and_continue_goes_on_with_it(
    app: App, server: Caller, voice: Speaker
) -> None:
    await begun(app, server)
    await app.press("Escape")
    answer = app.answer(BEGUN)
    await expect(answer).to_contain_text("You stopped the response.")
    voice.go.set()
    await answer.get_by_role("button", name="Continue").click()
    await expect(app.messages.last).to_contain_text(REST)
    asked = voice.asked[-1]["messages"]
    assert BEGUN in str(asked), "the model is told what it said already"


async def test_what_is_said_meanwhile_waits_its_turn(
    app: App, server: Caller, voice: Speaker
) -> None:
    talk = await begun(app, server)
    await app.field.fill("And of the moon")
    await app.button("Queue message").click()
    await expect(app.mine("And of the moon")).to_contain_text("Queued")
    assert len(voice.asked) == 1
    voice.go.set()
    await expect(app.answer(REST)).to_have_count(2)
    await expect(app.button("Stop generating")).to_have_count(0)
    stored = server.get(f"/conversations/{talk['id']}/messages")["items"]
    said = [(one["role"], one["parts"][0]["text"]) for one in stored]
    whole = ("assistant", BEGUN + REST)
    assert said == [("user", "Tell me of the sea"), whole, ("user", "And of the moon"), whole]


@ONCE
async def test_what_waits_is_taken_back(app: App, server: Caller, voice: Speaker) -> None:
    talk = await begun(app, server)
    await app.say("And of the moon")
    await app.mine("And of the moon").get_by_role("button", name="Cancel").click()
    await expect(app.mine("And of the moon")).to_have_count(0)
    voice.go.set()
    await expect(app.answer(BEGUN + REST)).to_be_visible()
    await expect(app.button("Stop generating")).to_have_count(0)
    assert len(server.get(f"/conversations/{talk['id']}/messages")["items"]) == 2


async def test_a_failed_answer_says_why_and_is_tried_again_with_another_model(
    app: App, server: Caller, voice: Speaker
) -> None:
    talk = server.talk(model="speaker/broken")
    await app.open(f"/c/{talk['id']}")
    await app.say("Tell me of the sea")
    failed = app.answer("Something went wrong.")
    await expect(failed).to_contain_text(REFUSAL)
    await expect(app.mine("Tell me of the sea")).to_be_visible()
    tries = len(voice.asked)
    await failed.get_by_role("button", name="Try again").click()
    await expect(failed.get_by_role("img", name="Version 2 of 2")).to_be_visible()
    assert len(voice.asked) > tries
    await app.act(failed, "More")
    await app.item("Regenerate with…").hover()
    await app.item("other").click()
    await expect(app.answer(OTHERWISE)).to_be_visible()


async def test_several_answer_side_by_side_and_one_is_chosen_to_go_on_with(
    app: App, server: Caller
) -> None:
    await app.open()
    await app.pick_models("echo", "other")
    await app.say("Tell me of the sea")
    answers = app.page.get_by_role("group", name="Responses side by side")
    cards = answers.get_by_role("listitem").filter(has=app.page.get_by_role("heading", level=3))
    for text in ("Tell me of the sea", OTHERWISE):
        await expect(cards.filter(has_text=text)).to_be_visible()
    first = cards.filter(has_text="Selected")
    kept = "Tell me of the sea" if OTHERWISE in await first.inner_text() else OTHERWISE
    other = cards.filter(has_text=kept)
    await other.get_by_role("button", name="Continue with this response").click()
    await expect(other).to_contain_text("Selected")
    await app.pick_models("echo")
    await app.ask("And of the moon")
    await expect(answers).to_have_count(0)
    await expect(app.answer(kept).get_by_role("img", name="of 2")).to_be_visible()
    [talk] = server.get("/conversations")["items"]
    path = server.get(f"/conversations/{talk['id']}/messages")["items"]
    assert [one["parts"][0]["text"] for one in path][1] == kept


@ONCE
async def test_who_goes_on_with_an_answer_is_answered_by_its_model(
    app: App, server: Caller
) -> None:
    await app.open()
    await app.pick_models("echo", "other")
    await app.say("Tell me of the sea")
    answers = app.page.get_by_role("group", name="Responses side by side")
    cards = answers.get_by_role("listitem").filter(has=app.page.get_by_role("heading", level=3))
    for text in ("Tell me of the sea", OTHERWISE):
        await expect(cards.filter(has_text=text)).to_be_visible()
    second = cards.filter(has_text=OTHERWISE)
    await second.get_by_role("button", name="Continue with this response").click()
    await expect(second).to_contain_text("Selected")
    await expect(app.page.get_by_role("button", name="Model: other")).to_be_visible()
    await app.say("And of the moon")
    await expect(answers).to_have_count(0)
    await expect(app.messages.last).to_contain_text(OTHERWISE)
    [talk] = server.get("/conversations")["items"]
    path = server.get(f"/conversations/{talk['id']}/messages")["items"]
    assert [one["model"] for one in path] == [None, "speaker/other", None, "speaker/other"]


@ONCE
async def test_models_talk_to_each_other_until_they_are_stopped(
    app: App, server: Caller, voice: Speaker
) -> None:
    talk = server.talk(title="A debate", model="speaker/other")
    await app.open(f"/c/{talk['id']}")
    await app.button("Model-to-model conversation").click()
    await app.dialog.get_by_role("combobox", name="Participant 1").select_option("speaker/other")
    await app.dialog.get_by_role("combobox", name="Participant 2").select_option(HELD)
    await app.dialog.get_by_role("textbox", name="First message").fill("Is the sea calm?")
    await app.dialog.get_by_role("button", name="Start").click()
    await expect(app.answer(OTHERWISE)).to_be_visible()
    await expect(app.answer(BEGUN)).to_be_visible()
    await app.button("Stop generating").click()
    await expect(app.answer(BEGUN)).to_contain_text("You stopped the response.")
    voice.go.set()
    await expect(app.button("Stop generating")).to_have_count(0)
    roles = [one["role"] for one in server.get(f"/conversations/{talk['id']}/messages")["items"]]
    assert roles == ["user", "assistant", "assistant"]


@ONCE
async def test_thoughts_and_tools_are_folded_until_somebody_looks(app: App, server: Caller) -> None:
    talk = server.talk(title="Weather")
    server.say(talk, "Will it rain?")
    call = {"type": "tool_call", "call_id": "1", "name": "forecast", "arguments": {"place": "Rome"}}
    result = {"type": "tool_result", "call_id": "1", "output": {"rain": "none at all"}}
    thought = {"type": "reasoning", "text": "I had better look it up."}
    text = {"type": "text", "text": "It stays dry."}
    server.post(
        f"/conversations/{talk['id']}/messages",
        201,
        messages=[
            {"role": "assistant", "parts": [thought, call], "model": "echo/echo"},
            {"role": "tool", "parts": [result]},
            {"role": "assistant", "parts": [text], "model": "echo/echo"},
        ],
    )
    await app.open_talk(talk)
    for fold, inside in (
        ("Reasoning", "I had better look it up."),
        ("Used forecast", "Rome"),
        ("Result of forecast", "none at all"),
    ):
        await expect(app.thread.get_by_text(inside)).to_have_count(0)
        await app.thread.get_by_text(fold).click()
        await expect(app.thread.get_by_text(inside)).to_be_visible()


@ONCE
async def test_a_message_is_rated_and_looked_into(app: App, server: Caller) -> None:
    talk = server.talk()
    await app.open(f"/c/{talk['id']}")
    await app.ask("Tell me of the sea")
    answer = app.answer("Tell me of the sea")
    good = answer.get_by_role("button", name="Good response")
    async with app.page.expect_response("**/rating"):
        await good.click()
        await expect(good).to_have_attribute("aria-pressed", "true")
    await app.page.reload()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await app.act(answer, "More")
    await app.item("Details").click()
    await expect(app.dialog).to_contain_text("echo/echo")
    await expect(app.dialog).to_contain_text("Output tokens")
    await app.press("Escape")
    await app.act(answer, "More")
    await app.item("View raw JSON").click()
    await expect(app.dialog).to_contain_text('"finish": "stop"')


@ONCE
async def test_the_page_follows_an_answer_only_while_its_end_is_seen(
    app: App, server: Caller, voice: Speaker
) -> None:
    talk = server.talk(model=HELD)
    server.say(talk, *(f"Line {i}\n\n" + "word " * 200 for i in range(12)))
    await app.open(f"/c/{talk['id']}")
    await app.say("Tell me of the sea")
    await expect(app.answer(BEGUN)).to_be_in_viewport()
    await app.mine("Line 4").scroll_into_view_if_needed()
    await expect(app.button("Jump to latest")).to_be_visible()
    place = "(list) => list.scrollTop"
    before = await app.thread.evaluate(place)
    voice.go.set()
    await expect(app.answer(BEGUN + REST)).to_have_count(1)
    await expect(app.button("Stop generating")).to_have_count(0)
    assert await app.thread.evaluate(place) == before
    await app.button("Jump to latest").click()
    await expect(app.answer(BEGUN + REST)).to_be_in_viewport()


@ONCE
async def test_a_long_thread_opens_at_its_end_and_grows_upward_without_a_jump(
    app: App, server: Caller
) -> None:
    talk = server.talk()
    for start in range(0, 300, 100):
        server.say(
            talk, *(f"Line {i} of many" + " and more" * (i % 40) for i in range(start, start + 100))
        )
    await app.open_talk(talk)
    await expect(app.mine("Line 299 of many")).to_be_in_viewport()
    assert await app.messages.count() < 100
    jumps = await app.thread.evaluate(
        """async (scroller) => {
          const frame = () => new Promise(requestAnimationFrame);
          const jumps = [];
          while (!document.body.innerText.includes("Line 0 of many")) {
            scroller.scrollTop -= 400;
            await frame();
            const line = [...scroller.querySelectorAll("li")].find((li) => li.getBoundingClientRect().top > 100);
            const top = line.getBoundingClientRect().top;
            for (let i = 0; i < 3; i++) await frame();
            jumps.push(Math.abs(line.getBoundingClientRect().top - top));
          }
          return jumps;
        }"""
    )
    assert max(jumps) <= 2, "in pixels"
    await expect(app.mine("Line 0 of many")).to_be_attached()


@ONCE
async def test_a_temporary_chat_is_in_no_list_until_it_is_kept(app: App, server: Caller) -> None:
    await app.open()
    await app.button("Temporary chat").click()
    await app.ask("Between us")
    await expect(app.text("Nothing yet")).to_be_visible()
    assert server.get("/conversations")["items"] == []
    await app.button("Save chat").click()
    await expect(app.list.get_by_role("link")).to_have_count(1)
    assert len(server.get("/conversations")["items"]) == 1


@ONCE
async def test_instructions_are_told_to_the_model(app: App, server: Caller, voice: Speaker) -> None:
    talk = server.talk(model="speaker/other")
    await app.open(f"/c/{talk['id']}")
    await app.main.get_by_role("button", name="System prompt").click()
    await app.dialog.get_by_role("textbox", name="For this chat").fill("Answer in rhymes.")
    await app.dialog.get_by_role("button", name="Save").click()
    await expect(app.dialog).to_have_count(0)
    await app.say("Tell me of the sea")
    await expect(app.answer(OTHERWISE)).to_be_visible()
    assert "Answer in rhymes." in str(voice.asked[-1]["messages"][0])


@ONCE
async def test_what_is_said_right_after_a_change_is_said_under_it(app: App, server: Caller) -> None:
    talk = server.talk(title="The sea")
    await app.open(f"/c/{talk['id']}")
    said = asyncio.Event()

    async def dawdle(route: Route) -> None:
        await said.wait()
        await route.continue_()

    await app.page.route(f"**/conversations/{talk['id']}", dawdle)
    async with app.page.expect_request(lambda request: request.method == "PATCH"):
        await app.pick_models("other")
    await app.say("Tell me of the sea")
    await expect(app.mine("Tell me of the sea")).to_be_visible()
    said.set()
    await expect(app.answer(OTHERWISE)).to_be_visible()


@ONCE
async def test_a_model_may_be_chosen_while_the_conversation_begins(app: App) -> None:
    await app.open()
    begin = asyncio.Event()

    async def dawdle(route: Route) -> None:
        await begin.wait()
        await route.continue_()

    await app.page.route("**/api/v1/conversations", dawdle)
    await app.say("Tell me of the sea")
    await expect(app.mine("Tell me of the sea")).to_be_visible()
    await app.pick_models("other")
    begin.set()
    await expect(app.answer("Tell me of the sea")).to_be_visible()
    await expect(app.button("Model: other")).to_be_visible()
    await app.say("And of the moon")
    await expect(app.answer(OTHERWISE)).to_be_visible()
    await expect(app.page.locator("[data-sonner-toast]")).to_have_count(0)


@ONCE
async def test_an_answer_that_ends_before_the_prompt_is_confirmed_has_ended(
    app: App, server: Caller, voice: Speaker
) -> None:
    """The response to the prompt names the run while it goes on, and arrives after the feed reported its end."""
    talk = server.talk(title="The sea", model=HELD)
    async with app.page.expect_response("**/runs"):
        await app.open(f"/c/{talk['id']}")
    over = asyncio.Event()

    async def dawdle(route: Route) -> None:
        response = await route.fetch()
        await over.wait()
        await route.fulfill(response=response)

    await app.page.route("**/chat", dawdle)
    await app.say("Tell me of the sea")
    await expect(app.answer(BEGUN)).to_be_visible()
    [run] = server.get("/runs")["items"]
    voice.go.set()
    server.ended(run)
    await expect(app.answer(BEGUN + REST)).to_be_visible()
    server.patch(f"/conversations/{talk['id']}", title="The wide sea")
    await expect(app.row("The wide sea")).to_be_visible()
    async with app.page.expect_response("**/chat"):
        over.set()
    await app.say("And of the moon")
    await expect(app.answer(BEGUN + REST)).to_have_count(2)
    await expect(app.button("Stop generating")).to_have_count(0)
