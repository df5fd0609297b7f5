"""A link shows one artifact to whoever has it, without a sign-in, until it is over; and it opens nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hansard.errors import NotFound, TooManyRequests
from hansard.model.shares import Share
from hansard.server import rate_limit
from hansard.server.cookies import KEY
from hansard.server.rate_limit import LinkRateLimiter
from hansard.services.artifacts.shares import Shares
from hansard.storage.base import Transaction
from server.harness import JSON, Site, problem, process, site, wait_until

pytestmark = pytest.mark.usefixtures("anyio_backend")

PAGE: JSON = {"type": "html", "title": "Ünï page", "content": "<script>alert(1)</script>"}
OPEN = {"check_alive", "check_ready", "follow_link", "download_linked", "preview_link"}
OPEN_BY_CODE = {"sign_in"}


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[Site]:
    """A server of its own, for it remembers who guessed."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<title>App</title>")
    with site("memory:", served={"web": tmp_path / "web"}) as running:
        yield running


def linked(here: Site, **how: Any) -> tuple[JSON, JSON]:
    """An artifact, and a link to it."""
    made = here.post("/artifacts", 201, **PAGE)
    return made, here.post(f"/artifacts/{made['id']}/links", 201, **how)


def test_a_link_opens_without_a_sign_in(anywhere: Site) -> None:
    made, link = linked(anywhere)
    path = f"/api/v1/links/{link['token']}"
    shown = anywhere.stranger.get(path)
    assert (shown.status_code, shown.json()["content"]) == (200, PAGE["content"])
    assert made["id"] not in shown.text
    file = anywhere.stranger.get(f"{path}/file")
    assert (file.text, file.headers["content-type"]) == (
        PAGE["content"],
        "text/html; charset=utf-8",
    )
    named = "attachment; filename*=UTF-8''%C3%9Cn%C3%AF-page.html"
    assert file.headers["content-disposition"] == named
    for answer in (shown, file):
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_a_link_that_follows_shows_what_is_new_and_one_that_stays_does_not(here: Site) -> None:
    made, following = linked(here)
    staying = here.post(f"/artifacts/{made['id']}/links", 201, revision=1)
    here.patch(f"/artifacts/{made['id']}", content="two", title="Other")
    shown = [
        here.stranger.get(f"/api/v1/links/{link['token']}").json() for link in (following, staying)
    ]
    assert [(each["title"], each["content"]) for each in shown] == [
        ("Other", "two"),
        (PAGE["title"], PAGE["content"]),
    ]
    file = here.stranger.get(f"/api/v1/links/{staying['token']}/file")
    assert "page.html" in file.headers["content-disposition"]


def test_wrong_revoked_expired_and_foreign_links_look_the_same(lone: Site) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=0.2)).isoformat()
    _, expired = linked(lone, expires_at=soon)
    _, revoked = linked(lone)
    lone.delete(f"/shares/{revoked['share']['id']}")
    gone, of_gone = linked(lone)
    lone.delete(f"/artifacts/{gone['id']}")
    with lone.beside(tenant="other") as other:
        _, foreign = linked(other)
    path = f"/links/{expired['token']}"
    wait_until(lambda: lone.client.get(path).status_code == 404)
    tokens = [each["token"] for each in (expired, revoked, of_gone, foreign)]
    tokens += [revoked["share"]["id"], revoked["share"]["token_hash"], "x", "%ED%A0%80", "é" * 500]
    answers = [
        lone.stranger.get(f"/api/v1/links/{token}{file}")
        for token in tokens
        for file in ("", "/file")
    ]
    assert {(each.status_code, each.text) for each in answers} == {(404, answers[0].text)}


