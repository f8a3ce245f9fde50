"""Rebuild: the views for SQL are made anew, and held against what the journal replays to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, zip_longest
from json import dumps
from operator import itemgetter
from typing import Any

import msgspec

from commands import journal_views
from commands.findings import candidates_of, kind, values_of
from commands.indexing import IndexedAnew, index_anew
from commands.opening import Asker, Target, default_actor
from commands.proving import altered
from commands.saving import save_anew
from commands.transform.values import canonical, read
from journal.effect import Row
from journal.erased import Erased
from journal.errors import NotExact
from journal.findings import FINDINGS
from journal.store import Journal
from projections.findings import ConflictFact, Findings, RecordFact
from projections.fold import replay

Expected = Iterator[tuple[Any, ...]]


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """The position up to which the views were proven, the rows of each, and the index of rows.

    ``folds`` counts those that were saved anew, ``altered`` names saved ones that were not what
    the journal folds to.
    """

    position: int
    views: dict[str, int]
    index: IndexedAnew
    folds: int = 0
    altered: tuple[str, ...] = ()


def rebuild(target: Target, *, asker: Asker | None = None) -> Rebuilt:
    """Make the views anew in one transaction and compare each with the replayed journal.

    Then saved folds are made anew, from the first entry on.

    Raises:
        NotExact: a view does not say what the journal says; nothing was changed.
        Refused: something else bears the name of a view, or stands on one.
    """
    with target.journal() as journal:
        database = journal.database
        database.begin()
        try:
            head = database.take_head().position
            database.make_views()
            told = prove(journal, head)
            index = index_anew(database, head)
            wrong = tuple(f"{one.name} at {one.position}" for one in altered(journal))
            database.make_saved()
            database.commit()
        except BaseException:
            database.abort()
            raise
        return Rebuilt(
            position=head,
            views=told,
            index=index,
            altered=wrong,
            folds=save_anew(journal, actor=asker.actor if asker else default_actor()),
        )


def prove(journal: Journal, head: int) -> dict[str, int]:
    """Count the rows of each view, inside a transaction that holds the head.

    Raises:
        NotExact: a view does not say what the journal replays to.
    """
    findings = replay(Findings, journal.read(last=head, types=FINDINGS))
    return {name: _proven(journal, name, findings, head) for name in journal.database.views()}


def _proven(journal: Journal, name: str, findings: Findings, head: int) -> int:
    """Count the rows of a view that says what was replayed."""
    if name in journal_views.EXPECTED:
        rows, value = _as_written(journal_views.EXPECTED[name](journal, head)), None
    else:
        expected, value = _VIEWS[name]
        rows = expected(journal, findings, head)
    found = _by_position(journal.database.view(name), value)
    replayed = _by_position(rows, value)
    count = 0
    for one, other in zip_longest(found, replayed):
        if one is None or one != other:
            at = min(group[0] for group in (one, other) if group is not None)
            raise NotExact(f"view {name} is not what the journal replays to, from position {at} on")
        count += one[1].total()
    return count


def _by_position(rows: Iterable[Row], value: int | None) -> Iterator[tuple[int, Counter[Any]]]:
    """Group rows by their first column; JSON at the place ``value`` is brought into one form."""
    for position, group in groupby(rows, key=itemgetter(0)):
        yield position, Counter(tuple(_plain(row, value)) for row in group)


def _plain(row: Row, value: int | None) -> Iterator[Any]:
    for place, one in enumerate(row):
        yield canonical(read(one)) if place == value else one


# --- what each view is to say -----------------------------------------------------------


def _standing(_: Journal, findings: Findings, head: int) -> Expected:
    for after, last in (*findings.spans, (findings.since, head)):
        if after < last:
            yield after, last


def _conflicts(_: Journal, findings: Findings, __: int) -> Expected:
    for one in _ordered(findings.conflicts):
        names = (findings.migrations.get(one.run, ""), one.step, one.subject, one.field)
        decided = one.status == "decided"
        settled = (one.chosen, one.by, one.reason, one.decided_at, one.decided_time)
        yield _written(
            one.position,
            one.recorded_at,
            one.id,
            *names,
            one.count,
            one.status,
            *(settled if decided else (None,) * len(settled)),
            one.run,
        )


def _candidates(journal: Journal, findings: Findings, _: int) -> Expected:
    for one in _ordered(findings.conflicts):
        candidates = candidates_of(one, journal.content(one.candidates))
        for number, found in enumerate(candidates):
            names = _written(one.id, number, str(found["record"]), str(found["field"]))
            value = _value(found["value"])
            yield one.position, *names, value, number == one.chosen


def _unmapped(_: Journal, findings: Findings, __: int) -> Expected:
    for one in findings.unmapped:
        for field in one.fields:
            yield _written(*_record(findings, one), field, one.run)


def _unmapped_values(journal: Journal, findings: Findings, _: int) -> Expected:
    for one in findings.unmapped:
        values = values_of(one, journal.content(one.content))
        for field in one.fields:
            value = values[field]
            names = _written(*_record(findings, one), field, kind(value))
            yield *names, _value(value), one.run


def _rejected(_: Journal, findings: Findings, __: int) -> Expected:
    for one in findings.rejected:
        yield _written(*_record(findings, one), one.error, one.run)


def _rejected_values(journal: Journal, findings: Findings, _: int) -> Expected:
    for one in findings.rejected:
        names = _written(*_record(findings, one), one.error)
        content = journal.content(one.content)
        value = content if isinstance(content, Erased) else read(content)
        yield *names, _value(value), one.run


def _fates(_: Journal, findings: Findings, __: int) -> Expected:
    for one in findings.batches:
        for fate, count in one.fates.items():
            yield _written(one.position, one.migration, one.step, one.batch, fate, count, one.run)


def _targets(_: Journal, findings: Findings, __: int) -> Expected:
    for one in findings.batches:
        for table, count in one.targets.items():
            yield _written(one.position, one.migration, one.step, one.batch, table, count, one.run)


def _value(value: Any) -> str:
    """JSON in one form, of what was erased too."""
    return canonical({"erased": value.position} if isinstance(value, Erased) else value)


def _ordered(conflicts: Iterable[ConflictFact]) -> list[ConflictFact]:
    return sorted(conflicts, key=lambda one: one.position)


def _record(findings: Findings, one: RecordFact) -> tuple[Any, ...]:
    migration = findings.migrations.get(one.run, "")
    return one.position, migration, one.step, one.subject, one.record


def _as_written(rows: Iterator[Row]) -> Expected:
    for row in rows:
        yield _written(*row)


def _written(*values: Any) -> tuple[Any, ...]:
    """Values as SQL can hold them."""
    return tuple(as_text(one) if isinstance(one, str) else one for one in values)


def as_text(name: str) -> str:
    """Return a name as a view shows it: what no SQL text can hold is written as in JSON."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return dumps(name)[1:-1]
    return name.replace("\0", "\\u0000")


_VIEWS: dict[str, tuple[Callable[[Journal, Findings, int], Expected], int | None]] = {
    "standing": (_standing, None),
    "conflicts": (_conflicts, None),
    "candidates": (_candidates, 5),
    "unmapped": (_unmapped, None),
    "unmapped_values": (_unmapped_values, 7),
    "rejected": (_rejected, None),
    "rejected_values": (_rejected_values, 6),
    "fates": (_fates, None),
    "targets": (_targets, None),
}
"""By name: the rows that are expected, and the place of a column that holds JSON."""
