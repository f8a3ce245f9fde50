"""What is read of migration files, and what is deliberately not."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.doctor.ledger.effects import effects
from commands.doctor.ledger.toolfiles import ToolFile
from journal.values import DatabaseKind


def read(
    directory: Path, name: str, *texts: str, kind: DatabaseKind = "postgresql"
) -> tuple[str, ...]:
    """Return what the first of some files makes, less what any of them takes away."""
    files = []
    for number, text in enumerate(texts):
        path = directory / f"{number}_{name}"
        path.write_text(text)
        files.append(ToolFile(name=path.name, path=path))
    return tuple(one.shown for one in effects(files, kind)[files[0].name])


SQL = {
    "create table a (id int)": ("table a",),
    'create table if not exists app."My Table" (id int)': ("table app.My Table",),
    "create unlogged table A (id int)": ("table a",),
    "create unique index concurrently if not exists i on only app.a (b)": ("index i",),
    "create type app.mood as enum ('a')": ("type app.mood",),
    "alter table only app.a add column if not exists b int, add c text, drop column d": (
        "column app.a.b",
        "column app.a.c",
    ),
    "alter table a add constraint c check (b > 0), add b int default f(1, 2)": ("column a.b",),
    "create table a (id int); create table b (id int); drop table b": ("table a",),
    "drop table if exists a; create table a (id int)": ("table a",),
    "-- create table a (id int)\nselect 1": (),
    "/* create table a (id int) */ select 1": (),
    "select 'create table a (id int)'": (),
    "create temp table a (id int)": (),
    "create temporary table a (id int)": (),
    "create table a (id int); alter table a rename to b": (),
    "alter table a add b int; alter table a rename column b to c": (),
    "alter table if exists a add b int": (),
    "create index on a (b)": (),
    "create index i on a (b); alter table a drop column b": (),
    "create index i on a (b); drop table a": (),
    "do $$ begin create table a (id int); end $$": (),
    "create table a (id int); do $$ begin execute 'drop table a'; end $$": (),
    "create table a (id int); alter table a set schema other": (),
    "create table a (id int); drop schema s cascade": (),
    "create function f() returns int language sql as $$ select 1 $$": (),
    "create table a (id int default 'x": (),
    "\\i other.sql": (),
}


@pytest.mark.parametrize("text", SQL)
def test_sql(tmp_path: Path, text: str) -> None:
    """What a statement makes for sure is read, under the name that the database gives it."""
    assert read(tmp_path, "x.sql", text) == SQL[text]


def test_a_later_file_takes_it_away(tmp_path: Path) -> None:
    """What another file drops is no claim; what it only adds to is one."""
    made = "create table a (id int)"
    assert read(tmp_path, "x.sql", made, "alter table a add b int") == ("table a",)
    assert read(tmp_path, "x.sql", made, "drop table A") == ()
    assert read(tmp_path, "x.sql", made, "alter table a drop column b") == ("table a",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.sql", "\\i other.sql\ndrop table a;"),
        ("x.sql", "-- +goose Up\ndrop table a;"),
        ("x.py", "not python: drop table a"),
        ("x.py", "def apply_step(c):\n    c.execute('drop table a')\nsteps = [step(apply_step)]"),
        ("x.java", 'execute("DROP TABLE a");'),
        ("x.rb", "def change\n  drop_table :a\nend"),
        ("x.js", "q.removeColumn('t', 'a')"),
        ("x.ts", "exports.up = (q) => go(q, `alter table ${t} rename a to c`)"),
        (
            "x.cjs",
            "exports.up = async (q) => { for (const t of ['a', 'c']) await q.dropTable(t); }",
        ),
        ("x.py", "def upgrade():\n    for t in ('a', 'c'):\n        op.drop_table(t)"),
    ],
)
def test_what_cannot_be_read_may_take_away(tmp_path: Path, name: str, text: str) -> None:
    """A file that cannot be read for sure makes nothing, and may take away what it names."""
    other = tmp_path / name
    other.write_text(text)
    made = tmp_path / "1.sql"
    made.write_text("create table a (id int); create table b (id int)")
    files = [ToolFile(name="made", path=made), ToolFile(name="other", path=other)]
    found = effects(files, "postgresql")
    assert [one.shown for one in found["made"]] == ["table b"]
    assert found["other"] == ()


SCRIPTS = {
    "exports.up = (k) => k.schema.createTable('a', t => t.increments())": ("table a",),
    "module.exports = { up: async (q) => { await q.createTable(`a`, {}) }, down: (q) => q.dropTable('a') }": (
        "table a",
    ),
    "export async function up(q) { await q.addColumn( 'a' , \"b\", {}); }\nexport async function down(q) {}": (
        "column a.b",
    ),
    "exports.up = (k) => k.raw('alter table a add column b int')": ("column a.b",),
    "exports.up = (q) => q.createTable('a');\n// q.createTable('b')\n/* q.createTable('c') */": (
        "table a",
    ),
    "exports.up = (q) => q.createTable('http://x')": ("table http://x",),
    "exports.up = async (q) => { if (!(await q.has('a'))) { await q.createTable('a', {}); } }": (
        "table a",
    ),
    "exports.up = async (q) => { try { await q.createTable('a', {}); } finally { x(); } }": (
        "table a",
    ),
    "exports.up = async (q) => { if (env.x) { await q.createTable('a', {}); } }": (),
    "exports.up = async (q) => { if (env.x) await q.createTable('a', {}); }": (),
    "exports.up = async (q) => { env.x && await q.createTable('a', {}); }": (),
    "exports.up = async (q) => { if (env.x) { y(); } await q.createTable('a', {}); }": ("table a",),
    'exports.up = (k) => k.raw("create table a (\\n id int,\\t\\"b\\" int)")': ("table a",),
    "exports.up = (k) => k.raw('create table a\\u0062 (id int)')": (),
    "exports.up = (q) => q.createTable(name)": (),
    "exports.up = (q) => q.createTable(`${prefix}a`)": (),
    "exports.up = (q) => q.addColumn('a', name)": (),
    "exports.up = (q) => { q.createTable('a'); q.renameTable('a', 'b'); }": (),
    "exports.up = (q) => { q.createTable('a'); q.dropTable(\n'a'\n); }": (),
    "exports.down = (q) => q.createTable('a');\nexports.up = (q) => q.dropTable('b');": (),
    "const q = 'no way at all'; q.createTable('a')": (),
}


@pytest.mark.parametrize("text", SCRIPTS)
def test_javascript(tmp_path: Path, text: str) -> None:
    """Literal names in the way forward are read; comments, variables and ways back are not."""
    assert read(tmp_path, "x.cjs", text) == SCRIPTS[text]


ALEMBIC = {
    'op.create_table("a", sa.Column("id"))': ("table a",),
    'op.create_table("a", schema="app")': ("table app.a",),
    'op.add_column("a", sa.Column("b", sa.Text), schema="app")': ("column app.a.b",),
    'op.create_index(op.f("i"), "a", ["b"])': ("index i",),
    'op.execute("create table a (id int)")': ("table a",),
    "op.create_table(NAME)": (),
    'op.create_table("a", schema=SCHEMA)': (),
    'op.create_table("a")\n    op.rename_table("a", "b")': (),
    'op.add_column("a", sa.Column("b"))\n    op.alter_column("a", "b", new_column_name="c")': (),
    'op.add_column("a", sa.Column("b"))\n    op.execute("alter table a rename b to c")': (),
    'if True:\n        op.create_table("a")': (),
    'for one in "ab":\n        op.create_table("a")': (),
}


@pytest.mark.parametrize("text", ALEMBIC)
def test_alembic(tmp_path: Path, text: str) -> None:
    """Operations with literal names that run for sure are read."""
    whole = f"def upgrade():\n    {text}\n\ndef downgrade():\n    op.drop_table('a')\n"
    assert read(tmp_path, "x.py", whole) == ALEMBIC[text]


@pytest.mark.parametrize("text", ["def upgrade(:", "\x00", "print('no migration')"])
def test_what_is_no_python(tmp_path: Path, text: str) -> None:
    """A file that is no Python, or no migration, makes nothing."""
    assert read(tmp_path, "x.py", text) == ()


def test_what_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 make nothing."""
    path = tmp_path / "x.sql"
    path.write_bytes(b"create table a (id int); -- \xff")
    assert effects([ToolFile(name="x", path=path)], "sqlite") == {"x": ()}


def test_sqlite_names(tmp_path: Path) -> None:
    """SQLite's ways to quote a name are understood."""
    text = "create table `a b` (id); alter table [c d] add column [e] text; create index i on x(y)"
    assert read(tmp_path, "x.sql", text, kind="sqlite") == (
        "table a b",
        "column c d.e",
        "index i",
    )