def test_nothing_else_opens(here: Site) -> None:
    """Every operation of the API is asked for without a credential, and with a link's token for one."""
    _, link = linked(here)
    token = link["token"]
    document = here.stranger.get("/api/v1/openapi.json").json()
    opened = set[str]()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            address = path.replace("{token}", token).replace("{", "").replace("}", "")
            for headers in (
                {},
                {"Authorization": f"Bearer {token}"},
                {"Cookie": f"hansard_session={token}", KEY: token},
            ):
                told = here.stranger.request(method.upper(), address, headers=headers)
                if told.status_code != 401 or operation["operationId"] in OPEN_BY_CODE:
                    opened.add(operation["operationId"])
    assert opened == OPEN | OPEN_BY_CODE
    for path in (
        "links",
        "links/",
        f"links/{token}/",
        f"links/{token}/file/x",
        f"links/{token}%2F..%2F..%2Fme",
    ):
        problem(here.stranger.get(f"/api/v1/{path}"), 401, "unauthenticated")
    wrong = here.stranger.get(f"/api/v1/links/{token}", headers={"Host": "evil.example"})
    problem(wrong, 421, "wrong-host")
    for method in ("POST", "DELETE", "PUT"):
        told = here.stranger.request(method, f"/api/v1/links/{token}")
        problem(told, 405, "method-not-allowed")


def test_the_app_is_shown_for_a_link_without_a_sign_in(lone: Site) -> None:
    _, link = linked(lone)
    page = lone.stranger.get(f"/shared/{link['token']}")
    assert (page.status_code, page.text) == (200, "<title>App</title>")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers


