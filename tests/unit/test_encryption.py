"""Envelope encryption: what is sealed opens only with its key and at its place."""

from __future__ import annotations

import pytest

from hansard import Undecipherable
from hansard.encryption import Sealed, new_root_key, rewrap, root_key_of, seal, text_of, unseal

PLACE = "acme/ada/1"


def test_a_text_is_opened_with_its_key_at_its_place() -> None:
    key = new_root_key()
    sealed = seal(key, "sécret", PLACE)
    assert unseal(key, sealed, PLACE) == "sécret"
    assert b"cret" not in sealed.data_key + sealed.content
    assert seal(key, "sécret", PLACE) != sealed


def test_another_key_or_place_or_a_changed_byte_opens_nothing() -> None:
    key = new_root_key()
    sealed = seal(key, "secret", PLACE)
    with pytest.raises(Undecipherable):
        unseal(new_root_key(), sealed, PLACE)
    with pytest.raises(Undecipherable):
        unseal(key, sealed, "acme/bob/1")
    for field in ("data_key", "content"):
        content = bytearray(getattr(sealed, field))
        for i in range(len(content)):
            content[i] ^= 1
            with pytest.raises(Undecipherable):
                unseal(key, sealed._replace(**{field: bytes(content)}), PLACE)
            content[i] ^= 1
        with pytest.raises(Undecipherable):
            unseal(key, sealed._replace(**{field: b""}), PLACE)


def test_parts_of_two_secrets_do_not_make_one() -> None:
    key = new_root_key()
    one, two = seal(key, "one", PLACE), seal(key, "two", PLACE)
    with pytest.raises(Undecipherable):
        unseal(key, Sealed(key.id, one.data_key, two.content), PLACE)


def test_a_new_root_key_replaces_the_old_one() -> None:
    old, new = new_root_key(), new_root_key()
    sealed = seal(old, "secret", PLACE)
    wrapped = rewrap(old, new, sealed, PLACE)
    assert (wrapped.root_id, wrapped.content) == (new.id, sealed.content)
    assert unseal(new, wrapped, PLACE) == "secret"
    with pytest.raises(Undecipherable):
        unseal(old, wrapped, PLACE)
    with pytest.raises(Undecipherable):
        rewrap(old, new, sealed, "acme/bob/1")


def test_a_root_key_is_32_bytes_in_base64() -> None:
    key = new_root_key()
    assert root_key_of(f" {text_of(key)}\n") == key
    for text in ("", "secret", text_of(key)[:-4], "ä" * 44, f"{text_of(key)}{text_of(key)}"):
        assert root_key_of(text) is None
