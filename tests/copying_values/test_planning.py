"""Tables of one database become tables of the other; what does not is stated."""

from __future__ import annotations

import pytest

from commands.copy import (
    Copy,
    boolean,
    integer,
    json,
    number,
    octets,
    omit,
    refers,
    text,
    times,
    uuid,
)
from commands.copy.comparing import compare
from journal.errors import NotFound
from tests.copying_values.making import make, planned, run, said, schema, types
from tests.support.oracle import fingerprint

NAMED = """CREATE TABLE named (
    a BOOLEAN, b BOOL, c JSON, d DATE, e TIME, f DATETIME, g TIMESTAMP, h TIMESTAMPTZ, i UUID,
    j VARCHAR(5), k CHAR(2), l CLOB, m TEXT, n INT, o BIGINT UNSIGNED, p REAL, q DOUBLE PRECISION,
    r NUMERIC, s DECIMAL(10,2), t BLOB, u, v STRING, w "double  precision", x DECIMAL(7))"""


def test_by_name(sqlite_url: str, postgresql_url: str) -> None:
    """Where nothing is stored, the declared name alone chooses the type."""
    run(sqlite_url, NAMED)
    plan = planned(sqlite_url, postgresql_url)
    assert types(plan, "named") == {
        "a": "boolean",
        "b": "boolean",
        "c": "jsonb",
        "d": "date",
        "e": "time without time zone",
        "f": "timestamp with time zone",
        "g": "timestamp with time zone",
        "h": "timestamp with time zone",
        "i": "uuid",
        "j": "character varying(5)",
        "k": "character varying(2)",
        "l": "text",
        "m": "text",
        "n": "bigint",
        "o": "bigint",
        "p": "double precision",
        "q": "double precision",
        "r": "numeric",
        "s": "numeric(10,2)",
        "t": "bytea",
        "u": "text",
        "v": "text",
        "w": "double precision",
        "x": "numeric(7,0)",
    }
    make(plan, postgresql_url)
    (live,) = [one for one in schema(postgresql_url) if one.kind == "table"]
    assert {c.name: c.definition["type"] for c in live.columns} == types(plan, "named")


