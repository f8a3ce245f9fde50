"""Working from the live objects towards what they are to be, pass by pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import TypeAlias

from msgspec.structs import replace

from journal.errors import NotExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.restore.alter import Remake, alter
from journal.postgresql.restore.changed import Stage
from journal.postgresql.restore.dependents import dependents
from journal.postgresql.restore.doing import Doing
from journal.postgresql.restore.enums import rename_labels
from journal.postgresql.restore.extensions import updated
from journal.postgresql.restore.family import (
    bound,
    is_partition,
    joining,
    parents,
    part,
    parting,
)
from journal.postgresql.restore.kinship import Kinship, Pair, goes_along
from journal.postgresql.restore.make import remove
from journal.postgresql.restore.names import dotted, ident
from journal.postgresql.restore.operators import settled_links
from journal.postgresql.restore.refilling import Holding
from journal.postgresql.restore.renames import aside, rename, rename_columns
from journal.postgresql.restore.turns import (
    CHANGE,
    DROP,
    JOIN,
    change_turn,
    drop_turn,
    join_turn,
    make_turn,
)
from journal.postgresql.restore.worklist import Action, Blocked, attempt, refusal, work_through
from journal.values import SchemaObject, SequenceState, TableRows

PASSES = 16
IN_PLACE = {
    "view": "create or replace view {} as {}",
    "function": "{1}",
    "aggregate": "{1}",
    "language": "{1}",
    "transform": "{1}",
}
"""Kinds whose text can be replaced, if the server agrees."""


Differing: TypeAlias = tuple[SchemaObject | None, SchemaObject | None]
"""An object as it is and as it is to be, where one of them may not be there."""


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
        self._parts: dict[int | None, list[SchemaObject]] = defaultdict(list)
        for one in self._origin.values():
            self._parts[one.parent].append(one)
        self._wanted = dict(targets)
        self._hold = hold
        self._doing = Doing(
            session, catalog, destroyed=destroyed, states=states, stage=stage, overwrite=overwrite
        )

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

    def _differing(self) -> list[Differing]:
        live = self._catalog.schema()
        pairs = [(_empty(live.get(i)), _empty(wanted)) for i, wanted in self._wanted.items()]
        return [(one, wanted) for one, wanted in pairs if one != wanted]

    def _expected(self) -> dict[int, SchemaObject]:
        return {i: one for i, one in self._wanted.items() if one is not None}

    def _future(self) -> dict[int, SchemaObject]:
        there = {i: one for i, one in self._origin.items() if i not in self._wanted}
        return there | self._expected()

    def _stuck(
        self,
        blocked: list[Blocked],
        differing: list[Differing],
    ) -> Exception:
        if blocked:
            return refusal(blocked[0])
        one = differing[0][0] or differing[0][1]
        named = f"{one.kind} {'.'.join(one.path)}" if one else "an object"
        return NotExact(f"{named} did not come back as it was")

    # --- one pass ---------------------------------------------------------------------

    def _pass(self, differing: list[Differing]) -> tuple[int, list[Blocked]]:
        pairs = [(live, want) for live, want in differing if live and want]
        done, stuck = self._rename(pairs)
        if done:
            return done, []
        self._kinship = Kinship(self._catalog.schema(), self._future())
        drops = [live for live, want in differing if live and want is None]
        makes = [want for live, want in differing if want and live is None]
        actions, remade = self._changes(pairs, drops + makes)
        for one in drops:
            if not goes_along(one, drops):
                actions.append(self._drop(one))
                # Heirs may keep what goes with a parent's.
                for other in self._kinship.kin(one):
                    self._want_again(other)
        # Parts of remade tables wait: those of heirs must be there before those of parents.
        makes = [one for one in makes if one.parent not in remade]
        actions += [self._make(one) for one in makes if not self._kinship.comes_along(one)]
        actions += [self._join(one, None) for one in makes if is_partition(one)]
        done, blocked = work_through(self._session, actions)
        if not done and stuck:
            done, _ = work_through(self._session, [self._aside(*stuck[0])])
        return done, blocked

    def _rename(self, pairs: list[Pair]) -> tuple[int, list[Pair]]:
        """Rename what can be; schemas alone, as everything in them follows."""
        schemas = [(live, want) for live, want in pairs if live.kind == "schema"]
        stuck: list[Pair] = []
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
        return Action(0, _named(want), partial(self._run, rename(live, aside(live))))

    def _changes(
        self, pairs: list[Pair], coming: list[SchemaObject]
    ) -> tuple[list[Action], AbstractSet[int]]:
        """Return what turns live objects into wanted ones, and the tables that are made again.

        ``coming`` are the objects that are made or dropped meanwhile.
        """
        actions: list[Action] = []
        remade: list[SchemaObject] = []
        moving = self._kinship.moving(pairs)
        for live, want in pairs:
            try:
                statements = alter(
                    settled_links(self._kinship.settled(live, want, moving), want, coming),
                    want,
                    catalogued=self._doing.catalogued,
                    kept=self._kinship.kept(live),
                )
            except Remake:
                if self._replace(live, want):
                    actions.append(Action(CHANGE, _named(want), _nothing))
                    continue
                remade.append(live)
                if live.kind not in ("table", "enum"):
                    actions += self._remake(live, want)
            else:
                work = partial(self._run, statements)
                turn = change_turn(self._kinship.future_depth(want))
                actions += [Action(turn, _named(want), work)] if statements else []
        again = self._with_kin(remade)
        for one in again.values():
            if one.kind == "table":
                turn = change_turn(self._kinship.future_depth(one)) + 1
                actions.append(Action(turn, _named(one), partial(self._rebuild, one)))
                if not any(self._kinship.live_at(path) in again for path in parents(one)):
                    actions += self._let_move(one)
            elif one.kind == "enum":
                actions.append(Action(CHANGE + 1, _named(one), partial(self._switch, one)))
        for table in self._kinship.unfinished(pairs, moving | again.keys()):
            actions += self._attach_again(table)
        for live, want in pairs:
            if live.id in moving and live.id not in again:
                there = self._kinship.named(live)
                actions.append(Action(DROP, _named(want), partial(self._run, parting(there, want))))
                actions.append(self._join(want, there))
        return actions + self._clear_way(list(again.values())), again.keys()

    def _remake(self, live: SchemaObject, want: SchemaObject) -> list[Action]:
        """Return the actions that make a part again, and all that comes and goes with it.

        Those are dropped by the head of the family; they are made again in the next pass.
        """
        kin = self._kinship.kin(live)
        if len(kin) <= 1:
            along = self._kinship.comes_along(want)
            return [self._drop(live)] + ([] if along else [self._make(want)])
        for one in kin:
            self._want_again(one)
        return [self._drop(one) for one in kin if not bound(one)]

    def _with_kin(self, remade: list[SchemaObject]) -> dict[int, SchemaObject]:
        """Return what is made again, heirs of tables too; have partitions attached again.

        A table that is parted from a parent keeps as its own what it had from there; a
        partition gives that up again when it is attached.
        """
        again = {one.id: one for one in remade}
        tables = [one for one in remade if one.kind == "table"]
        for one in self._kinship.descendants(tables).values():
            self._want_parts(one)
            self._want_again(one)
            if not is_partition(one) and self._wanted[one.id] is not None:
                again[one.id] = one
        return again

    def _attach_again(self, table: SchemaObject) -> list[Action]:
        self._want_parts(table)
        statements = [part(table, parents(table)[0]), *joining(table, None)]
        action = Action(JOIN, _named(table), partial(self._run, statements))
        return [action, *self._let_move(table)]

    def _let_move(self, table: SchemaObject) -> list[Action]:
        """Return the drops of what holds a partition where it is."""
        held = list(self._kinship.referring(table)) if is_partition(table) else []
        for one in (kin for foreign in held for kin in self._kinship.kin(foreign)):
            self._want_again(one)
        return [self._drop(one) for one in held]

    def _join(self, want: SchemaObject, live: SchemaObject | None) -> Action:
        turn = join_turn(want, self._kinship.future_depth(want))
        return Action(turn, _named(want), partial(self._run, joining(want, live)))

    def _replace(self, live: SchemaObject, want: SchemaObject) -> bool:
        if live.path != want.path:
            return False
        if live.kind == "enum":
            statements = rename_labels(live, want)
        elif live.kind == "extension":
            statements = [updated(live, want.definition)]
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
            for above in self._doing.above(live):
                seen.add(above.id)
                self._want_again(above)
                found.append(above)
        actions: list[Action] = []
        while found:
            keys = [key for key in (self._catalog.key_of(one.id) for one in found) if key]
            found = []
            for key, number in sorted(dependents(self._session, keys)):
                default = key[0] == "default"
                one = self._catalog.at(("class", key[1]) if default else key)
                # A foreign table is made again for that: no rows are at stake.
                if default and (one is None or one.kind != "foreign table"):
                    actions += self._undefault(key[1], number, tables)
                    continue
                if one is None or one.id in seen:
                    continue
                if one.kind == "table":
                    continue
                seen.add(one.id)
                self._hold(one)
                self._want_again(one)
                if one.kind == "publication":
                    continue  # it gives up what goes, and takes it up again
                actions += self._let_go(one, tables)
                if one.kind != "sequence":
                    found.append(one)
        return actions

    def _want_again(self, one: SchemaObject) -> None:
        if one.id not in self._wanted:
            self._wanted[one.id] = self._origin.get(one.id, one)
        if one.kind == "materialized view":
            self._want_parts(one)

    def _want_parts(self, table: SchemaObject) -> None:
        for other in self._parts[table.id]:
            self._want_again(other)

    def _let_go(self, one: SchemaObject, tables: set[int]) -> list[Action]:
        if one.kind == "sequence":
            if one.definition.get("identity"):
                self._doing.keep_state(one)
                return []
            work = partial(self._run, [f"alter sequence {dotted(one.path)} owned by none"])
            return [Action(DROP, _named(one), work)]
        refers = one.kind == "constraint" and one.definition["type"] == "foreign key"
        # A partitioned table that refers to itself would not let go of its partitions.
        goes = one.parent in tables and not refers
        return [] if goes or bound(one) else [self._drop(one)]

    def _undefault(self, relation: int, number: int, tables: set[int]) -> list[Action]:
        table = self._catalog.at(("class", relation))
        column = self._catalog.column_at(relation, number)
        if table is None or table.id in tables:
            return []
        if column is None or "default" not in column.definition:
            return []
        self._want_again(table)
        sql = (
            f"alter table only {dotted(table.path)} alter column {ident(column.name)} drop default"
        )
        return [Action(DROP, _named(table), partial(self._run, [sql]))]

    # --- actions ----------------------------------------------------------------------

    def _run(self, statements: list[str]) -> None:
        self._doing.run(statements)

    def _drop(self, one: SchemaObject) -> Action:
        turn = drop_turn(one, self._kinship.depth(one))
        return Action(turn, _named(one), partial(self._run, remove(one)))

    def _make(self, one: SchemaObject) -> Action:
        turn = make_turn(one, self._kinship.future_depth(one), last=self._kinship.follows(one))
        return Action(turn, _named(one), partial(self._doing.make, one, self._kinship))

    def _rebuild(self, live: SchemaObject) -> None:
        self._want_parts(live)
        want = self._wanted[live.id]
        if want is not None:
            self._doing.rebuild(live, want, self._kinship)

    def _switch(self, live: SchemaObject) -> None:
        want = self._wanted[live.id]
        if want is not None:
            self._doing.switch(live, want)


def _empty(one: SchemaObject | None) -> SchemaObject | None:
    """Return a materialised view as it is before it is filled, which comes last."""
    if one is None or "populated" not in one.definition:
        return one
    definition = {k: v for k, v in one.definition.items() if k != "populated"}
    return replace(one, definition=definition)


def _named(one: SchemaObject) -> str:
    return f"{one.kind} {'.'.join(one.path)}"


def _nothing() -> None:
    """Do nothing: it is done already."""
