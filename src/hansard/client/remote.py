"""A database on a server: `hansard.connect("http://127.0.0.1:8765", token=…)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from hansard.api.operations import Services
from hansard.arguments import check_arguments
from hansard.blocking import Openable
from hansard.client.client import Client
from hansard.client.http import Http, decoded
from hansard.client.services import Connection, RemoteServices
from hansard.errors import HansardError, InvalidConfig, PermissionDenied, StorageError
from hansard.model.health import Health
from hansard.model.scope import ALL_RIGHTS, Right, Scope
from hansard.secrets import register


class _Ready(msgspec.Struct, frozen=True):
    health: Health | None = None


class RemoteDatabase(Openable):
    """A database that a server owns, with the services of a local one.

    The server decides for which user of which tenant its token is. Requests are repeated for `patience` seconds while
    the server is unreachable or overloaded, if that is safe.
    """

    def __init__(self, url: str, token: str, *, patience: float = 30.0) -> None:
        register(token)
        self._http = Http(url, token, patience)
        self._live = Client(url, token, patience=patience)
        self._principal: Scope | None = None

    async def open(self) -> None:
        """Connect. Raises Unavailable if the server cannot be reached, Unauthenticated if the token is invalid."""
        self._http.open()
        try:
            response = await self._http.request("GET", "/scope")
            self._principal = decoded(response, Scope)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End all requests and streams; the server and its runs continue."""
        self._principal = None
        await self._live.close()
        await self._http.close()

    @check_arguments
    def scope(
        self,
        tenant: str | None = None,
        user: str | None = None,
        rights: Iterable[Right] = ALL_RIGHTS,
    ) -> Services:
        """Return the services for the token's user.

        Raises PermissionDenied if `tenant` or `user` are given and are not the token's, or for unknown rights.
        """
        principal = self._principal
        if principal is None:
            raise StorageError(
                "The database is not open: use `async with hansard.connect(…) as db`."
            )
        granted = frozenset(rights)
        if not granted <= ALL_RIGHTS:
            raise PermissionDenied(
                f"Unknown right; the rights are {', '.join(sorted(ALL_RIGHTS))}."
            )
        if tenant not in (None, principal.tenant) or user not in (None, principal.user):
            raise PermissionDenied(
                f"The token is for the user {principal.user} of the tenant {principal.tenant}."
            )
        scope = Scope(principal.tenant, principal.user, granted & principal.rights)
        services: Any = RemoteServices(scope, Connection(self._http, self._live))
        return cast("Services", services)

    async def settle(self) -> None:
        """Return at once: the server continues without the client."""

    async def health(self) -> Health:
        """Return the health of the server's storage; never raises."""
        try:
            ready = decoded(await self._http.request("GET", "/readyz", accepted=503), _Ready)
        except HansardError as error:
            return Health(faults=("unreachable",), reason=error.message)
        return ready.health or Health()


def connect_to(url: str, token: str | None, *, others: bool) -> RemoteDatabase:
    """Return the database of a server. Raises InvalidConfig without a token, or with `others`, arguments for a file."""
    if token is None:
        raise InvalidConfig(f"{url} needs the token of the server: connect(…, token=…).")
    if others:
        raise InvalidConfig(
            "Providers, options, retention and those of a storage are settings of the server."
        )
    return RemoteDatabase(url, token)
