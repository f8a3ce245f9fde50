"""Whether the rows of one tenant keep to themselves, whichever way leads to the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import msgspec

from commands.copy.facts import TableFacts, facts
from commands.copy.ordering import links, table_named
from commands.copy.plan import ForeignKeyPlan, Path
from commands.copy.spec import Isolation, Reference
from commands.quoting import quoted
from commands.words import count
from journal.effect import Ask, Row
from journal.errors import NotFound
from journal.values import DatabaseKind, SchemaObject

SAMPLE = 5
"""Rows that a violation shows."""
_LONGEST = 8
"""References of a way, at most."""

Way = tuple[ForeignKeyPlan, ...]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of ``table`` that lead to two rows of the rule's root, by the two ``ways``.

    ``sql`` finds them all. ``sample`` holds the first: the key, then what each way leads to.
    """

    rule: str
    table: str
    ways: tuple[str, str]
    rows: int
    sql: str
    columns: tuple[str, ...] = ()
    sample: tuple[Row, ...] = ()

    @property
    def text(self) -> str:
        """What was found, without a value of any row."""
        return (
            f"{self.rule}: {count(self.rows, 'row')} of {self.table} lead elsewhere by"
            f" {self.ways[0]} than by {self.ways[1]}"
        )


def violations(
    rules: Sequence[Isolation],
    references: tuple[Reference, ...],
    objects: Iterable[SchemaObject],
    kind: DatabaseKind,
    ask: Ask,
) -> tuple[Violation, ...]:
    """Evaluate rules on one side of a copy.

    Raises:
        NotFound: a rule names a table or column that is not there, or a way to nowhere.
        StatementFailed: the database refused a query.
    """
    tables = facts(objects, kind)
    linked = links(tables, references)
    found: list[Violation] = []
    for rule in rules:
        for path, one, other in compared(rule, tables, linked):
            violation = _look(rule, tables[path], one, other, ask)
            found += [violation] if violation else []
    return tuple(found)


def compared(
    rule: Isolation,
    tables: Mapping[Path, TableFacts],
    linked: Mapping[Path, tuple[ForeignKeyPlan, ...]],
) -> Iterator[tuple[Path, Way, Way]]:
    """Yield the pairs of ways that must agree.

    Where a rule names no ways, the shortest through each reference of a table is taken: what
    differs further on differs in the table there. Raises ``NotFound``.
    """
    root = table_named(tables, rule.root)
    declared = {
        table_named(tables, name): tuple(
            _followed(way, table_named(tables, name), root, linked) for way in ways
        )
        for name, ways in rule.paths.items()
    }
    for path in sorted(tables):
        ways = declared.get(path, () if rule.paths else _shortest(path, root, linked))
        for one, other in combinations(ways, 2):
            yield path, one, other


def words(way: Way) -> str:
    """Return a way as a rule says it."""
    return ".".join("+".join(key.columns) for key in way)


def _shortest(
    path: Path, root: Path, linked: Mapping[Path, tuple[ForeignKeyPlan, ...]]
) -> tuple[Way, ...]:
    if path == root:
        return ()
    found = []
    for key in linked.get(path, ()):
        rest = _way(key.references, root, linked, {path})
        if rest is not None:
            found.append((key, *rest))
    return tuple(sorted(found, key=lambda way: (len(way), words(way))))


def _way(
    path: Path,
    root: Path,
    linked: Mapping[Path, tuple[ForeignKeyPlan, ...]],
    seen: set[Path],
) -> Way | None:
    """Search breadth first; a way never comes by a table twice."""
    level: list[tuple[Path, Way]] = [(path, ())]
    seen = {*seen, path}
    for _ in range(_LONGEST):
        following: list[tuple[Path, Way]] = []
        for at, way in level:
            if at == root:
                return way
            for key in linked.get(at, ()):
                if key.references not in seen:
                    seen.add(key.references)
                    following.append((key.references, (*way, key)))
        level = following
    return next((way for at, way in level if at == root), None)


def _followed(
    way: str, path: Path, root: Path, linked: Mapping[Path, tuple[ForeignKeyPlan, ...]]
) -> Way:
    found: list[ForeignKeyPlan] = []
    at = path
    for step in way.split("."):
        columns = tuple(step.split("+"))
        keys = [key for key in linked.get(at, ()) if key.columns == columns]
        if not keys:
            raise NotFound(
                f"way {way}: {at[-1]}.{step} refers to nothing",
                hint="Say what it refers to with refers(...), or follow a foreign key.",
            )
        found.append(keys[0])
        at = keys[0].references
    if at != root:
        raise NotFound(
            f"way {way} of {path[-1]} leads to {at[-1]}, not to {root[-1]}",
            hint="Name columns that lead there, joined by dots.",
        )
    return tuple(found)


def _look(rule: Isolation, table: TableFacts, one: Way, other: Way, ask: Ask) -> Violation | None:
    key = table.key or tuple(column.name for column in table.table.columns[:1])
    shown = ", ".join(f"t.{quoted(name)}" for name in key)
    joins, first = _joined("a", one)
    more, second = _joined("b", other)
    differ = " OR ".join(f"{x} <> {y}" for x, y in zip(first, second, strict=True))
    source = f"FROM {quoted(*table.table.path)} t{joins}{more} WHERE {differ}"
    rows = int(ask(f"SELECT count(*) {source}")[0][0])
    if not rows:
        return None
    sql = f"SELECT {shown}, {', '.join(first)}, {', '.join(second)} {source} ORDER BY {shown}"
    return Violation(
        rule=rule.name,
        table=".".join(table.table.path),
        ways=(words(one), words(other)),
        rows=rows,
        sql=sql,
        columns=(*key, words(one), words(other)),
        sample=tuple(tuple(row) for row in ask(f"{sql} LIMIT {SAMPLE}")),
    )


def _joined(name: str, way: Way) -> tuple[str, tuple[str, ...]]:
    """Return the joins of a way, and the columns that name the tenant at its end."""
    at, joins = "t", ""
    for n, key in enumerate(way[:-1]):
        alias = f"{name}{n}"
        on = " AND ".join(
            f"{alias}.{quoted(referred)} = {at}.{quoted(column)}"
            for column, referred in zip(key.columns, key.referred, strict=True)
        )
        joins += f" JOIN {quoted(*key.references)} {alias} ON {on}"
        at = alias
    return joins, tuple(f"{at}.{quoted(column)}" for column in way[-1].columns)
