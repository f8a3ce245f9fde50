"""Values of every kind come back through UPDATE, DELETE, INSERT and DROP COLUMN."""

from __future__ import annotations

import psycopg
import pytest

from tests.drills.operator import Operator

POSTGRESQL = {
    "text": ["''", "'a''b\"c\\d'", "E'tab\\t nl\\n'", "'🙂 ไทย'", "repeat('x', 100000)"],
    "varchar(10)": ["'ab   '", "''"],
    "char(6)": ["'ab'", "'abcdef'"],
    "integer": ["-2147483648", "2147483647"],
    "bigint": ["9223372036854775807", "-9223372036854775808"],
    "numeric": ["'NaN'", "1e-20", "123456789012345678901234567890.123456789", "0.10"],
    "real": ["'-0'", "'Infinity'", "'NaN'", "1.17549e-38"],
    "double precision": ["'-0'", "'-Infinity'", "0.1", "2.2250738585072014e-308"],
    "money": ["'-12.34'"],
    "boolean": ["true", "false"],
    "date": ["'infinity'", "'0044-03-15 BC'", "'2024-02-29'"],
    "time": ["'23:59:59.999999'"],
    "timetz": ["'04:05:06.789+05:30'"],
    "timestamp": ["'-infinity'", "'2024-01-01 00:00:00.000001'"],
    "timestamptz": ["'2024-06-01 12:00:00+07'", "'infinity'"],
    "interval": ["'1 year -2 days 03:04:05.006'", "'-1 month'"],
    "json": ['\'{"b": 1e3, "a":  [1, 2.0, null]}\'', "'null'", "'\"\\u00e9\"'"],
    "jsonb": ['\'{"b": 1e3, "a": [1, null]}\'', "'null'"],
    "bytea": ["'\\x00ff27'", "''"],
    "uuid": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
    "text[]": ["'{}'", "array['a', null, 'NULL', '{x}', '\"', '']", "'[0:1]={a,b}'"],
    "integer[][]": ["'{{1,2},{3,null}}'"],
    "char(3)[]": ["'{a,bc}'"],
    "inet": ["'192.168.0.1/24'", "'::1'"],
    "macaddr": ["'08:00:2b:01:02:03'"],
    "bit(5)": ["B'10110'"],
    "bit varying": ["B''", "B'101'"],
    "xml": ["'<?xml version=\"1.0\"?><a>&lt;</a>'", "'<b/>text'"],
    "point": ["'(-0,1e300)'"],
    "polygon": ["'((0,0),(1,1),(1,0))'"],
    "tsvector": ["'a:1 b:2A'"],
    "int4range": ["'empty'", "'[1,5)'", "'(,)'"],
    "tstzrange": ["'[2024-01-01 00:00+00,infinity)'"],
    "int8multirange": ["'{[1,3),[5,)}'"],
    "mood": ["'sad'", "'so so'"],
    "email": ["'a@b'"],
    "pair": ["row(1, 'x,y')", "row(null, null)"],
    "oid": ["4294967295"],
    "name": ["'a_name'"],
    '"char"': ["'x'"],
}

TYPES = (
    "CREATE TYPE mood AS ENUM ('sad', 'so so');\n"
    "CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');\n"
    "CREATE TYPE pair AS (a integer, b text);\n"
)

SQLITE = [
    "NULL", "0", "-0.0", "1.0", "1", "9223372036854775807", "-9223372036854775808", "1e308",
    "9e999", "-9e999", "5e-324", "''", "x''", "'text'", "x'00ff'", "CAST(x'610062' AS TEXT)",
    "CAST(x'ff80' AS TEXT)", "'🙂'", "'1'", "CAST('1' AS BLOB)", "zeroblob(100000)",
]  # fmt: skip


def drill(operator: Operator, before: dict[str, str]) -> None:
    """Change, delete, drop and change type, then return from all of it."""
    operator.apply("0001_update", "UPDATE v SET c = NULL WHERE id % 2 = 0;\nUPDATE v SET c = c;")
    operator.apply("0002_delete", "DELETE FROM v WHERE id % 3 = 0;")
    operator.apply("0003_drop", "ALTER TABLE v DROP COLUMN c;")
    operator.apply("0004_gone", "DROP TABLE v;")
    operator.back("before:0001_update")
    assert operator.fingerprint() == before


def has_xml(operator: Operator) -> bool:
    """Tell whether the server knows XML."""
    try:
        operator.application("SELECT '<a/>'::xml")
    except psycopg.errors.FeatureNotSupported:
        return False
    return True


@pytest.mark.listed
@pytest.mark.parametrize("kind", POSTGRESQL)
def test_postgresql(postgresql_operator: Operator, kind: str) -> None:
    """Each type's awkward values come back, also under hostile settings."""
    operator = postgresql_operator
    values = [*POSTGRESQL[kind], "NULL"]
    rows = ", ".join(f"({n}, {value})" for n, value in enumerate(values * 2, start=1))
    if kind == "xml" and not has_xml(operator):
        pytest.skip("this server was built without libxml")
    operator.application(*TYPES.split(";\n")[:-1], f"CREATE TABLE v (id integer, c {kind}, z text)")
    operator.application(
        "ALTER TABLE v ADD PRIMARY KEY (id)", f"INSERT INTO v (id, c) VALUES {rows}"
    )
    operator.type("init", "--name", "values")
    before = operator.fingerprint()
    operator.apply(
        "0000_hostile",
        "SET datestyle = 'SQL, DMY';\nSET intervalstyle = 'sql_standard';\n"
        "SET extra_float_digits = -3;\nSET bytea_output = 'escape';\nSET timezone = 'Asia/Kolkata';\n"
        "UPDATE v SET z = 'touched';\nDELETE FROM v WHERE id % 2 = 1;",
    )
    operator.back("before:0000_hostile")
    assert operator.fingerprint() == before
    (operator.migrations / "0000_hostile.sql").unlink()
    drill(operator, before)


@pytest.mark.parametrize("options", ["", " STRICT", " WITHOUT ROWID"])
def test_sqlite(sqlite_operator: Operator, options: str) -> None:
    """Each storage class comes back: NUL in text, text that is not UTF-8, the largest numbers."""
    operator = sqlite_operator
    kind = "ANY" if "STRICT" in options else ""
    rows = ", ".join(f"({n}, {value})" for n, value in enumerate(SQLITE, start=1))
    operator.application(
        f"CREATE TABLE v (id INTEGER PRIMARY KEY, c {kind}, g AS (typeof(c)), z TEXT){options}"
        if "STRICT" not in options
        else "CREATE TABLE v (id INTEGER PRIMARY KEY, c ANY, z TEXT) STRICT",
        f"INSERT INTO v (id, c) VALUES {rows}",
    )
    operator.type("init", "--name", "values")
    before = operator.fingerprint()
    if "STRICT" not in options:
        operator.apply("0000_all", "UPDATE v SET z = 'x';\nDELETE FROM v;")
        operator.back("before:0000_all")
        assert operator.fingerprint() == before
        (operator.migrations / "0000_all.sql").unlink()
        operator.apply("0001_gone", "DROP TABLE v;")
        operator.back("before:0001_gone")
        assert operator.fingerprint() == before
        return
    drill(operator, before)
