"""The database under examination: its schema, read once, and what runs queries on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from commands.doctor import rows
from commands.doctor.finding import Evidence
from commands.doctor.map import Edge, edges
from commands.doctor.tables import Field, Path, Reference, Table, Tables, tables_of
from commands.opening import Target
from commands.quoting import quoted
from journal.database import Database
from journal.effect import Ask
from journal.signs import Signs
from journal.values import DatabaseKind, SchemaObject

Progress = Callable[[str, int, int], None]


class Patient:
    """What sources of findings look at; within one read-only transaction.

    Attributes:
        kind: which database it is.
        target: how to reach it, for those that make a scratch copy.
        objects: the whole schema as the catalog holds it, without the journal's own.
        tables: its tables by their paths.
        edges: what stands on which table.
        signs: what the database knows beside definitions.
        ask: runs a query and returns its rows. Raises ``StatementFailed``.
        refused: the queries for evidence that the database refused.
    """

    def __init__(
        self,
        database: Database,
        ask: Ask,
        *,
        target: Target,
    ) -> None:
        self.kind: DatabaseKind = database.kind
        self.server = database.server
        self.target = target
        self.ask = ask
        self.objects: tuple[SchemaObject, ...] = database.read_schema()
        self.signs: Signs = database.signs()
        self.tables: Tables = tables_of(self.objects)
        self.edges: tuple[Edge, ...] = tuple(edges(self.tables, self.objects))
        self.refused: list[Evidence] = []
        self._known: dict[tuple[str, int], Evidence] = {}
        self._referring: dict[Path, list[tuple[Table, Reference]]] = defaultdict(list)
        for table in self.tables.values():
            for reference in table.references:
                self._referring[reference.parent].append((table, reference))

    def referring(self, table: Table) -> list[tuple[Table, Reference]]:
        """Return the tables that refer to one, each with the foreign key."""
        return self._referring[table.path]

    def evidence(self, query: str, *, samples: int = rows.SAMPLES) -> Evidence:
        """Run a SELECT for evidence, once: the transaction sees one moment."""
        found = self._known.get((query, samples))
        if found is None:
            found = rows.evidence(self.ask, query, samples=samples)
            self._known[query, samples] = found
            if found.error:
                self.refused.append(found)
        return found

    def held(self, table: Table) -> Evidence:
        """Count the rows of a table, showing none."""
        return self.evidence(f"SELECT 1 FROM {quoted(*table.path)}", samples=0)

    def duplicates(self, table: Table, columns: tuple[str, ...], *, where: str = "") -> Evidence:
        """Find values that stand in several rows of a table."""
        return self.evidence(rows.duplicates_query(table.path, columns, where=where))

    def orphans(self, table: Table, reference: Reference) -> Evidence:
        """Find rows of a table that refer to nothing."""
        return self.evidence(
            rows.orphans_query(
                table.path,
                reference.columns,
                reference.parent,
                reference.referred,
                key=table.key,
            )
        )

    def spelled(self, path: Path) -> str:
        """Return a name as people say it: without the schema where that is the usual one."""
        return ".".join(path[1:] if len(path) > 1 and path[0] == "public" else path)

    def referred(self, reference: Reference) -> tuple[Field, ...]:
        """Return the columns that a foreign key refers to; fewer where some are not there."""
        parent = self.tables.get(reference.parent)
        found = (parent.column(name) for name in reference.referred) if parent else ()
        return tuple(one for one in found if one is not None)
