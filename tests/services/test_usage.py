from __future__ import annotations

import pytest

import hansard
from hansard import Services
from hansard.model.parts import Image
from services.talks import talk

pytestmark = pytest.mark.anyio

NOTHING = {
    "conversations": (0, None),
    "archived": (0, None),
    "trash": (0, None),
    "messages": (0, 0),
    "files": (0, 0),
    "artifacts": (0, 0),
    "tags": (0, None),
    "rules": (0, None),
    "agents": (0, None),
    "prompts": (0, None),
    "api_keys": (0, None),
    "providers": (0, None),
    "projects": (0, None),
    "collections": (0, None),
}


async def _kept(who: Services) -> dict[str, tuple[int, int | None]]:
    return {kept.kind: (kept.count, kept.bytes) for kept in await who.usage.get()}


async def test_what_is_kept_is_counted_by_kind(ada: Services) -> None:
    assert await _kept(ada) == NOTHING
    first, second = await talk(ada, "eight ch", "four"), await talk(ada, "ünï")
    await ada.conversations.update(second.id, archived=True)
    blob = await ada.blobs.put(b"12345", "image/png")
    for _ in range(2):
        shown = hansard.user(parts=[Image(blob.id, "image/png")])
        await ada.messages.append(first.id, [shown])
    kept = NOTHING | {"conversations": (2, None), "archived": (1, None), "messages": (5, 15)}
    assert await _kept(ada) == kept | {"files": (1, 5)}, "a file that is shown twice is kept once"


async def test_the_trash_is_kept_until_it_is_purged(ada: Services) -> None:
    made = await talk(ada, "four")
    await ada.conversations.delete(made.id)
    assert await _kept(ada) == NOTHING | {"trash": (1, None), "messages": (1, 4)}
    await ada.conversations.purge(made.id)
    assert await _kept(ada) == NOTHING


async def test_what_others_keep_is_not_counted(ada: Services, bob: Services, eve: Services) -> None:
    for who in (ada, bob):
        blob = await who.blobs.put(b"12345", "image/png")
        shown = hansard.user(parts=[Image(blob.id, "image/png")])
        await who.messages.append((await talk(who, "four")).id, [shown])
    await bob.conversations.delete((await talk(bob)).id)
    one = {"conversations": (1, None), "messages": (2, 4), "files": (1, 5)}
    assert await _kept(ada) == NOTHING | one
    assert await _kept(eve) == NOTHING


async def test_artifacts_count_with_what_they_say_now(ada: Services, bob: Services) -> None:
    made = await ada.artifacts.create("12345", type="text", title="Five")
    await ada.artifacts.update(made.id, content="123")
    gone = await ada.artifacts.create("1", type="text", title="One")
    await ada.artifacts.delete(gone.id)
    assert await _kept(ada) == NOTHING | {"artifacts": (1, 3)}
    assert await _kept(bob) == NOTHING


async def test_every_record_that_can_be_trashed_is_counted(ada: Services, bob: Services) -> None:
    kept, gone = await ada.projects.create("Trips"), await ada.projects.create("Plans")
    await ada.projects.delete(gone.id)
    await ada.collections.create("Pages", project_id=kept.id)
    await bob.projects.create("Bob's")
    assert await _kept(ada) == NOTHING | {"projects": (1, None), "collections": (1, None)}
