"""Which network addresses may be connected to.

A server whose users choose addresses must not let them reach its own network. A name is resolved once, all its
addresses are checked, and the connection goes to one of those, so that a second answer of the name server cannot lead
elsewhere.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from hansard.errors import InvalidInput, ProviderRefused, ProviderUnavailable

_Address = IPv4Address | IPv6Address


class Target(NamedTuple):
    """What to connect to for a URL, and what the request says so that the endpoint knows which one is meant."""

    url: str
    headers: dict[str, str] = {}
    extensions: dict[str, str] = {}


def is_public(address: str) -> bool:
    """Return whether a text is an IP address of the public Internet, also inside an IPv6 form of an IPv4 address."""
    try:
        ip: _Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = [ip]
    if isinstance(ip, IPv6Address):
        embedded = (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ()), _nat64(ip))
        inner += [address for address in embedded if address is not None]
    return all(each.is_global and not each.is_multicast for each in inner)


def _nat64(ip: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip.packed[:12] == _NAT64 else None


_NAT64 = bytes.fromhex("0064ff9b") + bytes(8)


async def public_target(url: str) -> Target:
    """Return a target whose address is public.

    Raises ProviderRefused if any address of the host is not, ProviderUnavailable if it has none.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or {"http": 80}.get(parts.scheme, 443)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ProviderUnavailable(f"{host} cannot be found.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses or not all(map(is_public, addresses)):
        raise private_address(host)
    first = min(addresses, key=lambda address: ":" in address)  # not every network has IPv6
    chosen = f"[{first}]" if ":" in first else first
    place = chosen if parts.port is None else f"{chosen}:{parts.port}"
    user, at, named = parts.netloc.rpartition("@")
    return Target(
        urlunsplit(parts._replace(netloc=f"{user}{at}{place}")),
        {"Host": named},
        {"sni_hostname": host},
    )


def checked_host(url: str | None, pointer: str) -> None:
    """Raises InvalidInput if a URL names a private address itself; what a name leads to is checked at each request."""
    host = urlsplit(url or "http://127.0.0.1").hostname or ""
    is_address = ":" in host or host.rpartition(".")[2].isdecimal()
    local = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    if local or (is_address and not is_public(host)):
        raise InvalidInput(private_address(host).message, pointer=pointer)


def private_address(host: str) -> ProviderRefused:
    """Return the error for an address that the operator forbids."""
    return ProviderRefused(
        f"{host} is in a private network, which this server does not connect to "
        "(allow_private_providers)."
    )
