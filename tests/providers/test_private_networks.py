"""Addresses in private networks, which an operator can forbid."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from hansard.errors import InvalidInput, ProviderRefused, ProviderUnavailable
from hansard.providers.addresses import checked_host, is_public, public_target
from hansard.providers.base import Request
from hansard.providers.remote import Remote
from hansard.providers.transport import Connections, Transport
from providers.endpoint import OK, endpoint

pytestmark = pytest.mark.anyio

PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "0.0.0.1", "100.64.0.1"),
    *("::1", "::", "fe80::1%eth0", "fd00::1", "224.0.0.1", "ff02::1"),
    *("::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_public_in_any_form(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["localhost", "models.local", "127.0.0.1:8080", "[::1]", "2130706433"]
)
def test_a_url_that_names_a_private_address_is_refused_at_once(host: str) -> None:
    with pytest.raises(InvalidInput, match="private network"):
        checked_host(f"http://{host}/v1", "/base_url")


async def test_all_addresses_of_a_name_must_be_public() -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        with pytest.raises(ProviderRefused, match="private network"):
            await public_target(f"http://{host}:9/v1")
    with pytest.raises(ProviderUnavailable, match="cannot be found"):
        await public_target("http://nobody.invalid/v1")


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    target = await public_target("https://1.1.1.1:8443/v1?x=1")
    assert target.url == "https://1.1.1.1:8443/v1?x=1"
    assert target.headers == {"Host": "1.1.1.1:8443"}
    target = await public_target("https://ada:secret@1.1.1.1/v1")
    assert target.url == "https://ada:secret@1.1.1.1/v1"
    target = await public_target("http://[2606:4700:4700::1111]/v1")
    assert target.url == "http://[2606:4700:4700::1111]/v1"
    assert target.extensions == {"sni_hostname": "2606:4700:4700::1111"}


async def test_a_request_to_a_private_network_is_not_sent_if_that_is_forbidden() -> None:
    async with endpoint(OK) as (url, asked):
        for public_only in (False, True):
            connections = Connections(public_only=public_only)
            remote = Remote("fake", url=f"{url}/v1", connections=connections)
            stream = remote.stream(Request(model="m", turns=()))
            if public_only:
                with pytest.raises(ProviderRefused, match="private network"):
                    await anext(stream)
                with pytest.raises(ProviderRefused, match="private network"):
                    await remote.models()
            else:
                assert [event async for event in stream]
                assert await remote.models()
            await connections.close()
        assert len(asked) == 1


async def test_what_is_connected_to_is_told_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the check passed, the request arrives, with the name of the host and not its address."""
    monkeypatch.setattr("hansard.providers.addresses.is_public", lambda _: True)
    async with endpoint(OK) as (url, asked):
        connections = Connections(public_only=True)
        remote = Remote(
            "fake", url=f"{url.replace('127.0.0.1', 'localhost')}/v1", connections=connections
        )
        assert [event async for event in remote.stream(Request(model="m", turns=()))]
        await connections.close()
    assert asked[0].headers["host"] == f"localhost:{url.rpartition(':')[2]}"


async def test_a_connection_to_an_address_is_not_used_for_another_host_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hansard.providers.addresses.is_public", lambda _: True)
    peers: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                peers.append(f"{writer.get_extra_info('peername')[1]} {head}")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connections = Connections(public_only=True)
    for host in ("localhost", "127.0.0.1"):
        await Transport("fake", f"http://{host}:{port}", {}, connections).document("/v1/models")
    await connections.close()
    server.close()
    assert len({peer.split()[0] for peer in peers}) == 2
