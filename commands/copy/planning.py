"""From two schemas and a declaration to the plan of a copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from commands.copy import creating_postgresql, creating_same, creating_sqlite
from commands.copy.columns import Choosing
from commands.copy.creating import Made, Making, cyclic_keys
from commands.copy.creating_same import Ddl
from commands.copy.existing import against, heirs
from commands.copy.facts import TableFacts, facts
from commands.copy.found import Found
from commands.copy.keys import counter_of, key_never_null, key_of
from commands.copy.left_behind import left_behind, views_and_triggers
from commands.copy.ordering import links, ordered, table_named, told
from commands.copy.plan import (
    ColumnPlan,
    CopyPlan,
    Difference,
    ForeignKeyPlan,
    Path,
    Problem,
    TablePlan,
)
from commands.copy.referring import mismatched, settled
from commands.copy.spec import Conversion, Copy
from commands.copy.type_names import domains, labels
from journal.errors import NotFound
from journal.values import DatabaseKind, SchemaObject


def plan(
    spec: Copy,
    source: Iterable[SchemaObject],
    target: Iterable[SchemaObject],
    *,
    kinds: tuple[DatabaseKind, DatabaseKind],
    found: Mapping[tuple[str, str], Found] | None = None,
    ddl: Ddl | None = None,
    into: str = "public",
) -> CopyPlan:
    """Plan a copy between databases of these kinds, source first.

    ``found`` tells, by table and column, what stands in the source (``found.look``); without it
    only declared types count. ``ddl`` is that of the source, which words definitions for a
    target of the same kind. ``into`` is the schema of PostgreSQL that tables are made in.

    Raises:
        NotFound: a table or column that is named is not there.
    """
    return _Planning(spec, tuple(source), tuple(target), kinds, found or {}, ddl, into).plan()


class _Planning:
    def __init__(
        self,
        spec: Copy,
        source: tuple[SchemaObject, ...],
        target: tuple[SchemaObject, ...],
        kinds: tuple[DatabaseKind, DatabaseKind],
        found: Mapping[tuple[str, str], Found],
        ddl: Ddl | None,
        into: str,
    ) -> None:
        self.spec = spec
        self.objects = source, target
        self.kinds = kinds
        self.found = found
        self.ddl = ddl
        self.into = into
        self.same = kinds[0] == kinds[1]
        self.source = facts(source, kinds[0])
        self.target = facts(target, kinds[1])
        self.chosen = self._chosen()
        self.rules = self._rules()
        self.homes = {path: self._home(path) for path in self.source}
        self.domains = domains((*source, *target))
        self.differences: list[Difference] = []
        self.problems: list[Problem] = []

    def plan(self) -> CopyPlan:
        """Return the whole plan."""
        everywhere = links(self.source, self.spec.references)
        linked = {
            path: tuple(key for key in everywhere[path] if key.references in self.chosen)
            for path in self.chosen
        }
        order = ordered(linked)
        keys = told(linked, order)
        tables = settled([self._table(path, keys[path]) for path in order])
        self.problems += mismatched(tables)
        self._doubles()
        made = [one for one in tables if not one.exists]
        return CopyPlan(
            source=self.kinds[0],
            target=self.kinds[1],
            tables=tables,
            before=self._before() if made else (),
            after=self._after(made) if made else (),
            differences=tuple(self.differences),
            problems=tuple(self.problems),
        )

    # --- what is meant ----------------------------------------------------------------

    def _chosen(self) -> tuple[Path, ...]:
        if not self.spec.tables:
            return tuple(self.source)
        return tuple(dict.fromkeys(table_named(self.source, name) for name in self.spec.tables))

    def _rules(self) -> dict[Path, dict[str, Conversion]]:
        rules: dict[Path, dict[str, Conversion]] = {path: {} for path in self.source}
        for name, rule in self.spec.columns.items():
            table, _, column = name.rpartition(".")
            path = table_named(self.source, table)
            if column not in {one.name for one in self.source[path].table.columns}:
                raise NotFound(
                    f"a rule for {name}, and no such column in the source",
                    hint="Rules go by table.column, as the source names them.",
                )
            rules[path][column] = rule
        return rules

    def _home(self, path: Path) -> Path:
        """Tables keep their name; on PostgreSQL they stand in a schema."""
        if self.kinds == ("sqlite", "postgresql"):
            wanted: Path = (self.into, path[-1])
        else:
            wanted = path[-1:] if self.kinds[1] == "sqlite" else path
        if wanted in self.target:
            return wanted
        named_so = [one for one in self.target if one[-1].lower() == path[-1].lower()]
        return named_so[0] if len(named_so) == 1 and not self.same else wanted

    # --- one table --------------------------------------------------------------------

    def _table(self, path: Path, keys: tuple[ForeignKeyPlan, ...]) -> TablePlan:
        source, home = self.source[path], self.homes[path]
        there = self.target.get(home)
        if there is None or not self.same:
            self.problems += heirs(source)
        choosing = Choosing(source.table, self.rules[path], self.found, self.kinds, self.domains)
        columns = choosing.plans(there.table if there else None)
        self.differences += choosing.differences
        self.problems += choosing.problems
        if there is None and self.kinds == ("sqlite", "postgresql"):
            columns = key_never_null(source, columns)
        made = Made()
        if there is not None:
            for one in against(source, there, columns):
                if isinstance(one, Problem):
                    self.problems.append(one)
                else:
                    self.differences.append(one)
        elif self.spec.create:
            made = self._made(source, columns, home, keys)
        else:
            self.problems.append(
                Problem(
                    text=f"the target has no table {home[-1]}",
                    hint="Make it first, or let the copy make it with --create.",
                )
            )
        self.differences += made.differences
        self.problems += made.problems
        return TablePlan(
            source=source.table,
            target=home,
            columns=columns,
            key=key_of(source, columns),
            foreign_keys=keys,
            exists=there is not None,
            create=made.create,
            after=made.after,
            counter=made.counter or counter_of(there, columns, self.kinds[1]),
        )

    def _made(
        self,
        source: TableFacts,
        columns: tuple[ColumnPlan, ...],
        home: Path,
        keys: tuple[ForeignKeyPlan, ...],
    ) -> Made:
        homes = {
            path: target
            for path, target in self.homes.items()
            if path in self.chosen or target in self.target
        }
        making = Making(
            facts=source,
            columns=columns,
            target=home,
            homes=homes,
            cyclic=cyclic_keys(keys),
            labels=labels(self.objects[0]),
        )
        if not self.same:
            if self.kinds[1] == "postgresql":
                return creating_postgresql.made(making)
            return creating_sqlite.made(making)
        if self.ddl is None:
            raise NotFound(
                "definitions of the same kind are worded by the source, which is not open"
            )
        return creating_same.made(making, self.kinds[0], self.ddl, self._sequences(source))

    # --- what stands around tables ----------------------------------------------------

    def _sequences(self, source: TableFacts) -> list[SchemaObject]:
        return [
            one
            for one in self.objects[0]
            if one.kind == "sequence"
            and tuple(one.definition.get("owned_by", ())[:-1]) == source.table.path
        ]

    def _before(self) -> tuple[str, ...]:
        if self.kinds != ("postgresql", "postgresql") or self.ddl is None:
            return ()
        there = {(one.kind, one.path) for one in self.objects[1]}
        missing = [one for one in self.objects[0] if (one.kind, one.path) not in there]
        taken = {one.path[0] for one in self.objects[1] if one.kind == "schema"}
        return creating_same.standing_alone(missing, self.ddl, taken)

    def _after(self, made: Sequence[TablePlan]) -> tuple[str, ...]:
        every = len(made) == len(self.source)
        if self.kinds == ("sqlite", "sqlite") and self.ddl is not None:
            return views_and_triggers(self.objects[0], made, self.ddl, every=every)
        self.differences += left_behind(self.objects[0], self.kinds)
        return ()

    def _doubles(self) -> None:
        homes = [self.homes[path] for path in self.chosen]
        for home in sorted({one for one in homes if homes.count(one) > 1}):
            self.problems.append(
                Problem(
                    text=f"two tables of the source would be {home[-1]}",
                    hint="Copy one of them, with --tables.",
                )
            )
