"""What a copy answers: what it would do, or did, table by table, so that all rows add up."""

from __future__ import annotations

from typing import Any

import msgspec

from commands.copy.checking import ISOLATION
from commands.copy.isolation import Violation
from journal.events import CheckRun
from journal.values import DatabaseKind

SAMPLES = 5
"""Rows that are shown of each kind; all are counted."""


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where rows came from: ``copied`` names it in every batch, ``head`` is that of its journal.

    ``place`` is its URL without password, ``taken_at`` the moment that was read.
    """

    copied: str
    database: DatabaseKind
    server: str
    place: str
    taken_at: str
    journal: str = ""
    name: str = ""
    head: int = 0


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A row that stays behind, and why."""

    row: dict[str, Any]
    reason: str


class RowChanges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rows of one table that are not in the target as in the source, and keys of the first.

    ``new``, ``changed`` and ``deleted`` are the source's since the last copy. ``written`` are
    rows that somebody wrote in the target since, ``held`` those of them that the source has
    too; ``already`` are the same there now.
    """

    new: int = 0
    changed: int = 0
    deleted: int = 0
    written: int = 0
    held: int = 0
    already: int = 0
    keys: dict[str, tuple[str, ...]] = {}


class TableCopy(msgspec.Struct, frozen=True, kw_only=True):
    """One table: what became of each of the ``rows`` that were read.

    ``again`` tells that it was copied before. ``inserted`` counts rows that are new to the
    target, as ``changes.new`` does before it is done. ``reasons`` counts rows that stay behind.
    """

    table: str
    source: str
    rows: int
    created: bool = False
    again: bool = False
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    kept: int = 0
    rejected: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = {}
    samples: tuple[Sample, ...] = ()
    changes: RowChanges = RowChanges()
    digest: str = ""
    found: str = ""

    @property
    def adds_up(self) -> bool:
        """Every row that was read is accounted for."""
        taken = self.inserted + self.updated + self.unchanged + self.kept
        return self.rows == taken + self.rejected + self.quarantined


class Dangling(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that refer to none, where no foreign key forbids it.

    ``told_by`` says how the reference is known: by a "rule", or only by its "name".
    """

    table: str
    columns: tuple[str, ...]
    references: str
    rows: int
    told_by: str = "rule"


class CopyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole copy: ``done``, or only planned.

    ``again``: rows of this source stand here already; ``resumed``: the last copy was cut.
    ``differences`` says what is not in the target as it is in the source. Where there was
    ``nothing`` to do, nothing was written. ``blocked`` tells why a plan would be refused.
    """

    done: bool
    source: SourceFacts
    tables: tuple[TableCopy, ...]
    again: bool = False
    resumed: bool = False
    nothing: bool = False
    blocked: str = ""
    creates: tuple[str, ...] = ()
    ddl: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    dangling: tuple[Dangling, ...] = ()
    violations: tuple[Violation, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    run: str = ""
    position: int = 0

    @property
    def agrees(self) -> bool:
        """Nothing that was copied differs, and no row is unaccounted for."""
        copied = (one for one in self.checks if not one.name.startswith(ISOLATION))
        return all(one.passed for one in copied) and all(one.adds_up for one in self.tables)

    @property
    def isolated(self) -> bool:
        """Each declared rule of isolation holds of the target."""
        return all(one.passed for one in self.checks if one.name.startswith(ISOLATION))
