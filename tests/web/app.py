"""The app as a person uses it: by the roles and names of what is on the page."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from web.watch import Watch

MODEL = re.compile("^Response from ")


class App:
    """One page of the app, and what was asked of the server through it."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch
        self.url = watch.url
        self.main = page.get_by_role("main")
        self.field = page.get_by_role("textbox", name="Message", exact=True)
        self.list = page.get_by_role("navigation", name="Chats", exact=True)
        self.thread = page.get_by_role("region", name="Messages")
        self.messages = self.thread.get_by_role("listitem").filter(
            has=page.get_by_role("heading", level=2)
        )
        self.dialog = page.get_by_role("dialog")
        beside = page.get_by_role("complementary", name="Artifact", exact=True)
        self.panel = beside.or_(page.get_by_role("dialog", name="Artifact", exact=True))
        self.editor = page.get_by_role("textbox", name=re.compile("^Source of"))
        self.live = page.locator("[data-announcer]")
        """What a screen reader is told."""

    async def open(self, path: str = "/") -> None:
        await self.page.goto(f"{self.url}{path}")

    async def open_talk(self, talk: dict[str, Any]) -> None:
        await self.open(f"/c/{talk['id']}")
        await expect(self.messages.last).to_be_visible()

    async def another(self) -> App:
        """Another tab of the same browser."""
        return App(await self.page.context.new_page(), self.watch)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def item(self, name: str) -> Locator:
        """Something in a menu."""
        return self.page.get_by_role("menuitem", name=name)

    def text(self, text: str) -> Locator:
        return self.page.get_by_text(text)

    def row(self, title: str) -> Locator:
        """A conversation or project in the sidebar."""
        return self.list.get_by_role("link", name=title)

    def mine(self, text: str) -> Locator:
        """What the person said."""
        said = self.page.get_by_role("heading", name="Your message")
        return self.messages.filter(has=said).filter(has_text=text)

    def answer(self, text: str) -> Locator:
        """What a model said, or is saying."""
        said = self.page.get_by_role("heading", name=MODEL)
        return self.messages.filter(has=said).filter(has_text=text)

    def card(self, title: str) -> Locator:
        """What was made, in the message that made it."""
        return self.thread.get_by_role("button", name=title)

    def tab(self, name: str) -> Locator:
        return self.page.get_by_role("tab", name=name, exact=True)

    async def edit(self, text: str) -> None:
        """Write something else into the artifact that is open."""
        await self.panel.get_by_role("button", name="Edit").click()
        await expect(self.editor).to_be_focused()
        await self.press("Control+A")
        await self.page.keyboard.insert_text(text)

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def ask(self, text: str) -> None:
        """Say something that echo repeats, and wait for that."""
        await self.say(text)
        await expect(self.answer(text)).to_be_visible()
        await expect(self.button("Stop generating")).to_have_count(0)

    async def act(self, message: Locator, action: str) -> None:
        """Press one of the buttons of a message."""
        await message.hover()
        await message.get_by_role("button", name=action, exact=True).click()

    async def choose(self, title: str, action: str) -> None:
        """Something from the menu of a row in the sidebar."""
        await self.row(title).hover()
        await self.button(f"Options for “{title}”").click()
        await self.item(action).click()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def open_models(self) -> Locator:
        await self.page.get_by_role("button", name=re.compile("^Model: ")).click()
        models = self.page.get_by_role("dialog", name="Models")
        await expect(models.get_by_role("listitem").first).to_be_visible()
        return models

    async def pick_models(self, *names: str) -> None:
        """Choose who answers: one model, or several side by side."""
        models = await self.open_models()
        if len(names) == 1:
            await models.get_by_role("button", name=re.compile(f"^{names[0]}")).click()
            return
        await models.get_by_role("switch", name="Compare models").check()
        for box in await models.get_by_role("checkbox").all():
            name = (await box.inner_text()).split("\n")[0].strip()
            await box.set_checked(name in names)
        await self.press("Escape")
        await expect(models).to_have_count(0)
