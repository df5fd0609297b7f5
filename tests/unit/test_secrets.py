"""Secrets: what is registered, and what looks like one, is in no text that was masked."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard import secrets
from hansard.secrets import (
    MASK,
    Masker,
    mask,
    mask_known,
    mask_values,
    register,
    register_environment,
    register_url,
)

CANARY = "canary/7+q=é 0123456789"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_registry", secrets._Registry())


@pytest.mark.parametrize(
    "written",
    [
        CANARY,
        f"Bearer {CANARY}",
        quote(CANARY, safe=""),
        quote(CANARY, safe="").lower(),
        quote_plus(CANARY),
        json.dumps(CANARY),
        json.dumps({"headers": {"x": CANARY}}, ensure_ascii=False),
        repr({"authorization": CANARY}),
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(f"me:{CANARY}".encode()).decode(),
        base64.b64encode(f"ada:{CANARY}".encode()).decode(),
        base64.urlsafe_b64encode(f"x{CANARY}?".encode()).decode(),
    ],
)
def test_a_registered_secret_is_masked_in_every_usual_form(written: str) -> None:
    core = base64.b64encode(CANARY.encode()).decode()[4:20]
    register(CANARY)
    shown = mask(f"It was {written}, and more.")
    assert "0123456789" not in shown
    assert core not in shown
    assert shown.startswith("It was ")


def test_what_is_not_registered_and_has_no_shape_of_a_key_stays() -> None:
    register("canary-0123456789", "word", "ab", "", None)
    text = (
        "Send the header `Authorization: Bearer` with this server's token. swords and a sword; "
        "bearer authentication failed; api_key: Field required; https://host:80/x?page=2"
    )
    assert mask(text) == text
    assert mask("the word stands by itself") == f"the {MASK} stands by itself"
    assert mask_known("the word of somebody") == "the word of somebody"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-live-0123456789abcdef.",
        "Incorrect API key provided: sk-0123*********cdef.",
        "key sk-ant-api03-0123456789_abcdef",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "hf_0123456789abcdefghijklmnopqr",
        "AKIA0123456789ABCDEF",
        "hsd_" + "0123456789a" * 3 + "0123456789",
        "eyJhbGciOiJI0123.eyJzdWIi0123456789.0123456789",
        "Authorization: Bearer 0123456789abcdef",
        "{'authorization': 'Bearer 0123456789abcdef'}",
        "proxy-authorization: Basic 0123456789abcdef",
        "x-api-key=0123456789abcdef",
        '"X-Goog-Api-Key": "0123456789abcdef"',
        "got bearer 0123456789abcdef instead",
        "https://host/v1?api_key=0123456789abcdef&b=1",
        "wss://host/v1?b=1&access_token=0123456789abcdef",
        "postgresql://me:0123456789abcdef@host/db",
        "postgresql://me:p@ss/0123456789abcdef@host/db",
        "https://0123456789abcdef@host/",
        "postgresql://h/d?user=me&password=0123456789abcdef",
        "cookie: hansard_session=17.0123456789abcdef.xyz",
        "password='0123456789abcdef'",
        "-----BEGIN PRIVATE KEY-----\n0123456789abcdef\n-----END PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    shown = mask(f"401: {text}")
    assert "0123456789" not in shown
    assert MASK in shown
    assert mask(shown) == shown


def test_the_secrets_of_addresses_are_registered() -> None:
    register_url("postgresql://ada:pa%2Fss-0123456789@host/db")
    register_url("https://key-as-user-01@host/v1?api_key=query-0123456789&page=2")
    for secret in ("pa/ss-0123456789", "key-as-user-01", "query-0123456789"):
        assert mask(f"it said {secret} again") == f"it said {MASK} again"
    assert mask(base64.b64encode(b"ada:pa/ss-0123456789").decode()) == MASK
    register_url("postgresql://postgres:postgres@postgres/postgres")
    assert mask('role "postgres" does not exist') == 'role "postgres" does not exist'
    register_url("http://[broken")


def test_the_secrets_of_an_environment_are_registered_by_their_names() -> None:
    register_environment(
        {
            "SOME_API_KEY": "canary-of-some",
            "DATABASE": "postgresql://me:canary-of-url@host/db",
            "PGPASSWORD": "canary-of-pg",
            "HOME": "/home/somebody",
            "SHORT_KEY": "on",
        }
    )
    assert mask("canary-of-some canary-of-url canary-of-pg") == f"{MASK} {MASK} {MASK}"
    assert mask("/home/somebody is on") == "/home/somebody is on"


def test_json_is_masked_through_and_through() -> None:
    register("canary-0123456789")
    given = {"canary-0123456789": ["x canary-0123456789", 7, None, {"a": "canary-0123456789"}]}
    assert mask_values(given) == {MASK: [f"x {MASK}", 7, None, {"a": MASK}]}


@given(st.lists(st.integers(0, 60), max_size=8), st.text("cary-012", max_size=30))
def test_a_secret_that_comes_in_pieces_is_masked(cuts: list[int], around: str) -> None:
    secrets._registry = secrets._Registry()
    register("canary-canary-012")
    whole = f"{around}canary-canary-012{around}"
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    masker = Masker()
    said = "".join(masker.feed(whole[a:b]) for a, b in pairwise(places))
    said += masker.end()
    assert "canary-canary-012" not in said
    assert said.count(MASK) >= 1
    assert said == mask_known(whole)


def test_nothing_waits_that_begins_no_secret() -> None:
    register("canary-0123456789")
    masker = Masker()
    assert masker.feed("Hello, c") == "Hello, "
    assert masker.feed("an you see?") == "can you see?"
    assert masker.end() == ""