@pytest.mark.parametrize(
    ("declared", "values", "type_"),
    [
        ("DATETIME", ["'2024-01-01 10:00:00'"], "timestamp without time zone"),
        ("DATETIME", ["'2024-01-01 10:00:00'", "1700000000"], "timestamp with time zone"),
        ("DATETIME", ["'2024-01-01 10:00:00'", "'2024-01-01T10:00Z'"], "timestamp with time zone"),
        ("TIMESTAMPTZ", ["'2024-01-01 10:00:00'"], "timestamp with time zone"),
        ("DATETIME", ["'2024-01-01'", "NULL"], "date"),
        ("VARCHAR(3)", ["'abc'", "'กขค'"], "character varying(3)"),
        ("VARCHAR(3)", ["'abcd'"], "text"),
        ("UUID", ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"], "uuid"),
        ("UUID", ["'user_1'"], "text"),
        ("", ["1", "2.5"], "double precision"),
        ("", ["x'00'"], "bytea"),
        ("STRING", ["1"], "bigint"),
    ],
)
def test_by_what_is_stored(
    sqlite_url: str, postgresql_url: str, declared: str, values: list[str], type_: str
) -> None:
    """A name that leaves the type open leaves it to what is stored."""
    rows = ", ".join(f"({value})" for value in values)
    run(sqlite_url, f"CREATE TABLE t (v {declared})", f"INSERT INTO t VALUES {rows}")
    assert types(planned(sqlite_url, postgresql_url), "t") == {"v": type_}


def test_no_guess(sqlite_url: str, postgresql_url: str) -> None:
    """A column of no type with texts and numbers needs a rule, which then counts."""
    run(sqlite_url, "CREATE TABLE t (v)", "INSERT INTO t VALUES (1), ('one')")
    (problem,) = planned(sqlite_url, postgresql_url).problems
    assert problem.text == "t.v (no type) holds 1 whole numbers, 1 texts"
    plan = planned(sqlite_url, postgresql_url, Copy(create=True, columns={"t.v": text()}))
    assert (plan.problems, types(plan, "t")) == ((), {"v": "text"})


def test_by_rule(sqlite_url: str, postgresql_url: str) -> None:
    """A rule says the type, whatever the name is."""
    run(sqlite_url, "CREATE TABLE t (a TEXT, b INT, c TEXT, d TEXT, e TEXT, f TEXT, g TEXT, h INT)")
    rules = {
        "t.a": json(),
        "t.b": times("milliseconds"),
        "t.c": uuid(),
        "t.d": number(type="decimal(9, 3)"),
        "t.e": octets(),
        "t.f": boolean(),
        "t.g": integer(type="int"),
        "t.h": omit(),
    }
    plan = planned(sqlite_url, postgresql_url, Copy(create=True, columns=rules))
    assert plan.problems == ()
    assert types(plan, "t") == {
        "a": "jsonb",
        "b": "timestamp with time zone",
        "c": "uuid",
        "d": "numeric(9,3)",
        "e": "bytea",
        "f": "boolean",
        "g": "integer",
    }
    assert said(plan, "column") == ["column of t.h: INT -> left behind (declared)"]
    make(plan, postgresql_url)


RICH = (
    """CREATE TABLE parent (a TEXT, b INTEGER, PRIMARY KEY (a, b), CHECK (b <> 0)) WITHOUT ROWID, STRICT""",
    """CREATE TABLE child (
        id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'it''s', b INTEGER DEFAULT -7,
        on_it BOOLEAN NOT NULL DEFAULT 1 CHECK (on_it IN (0, 1)), n INTEGER DEFAULT (3),
        kind TEXT CHECK (kind IN ('x', 'y') OR kind IS NULL), made DATETIME DEFAULT CURRENT_TIMESTAMP,
        doc JSON DEFAULT '{}' CHECK (json_valid(doc)), odd TEXT DEFAULT (hex(randomblob(4))),
        low TEXT COLLATE NOCASE CHECK (low <> 'a'), twice INTEGER GENERATED ALWAYS AS (n * 2),
        boss INTEGER REFERENCES child (id) ON DELETE SET NULL, ratio REAL DEFAULT 0.5,
        UNIQUE (kind, n), CONSTRAINT sane CHECK (n BETWEEN 0 AND 10 AND length(a) < 20),
        CHECK (kind LIKE 'x%'), FOREIGN KEY (a, b) REFERENCES parent ON UPDATE CASCADE)""",
    "CREATE UNIQUE INDEX by_kind ON child (kind DESC, n) WHERE n > 3",
    "CREATE INDEX by_lower ON child (lower(kind))",
    "CREATE TABLE ring_a (id TEXT PRIMARY KEY, b TEXT REFERENCES ring_b (id))",
    "CREATE TABLE ring_b (id TEXT PRIMARY KEY, a TEXT REFERENCES ring_a (id))",
    "CREATE TABLE loose (v TEXT)",
    "CREATE VIEW seen AS SELECT a FROM child",
)


def test_rich_onto_postgresql(sqlite_url: str, postgresql_url: str) -> None:
    """What means the same is made, and each thing that is not is stated with its reason."""
    run(sqlite_url, *RICH)
    plan = planned(sqlite_url, postgresql_url)
    assert plan.problems == ()
    make(plan, postgresql_url)
    order = [table.source.path[0] for table in plan.tables]
    assert order.index("parent") < order.index("child")
    found = compare(schema(sqlite_url), schema(postgresql_url), kinds=("sqlite", "postgresql"))
    assert [one.text for one in found.others] == ["column of child.twice: there -> none"]
    assert sorted(said(plan, "check")) == [
        "check of child: JSON_VALID(doc) -> the type says it",
        "check of child: kind LIKE 'x%' -> none (like is not known to mean the same)",
        "check of child: low <> 'a' -> none (it asks about low, which the target holds otherwise)",
        "check of child: on_it IN (0, 1) -> the type says it",
    ]
    assert said(plan, "default")[0].startswith("default of child.odd: hex(randomblob(4)) -> none")
    assert said(plan, "generated")[0].startswith("generated of child.twice: n * 2 -> none")
    assert said(plan, "index")[0].startswith("index of child.by_lower: CREATE INDEX by_lower")
    assert said(plan, "collation")[0].startswith("collation of child.low: NOCASE -> none")
    assert said(plan, "view") == ["view of seen: view -> none (not carried over)"]
    assert said(plan, "rowid") == [
        "rowid of loose: the rowid -> none (the table has no key of its own)"
    ]
    run(
        postgresql_url,
        "INSERT INTO parent VALUES ('it''s', -7)",
        "INSERT INTO child DEFAULT VALUES",
    )
    with pytest.raises(Exception, match="check"):
        run(postgresql_url, "INSERT INTO parent VALUES ('x', 0)")
    (row,) = run(postgresql_url, "SELECT id, a, b, on_it, n, doc, ratio FROM child")
    assert row == (1, "it's", -7, True, 3, {}, 0.5)


FAR = (
    "CREATE SCHEMA shop",
    "CREATE TYPE shop.mood AS ENUM ('glad', 'it''s')",
    "CREATE DOMAIN shop.email AS varchar(40) CHECK (VALUE ~ '@')",
    "CREATE SEQUENCE shop.tickets",
    "CREATE TABLE shop.old (id serial PRIMARY KEY, v text)",
    """CREATE TABLE shop.people (
        id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, mail shop.email NOT NULL UNIQUE,
        mood shop.mood DEFAULT 'glad', tags text[] DEFAULT '{}', seen timestamptz DEFAULT now(),
        paid numeric(12,2) DEFAULT 0.00 CHECK (paid >= 0), ok boolean NOT NULL DEFAULT true,
        doc jsonb DEFAULT '{}', n integer DEFAULT nextval('shop.tickets'), key uuid,
        name text COLLATE "C", span int4range, pic bytea, age smallint CHECK (age > 0 AND age < 150),
        kind text CHECK (kind IN ('x', 'y')), low text GENERATED ALWAYS AS (lower(name)) STORED,
        boss bigint REFERENCES shop.people ON DELETE SET NULL, EXCLUDE USING gist (span WITH &&))""",
    "CREATE INDEX by_name ON shop.people (name DESC, age) WHERE age > 18",
    "CREATE INDEX by_tags ON shop.people USING gin (tags)",
    "CREATE VIEW shop.seen AS SELECT id FROM shop.people",
)


def test_rich_onto_sqlite(sqlite_url: str, postgresql_url: str) -> None:
    """Types that SQLite has not are held as text, limits become checks, the rest is stated."""
    run(postgresql_url, *FAR)
    plan = planned(postgresql_url, sqlite_url)
    assert plan.problems == ()
    make(plan, sqlite_url)
    found = compare(schema(postgresql_url), schema(sqlite_url), kinds=("postgresql", "sqlite"))
    assert [one.text for one in found.others] == ["column of people.low: there -> none"]
    assert plan.tables[0].counter == "id"
    for kind in ("check", "constraint", "index", "generated", "sequence", "view"):
        assert len(said(plan, kind)) == 1, (kind, said(plan, kind))
    assert said(plan, "check")[0].startswith("check of people: CHECK ((paid >= (0)::numeric))")
    run(sqlite_url, "INSERT INTO people (mail, age, kind) VALUES ('a@b', 7, 'x')")
    (row,) = run(sqlite_url, "SELECT id, mood, tags, paid, ok, doc FROM people")
    assert row == (1, "glad", "{}", "0.00", 1, "{}")
    for bad in ("'x', 7, 'z'", "'x', 151, 'x'", f"'{'x' * 41}', 7, 'x'"):
        with pytest.raises(Exception, match="CHECK"):
            run(sqlite_url, f"INSERT INTO people (mail, age, kind) VALUES ({bad})")


def test_same_kind(postgresql_url: str, other_postgresql_url: str) -> None:
    """Between databases of one kind, definitions are made word by word."""
    run(postgresql_url, *FAR)
    plan = planned(postgresql_url, other_postgresql_url)
    assert {column.logical for table in plan.tables for column in table.columns} == {"verbatim"}
    make(plan, other_postgresql_url)
    old, new = fingerprint(postgresql_url), fingerprint(other_postgresql_url)
    gone = set(old.values()) - set(new.values())
    assert not [text for text in gone if "VIEW" not in text], gone
    assert not set(new.values()) - set(old.values())
    assert [one.text for one in plan.differences] == [
        "view of shop.seen: view -> none (not carried over)"
    ]


def test_into_what_is_there(sqlite_url: str, postgresql_url: str) -> None:
    """A table that is there is filled as it is; what it lacks or asks for beyond is told."""
    run(sqlite_url, "CREATE TABLE t (id TEXT PRIMARY KEY, At TEXT, extra TEXT)")
    run(
        postgresql_url,
        "CREATE TABLE t (id uuid PRIMARY KEY, at timestamptz NOT NULL, made date DEFAULT now(),"
        " must integer NOT NULL, sum integer GENERATED ALWAYS AS (1 + 1) STORED)",
    )
    plan = planned(sqlite_url, postgresql_url)
    assert types(plan, "t") == {"id": "uuid", "At": "timestamp with time zone"}
    assert [column.never_null for column in plan.tables[0].columns] == [True, True]
    assert [problem.text for problem in plan.problems] == [
        "the target's table t has no column extra",
        "t.must takes no null, and the source has no such column",
    ]
    assert said(plan, "column") == [
        "column of t.made: none -> date (only in the target: its default, or null)"
    ]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (Copy(), "the target has no table t"),
        (Copy(create=True, columns={"t.a": times("iso", type="text")}), "t.a: text takes no iso"),
        (Copy(create=True, columns={"t.a": times(zone="UTC")}), "t.a: a zone, and no time in text"),
    ],
)
def test_problems(sqlite_url: str, postgresql_url: str, spec: Copy, problem: str) -> None:
    """What cannot be done as declared is told before anything is."""
    run(sqlite_url, "CREATE TABLE t (a TEXT)")
    assert [one.text for one in planned(sqlite_url, postgresql_url, spec).problems][:1] == [problem]


