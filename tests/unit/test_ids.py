from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansard.errors import InvalidInput
from hansard.ids import check_id, check_tenant, check_user, is_id, new_id


def test_ids_sort_in_the_order_in_which_they_were_made() -> None:
    made = [new_id() for _ in range(5_000)]
    assert made == sorted(set(made))


def test_ids_made_at_once_are_different() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [
            i for ids in pool.map(lambda _: [new_id() for _ in range(1_000)], range(4)) for i in ids
        ]
    assert len(set(made)) == 4_000


@given(st.uuids())
def test_any_uuid_will_do_and_has_one_form(chosen: object) -> None:
    text = str(chosen)
    assert is_id(text)
    assert check_id(text.upper()) == check_id(text) == text


@given(st.text(max_size=40))
def test_what_is_no_uuid_is_refused_with_its_place(text: str) -> None:
    if not is_id(text.lower()):
        with pytest.raises(InvalidInput) as refused:
            check_id(text, "/messages/3/id")
        assert refused.value.pointer == "/messages/3/id"


@pytest.mark.parametrize("form", ["{%s}", "urn:uuid:%s", " %s", "%s\n", "%s0"])
def test_other_ways_to_write_a_uuid_are_not_taken(form: str) -> None:
    with pytest.raises(InvalidInput):
        check_id(form % new_id())


def test_a_uuid_without_hyphens_is_not_taken() -> None:
    with pytest.raises(InvalidInput):
        check_id(new_id().replace("-", ""))


@pytest.mark.parametrize(
    "name", ["ada", "ADA", "a", "7", "ada@acme.example", "a+b_c-d.e", "x" * 128]
)
def test_a_tenant_id_is_kept_as_it_is(name: str) -> None:
    assert check_tenant(name, "/tenant") == name


@pytest.mark.parametrize("name", ["", ".", "-a", "a b", "a/b", "é", "a\n", "x" * 129])
def test_other_tenant_ids_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_tenant(name, "/tenant")
    assert refused.value.pointer == "/tenant"


@pytest.mark.parametrize(
    "name", ["ada", "auth0|5f7c", "Zoë Müller", "cn=ada,dc=acme", "a/b?c#d", "用户", "-", "x" * 256]
)
def test_a_user_id_is_kept_as_an_identity_provider_gives_it(name: str) -> None:
    assert check_user(name, "/user") == name


@pytest.mark.parametrize("name", ["", "a\n", "a\0", "\x1b[1m", "\x7f", "\x85", "\ud800", "x" * 257])
def test_other_user_ids_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_user(name, "/user")
    assert refused.value.pointer == "/user"
