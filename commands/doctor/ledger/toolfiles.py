"""The migration files of another tool, under the names by which its bookkeeping knows them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from commands.adopt.bookkeeping import Tool

Order = tuple[object, ...]

_SCRIPTS = frozenset((".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".sql"))
_NUMBERED = re.compile(r"(?P<number>[0-9]+)[_.-]")
_FLYWAY = re.compile(r"V(?P<version>[0-9]+(?:[._][0-9]+)*)__.+\.(?:sql|java|kt|py)")
_NUMBER = re.compile(r"[0-9]+")


class ToolFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file; ``name`` is the key by which it is known as applied.

    ``order`` sorts files as the tool does, and is empty where it goes by something else than
    names. ``after`` are the names of those that it says it follows.
    """

    name: str
    path: Path
    order: Order = ()
    after: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """The name without what comes after the last dot, where that is an extension."""
        return stem_of(self.name)


def stem_of(name: str) -> str:
    """Return a name without its extension, if it has one of those of migration files."""
    stem, dot, last = name.rpartition(".")
    return stem if dot and f".{last}" in _SCRIPTS | {".py", ".rb"} else name


def version_of(text: str) -> tuple[int, ...]:
    """Return a version of Flyway, alone or before the description, as it is compared."""
    numbers = [int(one) for one in _NUMBER.findall(text.partition("__")[0])]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def tool_files(tool: Tool, directory: Path) -> tuple[ToolFile, ...]:
    """Return the files of a tool in a directory, in its order."""
    found = _READERS[tool](directory)
    return tuple(sorted(found, key=lambda one: (one.order, one.name)))


def _scripts(directory: Path) -> Iterator[ToolFile]:
    for path in _within(directory):
        if path.suffix in _SCRIPTS and not path.name.endswith((".d.ts", ".map")):
            yield ToolFile(name=path.name, path=path, order=(path.name,))


def _numbered(directory: Path) -> Iterator[ToolFile]:
    for path in _within(directory):
        found = _NUMBERED.match(path.name)
        if found and path.suffix in {".sql", ".rb"} and not path.stem.endswith(".down"):
            number = int(found["number"])
            yield ToolFile(name=found["number"], path=path, order=(number,))


def _golang(directory: Path) -> Iterator[ToolFile]:
    for one in _numbered(directory):
        yield msgspec.structs.replace(one, name=str(int(one.name)))


def _prisma(directory: Path) -> Iterator[ToolFile]:
    for path in sorted(directory.glob("*/migration.sql")):
        yield ToolFile(name=path.parent.name, path=path, order=(path.parent.name,))


def _flyway(directory: Path) -> Iterator[ToolFile]:
    for path in sorted(directory.rglob("*")):
        found = _FLYWAY.fullmatch(path.name)
        if found and path.is_file():
            name = path.name.removesuffix(".sql")
            yield ToolFile(name=name, path=path, order=version_of(found["version"]))


def _sqitch(directory: Path) -> Iterator[ToolFile]:
    deploy = directory / "deploy" if (directory / "deploy").is_dir() else directory
    for path in sorted(deploy.glob("*.sql")):
        yield ToolFile(name=path.stem, path=path)


def _yoyo(directory: Path) -> Iterator[ToolFile]:
    for path in _within(directory):
        if path.suffix in {".sql", ".py"} and not path.name.endswith(".rollback.sql"):
            yield ToolFile(name=path.stem, path=path, order=(path.stem,))


def _django(directory: Path) -> Iterator[ToolFile]:
    for path in sorted(directory.rglob("*.py")):
        if path.parent.name == "migrations" and path.stem != "__init__":
            yield ToolFile(name=f"{path.parent.parent.name}.{path.stem}", path=path)


def _liquibase(directory: Path) -> Iterator[ToolFile]:
    for path in sorted(directory.rglob("*")):
        if path.suffix in {".xml", ".yaml", ".yml", ".json", ".sql"} and path.is_file():
            yield ToolFile(name=path.name, path=path)


def _alembic(directory: Path) -> Iterator[ToolFile]:
    versions = directory / "versions" if (directory / "versions").is_dir() else directory
    for path in sorted(versions.rglob("*.py")):
        told = _assigned(path)
        name = told.get("revision")
        if isinstance(name, str):
            before = told.get("down_revision") or ()
            after = (before,) if isinstance(before, str) else tuple(before)  # type: ignore[arg-type]
            yield ToolFile(name=name, path=path, after=after)


def _assigned(path: Path) -> dict[str, object]:
    """Return what a Python file assigns to names as literals; empty where it is none."""
    found: dict[str, object] = {}
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # nested too deeply
        return found
    for node in tree.body:
        if isinstance(node, ast.Assign):
            pairs = [pair for target in node.targets for pair in _pairs(target, node.value)]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            pairs = _pairs(node.target, node.value)
        else:
            continue
        for name, value in pairs:
            try:
                found[name] = ast.literal_eval(value)
            except (ValueError, TypeError, RecursionError, MemoryError):
                continue
    return found


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        both = zip(target.elts, value.elts, strict=False)
        return [pair for one, its in both for pair in _pairs(one, its)]
    return [(target.id, value)] if isinstance(target, ast.Name) else []


def _within(directory: Path) -> list[Path]:
    found = [path for path in sorted(directory.iterdir()) if not path.name.startswith((".", "_"))]
    return [path for path in found if path.is_file()]


_READERS: dict[Tool, Callable[[Path], Iterator[ToolFile]]] = {
    "alembic": _alembic,
    "dbmate": _numbered,
    "django": _django,
    "flyway": _flyway,
    "golang-migrate": _golang,
    "knex": _scripts,
    "liquibase": _liquibase,
    "prisma": _prisma,
    "rails": _numbered,
    "sequelize": _scripts,
    "sqitch": _sqitch,
    "yoyo": _yoyo,
}