def test_guesses_are_bounded_and_shut_nobody_out(lone: Site) -> None:
    _, link = linked(lone)
    known = f"/api/v1/links/{link['token']}"
    assert lone.stranger.get(known).status_code == 200
    answers = [lone.stranger.get(f"/api/v1/links/guess{n}") for n in range(rate_limit.ALLOWED + 10)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[: rate_limit.ALLOWED] == [404] * rate_limit.ALLOWED
    assert statuses[-1] == 429
    last = answers[-1]
    assert (last.headers["retry-after"], last.json()["type"]) == (
        "3",
        "urn:hansard:problem:too-many-requests",
    )
    assert lone.stranger.get(known).status_code == 200, "what was open stays open"
    _, new = linked(lone)
    assert lone.stranger.get(f"/api/v1/links/{new['token']}").status_code == 200, (
        "so does a new one"
    )
    problem(lone.client.get("/links/guess"), 404, "not-found")


def without_a_checksum(here: Site, link: JSON) -> str:
    """Make a link one from before there were checksums; gives its token."""
    token = link["token"].partition(".")[0]
    digest = hashlib.sha256(token.encode()).hexdigest()

    async def work(tx: Transaction) -> None:
        await tx.update(Share, link["share"]["id"], token_hash=digest, updated_at=datetime.now(UTC))

    here.do(lambda: here.database.storage.write("local", work))
    return token


def test_an_older_link_stays_good_and_its_kind_is_guessed_within_bounds(lone: Site) -> None:
    _, link = linked(lone)
    token = without_a_checksum(lone, link)
    for n in range(rate_limit.ALLOWED):
        lone.stranger.get(f"/api/v1/links/guess{n}")
    problem(lone.stranger.get(f"/api/v1/links/{token}"), 429, "too-many-requests")
    with httpx2.Client(transport=httpx2.HTTPTransport(local_address="127.0.0.2")) as neighbour:
        assert neighbour.get(f"{lone.url}/api/v1/links/{token}").status_code == 200
    assert lone.stranger.get(f"/api/v1/links/{token}").status_code == 200, "it opened here"


def look_at_forged_links(here: Site, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Forge as many tokens as would be refused otherwise; gives their answers."""
    _, link = linked(here)
    secret, _, checksum = link["token"].partition(".")
    forged = [f"{secret[::-1]}.{checksum}", f"{secret}.{checksum[::-1]}", f"{secret}.", ".x", "a.b"]
    assert here.stranger.get(f"/api/v1/links/{link['token']}").status_code == 200, "reads the key"
    looks: list[str] = []
    reading = here.database.storage.read

    async def counted(tenant: str, work: Any) -> Any:
        looks.append(tenant)
        return await reading(tenant, work)

    with monkeypatch.context() as patch:
        patch.setattr(here.database.storage, "read", counted)
        addresses = [f"/api/v1/links/{token}" for token in forged * 5]
        answers = [here.stranger.get(address).status_code for address in addresses]
        assert looks == [], "nothing is looked for"
    assert here.stranger.get(f"/api/v1/links/{link['token']}").status_code == 200
    return answers


def test_a_forged_token_is_refused_without_the_database_and_shuts_nobody_out(
    lone: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look_at_forged_links(lone, monkeypatch) == [404] * 25


def test_a_checksum_that_nobody_compares_would_be_seen(
    lone: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def believed(*_: Any) -> bool:
        return True

    monkeypatch.setattr(Shares, "is_genuine", believed)
    with pytest.raises(AssertionError):
        look_at_forged_links(lone, monkeypatch)


def test_guesses_come_back_with_time_and_little_is_remembered() -> None:
    now = [0.0]
    guesses = LinkRateLimiter(lambda: now[0])

    def guess(address: str, key: str = "wrong") -> type[Exception]:
        with pytest.raises((NotFound, TooManyRequests)) as refused, guesses.bounded(address, key):
            raise NotFound
        return refused.type

    for _ in range(rate_limit.ALLOWED):
        assert guess("a") is NotFound
    assert guess("a") is TooManyRequests
    assert guess("b") is NotFound
    now[0] += rate_limit.REFILL * 1.01
    assert guess("a") is NotFound
    assert guess("a") is TooManyRequests
    with guesses.bounded("b", "right"):
        pass
    assert guess("a", "right") is NotFound, "it was good here, and may be looked for once more"
    assert guess("a", "right") is TooManyRequests
    for number in range(rate_limit.MAX_BUCKETS + 5):
        guess(str(number))
    assert len(guesses._wrong) == rate_limit.MAX_BUCKETS


async def test_guesses_at_once_are_bounded_and_nobody_waits_for_long() -> None:
    now = [0.0]
    guesses = LinkRateLimiter(lambda: now[0])

    async def miss() -> None:
        await asyncio.sleep(0)
        raise NotFound

    async def look(token: str, *, right: bool = False) -> bool:
        try:
            with guesses.bounded("a", token):
                await (asyncio.sleep(0) if right else miss())
        except TooManyRequests:
            return False
        except NotFound:
            pass
        return True

    for number in range(rate_limit.ALLOWED + 5):
        assert await look(f"good {number}", right=True), "what opens costs nothing"
    revoked = await asyncio.gather(*(look("good 1") for _ in range(300)))
    assert all(revoked), "it opened before, and was looked for by everybody at once"
    assert not await look("another")
    now[0] += rate_limit.REFILL * 1.01
    assert await look("another"), "no more than what is allowed was counted"
    now[0] += rate_limit.REFILL * rate_limit.ALLOWED
    looked = await asyncio.gather(*(look(f"guess {number}") for number in range(300)))
    assert sum(looked) == rate_limit.ALLOWED
    now[0] += rate_limit.REFILL * 1.01
    assert await look("one more", right=True)


def test_no_token_is_in_the_log(tmp_path: Path) -> None:
    with process(tmp_path / "home", log_level="debug") as running, running.client() as client:
        made = client.post("/artifacts", json=PAGE).json()
        token = client.post(f"/artifacts/{made['id']}/links", json={}).json()["token"]
        with httpx2.Client(base_url=running.url) as stranger:
            for path in (
                "api/v1/links/{}",
                "api/v1/links/{}/file",
                "shared/{}",
                "api/v1/links/{}/no",
            ):
                stranger.get(path.format(token))
            stranger.get(f"/api/v1/links/{token}x")
        _, out, err = running.end(signal.SIGTERM)
        assert token not in out + err
