"""Conflicts with their candidates, and fields without a home, summed up by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from commands.places import position_of
from commands.transform.values import canonical, kind_of, read
from journal.erased import Erased
from journal.findings import FINDINGS
from journal.store import Journal
from projections.findings import CONFLICTS, UNMAPPED, ConflictFact, Findings, RecordFact
from projections.fold import replay

SAMPLES = 3
"""Values shown of a field that has no home."""


class ConflictAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict, and its candidates: each with record, field and value."""

    conflict: ConflictFact
    candidates: tuple[dict[str, Any], ...]


class UnmappedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field without a home: how many records have it, of which kinds, and the first values."""

    field: str
    count: int
    kinds: dict[str, int]
    samples: tuple[Any, ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which conflicts are meant; what is empty leaves them all.

    ``field`` is a column, alone or after its table; ``subject`` is a key as JSON or as text.
    """

    field: str = ""
    subject: str = ""
    status: str = ""
    step: str = ""
    since: str = ""

    def fits(self, one: ConflictFact) -> bool:
        """Tell whether a conflict is meant."""
        return (
            self.field in {"", one.field, one.field.split(".", 1)[-1]}
            and self.subject in {"", one.subject, text_of(one.subject)}
            and self.status in {"", one.status}
            and self.step in {"", one.step}
        )


EVERY = Wanted()


def text_of(subject: str) -> str:
    """Return a key as a person writes it: text without its quotes."""
    key = read(subject)
    return key if isinstance(key, str) else subject


def findings(journal: Journal, at: str = "head", *, types: tuple[str, ...] = FINDINGS) -> Findings:
    """Return what transforms found and no rollback took back, as far as ``types`` tell.

    Raises as ``position_of`` does.
    """
    return replay(Findings, journal.read(last=position_of(journal, at), types=types))


def conflicts(
    journal: Journal, at: str = "head", wanted: Wanted = EVERY
) -> Iterator[ConflictAnswer]:
    """Yield conflicts in the order in which they were found, those wanted only.

    Raises:
        NotFound, Usage: as ``position_of`` does.
    """
    after = position_of(journal, wanted.since) if wanted.since else 0
    for one in findings(journal, at, types=CONFLICTS).conflicts:
        if one.position > after and wanted.fits(one):
            content = journal.content(one.candidates)
            yield ConflictAnswer(conflict=one, candidates=candidates_of(one, content))


def candidates_of(one: ConflictFact, content: bytes | Erased) -> tuple[dict[str, Any], ...]:
    """Return the candidates of a conflict; what was erased is told as such, field by field."""
    if isinstance(content, Erased):
        return erased_candidates(one.count, content)
    return tuple(read(content))


def erased_candidates(count: int, erased: Erased) -> tuple[dict[str, Any], ...]:
    """Return so many candidates of which nothing is known any more."""
    return ({"record": erased, "field": erased, "value": erased},) * count


def values_of(one: RecordFact, content: bytes | Erased) -> dict[str, Any]:
    """Return the values of a record; what was erased is told as such, field by field."""
    if isinstance(content, Erased):
        return dict.fromkeys(one.fields, content)
    values: dict[str, Any] = read(content)
    return values


def kind(value: Any) -> str:
    """Return in a word what a value is, as ``kind_of`` does, or that it was erased."""
    return "erased" if isinstance(value, Erased) else kind_of(value)


def unmapped(journal: Journal, at: str = "head") -> tuple[UnmappedField, ...]:
    """Sum up fields without a home by their names, in the order in which they were met."""
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    samples: dict[str, list[Any]] = {}
    for record in findings(journal, at, types=UNMAPPED).unmapped:
        values = values_of(record, journal.content(record.content))
        for field in record.fields:
            value = values[field]
            counts[field] += 1
            kinds.setdefault(field, Counter())[kind(value)] += 1
            shown = samples.setdefault(field, [])
            if isinstance(value, Erased):
                continue
            if len(shown) < SAMPLES and canonical(value) not in map(canonical, shown):
                shown.append(value)
    return tuple(
        UnmappedField(
            field=field, count=count, kinds=dict(kinds[field]), samples=tuple(samples[field])
        )
        for field, count in counts.items()
    )
