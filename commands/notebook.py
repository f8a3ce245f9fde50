"""Answers as tables in Jupyter: ``%load_ext commands.notebook``, and nothing else to do.

The structs know nothing of it. Whatever stands in them is data, and shown escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import chain, islice
from typing import Any

import msgspec

from commands.visible import shown
from journal.envelope import Entry
from journal.erased import Erased
from journal.values import SchemaObject
from projections.schema import Schema, dotted

ROWS = 200
"""Rows of a table that are shown; how many more there are is said."""
_DEPTH = 3
"""How deep a table stands in tables; what is deeper is written as JSON."""
_OURS = frozenset({"journal", "projections", "commands"})


class Table:
    """Structs, one a row, for a notebook to show; they are read once, when it is made."""

    def __init__(self, items: Iterable[Any], *, rows: int = ROWS) -> None:
        self.items = list(islice(items, rows + 1))
        self._more = len(self.items) > rows
        del self.items[rows:]

    def _repr_html_(self) -> str:
        return _rows(self.items, 0) + ("<p>and more</p>" if self._more else "")


def load_ipython_extension(shell: Any) -> None:
    """Show our structs as tables; IPython calls this for ``%load_ext commands.notebook``."""
    shell.display_formatter.formatters["text/html"].for_type(msgspec.Struct, html)


def unload_ipython_extension(shell: Any) -> None:
    """Show them as text again."""
    shell.display_formatter.formatters["text/html"].pop(msgspec.Struct, None)


def html(answer: Any) -> str | None:
    """Return an answer as HTML, or ``None`` where it is none of ours."""
    if type(answer).__module__.partition(".")[0] not in _OURS:
        return None
    if isinstance(answer, Schema):
        objects = sorted(answer.objects.values(), key=lambda one: (one.kind, one.path))
        return f"<p>schema at position {answer.position}</p>{_rows(objects, 0)}"
    return _pairs(_fields(answer), 0)


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    """Return what a struct says, under the names by which people speak of it."""
    match struct:
        case SchemaObject():
            names = ", ".join(column.name for column in struct.columns)
            return {"kind": struct.kind, "name": dotted(struct.path), "columns": names}
        case Entry():
            said = {name: getattr(struct, name) for name in struct.__struct_fields__}
            event = said.pop("event")
            return (
                {"position": said.pop("position"), "event": type(event).__name__}
                | said
                | {"data": event}
            )
        case _:
            return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _pairs(pairs: Mapping[Any, Any], depth: int) -> str:
    rows = (
        f"<tr><th style='text-align:left'>{_text(name)}</th><td>{_cell(value, depth + 1)}</td></tr>"
        for name, value in islice(pairs.items(), ROWS)
        if value not in ("", None, (), {})
    )
    return f"<table>{''.join(rows)}{_more(len(pairs))}</table>"


def _rows(items: Sequence[Any], depth: int) -> str:
    """Return structs as a table, one a row; what none of them says has no column."""
    found = [_fields(item) for item in items[:ROWS]]
    names = dict.fromkeys(chain.from_iterable(found))
    said = [name for name in names if any(one.get(name) not in ("", None, (), {}) for one in found)]
    header = "".join(f"<th style='text-align:left'>{_text(name)}</th>" for name in said)
    rows = ("".join(_cells(one, said, depth)) for one in found)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><tr>{header}</tr>{body}{_more(len(items))}</table>"


def _cells(fields: Mapping[str, Any], names: Iterable[str], depth: int) -> Iterator[str]:
    for name in names:
        yield f"<td style='text-align:left'>{_cell(fields.get(name, ''), depth + 1)}</td>"


def _cell(value: Any, depth: int) -> str:
    if depth < _DEPTH and not isinstance(value, Erased):
        if isinstance(value, msgspec.Struct):
            return _pairs(_fields(value), depth)
        if isinstance(value, Mapping) and value:
            return _pairs(value, depth)
        if isinstance(value, list | tuple) and value:
            if all(isinstance(one, msgspec.Struct) for one in value):
                return _rows(value, depth)
            more = _text(f" and {len(value) - ROWS} more") if len(value) > ROWS else ""
            return ", ".join(_text(one) for one in value[:ROWS]) + more
    return "" if value is None else _text(value)


def _more(count: int) -> str:
    return f"<tr><td>and {count - ROWS} more</td></tr>" if count > ROWS else ""


def _text(value: Any) -> str:
    return escape(shown(value))
