"""Settings and their sources.

A setting is taken from the flags of the command, else from the environment, else from the env file (`--env-file`,
``HANSARD_ENV_FILE``, or `.env` in ``HANSARD_HOME``), else from the config file; otherwise it has its default.
``HANSARD_HOME`` puts data, token and configuration into one directory; without it they are in the user's directories
of the system. Nothing is read from the working directory.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import msgspec

from hansard import sources
from hansard.errors import InvalidConfig
from hansard.root_keys import RootKeys, root_keys_for
from hansard.services.options import MAX_KEPT, ChatOptions, Retention, needed_instead
from hansard.services.quotas import Quotas
from hansard.sources import OWN, Environment, Variables, env_file, read_private, register_all
from hansard.storage.urls import is_sqlite, sqlite_path, storage_for

if TYPE_CHECKING:
    from hansard.database import Database

DATABASE = "chats.db"
TOKEN = "token"  # noqa: S105 - the file's name
FILE = "config.toml"
ROOT_KEY = "root.key"
MAX_DAYS = 36_500
_ADDRESSES = ("HANSARD_DATABASE_URL", "DATABASE_PATH")


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting, by its name in the config file; in the environment it is `HANSARD_<NAME>`."""

    database_url: str = ""
    """A path, `:memory:`, `sqlite:///…` or `postgresql://…`; empty: `chats.db` in the data directory."""
    tenant: str = "local"
    user: str = "me"
    host: str = "127.0.0.1"
    port: int = 8765
    allowed_hosts: str = ""
    """Additional accepted Host headers, separated by commas; needed behind a proxy."""
    path_prefix: str = ""
    """The path below which a proxy serves the server, such as `/hansard`."""
    public_url: str = ""
    """Where browsers reach the server through a proxy, such as `https://chat.example.org/hansard`.

    It ends with `path_prefix`. If it starts with `https`, cookies are sent over TLS only, and browsers are told to
    use only https.
    """
    model: str = ""
    """The default model; empty: the best available one."""
    max_history: int = 200
    auto_save: bool = True
    save_interval: float = 0.2
    max_running: int = 64
    """Answers that are generated at once; further ones wait."""
    auto_title: bool = True
    summarize: bool = True
    feed_days: int = 30
    """For how many days the feed retains changes."""
    artifacts_keep_revisions: int = 0
    """How many revisions of an artifact are kept, unless a user sets another number; 0: all."""
    artifacts_keep_days: int = 0
    quota_requests: int = 1_000
    """Requests per second of a user, over REST and WebSocket; 0: no limit, here and below."""
    quota_bytes: int = 68_719_476_736
    """Bytes that a user may send per day."""
    quota_runs: int = 50
    """Answers that are generated for a user at once."""
    quota_uploads: int = 8
    """Imports and file uploads of a user at once."""
    quota_connections: int = 1_000
    """Open requests, streams and sockets of a user."""
    quota_address: int = 1_000
    """Connections from one client address; behind a proxy, all clients have the same one."""
    root_key_file: str = ""
    """The file with the root keys, which encrypt API keys; empty: beside the database, or in the data directory."""
    allow_private_providers: bool = True
    """Whether the providers that users set up may be in this machine's own networks."""
    log_level: str = "warning"

    def url(self, port: int) -> str:
        """Return the URL by which this machine reaches a server that listens on a port."""
        name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        address = f"[{name.strip('[]')}]" if ":" in name else name
        return f"http://{address}:{port}{self.path_prefix}"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a setting and its source."""

    name: str
    value: Any
    source: str


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of this process, and the paths of its files."""

    config: Config
    settings: list[Setting]
    variables: Environment
    """The variables of the environment, the env file and the config file, for keys of providers."""
    home: Path
    """The data directory."""
    file: Path
    """The config file, which may not exist."""

    @property
    def environment(self) -> dict[str, str]:
        """The values of the variables."""
        return self.variables.values()

    @property
    def token_file(self) -> Path:
        return self.home / TOKEN

    @property
    def database(self) -> str:
        """The URL or path of the database."""
        return self.config.database_url or str(self.home / DATABASE)

    @property
    def database_file(self) -> Path | None:
        return sqlite_path(self.database) if is_sqlite(self.database) else None

    def connect(self, **storage: Any) -> Database:
        """Return the closed database; arguments are those of its storage, such as `readonly`.

        Raises InvalidConfig if a setting is out of range, or a key would be sent to an address that is trusted less.
        """
        if not 1 <= self.config.feed_days <= MAX_DAYS:
            raise InvalidConfig(f"feed_days must be a number from 1 to {MAX_DAYS}.")
        if self.config.max_running < 1:
            raise InvalidConfig("max_running must be 1 or more.")
        from hansard.database import Database  # noqa: PLC0415
        from hansard.providers.registry import Registry, pairs  # noqa: PLC0415 - slow, and seldom needed

        self.variables.check_pairs([*pairs(self.environment), *self._database_pairs()])
        return Database(
            storage_for(self.database, **storage),
            providers=Registry.from_environment(self.environment),
            options=self.chat_options(),
            keep_feed=timedelta(days=self.config.feed_days),
            retention=self.retention(),
            quotas=self.quotas(),
            root_keys=self.root_keys(),
            allow_private_providers=self.config.allow_private_providers,
        )

    def root_keys(self) -> RootKeys:
        """Return the root keys of the database. Raises InvalidConfig if a variable has anything but keys."""
        file = self.config.root_key_file or None
        found = root_keys_for(self.database, file, self.environment)
        return found or RootKeys(self.home / ROOT_KEY)

    def _database_pairs(self) -> list[tuple[str, str]]:
        """Return the password variable that the driver reads, if the URL has no password, paired with the URL's."""
        is_server = self.database.lower().startswith("postgres")
        source = next(s.source for s in self.settings if s.name == "database_url")
        if not is_server or source == "flag" or urlsplit(self.database).password:
            return []
        return [("PGPASSWORD", name) for name in _ADDRESSES]

    def exposed(self) -> list[str]:
        """Return a line for each private file that others on this machine can read, with the command that fixes it."""
        written = self.variables.places[-1].values  # of the config file
        has_keys = any(name.endswith("_KEY") for name in written)
        return sources.exposed(self.home, self.file, self.database_file, has_keys=has_keys)

    def quotas(self) -> Quotas:
        """Return the quotas. Raises InvalidConfig if one is negative."""
        names = [name for name in Config.__struct_fields__ if name.startswith("quota_")]
        values = {name.removeprefix("quota_"): getattr(self.config, name) for name in names}
        for name, value in values.items():
            if value < 0:
                raise InvalidConfig(
                    f"quota_{name} is {value}; it must be positive, or 0 for no limit."
                )
        del values["address"]  # it applies to connections before authentication
        return Quotas(**values)

    def chat_options(self) -> ChatOptions:
        config = self.config
        return ChatOptions(
            model=config.model or None,
            max_history=config.max_history,
            auto_save=config.auto_save,
            save_interval=config.save_interval,
            max_running=config.max_running,
            auto_title=config.auto_title,
            summarize=config.summarize,
        )

    def retention(self) -> Retention:
        """Return the retention of revisions. Raises InvalidConfig if a value is out of range."""
        retention = Retention(
            keep_revisions=self.config.artifacts_keep_revisions,
            keep_days=self.config.artifacts_keep_days,
        )
        for name, value in msgspec.structs.asdict(retention).items():
            if not 0 <= value <= MAX_KEPT:
                raise InvalidConfig(
                    f"artifacts_{name} is {value}; it must be from 0 to {MAX_KEPT}."
                )
        return retention


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
    env: Path | None = None,
) -> Loaded:
    """Return every setting with its value and source.

    `env` is the env file; without it, ``HANSARD_ENV_FILE`` names one. Raises InvalidConfig, which names the source, if
    a setting is invalid or unknown.
    """
    environment = _set(environment)
    home, file = _places(environment)
    named = env or (Path(variable) if (variable := environment.get("HANSARD_ENV_FILE")) else None)
    content = _file(file)
    providers = _providers(content.pop("providers", {}), file)
    places = [
        Variables(source="environment", trust=OWN, values=environment),
        env_file(named, home),
        Variables(source=str(file), trust=OWN, values=providers),
    ]
    variables = Environment([place for place in places if place is not None])
    unknown = set(content) - set(Config.__struct_fields__)
    if unknown:
        raise InvalidConfig(f"{file} has settings that do not exist: {', '.join(sorted(unknown))}.")
    sources: list[tuple[str, Mapping[str, Any]]] = [
        ("flag", {k: v for k, v in (flags or {}).items() if v is not None}),
        *((place.source, _settings(place.values)) for place in variables.places[:-1]),
        (str(file), content),
    ]
    settings = [_find(field, sources) for field in msgspec.structs.fields(Config)]
    loaded = Loaded(
        config=Config(**{setting.name: setting.value for setting in settings}),
        settings=settings,
        variables=variables,
        home=home,
        file=file,
    )
    register_all(variables, loaded.database)
    return loaded


