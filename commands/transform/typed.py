"""Whether the parts of a migration are what they are declared to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from commands.declared import Spec


def mistyped(spec: Spec, where: str) -> Iterator[str]:
    """Say of each field that is not of its declared type where it is, and what was found."""
    for name, hint in get_type_hints(type(spec)).items():
        if name in spec.__struct_fields__:
            yield from _against(getattr(spec, name), hint, f"{where}, {name}")


def _against(value: Any, hint: Any, where: str) -> Iterator[str]:
    if not _is(value, hint):
        yield f"{where}: expected {_words(hint)}, found {type(value).__name__}"
    elif isinstance(value, Spec):
        yield from mistyped(value, where)
    elif isinstance(value, tuple):
        inner = get_args(hint)[0] if get_args(hint) else Any
        for one in value:
            yield from _against(one, inner, where)
    elif isinstance(value, Mapping) and get_args(hint):
        for name, one in value.items():
            yield from _against(one, get_args(hint)[1], f"{where} {name}")


def _is(value: Any, hint: Any) -> bool:
    """Tell whether a value is of a type, what is inside it left aside."""
    origin = get_origin(hint)
    if hint is Any:
        return True
    if origin in {Union, UnionType}:
        return any(_is(value, one) for one in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if origin is Callable:
        return callable(value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    kind = origin or hint
    return isinstance(value, kind) if isinstance(kind, type) else True


def _words(hint: Any) -> str:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return " or ".join(dict.fromkeys(_words(one) for one in get_args(hint)))
    if origin is Literal:
        return " or ".join(repr(one) for one in get_args(hint))
    if origin is tuple:
        return f"a tuple of {_words(get_args(hint)[0])}"
    if hint is type(None):
        return "None"
    return str(getattr(origin or hint, "__name__", hint))
