"""A SQLite file as found: the text of ``sqlite_master``, and digests of all rows."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing

from journal.footprint import Footprint, Stored, TableDigest
from journal.sqlite.connection import mapped, quote
from journal.url import URL

BATCH = 1000
_OWN = "clew_"
_ROWIDS = ("rowid", "_rowid_", "oid")


def footprint(url: URL) -> Footprint:
    """Read a whole file. Raises ``StatementFailed``."""
    with mapped(), closing(sqlite3.connect(str(url.database), isolation_level=None)) as db:
        db.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        db.execute("BEGIN")
        found = db.execute("SELECT type, name, tbl_name, sql, rootpage FROM sqlite_master")
        objects = [row for row in found.fetchall() if not _own(row[1], row[2])]
        names = {row[1] for row in objects}
        tables = [
            (name, sql or "")
            for kind, name, _, sql, root in objects
            if kind == "table" and root and not name.startswith("sqlite_stat")
        ]
        sizes = _sizes(db)
        digests = {name: digest(db, name) for name, _ in tables if name != "sqlite_sequence"}
        return Footprint(
            by="sqlite_master",
            definitions=dict(_definitions(db, objects)),
            tables=digests,
            sequences=dict(_sequences(db)) if "sqlite_sequence" in names else {},
            stored={
                name: Stored(
                    place=str(root), size=sizes.get(name, 0), width=len(digests[name].columns)
                )
                for kind, name, _, _, root in objects
                if kind == "table" and name in digests
            },
            journal_bytes=_journal_bytes(db),
        )


def rowid_of(db: sqlite3.Connection, table: str) -> str:
    """Name the rowid of a table; empty where it has none, or columns hide it."""
    columns = {row[1].lower() for row in db.execute(f"PRAGMA main.table_xinfo({quote(table)})")}
    for name in _ROWIDS:
        if name not in columns:
            try:
                db.execute(f"SELECT {name} FROM main.{quote(table)} LIMIT 0")
            except sqlite3.OperationalError:
                return ""  # WITHOUT ROWID
            return name
    return ""


def digest(db: sqlite3.Connection, table: str) -> TableDigest:
    """Hash all rows of a table in the order of its key, storage classes and rowids included."""
    rowid = rowid_of(db, table)
    columns = [row[1] for row in db.execute(f"PRAGMA main.table_xinfo({quote(table)})")]
    names = [rowid, *columns] if rowid else columns
    listed = ", ".join([rowid, *map(quote, columns)] if rowid else map(quote, columns))
    order = rowid or ", ".join(map(quote, _key(db, table))) or listed
    whole, rows, sums = hashlib.sha256(), 0, [0] * len(names)
    cursor = db.execute(f"SELECT {listed} FROM main.{quote(table)} ORDER BY {order}")
    while batch := cursor.fetchmany(BATCH):
        rows += len(batch)
        whole.update(repr(batch).encode("utf-8", "surrogatepass"))
        for number, values in enumerate(zip(*batch, strict=True)):
            sums[number] += sum(map(hash, values))
    return TableDigest(rows, whole.hexdigest(), dict(zip(names, map(str, sums), strict=True)))


def _own(*names: str) -> bool:
    return any(name.startswith(_OWN) for name in names)


def _definitions(
    db: sqlite3.Connection, objects: list[tuple[str, str, str, str, int]]
) -> Iterator[tuple[str, str]]:
    for kind, name, table, sql, _ in objects:
        if name != "sqlite_sequence" and not name.startswith("sqlite_stat"):
            yield f"{kind} {name}", f"{table}: {sql or ''}"
    for pragma in ("user_version", "application_id"):
        yield pragma, str(db.execute(f"PRAGMA {pragma}").fetchone()[0])


def _sequences(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for name, place in db.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name"):
        yield str(name), str(place)


def _key(db: sqlite3.Connection, table: str) -> list[str]:
    rows = db.execute(f"PRAGMA main.table_xinfo({quote(table)})").fetchall()
    return [row[1] for row in sorted(rows, key=lambda row: int(row[5])) if row[5]]


def _sizes(db: sqlite3.Connection) -> dict[str, int]:
    """Return the bytes of each table, where this SQLite can tell."""
    try:
        return dict(db.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    except sqlite3.OperationalError:
        return {}


def _journal_bytes(db: sqlite3.Connection) -> int:
    size = 0
    for what, table in (
        ("length(body) + 64", "clew_entry"),
        ("length(content) + 64", "clew_content"),
        ("length(chunk)", "clew_image"),
    ):
        size += int(db.execute(f"SELECT coalesce(sum({what}), 0) FROM {table}").fetchone()[0])
    return size
