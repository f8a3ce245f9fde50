"""Rows read by a program and inserted by it come as they are, captured."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from commands.init import init
from commands.opening import Asker, Target
from journal import open_journal
from journal.errors import Refused, StatementFailed
from journal.opening import parse_url
from journal.recording import Recording
from journal.selecting import ALL, Keys, Source
from journal.session import Statements
from journal.values import SchemaObject

VALUES: list[tuple[int, Any]] = [
    (1, "a\tb\\n\n\r\\N"),
    (2, None),
    (3, ""),
    (4, "🙂 it's 100% <script>"),
    (5, "\\."),
]


@pytest.fixture
def opened(url: str) -> str:
    """A database of each kind with a journal."""
    init(Target(url=parse_url(url)), name="test", asker=Asker(actor="dana"))
    return url


def _table(recording: Recording) -> SchemaObject:
    return next(one for one in recording.known.objects.values() if one.kind == "table")


def _insert(run: Statements, rows: list[tuple[Any, ...]], *columns: str) -> int:
    recording = run.recording
    effect = recording.insert(_table(recording), columns, rows, number=9)
    return sum(one.inserted for one in effect.rows)


def test_there_and_back(opened: str) -> None:
    """Text with COPY's own signs comes back from a query as it was inserted."""
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        run.execute("CREATE TABLE t (id integer, v text)")
        assert _insert(run, VALUES, "id", "v") == 5
        with journal.database.select("SELECT id, v FROM t ORDER BY id") as found:
            assert found.columns == ("id", "v")
            assert [tuple(row) for row in found.rows] == VALUES


def test_kinds(opened: str) -> None:
    """Numbers, truth and bytes are inserted as what they are."""
    row = (2**63 - 1, 0.1, Decimal("0.5"), b"\x00\xff", True)
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        blob = "bytea" if journal.database.kind == "postgresql" else "blob"
        run.execute(
            f"CREATE TABLE t (a bigint, b double precision, c numeric, d {blob}, e boolean)"
        )
        assert _insert(run, [row], "a", "b", "c", "d", "e") == 1
        with journal.database.select("SELECT * FROM t") as selected:
            (found,) = selected.rows
        assert tuple(found) == row


@pytest.mark.parametrize("value", ["a\0b", "\ud800", Decimal("1e400"), 2**63])
def test_refused_value(opened: str, value: Any) -> None:
    """A value that the column cannot hold exactly takes back the rows beside it, and no more."""
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        kind = "text" if isinstance(value, str) else "bigint"
        run.execute(f"CREATE TABLE t (v {kind} NOT NULL)")
        good = "good" if kind == "text" else 7
        with pytest.raises(StatementFailed):
            _insert(run, [(good,), (value,), (good,)], "v")
        with journal.database.select("SELECT v FROM t") as found:
            assert list(found.rows) == []
        assert _insert(run, [(good,)], "v") == 1


def test_reading_while_writing(opened: str) -> None:
    """A query's rows are those of its moment, whatever is written meanwhile."""
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        run.execute("CREATE TABLE t (id integer)")
        _insert(run, [(n,) for n in range(2500)], "id")
        seen = 0
        with journal.database.select("SELECT id FROM t ORDER BY id") as found:
            for (number,) in found.rows:
                if number % 1000 == 0:
                    _insert(run, [(10_000 + number,)], "id")
                seen += 1
        assert seen == 2500


@pytest.mark.parametrize("sql", ["DELETE FROM t", "PRAGMA user_version = 3", "DROP TABLE t"])
def test_only_reads(opened: str, sql: str) -> None:
    """What writes is no query."""
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        run.execute("CREATE TABLE t (id integer)")
        with pytest.raises((Refused, StatementFailed)), journal.database.select(sql):
            pass


