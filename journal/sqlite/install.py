"""The journal's own tables in a SQLite file, and the triggers that keep them append-only."""

from __future__ import annotations

from collections.abc import Iterator

from journal.effect import FORMAT, JournalIdentity
from journal.errors import Refused, Tampered
from journal.sqlite import saved, views
from journal.sqlite.connection import Session

_TABLES = """
CREATE TABLE clew_journal (
    id TEXT NOT NULL, name TEXT NOT NULL, database TEXT NOT NULL, format INTEGER NOT NULL
);
CREATE TABLE clew_head (
    one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE clew_entry (
    position INTEGER PRIMARY KEY, run TEXT NOT NULL, type TEXT NOT NULL,
    version INTEGER NOT NULL, body BLOB NOT NULL, previous BLOB NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE clew_content (digest TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE clew_image (
    run TEXT NOT NULL, number INTEGER NOT NULL, sign INTEGER NOT NULL, rows INTEGER NOT NULL,
    chunk BLOB NOT NULL, PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE INDEX clew_entry_run ON clew_entry (run);
"""

_APPEND_ONLY = ("clew_journal", "clew_entry", "clew_content", "clew_image")
_THERE = {
    "clew_journal": "rowid = NEW.rowid OR 1",
    "clew_content": "digest = NEW.digest",
    "clew_image": "run = NEW.run AND number = NEW.number",
}
"""What a new row would take the place of, since REPLACE asks no other trigger."""
_BEFORE = "position = NEW.position - 1 AND digest = NEW.previous"
_FOLLOWS_NONE = f"""NOT EXISTS (
    SELECT 1 FROM (SELECT position, digest FROM clew_entry ORDER BY position DESC LIMIT 1)
    WHERE {_BEFORE})
AND (EXISTS (SELECT 1 FROM clew_entry) OR NOT EXISTS (SELECT 1 FROM clew_head WHERE {_BEFORE}))"""
"""An entry follows the last one, or the head where there is none: no fork, no gap, no REPLACE.

A unique index over ``previous``, which older journals have instead, costs more than all the rest
of an append: its keys are digests, so that each entry lands on another page.
"""
_THERE_OF_OLD = "position = NEW.position OR previous = NEW.previous"


def identity(session: Session) -> JournalIdentity | None:
    """Return which journal stands here. Raises ``Refused`` for a newer layout."""
    if not session.value("SELECT 1 FROM sqlite_master WHERE name = 'clew_journal'"):
        return None
    rows = session.run("SELECT id, name, database, format FROM clew_journal")
    if len(rows) != 1 or not isinstance(rows[0][3], int):
        raise Tampered("clew_journal, where the journal's name stands, does not hold its one row")
    id_, name, database, layout = rows[0]
    if layout > FORMAT:
        raise Refused(
            f"the journal has format {layout}, this release knows {FORMAT}",
            hint="Use the release of Clew that wrote it, or a newer one.",
        )
    return JournalIdentity(id=id_, name=name, database=database, format=layout)


def install(session: Session, who: JournalIdentity) -> None:
    """Create tables, triggers and views inside the open transaction."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            session.run(statement)
    session.run("INSERT INTO clew_head VALUES (1, 0, zeroblob(32))")
    session.run(
        "INSERT INTO clew_journal VALUES (?, ?, ?, ?)", (who.id, who.name, who.database, who.format)
    )
    for guard in guards(session).values():
        session.run(guard)
    views.make(session)
    saved.make(session)


def missing(session: Session) -> Iterator[str]:
    """Name the tables of the journal that are not there."""
    for name in ("clew_head", "clew_entry", "clew_content", "clew_image"):
        if not session.value(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
        ):
            yield name


def unguarded(session: Session) -> Iterator[str]:
    """Name the append-only triggers that are not there, or not as they were made."""
    rows = session.run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    found: dict[str, str] = dict(rows)
    yield from (name for name, sql in guards(session).items() if found.get(name) != sql)


def guards(session: Session) -> dict[str, str]:
    """Return the triggers that refuse whatever is not an append, by name."""
    found = {"clew_head_one": _guard("clew_head_one", "BEFORE DELETE ON clew_head", "1")}
    for table in _APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            name = f"{table}_no_{event.lower()}"
            found[name] = _guard(name, f"BEFORE {event} ON {table}", "1")
    there = {**_THERE, "clew_entry": _THERE_OF_OLD} if _is_old(session) else _THERE
    for table, same in there.items():
        name = f"{table}_no_replace"
        condition = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
        found[name] = _guard(name, f"BEFORE INSERT ON {table}", condition)
    if "clew_entry" not in there:
        name = "clew_entry_follows"
        found[name] = _guard(name, "BEFORE INSERT ON clew_entry", _FOLLOWS_NONE)
    return found


def _is_old(session: Session) -> bool:
    """Tell whether a unique index keeps forks of the chain out."""
    return bool(
        session.value("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_autoindex_clew_entry_1'")
    )


def _guard(name: str, when: str, condition: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} WHEN {condition} "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    )