def _find(
    field: msgspec.structs.FieldInfo, sources: list[tuple[str, Mapping[str, Any]]]
) -> Setting:
    for source, values in sources:
        if field.name in values:
            raw = values[field.name]
            try:
                value = msgspec.convert(raw, field.type, strict=False)
            except msgspec.ValidationError:
                raise InvalidConfig(
                    f"{field.name} is {raw!r} ({source}), which is not {_KINDS[field.type]}."
                ) from None
            if (needed := needed_instead(field.name, value)) is not None:
                raise InvalidConfig(f"{field.name} is {raw!r} ({source}); it must be {needed}.")
            return Setting(name=field.name, value=value, source=source)
    return Setting(name=field.name, value=field.default, source="default")


_KINDS = {bool: "true or false", float: "a number", int: "a whole number", str: "text"}


def _set(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with a value; empty ones, as compose and systemd pass them, count as not set."""
    return {name: value for name, value in environment.items() if value.strip()}


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are settings, by the name of the setting."""
    settings = {
        name: environment[variable]
        for name in Config.__struct_fields__
        if (variable := f"HANSARD_{name.upper()}") in environment
    }
    if "database_url" not in settings and environment.get("DATABASE_PATH"):
        settings["database_url"] = environment["DATABASE_PATH"]
    return settings


def _places(environment: Mapping[str, str]) -> tuple[Path, Path]:
    """Return the data directory and the config file."""
    if home := environment.get("HANSARD_HOME"):
        place = Path(home).expanduser().absolute()
        return place, place / FILE
    import platformdirs  # noqa: PLC0415 - an extra's

    return (
        Path(platformdirs.user_data_dir("hansard", appauthor=False)),
        Path(platformdirs.user_config_dir("hansard", appauthor=False)) / FILE,
    )


def _file(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(read_private(file))
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig(f"{file} cannot be read: {error}") from error


def _providers(tables: Any, file: Path) -> dict[str, str]:
    """Convert the tables ``[providers.name]`` with `url` and `key` to the equivalent variables."""
    variables: dict[str, str] = {}
    if not isinstance(tables, dict):
        raise InvalidConfig(f"providers in {file} must be a table of tables.")
    for name, table in cast("dict[str, Any]", tables).items():
        if not isinstance(table, dict) or not set(cast("Any", table)) <= {"url", "key"}:
            raise InvalidConfig(f"[providers.{name}] in {file} may only have url and key.")
        prefix = f"HANSARD_PROVIDER_{name.upper().replace('-', '_')}"
        for part, value in cast("dict[str, Any]", table).items():
            variables[f"{prefix}_{part.upper()}"] = str(value)
    return variables
