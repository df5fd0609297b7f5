"""Turns functions into commands: adds the options for the database and user, and runs them.

A command is a function of what it works with, which comes first, and of its own options. `reads` and `writes` pass it
the services of the user on an open database; `configured` passes the settings.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from hansard.cli import session
from hansard.cli.options import Backend, Db, Session, Tenant

if TYPE_CHECKING:
    from hansard.api.operations import Services
    from hansard.config import Loaded

P = ParamSpec("P")
Command = Callable[..., None]
Async = Coroutine[Any, Any, None]

_PLACE = {"db": Db, "backend": Backend, "session": Session, "tenant": Tenant}


def configured(function: Callable[Concatenate[Loaded, P], Async | None]) -> Command:
    """A command that uses the settings."""

    def work(loaded: Loaded, **options: Any) -> None:
        coroutine = function(loaded, **options)  # pyright: ignore[reportCallIssue]
        if coroutine is not None:
            session.run(coroutine)

    return _placed(function, work)


def reads(function: Callable[Concatenate[Services, P], Async]) -> Command:
    """A command that reads from the database."""
    return _opened(function, session.reading)


def writes(function: Callable[Concatenate[Services, P], Async]) -> Command:
    """A command that changes the database."""
    return _opened(function, session.writing)


def _opened(function: Callable[..., Async], opened: Callable[..., Any]) -> Command:
    async def serve(loaded: Loaded, options: dict[str, Any]) -> None:
        async with opened(loaded) as database:
            services = database.scope(loaded.config.tenant, loaded.config.user)
            await function(services, **options)

    def work(loaded: Loaded, **options: Any) -> None:
        session.run(serve(loaded, options))

    return _placed(function, work)


def _placed(function: Callable[..., Any], work: Callable[..., None]) -> Command:
    """Return a function of the command's own options and those for the database and user."""

    def command(**values: Any) -> None:
        place = {name: values.pop(name) for name in _PLACE}
        work(session.settings(**place), **values)

    _, *own = inspect.signature(function).parameters.values()
    parameters = [parameter.replace(annotation=_type(function, parameter)) for parameter in own]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _PLACE.items()
    ]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    command.__name__ = function.__name__
    command.__doc__ = function.__doc__
    command.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _type(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """Return the type of an option's annotation; the first parameter has none."""
    return eval(parameter.annotation, function.__globals__)  # noqa: S307 - our own source
