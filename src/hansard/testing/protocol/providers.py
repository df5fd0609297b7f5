"""Checks of providers and API keys."""

from __future__ import annotations

from hansard.testing.protocol.answers import JSON, Answer, expect, expect_equal
from hansard.testing.protocol.registry import group
from hansard.testing.protocol.server import ECHO, Server, unique
from hansard.testing.protocol.specimen import NOBODY

check = group("providers")

_VALUE = "protocol-check-canary-0123"


def _hides(answer: Answer) -> JSON:
    expect(_VALUE not in answer.response.text, "an answer without the value", "the value")
    return answer.json()


@check
def the_value_of_a_key_never_comes_back(server: Server) -> None:
    """A key is answered with a fingerprint and its last four characters, by every operation."""
    created = _hides(
        server.request("POST", "/api-keys", json={"name": unique(), "value": _VALUE}).expect(201)
    )
    expect_equal(created["ending"], _VALUE[-4:], "the end")
    own = f"/api-keys/{created['id']}"
    _hides(server.request("GET", own).expect(200))
    _hides(server.request("GET", "/api-keys").expect(200))
    changed = _hides(server.request("PATCH", own, json={"value": f"{_VALUE}4"}).expect(200))
    expect(changed["fingerprint"] != created["fingerprint"], "another fingerprint", changed)
    _hides(server.request("PATCH", own, json={"value": [_VALUE]}).expect(400))
    _hides(server.request("DELETE", own).expect(200))


@check
def a_deleted_key_is_taken_from_its_providers(server: Server) -> None:
    """Deleting a key unlinks it from its providers and says which; restoring links them again."""
    key = server.post("/api-keys", name=unique(), value=_VALUE)
    provider = server.post("/providers", name=unique(), api_key_id=key["id"], **NOBODY)
    own = f"/providers/{provider['id']}"
    deleted = server.request("DELETE", f"/api-keys/{key['id']}").expect(200).json()
    expect_equal(deleted["unlinked"], [provider["id"]], "the providers")
    expect_equal(server.get(own)["api_key_id"], None, "the key")
    server.act(f"/api-keys/{key['id']}/restore")
    expect_equal(server.get(own)["api_key_id"], key["id"], "the key")


@check
def a_provider_needs_an_address_and_a_key_that_exist(server: Server) -> None:
    """A provider without an address, or with a key that does not exist, is refused."""
    for body, status, code, pointer in (
        ({"type": "openai-compatible"}, 400, "invalid-input", "/base_url"),
        ({"type": "openai", "base_url": "nowhere"}, 400, "invalid-input", "/base_url"),
        (
            {"type": "openai", "api_key_id": "00000000-0000-7000-8000-000000000000"},
            404,
            "not-found",
            "/api_key_id",
        ),
    ):
        answer = server.request("POST", "/providers", json={"name": unique(), **body})
        answer.expect_problem(status, code, pointer)


@check
def a_provider_that_does_not_answer_says_so(server: Server) -> None:
    """Testing a provider tells why it does not answer, and refreshing keeps the list."""
    provider = server.post("/providers", name=unique(), **NOBODY)
    own = f"/providers/{provider['id']}"
    told = server.act(f"{own}/test")
    expect_equal(told["code"], "provider-unavailable", "the code")
    server.request("POST", f"{own}/refresh").expect_problem(502, "provider-unavailable")
    expect_equal(server.get(own)["fetched_at"], None, "the time")


@check
def the_environments_providers_are_shown(server: Server) -> None:
    """The providers that the server has for everybody are listed, among them the one that repeats prompts."""
    names = [each["name"] for each in server.get("/providers/environment")["items"]]
    expect(ECHO.partition("/")[0] in names, "the provider of the model that repeats prompts", names)