def test_rows_by_key(opened: str) -> None:
    """Rows come by key and in the stated order; bounds and lists of keys choose among them."""
    rows = [(3, "x"), (1, "z"), (None, "n"), (1, "y"), (2, "it's")]
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        run.execute("CREATE TABLE t (id integer, v text)")
        _insert(run, rows, "id", "v")
        source = Source(sql="SELECT v, id AS k FROM t -- all", key="k", order="v DESC")

        def read(keys: Keys) -> list[Any]:
            with journal.database.select_rows(source, keys) as found:
                return [row[0] for row in found.rows]

        assert sorted(read(ALL)) == ["it's", "n", "x", "y", "z"]
        assert read(Keys(after=1)) == ["it's", "x"]
        assert read(Keys(first=1, last=2)) == ["z", "y", "it's"]
        assert set(read(Keys(among=(None, 3)))) == {"n", "x"}
        assert read(Keys(among=())) == []
        with journal.database.select_keys(source) as found:
            assert [row[0] for row in found.rows] == [1, 2, 3]
        by_text = Source(sql="SELECT id, v FROM t", key="v", order="id")
        with journal.database.select_rows(by_text, Keys(among=("it's", "\\"))) as found:
            assert [tuple(row) for row in found.rows] == [(2, "it's")]


def test_keys_that_are_equal_and_differ(opened: str) -> None:
    """What the database holds to be equal stays together, and the same stays side by side."""
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        sqlite = journal.database.kind == "sqlite"
        kind = "text COLLATE NOCASE" if sqlite else "numeric"
        one, same, more = ("a", "A", "B") if sqlite else map(Decimal, ("1.0", "1.00", "2"))
        run.execute(f"CREATE TABLE t (id integer, v {kind})")
        _insert(run, [(1, one), (2, same), (3, one), (4, more)], "id", "v")
        source = Source(sql="SELECT id, v FROM t", key="v", order="id")
        with journal.database.select_rows(source, Keys(last=same)) as found:
            keys = [str(row[1]) for row in found.rows]
        assert keys in ([str(one), str(one), str(same)], [str(same), str(one), str(one)])
        with journal.database.select_keys(source) as found:
            assert [row[0] for row in found.rows] in ([one, more], [same, more])


def test_delete(opened: str) -> None:
    """Rows are deleted by key, each captured; one that is not there deletes none."""
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        run.execute("CREATE TABLE t (id integer, part text, n integer, PRIMARY KEY (id, part))")
        recording = run.recording
        table = _table(recording)
        _insert(run, [(n, f"\t{n}", n) for n in range(5)], "id", "part", "n")
        effect = recording.delete(table, ("id", "part"), [(1, "\t1"), (3, "\t3")], number=10)
        assert sum(one.deleted for one in effect.rows) == 2
        with pytest.raises(StatementFailed, match="is not there"):
            recording.delete(table, ("id", "part"), [(4, "\t4"), (4, "\t5")], number=11)
        with journal.database.select("SELECT n FROM t ORDER BY n") as selected:
            assert [tuple(row) for row in selected.rows] == [(0,), (2,), (4,)]


def test_update(opened: str) -> None:
    """Rows are found by key and changed, each captured; one that is not there changes none."""
    with open_journal(opened) as journal, journal.recording(actor="dana") as run:
        run.execute(
            'CREATE TABLE "odd "" t" (id integer PRIMARY KEY, "it\'s" varchar(4), n integer)'
        )
        recording, database = run.recording, journal.database
        table = _table(recording)
        _insert(run, [(n, f"v{n}", n) for n in range(5)], "id", "it's", "n")
        found = database.find(table, ("id",), [(9,), (3,), (1,), (3,)], ("it's", "n"))
        assert [(n, *row) for n, row in found] == [(1, "v3", 3), (2, "v1", 1), (3, "v3", 3)]
        effect = recording.update(
            table, ("id",), ("n", "it's"), [(1, 10, "🙂\t\\N"), (2, None, None)], number=10
        )
        assert sum(one.updated for one in effect.rows) == 2
        if database.kind == "postgresql":
            with pytest.raises(StatementFailed):  # never cut, as a cast would
                recording.update(table, ("id",), ("it's",), [(1, "toolong")], number=11)
        with pytest.raises(StatementFailed, match="is not there"):
            recording.update(table, ("id",), ("n",), [(1, 7), (99, 7)], number=12)
        effect = recording.update(table, ("id",), ("n",), [(4, 44)], number=13)
        assert sum(one.updated for one in effect.rows) == 1
        with database.select('SELECT * FROM "odd "" t" ORDER BY id') as selected:
            assert [tuple(row) for row in selected.rows] == [
                (0, "v0", 0), (1, "🙂\t\\N", 10), (2, None, None), (3, "v3", 3), (4, "v4", 44),
            ]  # fmt: skip
