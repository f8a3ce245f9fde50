"""Columns whose values no report shows: named in a call, or in a file that stays with the project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from commands.transform.values import Malformed, read
from journal.erased import Erased
from journal.errors import NotFound, Usage
from projections.stretch import Names

FILE = "clew-hidden.txt"
"""Looked for in the working directory, unless CLEW_HIDDEN names another file."""

HIDDEN = "hidden"
"""What stands in the place of a value."""


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
    lines = _text(path).splitlines() if path.is_file() else []
    kept = (line.partition("#")[0].strip() for line in lines)
    found = Declared(given=tuple(given), kept=tuple(one for one in kept if one))
    for one in (*found.given, *found.kept):
        if not all(one.rpartition(".")[::2]):
            raise Usage(
                f"expected TABLE.COLUMN to hide, found {one}",
                hint=f"It stands in --hide or in {path}, one a line.",
            )
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Usage(f"{path} is not UTF-8 text", hint="Save the file as UTF-8.") from None


class Hiding:
    """Tells of values whether they are hidden.

    A column is followed through all its names. What a transform found is known by the names of
    its fields: so a field is hidden that bears the name of a hidden column, of whatever table,
    and one that the transform's SELECT makes of it. Where that cannot be told, all that the
    transform read is hidden: rather too much than too little.
    """

    def __init__(
        self, columns: Names, wanted: Declared, specs: Mapping[str, Sequence[Any]]
    ) -> None:
        names = {one.lower() for one in (*wanted.given, *wanted.kept)}
        own = {step: _fields_named(step, names) for step in specs}
        known = names & {name for called in columns.values() for name in called}
        known |= {f"{step.lower()}.{field}" for step, found in own.items() for field in found}
        self._given = {one.lower() for one in wanted.given}
        self.any = bool(names)
        self.names = tuple(sorted(known))
        self.unknown = tuple(sorted(names - known))
        self._columns = {id_ for id_, called in columns.items() if called & names}
        self._bare = {_last(name) for id_ in self._columns for name in columns[id_]}
        self._fields = {
            step: _of_step(found, self._bare | own[step]) for step, found in specs.items()
        }
        self._keys = {step: set(_keys(found)) for step, found in specs.items()}

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
        if hidden is None or column in self._columns:
            return True
        return any(hidden & {name.lower(), _last(name.lower())} for name in fields)

    def hides_subject(self, step: str) -> bool:
        """Tell whether the keys of a transform's subjects and records are hidden."""
        return self.any and self.hides(step, *self._keys.get(step, ()))

    def value(self, step: str, value: Any) -> Any:
        """Return a record, or candidates, with each hidden value replaced."""
        if isinstance(value, dict):
            return {k: HIDDEN if self.hides(step, k) else one for k, one in value.items()}
        return HIDDEN if self.hides(step) else value


def _fields_named(step: str, names: set[str]) -> set[str]:
    """Return the fields of a transform that are named as hidden."""
    return {_last(name) for name in names if name == f"{step.lower()}.{_last(name)}"}


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _keys(found: Iterable[Any]) -> Iterator[str]:
    """Yield the fields that name subjects and records in descriptions of a transform."""
    for spec in found:
        if isinstance(spec, dict):
            yield str(spec.get("subject", "")).lower()
            yield from (str(one).lower() for one in spec.get("record") or ())


def _of_step(found: Sequence[Any], hidden: set[str]) -> set[str] | None:
    """Return the fields of a transform that are hidden; ``None`` where all of them are.

    ``found`` are its descriptions, ``None`` for one that cannot be read.
    """
    from commands.made_of import made_of  # noqa: PLC0415 - a parser, for who hides something

    fields = set(hidden)
    for spec in found if hidden else ():
        source = spec.get("source") if isinstance(spec, dict) else None
        if not isinstance(source, dict):
            return None
        if "sql" not in source:
            continue
        made = made_of(str(source["sql"]), hidden)
        if made is None or (hidden | made) & {
            str(one).lower() for one in source.get("unpack") or ()
        }:
            return None
        fields |= made
    return fields


def described(content: bytes | Erased | None) -> Any:
    """Return a transform's description from its content; ``None`` where it cannot be read."""
    if content is None or isinstance(content, Erased):
        return None
    try:
        return read(content)
    except Malformed:
        return None
