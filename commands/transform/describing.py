"""A step of a migration as text: the same text for the same step."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import msgspec

from commands.declared import Spec
from commands.transform.values import canonical


def describe(step: Spec) -> str:
    """Return a step as JSON; a function by its name and the digest of its text."""
    return canonical(_plain(step))


def _plain(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            said = {name: _plain(one) for name, one in fields.items() if one is not msgspec.UNSET}
            return {"is": type(value).__name__, **said}
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
        case _ if callable(value):
            return {"function": getattr(value, "__qualname__", repr(value)), "digest": _body(value)}
        case _:
            return repr(value)


def _body(function: Callable[..., Any]) -> str:
    """Another text is another function; what has none is known by its compiled code."""
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        text = code.co_code.hex() if code else ""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
