"""Tags: what names one has it, and renaming, deleting and restoring one reaches everything that has it."""

from __future__ import annotations

import pytest

from hansard import Services
from hansard.errors import InvalidInput
from hansard.services.conversations.service import ConversationFilter

pytestmark = pytest.mark.anyio


async def names(who: Services) -> list[str]:
    return [tag.name for tag in await who.tags.list()]


async def tagged(who: Services, tag: str) -> list[str]:
    page = await who.conversations.list(filter=ConversationFilter(tag=tag))
    return sorted(talk.title for talk in page.items)


async def test_what_names_a_new_tag_creates_it_once(ada: Services, bob: Services) -> None:
    await ada.rules.create("r", "Be brief.", tags=["style", "work"])
    prompt = await ada.prompts.create("p", "Hello.", tags=["work"])
    await ada.prompts.update(prompt.id, tags=["work", "new"])
    assert await names(ada) == ["new", "style", "work"]
    assert await names(bob) == []


async def test_a_new_name_is_given_to_everything_that_has_the_tag(
    ada: Services, bob: Services
) -> None:
    kept = await ada.conversations.create(title="kept", tags=["one", "two", "three"])
    gone = await ada.conversations.create(title="gone", tags=["two"])
    await ada.conversations.delete(gone.id)
    rule = await ada.rules.create("r", "Be brief.", tags=["two"])
    theirs = await bob.conversations.create(title="bob's", tags=["two"])
    [two] = [tag for tag in await ada.tags.list() if tag.name == "two"]
    await ada.tags.update(two.id, name="2", color="#3366CC")
    assert (await ada.conversations.get(kept.id)).tags == ("one", "2", "three")
    assert (await ada.conversations.get(gone.id, deleted=True)).tags == ("2",)
    assert (await ada.rules.get(rule.id)).tags == ("2",)
    assert (await bob.conversations.get(theirs.id)).tags == ("two",)
    assert (await ada.tags.get(two.id)).color == "#3366cc"
    kinds = [(e.kind, e.subject_id) for e in await ada.feed.read()]
    assert ("conversation.updated", kept.id) in kinds
    assert ("conversation.updated", gone.id) not in kinds


async def test_deleting_a_tag_takes_it_from_everything_and_restoring_gives_it_back(
    ada: Services,
) -> None:
    tag = await ada.tags.create("two")
    kept = await ada.conversations.create(title="kept", tags=["one", "two"])
    later = await ada.conversations.create(title="later", tags=["two"])
    await ada.tags.delete(tag.id)
    assert await tagged(ada, "two") == []
    assert (await ada.conversations.get(kept.id)).tags == ("one",)
    await ada.conversations.delete(later.id)
    await ada.conversations.purge(later.id)
    await ada.conversations.update(kept.id, tags=["three"])
    await ada.tags.restore(tag.id)
    assert (await ada.conversations.get(kept.id)).tags == ("three", "two")
    assert await tagged(ada, "two") == ["kept"]
    await ada.tags.delete(tag.id)
    await ada.tags.purge(tag.id)
    assert (await ada.conversations.get(kept.id)).tags == ("three",)
    assert (await ada.conversations.get(kept.id)).title == "kept"


@pytest.mark.parametrize("color", ["red", "#12345", "#12345g", "#1234567"])
async def test_a_color_is_hexadecimal(ada: Services, color: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await ada.tags.create("a", color=color)
    assert refused.value.pointer == "/color"
