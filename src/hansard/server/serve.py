"""Runs a server: from the settings to an orderly shutdown.

The port is opened first, so that a port in use is reported at once. A first signal stops the server in order: no new
connections, running answers are stored as interrupted with their text so far, streams end, the database is closed. A
second signal stops it immediately, without damage to the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import ipaddress
import os
import re
import socket
from pathlib import Path
from types import FrameType

import msgspec
import uvicorn

from hansard import __version__
from hansard.config import Config, Loaded
from hansard.errors import InvalidConfig
from hansard.output import note, on_terminal, write
from hansard.secrets import mask_url
from hansard.server.app import make_app
from hansard.server.logs import log_to_stderr
from hansard.server.middleware import local_hosts
from hansard.server.public_url import check_public_url, host_of
from hansard.server.sessions import signin_link, token_of, write_private
from hansard.server.sse import Shutdown
from hansard.server.websocket import protocol as websocket_protocol

STREAM_GRACE = 0.2
"""Seconds for streams to report how their runs ended."""
REQUEST_TIMEOUT = 3
"""Seconds for requests in progress."""
BACKLOG = 2048

_PREFIX = re.compile(r"(/[\w.~-]+)*", re.ASCII)
_VIEWS = {"artifacts", "c", "library", "projects", "search", "settings", "shared"}
OWN = {"api", "assets", "healthz", "mcp", "preview", "readyz", "signin"} | _VIEWS
"""First path segments of Hansard's own URLs. A proxy may or may not remove the prefix, so it must not be one of
them.
"""


def serve(loaded: Loaded, *, ready_file: Path | None = None) -> None:
    """Serve until a signal arrives. Raises HansardError if the server cannot start.

    When the server is ready, `ready_file` contains its `url`, `token` and `pid`, as JSON.
    """
    config = loaded.config
    log_to_stderr(config.log_level)
    _check_prefix(config.path_prefix)
    check_public_url(config.public_url, config.path_prefix)
    token = token_of(loaded.token_file)
    with listen(config.host, config.port) as listener:
        port: int = listener.getsockname()[1]
        start = _Start(loaded, token, config.url(port), ready_file)
        server = _Server(start, _hosts(config, port))
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(server.serve([listener]))


class _Start(msgspec.Struct, frozen=True):
    """The parameters of a server, and what it prints when it is ready."""

    loaded: Loaded
    token: str
    url: str
    ready_file: Path | None

    def tell(self) -> None:
        # A link is a credential, which must not appear in a service's log.
        link = f"This link signs one browser in: {self._link()}"
        elsewhere = "`hansard link` prints a link that signs one browser in."
        write(
            f"Hansard {__version__} is running at {self.url}\n"
            f"{link if on_terminal() else elsewhere}\n"
            f"The database is {mask_url(self.loaded.database)}\n"
        )
        if self.ready_file is not None:
            facts = {"url": self.url, "token": self.token, "pid": os.getpid()}
            write_private(self.ready_file, msgspec.json.encode(facts).decode())

    def _link(self) -> str:
        config = self.loaded.config
        url = config.public_url.rstrip("/") or self.url
        return signin_link(self.token, url, config.tenant, config.user)


class _Server(uvicorn.Server):
    """A server that owns its database."""

    def __init__(self, start: _Start, hosts: list[str]) -> None:
        loaded = start.loaded
        self._start = start
        self._closing = Shutdown()
        self._database = loaded.connect()
        app = make_app(
            self._database,
            token=start.token,
            hosts=hosts,
            tenant=loaded.config.tenant,
            user=loaded.config.user,
            closing=self._closing,
            prefix=loaded.config.path_prefix,
            secure=loaded.config.public_url.startswith("https:"),
        )
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                **websocket_protocol.settings(loaded.config.quota_address),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=REQUEST_TIMEOUT,
            )
        )

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        async with self._database:
            await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # Lets a command that finds the file in use say by whom.
        self._database.announce(url=self._start.url)
        # What is there now stays, so the collector need not look at it again. Without it, what connections leave
        # behind is found sooner, and nobody waits for that.
        gc.collect()
        gc.freeze()
        self._start.tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._database.runner.close()
        await asyncio.sleep(STREAM_GRACE)
        self._closing.set()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.should_exit:
            os._exit(128 + sig)
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 means any free port. Raises InvalidConfig."""
    if not 0 <= port < 2**16:
        raise InvalidConfig(f"{port} is not a port number.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with contextlib.ExitStack() as unless:
            listener = unless.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
            unless.pop_all()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "another program does, possibly another Hansard" if taken else error.strerror
        raise InvalidConfig(f"Cannot listen on {host}, port {port}: {why}.") from error
    return listener


def _check_prefix(path: str) -> None:
    if not _PREFIX.fullmatch(path):
        raise InvalidConfig(
            f"path_prefix is {path!r}; it must be a path such as /hansard, or empty."
        )
    if path[1:].partition("/")[0] in OWN:
        raise InvalidConfig(f"path_prefix is {path!r}, which begins like a URL of Hansard itself.")


def _hosts(config: Config, port: int) -> list[str]:
    """Return the hosts by which clients may call the server; print a warning if other machines can reach it."""
    named = [name.strip() for name in config.allowed_hosts.split(",") if name.strip()]
    if not _is_loopback(config.host):
        note(
            f"Warning: {config.host} can be reached from other machines, and without TLS anybody in the "
            "network can read the token and all messages."
        )
    public = [host_of(config.public_url)] if config.public_url else []
    return [*local_hosts(port), f"{config.host}:{port}", *named, *public]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
