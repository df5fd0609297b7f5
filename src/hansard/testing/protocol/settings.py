"""Checks of settings and of the user."""

from __future__ import annotations

from typing import Any

from hansard.testing.protocol.answers import expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import Server, escape

check = group("settings")


@check
def any_value_is_stored(server: Server) -> None:
    """A setting has any JSON value, and is read as it was set."""
    name = server.setting("first")
    values: list[Any] = [None, 0, 1.5, "text", True, [], {"theme": ["dark", None]}]
    for value in values:
        setting = server.put(f"/settings/{name}", value=value)
        expect_equal(setting["value"], value, "the value")
        expect_equal(server.get(f"/settings/{name}"), setting, "the stored setting")


@check
def a_setting_is_listed(server: Server) -> None:
    """A setting is in the list of the user's settings."""
    name = server.setting(1)
    names = [item["name"] for item in server.get("/settings")["items"]]
    expect(name in names, f"{name} in the list", names)


@check
def a_name_may_have_any_characters(server: Server) -> None:
    """A setting's name may have spaces and letters of other scripts."""
    name = f"{server.setting(1)} é 名"
    path = f"/settings/{escape(name)}"
    server.later(lambda: server.request("DELETE", path))
    server.put(path, value=2)
    expect_equal(server.get(path)["name"], name, "the name")


@check
def an_old_version_conflicts(server: Server) -> None:
    """A setting that is set at an old version is refused, and keeps its value."""
    path = f"/settings/{server.setting('first')}"
    server.put(path, value="second", version=1)
    answer = server.request("PUT", path, json={"value": "third", "version": 1})
    answer.expect_problem(409, "version-conflict")
    expect_equal(server.get(path)["value"], "second", "the value")


@check
def a_value_is_required(server: Server) -> None:
    """A setting without a value is refused."""
    path = f"/settings/{server.setting(1)}"
    server.request("PUT", path, json={}).expect_problem(400, "invalid-input")


@check
def a_name_has_a_limit(server: Server) -> None:
    """A name of more than 200 characters is refused."""
    answer = server.request("PUT", f"/settings/{'x' * 201}", json={"value": 1})
    answer.expect_problem(400, "invalid-input")


@check
def a_deleted_setting_is_gone(server: Server) -> None:
    """A deleted setting is neither read nor deleted again."""
    path = f"/settings/{server.setting(1)}"
    server.delete(path, 204)
    for method in ("GET", "DELETE"):
        server.request(method, path).expect_problem(404, "not-found")


@check
def the_user_owns_new_records(server: Server) -> None:
    """New records belong to the user and the tenant of the token."""
    record = server.conversation()
    user = server.get("/me")
    expect_equal(record["owner_id"], user["id"], "the owner")
    expect_equal(record["tenant_id"], user["tenant_id"], "the tenant")


@check
def the_token_has_no_session_to_end(server: Server) -> None:
    """Signing out with the token has no effect."""
    server.delete("/session", 204)
    server.get("/me")
