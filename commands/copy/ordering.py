"""The order in which tables are filled: parents first, as far as there is such an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commands.copy.facts import ForeignKey, TableFacts
from commands.copy.plan import ForeignKeyPlan, Path
from commands.copy.spec import Reference
from journal.errors import NotFound

Links = Mapping[Path, tuple[ForeignKeyPlan, ...]]


def ordered(links: Links) -> tuple[Path, ...]:
    """Return the tables, parents before children; in a cycle that which waits for least first."""
    waits = {
        path: {key.references for key in keys} & links.keys() - {path}
        for path, keys in links.items()
    }
    done: list[Path] = []
    while waits:
        ready = sorted(path for path, parents in waits.items() if parents <= set(done))
        if not ready:
            ready = [_first_of_cycle(waits, set(done))]
        for path in ready:
            del waits[path]
        done += ready
    return tuple(done)


def _first_of_cycle(waits: Mapping[Path, set[Path]], done: set[Path]) -> Path:
    """Return, of tables that wait for nothing but each other, that which waits for least."""
    reached = {path: _reached(path, waits, done) for path in waits}
    inner = [path for path in waits if all(path in reached[one] for one in reached[path])]
    return min(inner, key=lambda path: (len(waits[path] - done), path))


def _reached(path: Path, waits: Mapping[Path, set[Path]], done: set[Path]) -> set[Path]:
    found: set[Path] = set()
    ahead = [path]
    while ahead:
        fresh = waits[ahead.pop()] - done - found
        found |= fresh
        ahead += fresh
    return found


def told(links: Links, order: tuple[Path, ...]) -> dict[Path, tuple[ForeignKeyPlan, ...]]:
    """Return the foreign keys, with those that point forward or at their own table as cyclic."""
    place = {path: n for n, path in enumerate(order)}
    return {
        path: tuple(
            ForeignKeyPlan(
                columns=key.columns,
                references=key.references,
                referred=key.referred,
                declared=key.declared,
                cyclic=place.get(key.references, -1) >= place[path],
            )
            for key in keys
        )
        for path, keys in links.items()
    }


def links(
    tables: Mapping[Path, TableFacts], references: tuple[Reference, ...]
) -> dict[Path, tuple[ForeignKeyPlan, ...]]:
    """Return all that refers to something: foreign keys, and what is declared to be like one.

    Raises:
        NotFound: a reference is declared of a table or column that is not there.
    """
    found = {path: tuple(_of_key(key) for key in one.foreign_keys) for path, one in tables.items()}
    for one in references:
        path, parent = table_named(tables, one.table), table_named(tables, one.references)
        referred = one.referred or tables[parent].key
        _check(one, tables[path], one.columns)
        _check(one, tables[parent], referred)
        key = ForeignKeyPlan(
            columns=one.columns, references=parent, referred=referred, declared=False
        )
        found[path] = (*found[path], key)
    return found


def _of_key(key: ForeignKey) -> ForeignKeyPlan:
    return ForeignKeyPlan(columns=key.columns, references=key.references, referred=key.referred)


def table_named(paths: Iterable[Path], name: str) -> Path:
    """Find a table by its name, qualified where that is needed.

    Raises:
        NotFound: there is none, or more than one.
    """
    path, paths = tuple(name.split(".")), tuple(paths)
    found = [one for one in paths if one in {path, (name,)}]
    found = found or [one for one in paths if one[-len(path) :] == path or one[-1:] == (name,)]
    if len(found) != 1:
        what = "no table" if not found else "more than one table"
        raise NotFound(f"{what} {name} in the source", hint="Say schema.table where names repeat.")
    return found[0]


def _check(reference: Reference, table: TableFacts, columns: tuple[str, ...]) -> None:
    names = {column.name for column in table.table.columns}
    for name in columns:
        if name not in names:
            raise NotFound(
                f"reference of {reference.table}: no column {name} in {table.table.path[-1]}",
                hint="Names are those of the source.",
            )
