"""Working from the live objects towards what they are to be, pass by pass."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from msgspec.structs import replace

from journal.errors import NotExact
from journal.postgresql.catalog.identities import KINDS
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.restore.alter import Remake, alter
from journal.postgresql.restore.changed import Stage
from journal.postgresql.restore.data import Staged, fill
from journal.postgresql.restore.dependents import dependents
from journal.postgresql.restore.enums import made_of, rename_labels, switch
from journal.postgresql.restore.make import make, remove
from journal.postgresql.restore.names import dotted, ident
from journal.postgresql.restore.rebuild import rebuild
from journal.postgresql.restore.refilling import Holding
from journal.postgresql.restore.renames import rename, rename_columns
from journal.postgresql.restore.worklist import Action, Blocked, attempt, refusal, work_through
from journal.values import SchemaObject, SequenceState, TableRows

PASSES = 16
CONSTRAINTS = ("not null", "primary key", "unique", "exclude", "check", "foreign key")
IN_PLACE = {"view": "create or replace view {} as {}", "function": "{1}"}
"""Kinds whose text can be replaced, if the server agrees."""

DROP, CHANGE, MAKE = 0, 1000, 2000


class Converging:
    """One undoing: what is wanted, and what was found out on the way.

    Objects that have to be made again because of others join what is wanted, as they are.
    """

    def __init__(
        self,
        session: Session,
        catalog: Catalog,
        targets: Mapping[int, SchemaObject | None],
        *,
        destroyed: Mapping[int, TableRows],
        states: Mapping[int, SequenceState],
        stage: Stage,
        hold: Holding,
        overwrite: bool,
    ) -> None:
        self._session = session
        self._catalog = catalog
        self._origin = catalog.schema()
        self._wanted = dict(targets)
        self._destroyed = destroyed
        self._states = dict(states)
        self._stage = stage
        self._hold = hold
        self._overwrite = overwrite
        version = session.query("select current_setting('server_version_num')::int")[0][0]
        self._catalogued: bool = version >= 180000

    def run(self) -> None:
        """Work until nothing differs any more.

        Raises:
            NotExact: something will not come back.
            ChangedSince: what was written since stands in the way.
        """
        for _ in range(PASSES):
            differing = self._differing()
            if not differing:
                return
            done, blocked = self._pass(differing)
            hopeless = [one for one in blocked if one.error.sqlstate[:2] in ("22", "23")]
            if hopeless or not done:
                raise self._stuck(hopeless or blocked, differing)
            self._catalog.refresh(expected=self._expected())
        raise NotExact("the schema did not settle")

    @property
    def wanted(self) -> Mapping[int, SchemaObject | None]:
        """What is to be, by identity, with all that had to be made again."""
        return self._wanted

    def _differing(self) -> list[tuple[SchemaObject | None, SchemaObject | None]]:
        live = self._catalog.schema()
        pairs = [(_empty(live.get(i)), _empty(wanted)) for i, wanted in self._wanted.items()]
        return [(one, wanted) for one, wanted in pairs if one != wanted]

    def _expected(self) -> dict[int, SchemaObject]:
        return {i: one for i, one in self._wanted.items() if one is not None}

    def _stuck(
        self,
        blocked: list[Blocked],
        differing: list[tuple[SchemaObject | None, SchemaObject | None]],
    ) -> Exception:
        if blocked:
            return refusal(blocked[0])
        one = differing[0][0] or differing[0][1]
        named = f"{one.kind} {'.'.join(one.path)}" if one else "an object"
        return NotExact(f"{named} did not come back as it was")

    # --- one pass ---------------------------------------------------------------------

    def _pass(
        self, differing: list[tuple[SchemaObject | None, SchemaObject | None]]
    ) -> tuple[int, list[Blocked]]:
        pairs = [(live, want) for live, want in differing if live and want]
        done, stuck = self._rename(pairs)
        if done:
            return done, []
        drops = [live for live, want in differing if live and want is None]
        makes = [want for live, want in differing if want and live is None]
        actions = self._changes(pairs)
        actions += [self._drop(one) for one in drops if not self._goes_along(one, drops)]
        actions += [self._make(one) for one in makes]
        done, blocked = work_through(self._session, actions)
        if not done and stuck:
            done, _ = work_through(self._session, [self._aside(*stuck[0])])
        return done, blocked

    def _rename(
        self, pairs: list[tuple[SchemaObject, SchemaObject]]
    ) -> tuple[int, list[tuple[SchemaObject, SchemaObject]]]:
        """Rename what can be; schemas alone, as everything in them follows."""
        schemas = [(live, want) for live, want in pairs if live.kind == "schema"]
        stuck: list[tuple[SchemaObject, SchemaObject]] = []
        for chosen in (schemas, pairs):
            done = 0
            for live, want in chosen:
                statements = rename(live, want) or rename_columns(live, want)
                if not statements:
                    continue
                if attempt(self._session, partial(self._run, statements)) is None:
                    done += 1
                else:
                    stuck.append((live, want))
            if done:
                return done, stuck
        return 0, stuck

    def _aside(self, live: SchemaObject, want: SchemaObject) -> Action:
        path = (*live.path[:-1], f"clew aside {live.id}")
        aside = SchemaObject(
            id=live.id,
            kind=live.kind,
            path=path,
            definition={**live.definition, "name": path[-1]},
        )
        return Action(0, _named(want), partial(self._run, rename(live, aside)))

    def _changes(self, pairs: list[tuple[SchemaObject, SchemaObject]]) -> list[Action]:
        actions: list[Action] = []
        remade: list[SchemaObject] = []
        for live, want in pairs:
            try:
                statements = alter(live, want, catalogued=self._catalogued)
            except Remake:
                if self._replace(live, want):
                    actions.append(Action(CHANGE, _named(want), _nothing))
                    continue
                remade.append(live)
                if live.kind == "table":
                    actions.append(Action(CHANGE + 1, _named(want), partial(self._rebuild, live)))
                elif live.kind == "enum":
                    actions.append(Action(CHANGE + 1, _named(want), partial(self._switch, live)))
                else:
                    actions.append(self._drop(live))
                    actions.append(self._make(want))
            else:
                work = partial(self._run, statements)
                actions += [Action(CHANGE, _named(want), work)] if statements else []
        return actions + self._clear_way(remade)

    def _replace(self, live: SchemaObject, want: SchemaObject) -> bool:
        if live.path != want.path:
            return False
        if live.kind == "enum":
            statements = rename_labels(live, want)
        elif live.kind in IN_PLACE:
            text = want.definition["text"]
            statements = [IN_PLACE[live.kind].format(dotted(want.path), text)]
        else:
            return False
        if not statements:
            return False
        return attempt(self._session, partial(self._run, statements)) is None

    # --- what stands in the way -------------------------------------------------------

    def _clear_way(self, remade: list[SchemaObject]) -> list[Action]:
        """Return the drops of all that depends on what is made again, and want it back."""
        tables = {one.id for one in remade if one.kind == "table"}
        seen = {one.id for one in remade}
        found = list(remade)
        for live in remade:
            self._hold(live)
            for above in self._above(live):
                seen.add(above.id)
                self._want_again(above)
                found.append(above)
        actions: list[Action] = []
        while found:
            keys = [key for key in (self._catalog.key_of(one.id) for one in found) if key]
            found = []
            for key, number in sorted(dependents(self._session, keys)):
                if key[0] == "default":
                    actions += self._undefault(key[1], number, tables)
                    continue
                one = self._catalog.at(key)
                if one is None or one.id in seen:
                    continue
                if one.kind == "table":
                    continue
                seen.add(one.id)
                self._hold(one)
                self._want_again(one)
                actions += self._let_go(one, tables)
                if one.kind != "sequence":
                    found.append(one)
        return actions

    def _above(self, live: SchemaObject) -> list[SchemaObject]:
        """Return the types that are turned over along with an enum, as they are to be."""
        key = self._catalog.key_of(live.id)
        if live.kind != "enum" or key is None:
            return []
        found = [self._catalog.at(one) for one in made_of(self._session, key[1])]
        return [one for one in found if one is not None]

    def _want_again(self, one: SchemaObject) -> None:
        if one.id not in self._wanted:
            self._wanted[one.id] = self._origin.get(one.id, one)
        if one.kind == "materialized view":
            self._want_parts(one)

    def _want_parts(self, one: SchemaObject) -> None:
        for part in self._origin.values():
            if part.parent == one.id:
                self._want_again(part)

    def _let_go(self, one: SchemaObject, tables: set[int]) -> list[Action]:
        if one.kind == "sequence":
            if one.definition.get("identity"):
                self._keep_state(one)
                return []
            work = partial(self._run, [f"alter sequence {dotted(one.path)} owned by none"])
            return [Action(DROP, _named(one), work)]
        return [] if one.parent in tables else [self._drop(one)]

    def _undefault(self, relation: int, number: int, tables: set[int]) -> list[Action]:
        table = self._catalog.at(("class", relation))
        column_id = self._catalog.column_at(relation, number)
        if table is None or table.id in tables or column_id is None:
            return []
        column = next(c for c in table.columns if c.id == column_id)
        if "default" not in column.definition:
            return []
        self._want_again(table)
        sql = f"alter table {dotted(table.path)} alter column {ident(column.name)} drop default"
        return [Action(DROP, _named(table), partial(self._run, [sql]))]

    def _keep_state(self, sequence: SchemaObject) -> None:
        row = self._session.query(f"select last_value, is_called from {dotted(sequence.path)}")[0]
        self._states[sequence.id] = SequenceState(last_value=row[0], is_called=row[1])

    # --- actions ----------------------------------------------------------------------

    def _run(self, statements: list[str]) -> None:
        for sql in statements:
            self._session.run(sql)

    def _goes_along(self, one: SchemaObject, drops: list[SchemaObject]) -> bool:
        """Tell whether an object goes when another does."""
        if one.kind == "constraint" and one.definition["type"] == "foreign key":
            return False
        if one.parent is not None:
            return any(other.id == one.parent for other in drops)
        if one.kind != "sequence" or "owned_by" not in one.definition:
            return False
        if one.definition.get("identity"):
            return True
        return any(tuple(one.definition["owned_by"][:2]) == other.path for other in drops)

    def _drop(self, one: SchemaObject) -> Action:
        return Action(DROP + 100 - _rank(one), _named(one), partial(self._run, remove(one)))

    def _make(self, one: SchemaObject) -> Action:
        return Action(MAKE + _rank(one), _named(one), partial(self._make_now, one))

    def _make_now(self, one: SchemaObject) -> None:
        self._run(make(one, catalogued=self._catalogued))
        if one.kind == "table":
            staged = self._staged(one.id)
            if staged is not None:
                self._session.run(fill(one, staged))
        if one.kind == "sequence" and one.id in self._states:
            state = self._states[one.id]
            if state.last_value is not None:
                self._session.query(
                    "select pg_catalog.setval(%s::regclass, %s, %s)",
                    (dotted(one.path), state.last_value, state.is_called),
                )

    def _rebuild(self, live: SchemaObject) -> None:
        want, oid = self._wanted[live.id], self._catalog.relation(live.id)
        if want is None or oid is None:
            return
        self._want_parts(live)
        rebuild(
            self._session,
            live,
            want,
            self._staged(live.id),
            oid=oid,
            catalogued=self._catalogued,
            overwrite=self._overwrite,
        )

    def _switch(self, live: SchemaObject) -> None:
        want = self._wanted[live.id]
        key = self._catalog.key_of(live.id)
        if want is not None and key is not None:
            switch(self._session, live, want, key[1], self._above(live))

    def _staged(self, table: int) -> Staged | None:
        rows = self._destroyed.get(table)
        if rows is None or rows.images is None:
            return None
        return Staged(self._stage(rows, -1), rows)


def _empty(one: SchemaObject | None) -> SchemaObject | None:
    """Return a materialised view as it is before it is filled, which comes last."""
    if one is None or "populated" not in one.definition:
        return one
    definition = {k: v for k, v in one.definition.items() if k != "populated"}
    return replace(one, definition=definition)


def _rank(one: SchemaObject) -> float:
    rank = float(KINDS.index(one.kind))
    if one.kind == "constraint":
        kind = one.definition["type"]
        rank += CONSTRAINTS.index(kind) / 10
        if kind == "foreign key":
            rank = KINDS.index("statistics") + 0.5
    return rank


def _named(one: SchemaObject) -> str:
    return f"{one.kind} {'.'.join(one.path)}"


def _nothing() -> None:
    """Do nothing: it is done already."""