@pytest.mark.parametrize(
    "spec",
    [
        Copy(tables=("nobody",)),
        Copy(columns={"t.nothing": text()}),
        Copy(columns={"nobody.a": text()}),
        Copy(references=(refers("t", "a", "nobody"),)),
        Copy(references=(refers("t", "b", "t"),)),
    ],
)
def test_unknown_names(sqlite_url: str, postgresql_url: str, spec: Copy) -> None:
    """A rule about what is not there is refused, for somebody counts on it."""
    run(sqlite_url, "CREATE TABLE t (a TEXT)")
    with pytest.raises(NotFound):
        planned(sqlite_url, postgresql_url, spec)


def test_some_tables(sqlite_url: str, postgresql_url: str) -> None:
    """What refers to a table that is not copied is copied all the same, without the reference."""
    run(
        sqlite_url,
        "CREATE TABLE a (id TEXT PRIMARY KEY)",
        "CREATE TABLE b (id TEXT PRIMARY KEY, a TEXT REFERENCES a (id), c TEXT)",
    )
    spec = Copy(create=True, tables=("b",), references=(refers("b", "c", "a"),))
    plan = planned(sqlite_url, postgresql_url, spec)
    assert [table.foreign_keys for table in plan.tables] == [()]
    assert said(plan, "foreign key") == [
        "foreign key of b.a: references a -> none"
        " (what it refers to, or a column of it, is not carried over)"
    ]
    make(plan, postgresql_url)


