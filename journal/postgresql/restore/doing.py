"""Doing what the plan of an undoing says: objects made, rebuilt and turned over, with their data."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.restore.changed import Stage
from journal.postgresql.restore.data import Staged, fill
from journal.postgresql.restore.enums import made_of, switch
from journal.postgresql.restore.family import is_heir
from journal.postgresql.restore.heirs import Making, making
from journal.postgresql.restore.kinship import Kinship
from journal.postgresql.restore.make import make
from journal.postgresql.restore.names import dotted
from journal.postgresql.restore.rebuild import Rebuilding, rebuild
from journal.values import SchemaObject, SequenceState, TableRows


class Doing:
    """The work on single objects; ``catalogued`` tells of a server that names NOT NULLs."""

    def __init__(
        self,
        session: Session,
        catalog: Catalog,
        *,
        destroyed: Mapping[int, TableRows],
        states: Mapping[int, SequenceState],
        stage: Stage,
        overwrite: bool,
    ) -> None:
        self._session = session
        self._catalog = catalog
        self._destroyed = destroyed
        self._states = dict(states)
        self._stage = stage
        self._overwrite = overwrite
        version = session.query("select current_setting('server_version_num')::int")[0][0]
        self.catalogued: bool = version >= 180000

    def run(self, statements: list[str]) -> None:
        """Run statements one after the other."""
        for sql in statements:
            self._session.run(sql)

    def make(self, one: SchemaObject, kinship: Kinship) -> None:
        """Make an object, a table with its rows, a sequence where it stood."""
        how = self._making(one, kinship)
        self.run(how.before)
        if one.kind == "table":
            staged = self._staged(one.id)
            if staged is not None:
                self._session.run(fill(one, staged))
        self.run(how.after)
        if one.kind == "sequence" and one.id in self._states:
            state = self._states[one.id]
            if state.last_value is not None:
                self._session.query(
                    "select pg_catalog.setval(%s::regclass, %s, %s)",
                    (dotted(one.path), state.last_value, state.is_called),
                )

    def rebuild(self, live: SchemaObject, want: SchemaObject, kinship: Kinship) -> None:
        """Make a table again as it is wanted, and move the rows there."""
        oid = self._catalog.relation(live.id)
        if oid is None:
            return
        target = replace(want, path=live.path)
        rebuilding = Rebuilding(
            live=live,
            oid=oid,
            children=kinship.children(live),
            target=target,
            making=self._making(target, kinship),
        )
        rebuild(self._session, rebuilding, self._staged(live.id), overwrite=self._overwrite)

    def switch(self, live: SchemaObject, want: SchemaObject) -> None:
        """Turn an enum over, and the columns of it."""
        key = self._catalog.key_of(live.id)
        if key is not None:
            switch(self._session, live, want, key[1], self.above(live))

    def above(self, live: SchemaObject) -> list[SchemaObject]:
        """Return the types that are turned over along with an enum, as they are to be."""
        key = self._catalog.key_of(live.id)
        if live.kind != "enum" or key is None:
            return []
        found = [self._catalog.at(one) for one in made_of(self._session, key[1])]
        return [one for one in found if one is not None]

    def keep_state(self, sequence: SchemaObject) -> None:
        """Remember where a sequence stands that goes and comes with its table."""
        row = self._session.query(f"select last_value, is_called from {dotted(sequence.path)}")[0]
        self._states[sequence.id] = SequenceState(last_value=row[0], is_called=row[1])

    def _making(self, one: SchemaObject, kinship: Kinship) -> Making:
        if one.kind != "table" or not is_heir(one):
            return Making(make(one, catalogued=self.catalogued), [])
        return making(self._session, one, kinship.constraints(one), catalogued=self.catalogued)

    def _staged(self, table: int) -> Staged | None:
        rows = self._destroyed.get(table)
        if rows is None or rows.images is None:
            return None
        return Staged(self._stage(rows, -1), rows)
