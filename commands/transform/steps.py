"""The steps of a migration in Python, and the migration itself: data, in the order it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from commands.backup.compression import Compression
from commands.copy.spec import Copy
from commands.declared import Spec
from commands.transform.spec import Transform


class Sql(Spec, frozen=True, kw_only=True, tag="sql"):
    """Statements, split and captured like those of an SQL file."""

    sql: str


class Check(Spec, frozen=True, kw_only=True, tag="check"):
    """A SELECT that must return no row, or whose first value must be within limits.

    A failed check aborts the migration, unless it only ``warns``.
    """

    name: str
    sql: str
    at_least: float | None = None
    at_most: float | None = None
    equals: Any = msgspec.UNSET
    warns: bool = False


class Limit(Spec, frozen=True, kw_only=True, tag="limit"):
    """Bounds on what transform ``of`` met: shares of its subjects, from 0 to 1, and seconds.

    ``conflicts`` and ``parked`` count conflicts, ``unmapped`` records with such fields,
    ``rejected`` subjects; ``seconds`` is the time since the run began.
    """

    name: str
    of: str
    conflicts: float | None = None
    parked: float | None = None
    unmapped: float | None = None
    rejected: float | None = None
    seconds: float | None = None
    warns: bool = False


class Command(Spec, frozen=True, kw_only=True, tag="command"):
    """A program that runs when everything is committed; it must end with exit code 0.

    It finds the database in ``DATABASE_URL``. What it said last is kept. Where it fails the
    migration stands, and nothing after it runs, unless it only ``warns``.
    """

    name: str
    argv: tuple[str, ...]
    timeout: float | None = None
    warns: bool = False


class Backup(Spec, frozen=True, kw_only=True, tag="backup"):
    """Copy tables (all without a name) out to files in the directory ``to``, and read them back.

    A relative ``to`` is one of the current directory. Where the migration fails later, the
    backup stays there, unknown to the journal. ``compress`` is "none", "gzip" or "zstd" (the
    default); ``single`` makes one file of small tables, which is not compressed.
    """

    to: str
    tables: tuple[str, ...] = ()
    compress: Compression | None = None
    single: bool = False


class Restore(Spec, frozen=True, kw_only=True, tag="restore"):
    """Make tables (all of it without a name) equal to the backup in the directory ``backup``.

    A relative directory is one of the current directory. ``leave_out`` names columns, or
    ``TABLE.COLUMN``, that are not restored. ``sequences`` is "backup" or "keep". A backup that
    the journal does not know is refused, unless ``allow_unknown`` says why not.
    """

    backup: str
    tables: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    sequences: Literal["backup", "keep"] = "backup"
    allow_unknown: str = ""


class Reset(Spec, frozen=True, kw_only=True, tag="reset"):
    """Empty ``tables``, whatever their foreign keys say, and prove that ``keep`` is untouched.

    Partitions and heirs go with their table. Nothing goes or changes that is not named: rows of
    other tables that refer to what goes refuse it, but where ``detach`` names their table and
    the foreign key sets them to null or default. ``sequences`` of the emptied tables begin anew
    or are kept. A backup must hold exactly the rows that go: ``backup`` names it by its identity
    or directory, else it is found in the journal; ``without_backup`` says why none is wanted.
    """

    tables: tuple[str, ...]
    keep: tuple[str, ...] = ()
    sequences: Literal["restart", "keep"] = "keep"
    detach: tuple[str, ...] = ()
    backup: str = ""
    without_backup: str = ""


class DropUnused(Spec, frozen=True, kw_only=True, tag="drop unused"):
    """Drop tables, unless something says that they are used; their rows come back on rollback.

    The evidence is kept: rows, foreign keys, what names them in the schema and in the source
    files of the directories ``code``, changes in the journal, and what PostgreSQL counted.
    ``since`` is a time after which nobody may have written to them or read them; without it
    counts are judged by themselves: more than ``reads`` are use, as backups and dry runs read,
    too. ``waive`` drops a table all the same, by its name and for a reason.
    """

    tables: tuple[str, ...]
    since: str = ""
    code: tuple[str, ...] = ()
    reads: int = 100
    waive: Mapping[str, str] = {}


class Unchanged(Spec, frozen=True, kw_only=True, tag="unchanged"):
    """Tables that hold the same rows after the last step as before the first one.

    Nobody else writes to them until the migration's transaction ends. It is aborted where one
    differs, whoever wrote there: a trigger, a cascade, a step.
    """

    tables: tuple[str, ...]
    name: str = "tables"


class Timing(Spec, frozen=True, kw_only=True, tag="timing"):
    """A query that is explained and timed before the first step and after the last one.

    It is a SELECT, and cannot write. ``seconds`` bounds the median of its ``runs`` afterwards,
    ``ratio`` that median by the one before; beyond them it warns, since times are noisy.
    """

    name: str
    sql: str
    runs: int = 5
    seconds: float | None = None
    ratio: float | None = None


Verify: TypeAlias = Unchanged | Timing


class Opening(Spec, frozen=True, kw_only=True, tag="opening"):
    """What is looked at before the first step; a migration that declares ``verify`` has one."""

    verify: tuple[Verify, ...]


class Closing(Spec, frozen=True, kw_only=True, tag="closing"):
    """The same looked at again, after the last step."""

    verify: tuple[Verify, ...]


Step: TypeAlias = Transform | Check | Limit | Backup | Restore | Reset | DropUnused | Copy | Command
Work: TypeAlias = Sql | Step
Run: TypeAlias = Step | Opening | Closing
"""What runs by itself; statements of SQL are parts of their own."""


class Migration(Spec, frozen=True, kw_only=True):
    """A migration in Python: its steps, run in order.

    It is one transaction, unless ``batched`` says how many subjects make one: then each batch
    stands once it is done, as does each other step, and a run that was cut goes on from there.
    ``verify`` is held against what stood before the first step, once the last one is done.
    """

    steps: tuple[Work, ...]
    verify: tuple[Verify, ...] = ()
    batched: int | None = None