def test_reference_left_behind(sqlite_url: str, postgresql_url: str) -> None:
    """A column that stays behind takes its reference with it."""
    run(
        sqlite_url,
        "CREATE TABLE a (id TEXT PRIMARY KEY)",
        "CREATE TABLE b (id TEXT PRIMARY KEY, a TEXT REFERENCES a (id))",
    )
    plan = planned(sqlite_url, postgresql_url, Copy(create=True, columns={"b.a": omit()}))
    assert [table.foreign_keys for table in plan.tables] == [(), ()]
    make(plan, postgresql_url)


def test_types_that_do_not_compare(sqlite_url: str, postgresql_url: str) -> None:
    """A number that refers to a text is told of before PostgreSQL refuses the key."""
    run(
        sqlite_url,
        "CREATE TABLE a (id TEXT PRIMARY KEY)",
        "CREATE TABLE b (id TEXT PRIMARY KEY, a INTEGER REFERENCES a (id))",
    )
    (problem,) = planned(sqlite_url, postgresql_url).problems
    assert problem.text == "b.a would be bigint, and a.id, which it refers to, text"
    plan = planned(sqlite_url, postgresql_url, Copy(create=True, columns={"b.a": text()}))
    assert plan.problems == ()
    make(plan, postgresql_url)


def test_long_name(sqlite_url: str, postgresql_url: str) -> None:
    """A name that PostgreSQL would cut without a word is refused."""
    run(sqlite_url, f"CREATE TABLE {'n' * 64} (a TEXT)")
    (problem,) = planned(sqlite_url, postgresql_url).problems
    assert "longer than the 63 bytes" in problem.text
