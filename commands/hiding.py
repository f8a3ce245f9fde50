"""Columns whose values no report shows: named in a call, or in a file that stays with the project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from commands.transform.values import Malformed, read
from journal.errors import NotFound, Usage
from journal.mentions import named_in_statement
from projections.stretch import Names

FILE = "clew-hidden.txt"
"""Looked for in the working directory, unless CLEW_HIDDEN names another file."""

HIDDEN = "hidden"
"""What stands in the place of a value."""

_HARMLESS = re.compile(
    r"[-+]?[\d.,]+(?:e[-+]?\d+)?|no row|within bounds|(?:as before, )?[\d,]+ rows?|none",
    re.IGNORECASE,
)


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Columns as they were named: ``given`` in the call, ``kept`` in the file."""

    given: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def declared(given: Iterable[str], directory: Path | None = None) -> Declared:
    """Return what is to be hidden: what is ``given``, and what the project's file says.

    Raises:
        NotFound: CLEW_HIDDEN names a file that is not there.
        Usage: a line, or what is given, is not TABLE.COLUMN.
    """
    named = os.environ.get("CLEW_HIDDEN")
    path = Path(named) if named else (directory or Path.cwd()) / FILE
    if named and not path.is_file():
        raise NotFound(f"no file {path}, which CLEW_HIDDEN names", hint="Unset it, or make it.")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = (line.partition("#")[0].strip() for line in lines)
    found = Declared(given=tuple(given), kept=tuple(one for one in kept if one))
    for one in (*found.given, *found.kept):
        if not all(one.rpartition(".")[::2]):
            raise Usage(
                f"expected TABLE.COLUMN to hide, found {one}",
                hint=f"It stands in --hide or in {path}, one a line.",
            )
    return found


class Hiding:
    """Tells of values whether they are hidden.

    A column is followed through all its names. What a transform found is known by the names of
    its fields: so a field is hidden that bears the name of a hidden column, of whatever table,
    and one that the transform's SELECT makes of it. Where that cannot be told, all that the
    transform read is hidden: rather too much than too little.
    """

    def __init__(
        self, columns: Names, wanted: Declared, specs: Mapping[str, Iterable[Any]]
    ) -> None:
        names = {one.lower() for one in (*wanted.given, *wanted.kept)}
        self.columns = {id_ for id_, known in columns.items() if known & names}
        bare = {name.rpartition(".")[2] for id_ in self.columns for name in columns[id_]}
        steps = {(step.lower(), name.rpartition(".")[2]) for step in specs for name in names
                 if name.rpartition(".")[0] == step.lower()}  # fmt: skip
        self.unknown = tuple(
            sorted(names - set().union(*columns.values()) - {f"{s}.{f}" for s, f in steps})
        )
        self._given = {one.lower() for one in wanted.given}
        self.names = tuple(sorted(names - set(self.unknown)))
        self.any = bool(names)
        self._fields: dict[str, set[str] | None] = {}
        for step, found in specs.items():
            own = {field for name, field in steps if name == step.lower()}
            self._fields[step] = _of_step(tuple(found), bare | own) if bare | own else set()
        self._bare = bare
        self._subjects = {
            step: {str(one.get("subject", "")).lower() for one in found if isinstance(one, dict)}
            | {
                str(r).lower()
                for one in found
                if isinstance(one, dict)
                for r in one.get("record", ())
            }
            for step, found in specs.items()
        }

    def refuse_unknown(self) -> None:
        """Raise ``NotFound`` where the call names what never was: a slip would show what it meant."""
        wrong = [one for one in self.unknown if one in self._given]
        if wrong:
            raise NotFound(
                f"nothing to hide is called {', '.join(wrong)}",
                hint="Name a column as TABLE.COLUMN, or a field as TRANSFORM.FIELD.",
            )

    def hides(self, step: str, *fields: str, column: int = 0) -> bool:
        """Tell whether a value is hidden that a transform met under one of these names."""
        if not self.any:
            return False
        hidden = self._fields.get(step, self._bare)
        if hidden is None or column in self.columns:
            return True
        return any(name.lower() in hidden or name.lower().rpartition(".")[2] in hidden
                   for name in fields)  # fmt: skip

    def hides_subject(self, step: str) -> bool:
        """Tell whether the keys of a transform's subjects and records are hidden."""
        return self.any and self.hides(step, *self._subjects.get(step, ()))

    def value(self, step: str, value: Any) -> Any:
        """Return a record, or candidates, with each hidden value replaced."""
        if isinstance(value, dict):
            return {k: HIDDEN if self.hides(step, k) else one for k, one in value.items()}
        return HIDDEN if self.hides(step) else value

    def outcome(self, found: str) -> str:
        """Return what a check found: a number, or in Clew's words; any other value is hidden."""
        return HIDDEN if self.any and not _HARMLESS.fullmatch(found) else found


def _of_step(found: tuple[Any, ...], hidden: set[str]) -> set[str] | None:
    """Return the fields of a transform that are hidden; ``None`` where all of them are.

    ``found`` are its descriptions, ``None`` for one that cannot be read.
    """
    fields = set(hidden)
    for spec in found:
        source = spec.get("source") if isinstance(spec, dict) else None
        if not isinstance(source, dict):
            return None
        if "sql" not in source:
            continue
        if hidden & {str(one).lower() for one in source.get("unpack") or ()}:
            return None
        made = _made_of(str(source["sql"]), hidden)
        if made is None:
            return None
        fields |= made
    return fields


def _made_of(sql: str, hidden: set[str]) -> set[str] | None:
    """Return the names of the columns of a SELECT that are made of hidden ones."""
    said = {word for chain, _ in named_in_statement(sql, qualified=True) for word in chain}
    if not any(name in sql.lower() for name in hidden):
        return set()
    try:
        select = sqlglot.parse_one(sql)
    except SqlglotError:
        return None if said else set()
    if not isinstance(select, exp.Select) or select.args.get("with_") or select.args.get("with"):
        return None
    if any(_names(below, hidden) for below in _sources(select)):
        return None
    return {one.alias_or_name.lower() for one in select.expressions if _names(one, hidden)}


def _sources(select: exp.Select) -> Iterator[exp.Expression]:
    """Yield the SELECTs that the rows come from."""
    for part in select.find_all(exp.Subquery):
        if part.find_ancestor(exp.From, exp.Join) is not None:
            yield part


def _names(part: exp.Expression, hidden: set[str]) -> bool:
    return any(one.this.lower() in hidden for one in part.find_all(exp.Identifier))


def described(content: bytes | None) -> Any:
    """Return a transform's description from its content; ``None`` where it cannot be read."""
    if content is None:
        return None
    try:
        return read(content)
    except Malformed:
        return None
