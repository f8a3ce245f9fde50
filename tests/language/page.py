"""The page that tells of every statement what becomes of it, written from the lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.language.commands import SEVERAL, command
from tests.language.listed import List, Listed, lists
from tests.language.reasons import HEADINGS, reason

SHOWN = 160
"""Characters of a migration that are shown."""

HEAD = """\
# What becomes of a statement

Each statement has one of three outcomes. This page lists what the tests run, and what they hold
each to; `python -m tests.language` writes it, and a test fails where it is not what they say.

* **exact**: it comes back in place, schema and rows.
* **rebuild**: it comes back exactly, and a table, or a materialised view, that stands all the
  while is written anew for that, with its indexes and under an exclusive lock. `clew apply
  --dry-run`, `clew rehearse` and `clew rollback --plan` name it beforehand with its rows and bytes.
* **refused**: nothing is done, and it exits 3. `--allow-irreversible NAME` waives the name on
  record, and no rollback goes past it then. What has no name is never let through: control of the
  transaction, commands of a shell, writing to the journal. [Refusals](refused.md) tells more.

Each migration below is run over a populated database, taken back, done again and taken back
again; each time everything is compared by `pg_dump` and digests of all rows, or by
`sqlite_master` and such digests, without any code of Clew. A refused one must change nothing.
A statement that is not known to be one of these is refused by its first words. Which servers the
lists are run on stands in [guarantees](guarantees.md#versions).
"""


def page() -> str:
    """Return the whole page."""
    found = {database: lists(database) for database in HEADINGS}
    parts = [HEAD, _totals(found)]
    for database, name in HEADINGS.items():
        parts.append(f"## {name}\n")
        rows = [row for one in found[database] for row in one.rows]
        parts += [_by_command(rows), _refusals(database, rows), "### Every statement\n"]
        parts += [_section(database, one) for one in found[database]]
    return "\n".join(parts)


def _totals(found: dict[str, tuple[List, ...]]) -> str:
    rows = [(name, _rows(found[database])) for database, name in HEADINGS.items()]
    lines = [(name, *_numbers(one), f"{len(one):,}") for name, one in rows]
    return _table(("", "exact", "rebuild", "refused", "migrations"), lines)


def _rows(found: Iterable[List]) -> list[Listed]:
    return [row for one in found for row in one.rows]


def _numbers(rows: Iterable[Listed]) -> tuple[str, str, str]:
    counted = Counter(row.outcome for row in rows)
    exact, rebuild, refused = (counted[one] for one in ("exact", "rebuild", "refused"))
    return _number(exact), _number(rebuild), _number(refused)


def _number(found: int) -> str:
    return f"{found:,}" if found else ""


def _by_command(rows: Sequence[Listed]) -> str:
    groups: dict[str, list[Listed]] = {}
    for row in rows:
        groups.setdefault(command(row.statements), []).append(row)
    lines = []
    for name in sorted(groups, key=lambda one: (one == SEVERAL, one)):
        names = sorted({f"`{row.name}`" for row in groups[name] if row.name})
        lines.append((name, *_numbers(groups[name]), ", ".join(names)))
    head = ("command", "exact", "rebuild", "refused", "by the name")
    return f"### By command\n\n{_table(head, lines)}"


def _refusals(database: str, rows: Iterable[Listed]) -> str:
    names = Counter(row.name for row in rows if row.name)
    lines = []
    for name, number in sorted(names.items()):
        told = reason(database, name)
        lines.append((f"`{name}`", f"{number:,}", told.why, told.instead))
    return f"### Refusals\n\n{_table(('name', 'run', 'why', 'instead'), lines)}"


def _section(database: str, found: List) -> str:
    numbers = zip(("exact", "rebuild", "refused"), _numbers(found.rows), strict=True)
    told = ", ".join(f"{number} {outcome}" for outcome, number in numbers if number)
    lines = [(_code(row.statements), _outcome(database, row)) for row in found.rows]
    summary = f"<details><summary>{found.title}: {told}</summary>"
    return f"{summary}\n\n{_table(('migration', 'outcome'), lines)}\n</details>\n"


def _outcome(database: str, row: Listed) -> str:
    name = f": `{row.name}`" if row.name else ""
    notes = []
    if row.since:
        version = row.since if database == "postgresql" else f"{row.since // 100}.{row.since % 100}"
        notes.append(f"since {version}")
    if row.superuser:
        notes.append("as a superuser")
    return f"{row.outcome}{name}" + (f" ({', '.join(notes)})" if notes else "")


def _code(statements: Sequence[str]) -> str:
    text = "; ".join(re.sub(r"\s+", " ", one.strip().removesuffix(";")) for one in statements)
    if len(text) > SHOWN:
        text = f"{text[:SHOWN]} ..."
    marks = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    escaped = text.replace("|", "\\|")
    return f"{marks}{space}{escaped}{space}{marks}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in _cells(head, lines))


def _cells(head: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield head
    yield ["---"] * len(head)
    yield from lines
