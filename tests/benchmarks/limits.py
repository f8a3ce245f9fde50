"""``python -m tests.benchmarks.limits WHAT URL [NUMBER]``: how far it goes, in time and memory.

WHAT is ``rows`` (a table of 10,000,000, every one updated), ``tables`` (5,000), ``migrations``
(10,000) or ``entries`` (a journal of 10,000,000). URL names a database that is not there yet, and
that stays. Each verb is a process of its own; what runs only once is not repeated.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from commands.opening import Target
from journal.opening import parse_url
from tests.benchmarks import million, subjects
from tests.benchmarks.processes import Taken, clew, server_clock

NUMBERS = {"rows": 10_000_000, "tables": 5_000, "migrations": 10_000, "entries": 10_000_000}
TOGETHER = 500
"""Tables made in one transaction."""


class Limits:
    """One database, and what verbs cost on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        place = make_url(url)
        self.kind = place.get_backend_name()
        admin = place.set(drivername="postgresql", database="postgres")
        self._server = (
            server_clock(admin.render_as_string(hide_password=False))
            if self.kind == "postgresql"
            else lambda: 0.0
        )

    def create(self) -> None:
        """Make the database."""
        million._create(make_url(self.url))

    def verb(self, *words: str) -> str:
        """Run a verb, and return a row of Markdown."""
        return told(" ".join(words), clew(self.url, list(words), server=self._server))

    def rows(self, count: int, home: Path) -> Iterator[str]:
        """Update every row of a large table, look at it, and take it back."""
        made = subjects.Subject(self.kind, self.url)
        made.fill(count)
        made.close()
        (home / "0001_all.sql").write_text("update t set amount = amount + 1, note = 'changed'")
        yield self.verb("init", "--name", "limits")
        yield self.verb("apply", str(home))
        yield self.verb("rollback", "before:0001_all", "--plan")
        yield self.verb("verify")
        yield self.verb("rollback", "before:0001_all", "--yes")
        yield self.verb("verify")

    def tables(self, count: int, home: Path) -> Iterator[str]:
        """Migrate a schema of many tables."""
        target = Target(url=parse_url(self.url), holder="limits")
        with closing(target.session()) as session:
            for start in range(0, count, TOGETHER):
                session.begin()
                for n in range(start, min(start + TOGETHER, count)):
                    _make(session, n)
                session.commit()
        (home / "0001_some.sql").write_text(
            "alter table t7 add column extra integer;\nupdate t9 set note = 'new';\n"
            "create table made (id integer primary key);\ndrop table t19;\n"
        )
        yield self.verb("init", "--name", "limits")
        yield self.verb("status", str(home))
        yield self.verb("apply", str(home), "--dry-run")
        yield self.verb("apply", str(home))
        yield self.verb("status", str(home))
        yield self.verb("check")
        yield self.verb("schema", "--at", "before:0001_some")
        yield self.verb("diff", "before:0001_some", "head")
        yield self.verb("rollback", "before:0001_some", "--plan")
        yield self.verb("rollback", "before:0001_some", "--yes")
        yield self.verb("verify")

    def migrations(self, count: int, home: Path) -> Iterator[str]:
        """Apply a long directory, look where it stands, take the last and all of it back."""
        for n in range(1, count + 1):
            (home / f"{n:05}_step.sql").write_text(_migration(n))
        yield self.verb("init", "--name", "limits")
        yield self.verb("apply", str(home))
        yield self.verb("status", str(home))
        yield self.verb("apply", str(home))
        yield self.verb("rollback", f"before:{count:05}_step", "--plan")
        yield self.verb("rollback", f"before:{count:05}_step", "--yes")
        yield self.verb("apply", str(home))
        yield self.verb("verify")
        yield self.verb("rollback", "before:00001_step", "--plan")
        yield self.verb("rollback", "before:00001_step", "--yes")

    def entries(self, count: int, home: Path) -> Iterator[str]:
        """Ask a long journal."""
        file = home / "999999_nothing.sql"
        file.write_text("update scratch set a = a where false;")
        million.make(self.url, count, count // 100)
        yield self.verb("status")
        yield self.verb("status")
        yield self.verb("check")
        yield self.verb("schema", "--at", str(count // 2))
        yield self.verb("diff", str(count // 2), "head")
        yield self.verb("log", "-n", "20")
        yield self.verb("log", "--table", "customer_00", "-n", "20")
        yield self.verb("apply", str(file), "--dry-run")
        yield self.verb("rollback", "head~8", "--plan")
        yield self.verb("verify")
        yield self.verb("export", str(home / "exported"))
        yield self.verb("rebuild")


def _make(session: object, n: int) -> None:
    run = session.session.run  # type: ignore[attr-defined]
    refers = f" REFERENCES t{n - 1}" if n % 10 else ""
    run(
        f"CREATE TABLE t{n} (id integer PRIMARY KEY, name text NOT NULL, day date,"
        f" amount numeric CHECK (amount >= 0), note text, other integer{refers})"
    )
    run(f"CREATE INDEX t{n}_name ON t{n} (name)")
    run(f"INSERT INTO t{n} VALUES (1, 'one', '2024-01-01', 1, 'note', {1 if n % 10 else 'NULL'})")


def _migration(n: int) -> str:
    """A directory that grows as real ones do: a table in ten, then columns, indexes and rows."""
    table = (n - 1) // 10
    match (n - 1) % 10:
        case 0:
            return f"create table t{table} (id integer primary key, name text);\n"
        case 1 | 2:
            return f"alter table t{table} add column c{n} integer;\n"
        case 3:
            return f"create index t{table}_name on t{table} (name);\n"
        case 4 | 5 | 6:
            return f"insert into t{table} (id, name) values ({n}, 'one'), ({n + 10}, 'two');\n"
        case 7:
            return f"update t{table} set name = 'other' where id > 3;\n"
        case 8:
            return f"create view v{table} as select name from t{table};\n"
        case _:
            return f"delete from t{table} where name = 'none';\n"


def told(verb: str, taken: Taken) -> str:
    """Return a row of Markdown."""
    return (
        f"| `{verb}` | {taken.wall:.2f} | {taken.cpu:.2f} | {taken.server:.2f}"
        f" | {taken.memory:.0f} |"
    )


def main(arguments: list[str]) -> None:
    """Print a table of Markdown."""
    what, url, *numbers = arguments
    limits = Limits(url)
    if what != "entries":
        limits.create()
    count = int(numbers[0]) if numbers else NUMBERS[what]
    print(f"{what}: {count:,}\n\n| verb | s | CPU s | server CPU s | peak MB |", flush=True)
    print("|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="clew-limits-") as home:
        for row in getattr(limits, what)(count, Path(home)):
            print(row.replace(home, "DIR"), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
