"""Makes provider output valid for storage: invalid text is replaced; invalid token counts become None.

Provider libraries pass on what they received, and none of it may prevent an answer from being stored or read. Output
that cannot be made valid is a ProviderError, which ends the answer with a reason.
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
"""The details of provider errors that are stored, with their stored names."""


def clean_output(text: str) -> str:
    """Return text from a provider, cleaned and with this process's secrets masked."""
    return mask_known(clean_text(text))


def checked_call(called: ToolCalled) -> ToolCall:
    """Return a tool call as a message part. Raises ProviderError if it is not valid."""
    try:
        call = ToolCall(
            clean_output(called.call_id), clean_output(called.name), _json(called.arguments)
        )
        check_parts([call], "")
    except (InvalidInput, TypeError, ValueError, RecursionError) as error:
        raise ProviderError(f"The model made an invalid tool call: {error}") from error
    return call


def _json(value: Any) -> Any:
    """Return the value as JSON, or as text if it is not valid JSON. Raises TooLarge."""
    try:
        return check_json(_clean(value), "", MAX_MESSAGE_BYTES)
    except TooLarge:
        raise
    except InvalidInput:
        return json.dumps(value, default=repr)


def _clean(value: Any) -> Any:
    """Return the value with all strings in it cleaned."""
    if isinstance(value, str):
        return clean_output(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        fields = cast("dict[Any, Any]", value)
        return {_clean(key): _clean(item) for key, item in fields.items()}
    return value


def data_of(output: DataOutput) -> Data:
    """Return other provider output as a message part; invalid data is replaced by the reason."""
    try:
        return Data(_json(output.data), clean_output(output.name)[:MAX_NAME])
    except (InvalidInput, TypeError, ValueError, RecursionError) as error:
        return Data({"omitted": str(error)}, clean_output(output.name)[:MAX_NAME])


def checked_finish(finished: Finished) -> Finished:
    """Return the end of an answer with valid values; an unknown finish reason is never a success."""
    finish, reason = finished.finish, finished.reason
    if finish not in FINISHES:
        finish, reason = "other", str(finish)
    return Finished(
        finish,
        _count(finished.tokens_in),
        _count(finished.tokens_out),
        clean_output(str(reason))[:MAX_NAME] if reason else None,
    )


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**53 else None


def error_of(failure: Exception) -> RunError:
    """Return why an answer failed: a sentence, and the provider's details."""
    if isinstance(failure, HansardError):
        details = {_DETAILS[k]: v for k, v in failure.details.items() if k in _DETAILS}
        return RunError(failure.code, short_text(failure.message), _clean(details))
    details = {"type": type(failure).__name__, "message": short_text(failure)}
    return RunError("provider-error", f"The provider failed: {short_text(failure)}", details)
