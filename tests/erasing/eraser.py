"""An operator who erases, and who searches every byte of the journal with no code of ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from tests.drills.operator import Operator
from tests.support.oracle import fingerprint, sqlite_path

PEOPLE = """create table person (id integer primary key, name text, email text, born integer);
create table letter (id integer primary key, person integer, body text);
"""
FIRST = """insert into person values (1, 'Adalina Quux', 'ada@quux.example', 1815),
    (2, 'Bela Bartok', 'bela@music.example', 1881), (3, 'Carl Orff', 'carl@music.example', 1895);
"""
SECOND = "update person set name = upper(name);\n"
THIRD = """update person set email = 'new-' || email where id < 3;
delete from person where id = 1;
"""
ADA = ("Adalina Quux", "ADALINA QUUX", "ada@quux.example", "new-ada@quux.example")
"""What the journal holds of the row whose key is 1."""


class Eraser(Operator):
    """Types verbs, and looks for values in all that is stored."""

    def live(self, to: str = "0003_third") -> None:
        """Make a journal of three migrations, or those up to one."""
        self.begin_with(PEOPLE)
        texts = {"0001_first": FIRST, "0002_second": SECOND, "0003_third": THIRD}
        for name, text in texts.items():
            if name <= to:
                self.apply(name, text)

    def erase(self, *words: str, code: int = 0) -> str:
        """Erase without a question."""
        return self.type("erase", *words, "--reason", "asked for", "--yes", code=code)

    def erase_refused(self, *words: str) -> str:
        """Try to erase what is refused, and return why."""
        self.erase(*words, code=3)
        return self.err

    def back_refused(self, to: str) -> str:
        """Try a rollback that is refused, and return why."""
        self.back(to, code=3)
        return self.err

    def looked(self, *words: str) -> Any:
        """Return where something stands."""
        return self.json("erase", *words, "--dry-run")

    def rows_at(self, table: str, at: str = "head") -> list[Any]:
        """Return the rows of a table at a position."""
        return self.lines("rows", table, "--at", at)

    def kept(self) -> bytes:
        """Return every byte that the journal keeps, entries apart, after a VACUUM of SQLite."""
        return self._stored(("content", "image"))

    def entries(self) -> bytes:
        """Return every byte of the entries."""
        return self._stored(("entry", "journal", "head"))

    def raw(self) -> bytes:
        """Return the bytes of the file of SQLite after VACUUM, or of all tables of PostgreSQL."""
        if not self.sqlite:
            return self._stored(("content", "image", "entry", "journal", "head"))
        with closing(sqlite3.connect(sqlite_path(self.url))) as db:
            db.execute("VACUUM")
        return Path(sqlite_path(self.url)).read_bytes()

    def oracle(self) -> dict[str, str]:
        """Return what the oracle sees of the live database, and let the record prove itself."""
        self.type("verify")
        return fingerprint(self.url)

    def forge(self, *statements: str) -> None:
        """Run statements with the append-only triggers out of the way; ``@`` names our tables."""
        texts = [text.replace("@", "clew_" if self.sqlite else "clew.") for text in statements]
        if self.sqlite:
            with closing(sqlite3.connect(sqlite_path(self.url), isolation_level=None)) as db:
                triggers = db.execute(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'clew%'"
                ).fetchall()
                for name, _ in triggers:
                    db.execute(f"DROP TRIGGER {name}")
                for text in texts:
                    db.execute(text)
                for _, sql in triggers:
                    db.execute(sql)
            return
        with psycopg.connect(self.url) as session:
            for table in ("content", "image", "entry"):
                session.execute(f"ALTER TABLE clew.{table} DISABLE TRIGGER USER".encode())
            for text in texts:
                session.execute(text.encode())
            for table in ("content", "image", "entry"):
                session.execute(f"ALTER TABLE clew.{table} ENABLE TRIGGER USER".encode())

    def problems(self) -> list[tuple[int, str]]:
        """Return position and kind of what verify finds."""
        found = self.json("verify", code=6)["problems"]
        return [(one["position"], one["kind"]) for one in found]

    def _stored(self, tables: tuple[str, ...]) -> bytes:
        if self.sqlite:
            with closing(sqlite3.connect(sqlite_path(self.url))) as db:
                db.text_factory = bytes
                rows = [row for name in tables for row in db.execute(f"SELECT * FROM clew_{name}")]
            return b"\n".join(
                v if isinstance(v, bytes) else str(v).encode() for r in rows for v in r
            )
        url = make_url(self.url).render_as_string(hide_password=False)
        with psycopg.connect(url) as session:
            found = b""
            for name in tables:
                for row in session.execute(f"SELECT * FROM clew.{name}".encode()):
                    found += b"\n".join(_bytes(value) for value in row)
        return found


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        return b"\n".join(map(_bytes, value))
    return str(value).encode()


def spellings(value: str) -> list[bytes]:
    """Return how a value may stand in bytes: plain, as JSON escapes it, and in hexadecimal."""
    plain = value.encode()
    escaped = "".join(c if ord(c) < 128 else f"\\u{ord(c):04x}" for c in value).encode()
    return [plain, escaped, plain.hex().encode()]


def standing(values: tuple[str, ...], stored: bytes) -> list[str]:
    """Return the values that stand in bytes, in whatever form."""
    return [one for one in values if any(form in stored for form in spellings(one))]
