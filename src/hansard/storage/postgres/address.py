"""Parses PostgreSQL addresses by libpq's rules.

A parameter is used, ignored (it does not affect what is stored, or has no counterpart here), or refused by name.
docs/howto/postgresql.md has the table.
"""

from __future__ import annotations

import re
import ssl
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

import msgspec

from hansard.errors import InvalidConfig

CONNECT_TIMEOUT = 30.0
"""Seconds to wait for a connection, unless the address says otherwise."""
MAX_POOL = 1_000

FOR_THE_DRIVER = {
    "host", "port", "dbname", "user", "password", "passfile", "service", "krbsrvname", "gsslib",
    "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation",
    "ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs",
}  # fmt: skip
FOR_US = {
    "pool_size", "prepared", "pgbouncer", "connect_timeout", "servicefile", "application_name",
    "fallback_application_name", "options", "client_encoding", "schema",
}  # fmt: skip
PASSED_OVER = {
    "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    "channel_binding", "gssencmode", "gssdelegation", "sslcompression", "sslsni", "sslcertmode",
    "load_balance_hosts", "min_protocol_version", "max_protocol_version",
}  # fmt: skip
_VALUES = {
    "sslmode": {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
    "target_session_attrs": {
        "any", "read-write", "read-only", "primary", "standby", "prefer-standby",
    },
    "gssencmode": {"disable", "prefer"},
    "client_encoding": {"utf8", "utf-8", "unicode", "auto"},
    "schema": {"hansard"},
}  # fmt: skip
"""Parameters of which only some values are allowed."""
_YES = {"1", "yes", "on", "true"}
_NO = {"0", "no", "off", "false"}
_ENCODE = "Use percent-encoding for these characters in a password: @ : / ? # % as %40 %3A %2F %3F %23 %25."


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The address of a database, and the settings of its connections."""

    dsn: str
    """The address for the driver."""
    settings: dict[str, str]
    """Settings that are sent to the server when a connection begins."""
    options: dict[str, Any]
    """Further arguments of the driver."""
    timeout: float = CONNECT_TIMEOUT
    """Seconds to wait for a connection."""
    pool_size: int | None = None
    prepared: bool | None = None
    """Whether statements may be prepared; None detects it."""

    @property
    def arguments(self) -> dict[str, Any]:
        """The driver's arguments for each connection."""
        return {"dsn": self.dsn, "server_settings": self.settings, **self.options}


def parse(url: str) -> Address:
    """Parse an address. Raises InvalidConfig, whose message never contains what may be part of a password."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidConfig(f"The database URL is not valid. {_ENCODE}") from error
    _check_shape(parts)
    parameters = _parameters(parts.query)
    for name, value in parameters.items():
        _check(name, value)
    options: dict[str, Any] = {
        name: parameters[name] for name in ("servicefile",) if name in parameters
    }
    if parameters.get("sslrootcert") == "system":
        options["ssl"] = ssl.create_default_context()
        parameters = {
            name: parameters[name] for name in parameters if name not in ("sslrootcert", "sslmode")
        }
    kept = "&".join(
        f"{name}={quote(value, safe='/,:')}"
        for name, value in parameters.items()
        if name in FOR_THE_DRIVER
    )
    return Address(
        dsn=f"{parts.scheme}://{parts.netloc}{parts.path}{'?' if kept else ''}{kept}",
        settings=_settings(parameters),
        options=options,
        timeout=_whole("connect_timeout", parameters, 3_600) or CONNECT_TIMEOUT,
        pool_size=_whole("pool_size", parameters, MAX_POOL, least=1),
        prepared=_prepared(parameters),
    )


def _check_shape(parts: SplitResult) -> None:
    """Refuse an address that an unescaped `@`, `/`, `?` or `#` in the password splits at the wrong place."""
    hosts = parts.netloc.rpartition("@")[2]
    ports = [
        host.rpartition(":")[2]
        for host in hosts.split(",")
        if re.search(r"(^|[^\[:]):[^:\]]*$", host)
    ]
    whole = parts.netloc.count("@") <= 1 and "@" not in parts.path and not parts.fragment
    query_has_host = "@" in parts.query.partition("=")[0]
    if whole and not query_has_host and all(port.isdigit() or port == "" for port in ports):
        return
    raise InvalidConfig(f"The database URL cannot be parsed. {_ENCODE}")


def _parameters(query: str) -> dict[str, str]:
    """Return the parameters by name; the last one counts, and an empty one is not set. As for libpq, `+` is a plus
    sign.
    """
    pairs = [field.partition("=")[::2] for field in query.split("&") if field]
    parameters = {unquote(name): unquote(value) for name, value in pairs if value}
    if "database" in parameters:
        parameters.setdefault("dbname", parameters.pop("database"))
    return parameters


def _check(name: str, value: str) -> None:
    if name not in FOR_THE_DRIVER | FOR_US | PASSED_OVER:
        raise InvalidConfig(
            f"The database URL has a parameter that Hansard does not support: {_short(name)}. Remove it. "
            "(Connections of a process: pool_size=20; settings of the server: options=-c%20NAME=VALUE.)"
        )
    allowed = _VALUES.get(name)
    if allowed is not None and value.lower() not in allowed:
        raise InvalidConfig(
            f"{name}={_short(value)} in the database URL: {name} can be "
            f"{', '.join(sorted(allowed))}."
        )


def _settings(parameters: dict[str, str]) -> dict[str, str]:
    name = (
        parameters.get("application_name")
        or parameters.get("fallback_application_name")
        or "hansard"
    )
    return {"application_name": name} | (
        {"options": parameters["options"]} if "options" in parameters else {}
    )


def _whole(name: str, parameters: dict[str, str], most: int, *, least: int = 0) -> int | None:
    if name not in parameters:
        return None
    if (
        not re.fullmatch(r"[0-9]{1,9}", parameters[name])
        or not least <= int(parameters[name]) <= most
    ):
        raise InvalidConfig(
            f"{name}={_short(parameters[name])} in the database URL is not a whole number "
            f"from {least} to {most}."
        )
    return int(parameters[name])


def _prepared(parameters: dict[str, str]) -> bool | None:
    pooled = _flag("pgbouncer", parameters)
    return _flag("prepared", parameters) if pooled is None else not pooled


def _flag(name: str, parameters: dict[str, str]) -> bool | None:
    value = parameters.get(name, "").lower()
    if value and value not in _YES | _NO:
        raise InvalidConfig(f"{name}={_short(value)} in the database URL must be yes or no.")
    return value in _YES if value else None


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
