"""What a provider says, made fit for the record: what is no text is replaced, what is no number is not known.

A provider's library hands on what came over the line, and nothing of that may keep an answer from being stored, or
from being read again. What cannot be made fit is a ProviderError, which ends the answer and says why.
"""

from __future__ import annotations

import json
from typing import Any, cast

from hansard.errors import HansardError, InvalidInput, ProviderError, TooLarge
from hansard.model.checks import MAX_MESSAGE_BYTES, check_json, check_parts, clean_text
from hansard.model.messages import FINISHES
from hansard.model.parts import Data, ToolCall
from hansard.model.runs import RunError
from hansard.providers.base import DataOutput, Finished, ToolCalled
from hansard.providers.failures import short_text
from hansard.secrets import mask_known

MAX_NAME = 200
"""Characters."""
_DETAILS = {"status": "status", "type": "type", "code": "code", "provider_message": "message"}
"""What is kept of a provider's error, under which name."""


def said_text(text: str) -> str:
    """What an endpoint said as text, without secrets of this process, which it may repeat."""
    return mask_known(clean_text(text))


def call_of(called: ToolCalled) -> ToolCall:
    """The call as a part of a message; raises ProviderError."""
    try:
        call = ToolCall(said_text(called.call_id), said_text(called.name), _json(called.arguments))
        check_parts([call], "")
    except (InvalidInput, TypeError, ValueError, RecursionError) as error:
        raise ProviderError(f"A tool was called in a way that cannot be kept: {error}") from error
    return call


def _json(value: Any) -> Any:
    """The value as JSON, or its text where it cannot be kept as such; raises TooLarge."""
    try:
        return check_json(_clean(value), "", MAX_MESSAGE_BYTES)
    except TooLarge:
        raise
    except InvalidInput:
        return json.dumps(value, default=repr)


def _clean(value: Any) -> Any:
    """The value with text in it that is text."""
    if isinstance(value, str):
        return said_text(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        fields = cast("dict[Any, Any]", value)
        return {_clean(key): _clean(item) for key, item in fields.items()}
    return value


def data_of(output: DataOutput) -> Data:
    """What a provider said besides, as a part of a message."""
    try:
        return Data(_json(output.data), said_text(output.name)[:MAX_NAME])
    except (InvalidInput, TypeError, ValueError, RecursionError) as error:
        return Data({"omitted": str(error)}, said_text(output.name)[:MAX_NAME])


def ending_of(finished: Finished) -> Finished:
    """The end in words and numbers of ours; what is not known is never a success."""
    finish, reason = finished.finish, finished.reason
    if finish not in FINISHES:
        finish, reason = "other", str(finish)
    return Finished(
        finish,
        _count(finished.tokens_in),
        _count(finished.tokens_out),
        said_text(str(reason))[:MAX_NAME] if reason else None,
    )


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**53 else None


def error_of(failure: Exception) -> RunError:
    """Why an answer failed: a sentence, and what the provider said of it."""
    if isinstance(failure, HansardError):
        said = {_DETAILS[k]: v for k, v in failure.details.items() if k in _DETAILS}
        return RunError(failure.code, short_text(failure.message), _clean(said))
    said = {"type": type(failure).__name__, "message": short_text(failure)}
    return RunError("provider-error", f"The provider failed: {short_text(failure)}", said)
