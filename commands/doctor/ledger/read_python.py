"""What a migration in Python makes: Alembic's upgrade(), and the SQL of yoyo's steps."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from commands.doctor.ledger.effect import Effect, ReadFile
from commands.doctor.ledger.read_sql import mentioned, read_statements
from journal.errors import Refused
from journal.values import DatabaseKind

_TAKES = re.compile(r"drop|rename|remove")


def read_python(text: str, kind: DatabaseKind) -> ReadFile:
    """Read a file by its syntax tree; what stands under a condition makes nothing for sure."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # nested too deeply
        return ReadFile((), mentioned(text))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            return _upgrade(node, kind)
    steps = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) == "step" and node.args
    ]
    back = {id(one) for step in steps for way in step.args[1:] for one in ast.walk(way)}
    made = [effect for step in steps for effect in _statements(_text(step.args[0]), kind)]
    said = (node for node in ast.walk(tree) if id(node) not in back)
    texts = (_text(node) for node in said if isinstance(node, ast.Constant))
    return ReadFile(tuple(made), frozenset(name for one in texts for name in mentioned(one)))


def _upgrade(upgrade: ast.FunctionDef, kind: DatabaseKind) -> ReadFile:
    made: list[Effect] = []
    for line in upgrade.body:
        if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call) and line.value.args:
            read = _OPERATIONS.get(_called(line.value))
            made += read(line.value, kind) if read else ()
    return ReadFile(tuple(made), frozenset(_gone(upgrade)))


def _gone(upgrade: ast.FunctionDef) -> Iterator[str]:
    """Yield each name that stands in a call that takes away, and in SQL that does."""
    for node in ast.walk(upgrade):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from mentioned(node.value)
        if not isinstance(node, ast.Call):
            continue
        renames = any(one.arg == "new_column_name" for one in node.keywords)
        if renames or _TAKES.search(_called(node)):
            built = bool(node.args) and not isinstance(node.args[0], ast.Constant)
            inner = ast.walk(upgrade if built else node)
            constants = (one for one in inner if isinstance(one, ast.Constant))
            yield from (str(one.value).lower() for one in constants)


def _table(call: ast.Call, _: DatabaseKind) -> Iterator[Effect]:
    schema, name = _schema(call), _text(call.args[0])
    if name and schema is not None:
        yield Effect(kind="table", schema=schema, name=name, read=f"op.create_table({name!r})")


def _column(call: ast.Call, _: DatabaseKind) -> Iterator[Effect]:
    schema, table = _schema(call), _text(call.args[0])
    column = call.args[1] if len(call.args) > 1 else None
    if not isinstance(column, ast.Call) or _called(column) != "Column" or not column.args:
        return
    name = _text(column.args[0])
    if table and name and schema is not None:
        told = f"op.add_column({table!r}, Column({name!r}))"
        yield Effect(kind="column", schema=schema, table=table, name=name, read=told)


def _index(call: ast.Call, _: DatabaseKind) -> Iterator[Effect]:
    first = call.args[0]
    if isinstance(first, ast.Call) and first.args:  # op.f("name")
        first = first.args[0]
    name, table = _text(first), _text(call.args[1]) if len(call.args) > 1 else ""
    if name and table:
        words = tuple(
            one.value
            for one in ast.walk(call)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )
        told = f"op.create_index({name!r})"
        yield Effect(kind="index", table=table, name=name, columns=words, read=told)


def _execute(call: ast.Call, kind: DatabaseKind) -> Iterator[Effect]:
    first = call.args[0]
    if isinstance(first, ast.Call) and _called(first) == "text" and first.args:
        first = first.args[0]
    yield from _statements(_text(first), kind)


def _statements(text: str, kind: DatabaseKind) -> tuple[Effect, ...]:
    try:
        return read_statements(text, kind, told="SQL in a literal").made
    except Refused:
        return ()


def _schema(call: ast.Call) -> str | None:
    """Return the schema that a call names, empty where it names none, ``None`` if unknown."""
    named = next((one.value for one in call.keywords if one.arg == "schema"), None)
    return "" if named is None else _text(named) or None


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


_OPERATIONS: dict[str, Callable[[ast.Call, DatabaseKind], Iterator[Effect]]] = {
    "create_table": _table,
    "add_column": _column,
    "create_index": _index,
    "execute": _execute,
}
