"""The browsers that are signed in, seen and signed out in the settings."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from server.harness import Caller
from web.conftest import ONCE, Visit

pytestmark = [pytest.mark.anyio, ONCE]


async def test_browsers_are_signed_out_one_by_one_and_everywhere(
    visit: Visit, server: Caller
) -> None:
    server.delete("/sessions")
    one, other = await visit(server), await visit(server)
    await one.open("/settings/sessions")
    await expect(one.main.get_by_role("listitem").filter(has_text="this browser")).to_have_count(1)
    await other.open()
    await expect(other.field).to_be_visible()
    other.watch.expect("401", "WebSocket")
    mine, theirs = "Sign out this browser", "Sign out "
    await expect(one.button(mine)).to_be_visible()
    rows = one.main.get_by_role("list", name="Signed-in browsers").get_by_role("listitem")
    await expect(rows).to_have_count(2)
    await rows.filter(has_not_text="this browser").get_by_role("button", name=theirs).click()
    await expect(rows).to_have_count(1)
    await expect(other.text("You are signed out")).to_be_visible()
    one.watch.expect("401", "WebSocket")
    await one.button("Sign out everywhere").click()
    await one.dialog.get_by_role("button", name="Sign out everywhere").click()
    await expect(one.text("You are signed out")).to_be_visible()
    assert server.get("/sessions")["items"] == []
