from __future__ import annotations

import pytest

from hansard.errors import InvalidConfig
from hansard.secrets import mask_url
from hansard.storage.urls import storage_for


def test_a_databases_password_is_not_shown() -> None:
    for address, shown in (
        ("postgresql://ada:s3:cret@db.example/chats", "postgresql://ada:[secret]@db.example/chats"),
        (
            "postgresql://db/chats?password=s3cret&x=1",
            "postgresql://db/chats?password=[secret]&x=1",
        ),
        ("postgresql://ada:p@ss/w@db.example/chats", "postgresql://ada:[secret]@db.example/chats"),
        ("postgresql://ada@db.example:5432/chats", "postgresql://ada@db.example:5432/chats"),
        ("/home/ada/a:b@c.db", "/home/ada/a:b@c.db"),
    ):
        assert mask_url(address) == shown


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="not valid"):
        storage_for("postgresql://[bad")
