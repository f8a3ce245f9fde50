"""Findings about what migrations, or a program's models, want and the database has not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.doctor.finding import Evidence, Finding
from commands.doctor.rows import evidence, present
from commands.doctor.wanted import looking
from commands.doctor.wanted.attempts import Attempt
from commands.doctor.wanted.lacking import (
    TYPES,
    Lack,
    Part,
    Turned,
    labels,
    lacks,
    others,
    spelled,
)
from commands.doctor.wanted.makers import Compared, Makers
from commands.doctor.wanted.refused import in_the_way
from commands.quoting import quoted
from commands.words import count
from journal.effect import Ask
from journal.trying import Trial
from journal.values import Definition, ObjectChange, SchemaObject

SHOWN = 12
"""Names that one line holds."""

_UNDEFINED = {"table": "42P01", "column": "42703", "type": "42704"}
_PLURALS = {"index": "indexes", "policy": "policies", "statistics": "statistics"}


def want_findings(found: Compared, ask: Ask, trial: Trial) -> Iterator[Finding]:
    """Yield what is wanted and not there; ``trial`` words what no statement of a file says."""
    yield from _Wants(found, ask, trial).findings()


def lacking(found: Compared) -> bool:
    """Tell whether anything is wanted that is not there."""
    wanted, live = found.wanted, found.live
    return any(
        any(each) for each in (lacks(wanted, live), others(wanted, live), labels(wanted, live))
    )


class _Wants:
    def __init__(self, found: Compared, ask: Ask, trial: Trial) -> None:
        self.found = found
        self.ask = ask
        self.kind = found.kind
        self.makers = Makers(found, trial)
        self.lacks = list(lacks(found.wanted, found.live))
        self.others = list(others(found.wanted, found.live))

    def findings(self) -> Iterator[Finding]:
        for one in self.others:
            yield self._other(one)
        for one, lost in labels(self.found.wanted, self.found.live):
            yield self._labels(one, lost)
        for lack in self.lacks:
            if lack.found is None:
                yield self._table(lack)
            elif lack.columns:
                yield self._columns(lack)
            elif lack.parts:
                yield self._parts(lack)
            for turned in lack.types:
                yield self._type(lack, turned)
            if lack.nullable:
                yield self._nullable(lack)

    # --- tables and columns ---------------------------------------------------------------

    def _table(self, lack: Lack) -> Finding:
        where = spelled(lack.wanted.path)
        return Finding(
            kind="missing-table",
            severity="error",
            where=where,
            what=f"table {where} is not there{self._wanted_by(self.makers.of(lack.wanted))}",
            evidence=(self._evidence(looking.tables(lack.wanted.path, self.kind)),),
            consequence=f"whatever reads or writes {where} fails{self._state('table')}",
            repair=self.makers.repair(lack),
            needs=self._needs(lack),
        )

    def _columns(self, lack: Lack) -> Finding:
        path = lack.wanted.path
        where = spelled(path)
        names = [column.name for column in lack.columns]
        half = self.makers.half(lack.wanted, names)
        of = f"{len(names)} of {len(lack.wanted.columns)} columns"
        lost = f"{of} {_are(names)} not there: {_some(names)}"
        if lack.parts:
            lost += f"; nor {_are(lack.parts)} {_some([one.told for one in lack.parts])}"
        kept = self.makers.kept(half) if half else []
        there = f", {_some(kept)} being there" if kept else ""
        again = ", and the file cannot run again, since the table is there"
        empty = self._unfilled(lack)
        return Finding(
            kind="half-made-table" if half else "missing-columns",
            severity="error",
            where=where,
            what=f"{where} is half made{there}: {lost}" if half else f"{where}: {lost}",
            evidence=(self._evidence(looking.columns(path, names, self.kind)),),
            consequence=f"whatever names one of them fails{self._state('column')}"
            + (again if half else ""),
            repair=self.makers.repair(lack, empty=empty),
            advice=f"Fill in {_some(sorted(empty))}, then forbid nulls." if empty else "",
            needs=self._needs(lack),
        )

    def _unfilled(self, lack: Lack) -> frozenset[str]:
        """Name columns that take no nulls and have no default, where the table has rows."""
        needy = frozenset(
            one.name
            for one in lack.columns
            if one.definition.get("not_null")
            and not {"default", "generated", "identity"} & one.definition.keys()
        )
        if needy and self._evidence(f"SELECT 1 FROM {quoted(*lack.wanted.path)}").count:
            return needy
        return frozenset()

    def _parts(self, lack: Lack) -> Finding:
        where = spelled(lack.wanted.path)
        kinds = {one.kind for one in lack.parts}
        kind = next(iter(kinds)) if len(kinds) == 1 else "constraint"
        told = _some([one.told for one in lack.parts])
        blocking = [each for part in lack.parts for each in self._in_the_way(part)]
        blocked = sum(one.count or 0 for one in blocking)
        return Finding(
            kind=f"missing-{_PLURALS.get(kind, f'{kind}s')}",
            severity="warning",
            where=where,
            what=f"{where} lacks what is wanted of it: {told}",
            evidence=(
                self._evidence(looking.constraints(lack.wanted.path, self.kind)),
                *blocking,
            ),
            consequence="nothing keeps rows out that break it"
            + (f", and {count(blocked, 'row')} would break it already" if blocked else "")
            if kind == "constraint"
            else "what relies on it is slow, or does not happen",
            repair=() if blocked else self.makers.repair(lack),
            advice="Put the rows right that are in its way, then make it." if blocked else "",
            needs=self._needs(lack),
        )

    def _in_the_way(self, part: Part) -> Iterator[Evidence]:
        """Ask for rows that the part would refuse; without the table they refer to, all of them."""
        if part.object is None:
            return
        for query in in_the_way((ObjectChange(after=part.object),)):
            found = self._evidence(query)
            if found.error and part.refers_to:
                there = present(part.object.definition["columns"])
                own = quoted(*part.object.path[:-1])
                found = self._evidence(f"SELECT * FROM {own} WHERE {there}")
            yield found

    def _type(self, lack: Lack, turned: Turned) -> Finding:
        path = lack.wanted.path
        where = f"{spelled(path)}.{turned.wanted.name}"
        wanted, found = (
            one.definition.get("type") or "of no type" for one in (turned.wanted, turned.found)
        )
        return Finding(
            kind="column-type",
            severity="warning" if self.kind == "sqlite" else "error",
            where=where,
            what=f"{where} is {found}, and {wanted} is wanted",
            evidence=(self._evidence(looking.columns(path, [turned.found.name], self.kind)),),
            consequence="what was written for the one fails on the other, foreign keys first",
            advice=f"Cast the values to {wanted} where each of them can be, or map them.",
        )

    def _nullable(self, lack: Lack) -> Finding:
        path = lack.wanted.path
        names = [one.found.name for one in lack.nullable]
        own = quoted(*path)
        empty = " OR ".join(f"{quoted(name)} IS NULL" for name in names)
        nulls = self._evidence(f"SELECT * FROM {own} WHERE {empty}")
        fits = nulls.count == 0 and self.kind == "postgresql"
        set_ = tuple(f"ALTER TABLE {own} ALTER COLUMN {quoted(one)} SET NOT NULL" for one in names)
        return Finding(
            kind="missing-not-null",
            severity="warning",
            where=spelled(path),
            what=f"{spelled(path)} takes nulls where none are wanted: {_some(names)}",
            evidence=(nulls,),
            consequence="rows without a value come in, and what expects one fails",
            repair=set_ if fits else (),
            advice="" if fits else "Give the rows without a value one, then forbid nulls.",
        )

    # --- what is no table -----------------------------------------------------------------

    def _other(self, one: SchemaObject) -> Finding:
        where = spelled(one.path)
        is_type = one.kind in TYPES
        looks = {"function": looking.functions, "schema": looking.schemas}
        look = looking.types if is_type else looks.get(one.kind)
        query = look(one.path) if look else looking.tables(one.path, self.kind)
        return Finding(
            kind="missing-type" if is_type else f"missing-{one.kind.replace(' ', '-')}",
            severity="error",
            where=where,
            what=f"{one.kind} {where} is not there{self._wanted_by(self.makers.of(one))}",
            evidence=(self._evidence(query),),
            consequence=f"whatever uses it fails{self._state('type') if is_type else ''}",
            repair=self.makers.alone(one),
            needs=(*self._schema(one), *self._mentioned([one.definition])),
        )

    def _labels(self, one: SchemaObject, lost: tuple[str, ...]) -> Finding:
        where = spelled(one.path)
        own = quoted(*one.path)
        return Finding(
            kind="missing-enum-values",
            severity="error",
            where=where,
            what=f"enum {where} lacks {count(len(lost), 'value')}: {_some(lost)}",
            evidence=(self._evidence(looking.enum_labels(one.path)),),
            consequence="a row with such a value is refused (22P02)",
            repair=tuple(f"ALTER TYPE {own} ADD VALUE {looking.literal(label)}" for label in lost),
        )

    # --- what must be there first ---------------------------------------------------------

    def _needs(self, lack: Lack) -> tuple[str, ...]:
        parents = {one.refers_to for one in lack.parts}
        absent = [one.wanted for one in self.lacks if one.found is None]
        keys = [f"missing-table:{spelled(one.path)}" for one in absent if one.path in parents]
        columns = lack.columns or (() if lack.found else lack.wanted.columns)
        definitions = [one.definition for one in columns]
        definitions += [] if lack.found else [lack.wanted.definition]
        named = self._mentioned(definitions)
        own = f"missing-table:{spelled(lack.wanted.path)}"
        found = dict.fromkeys((*self._schema(lack.wanted), *keys, *named))
        return tuple(one for one in found if one != own)

    def _schema(self, one: SchemaObject) -> tuple[str, ...]:
        """Name the finding that the schema of an object is not there."""
        absent = {each.path[0] for each in self.others if each.kind == "schema"}
        within = len(one.path) > 1 and one.path[0] in absent
        return (f"missing-schema:{one.path[0]}",) if within else ()

    def _mentioned(self, definitions: Sequence[Definition]) -> tuple[str, ...]:
        """Name findings about types and tables that definitions name, as text or as a path."""
        said = str(definitions)
        bare = said.replace('"', "")
        absent = [("missing-type", one.path) for one in self.others if one.kind in TYPES]
        absent += [("missing-table", one.wanted.path) for one in self.lacks if one.found is None]
        return tuple(
            f"{kind}:{spelled(path)}"
            for kind, path in absent
            if len(path) > 1
            and (
                str(list(path)) in said
                or re.search(rf"(?<!\w){re.escape('.'.join(path))}(?!\w)", bare)
            )
        )

    def _wanted_by(self, made: Attempt | None) -> str:
        return f", and {made.place.told} makes it" if made and self.found.by_files else ""

    def _evidence(self, query: str) -> Evidence:
        return evidence(self.ask, query)

    def _state(self, what: str) -> str:
        return f" ({_UNDEFINED[what]})" if self.kind == "postgresql" else ""


def _are(some: Sequence[object]) -> str:
    return "is" if len(some) == 1 else "are"


def _some(names: Sequence[str]) -> str:
    more = f" (and {len(names) - SHOWN} more)" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
