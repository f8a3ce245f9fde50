"""The list of what is refused names what the code refuses, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import journal
from journal.postgresql import beyond, gate
from journal.postgresql.catalog import counters, touched

CODE = Path(journal.__file__).parent
LIST = CODE.parent / "docs" / "refused.md"
DATABASES = {"postgresql": "## PostgreSQL", "sqlite": "## SQLite"}
WITHIN_SQL = {"extension"}
"""Names that a query gives, or a loop: see ``touched``."""
REASONED = {
    "built_on",
    "casts_in_use",
    "family_reasons",
    "object_references",
    "one_sided",
    "refuse_irreversible",
}
"""Functions of the modules that yield names with their messages."""


def told(database: str) -> set[str]:
    """Return the names in the first column of a database's tables."""
    part = LIST.read_text().split(DATABASES[database])[1].split("\n## ")[0]
    rows = (line.split("|")[1] for line in part.splitlines() if line.startswith("| `"))
    return {name for row in rows for name in re.findall("`([^`]+)`", row)}


def written(database: str) -> set[str]:
    """Return the names that the code spells out."""
    found = {
        name
        for file in (CODE / database).rglob("*.py")
        for name in _names(ast.parse(file.read_text()))
    }
    if database == "postgresql":
        assert set(re.findall("[\"']([a-z-]+)[\"']", _source(touched))) >= WITHIN_SQL
        found |= {*counters.NAMES.values(), *gate._PINNED.values(), *WITHIN_SQL}
        found |= {f"…-{name}" for name in gate._NAMED.values()}
    return found


def _source(module: object) -> str:
    return Path(str(getattr(module, "__file__", ""))).read_text()


def _names(tree: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        first: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id in ("NotKnownExact", "_unknown"):
                first = node.args[0]
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            first = node.value.elts[0] if functions & REASONED else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value
        elif isinstance(first, ast.Name) and isinstance(constants.get(first.id), str):
            yield str(constants[first.id])


def test_every_name_is_told() -> None:
    """Each name under which something is refused has its row, with what to do instead."""
    for database in DATABASES:
        assert not written(database) - told(database)


def test_no_other_name_is_told() -> None:
    """A name that the code gives no more is not in the list."""
    families = {"create-…", "alter-…", "drop-…", "comment-on-…", "grant-on-…", "revoke-on-…", "…"}
    verbs = {"grant-role", "revoke-role"}
    server = {f"…-{name}" for name in beyond.REASONS}
    for database in DATABASES:
        assert not told(database) - written(database) - families - verbs - server
