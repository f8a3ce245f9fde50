"""The triggers that capture rows, put on tables and taken off.

A table of its own has statement triggers, which gather transition tables into images. So has a
partitioned table: its transition tables hold the rows of all partitions below, and the
partitions' own conditions tell where each row stands. The transition tables of a parent do not
hold what its heirs have beyond it, so tables with heirs or parents have row triggers for
UPDATE and DELETE; what these gather is imaged when the statement is through.

The functions live in ``pg_temp`` and run as the session's user, whoever writes. They run what
they are given, so none of them may be the journal's owner's: who may put one on a table of their
own could have anything done in the owner's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from journal.postgresql.connection import Session, quote
from journal.postgresql.family import Leaf
from journal.postgresql.images import Shape, chunking, literal, settings

EVENTS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_TRANSITIONS = {
    "INSERT": "REFERENCING NEW TABLE AS clew_new",
    "UPDATE": "REFERENCING OLD TABLE AS clew_old NEW TABLE AS clew_new",
    "DELETE": "REFERENCING OLD TABLE AS clew_old",
    "TRUNCATE": "",
}
_TABLE_BODY = """
DECLARE
    run CONSTANT text := TG_ARGV[0];
    object CONSTANT bigint := TG_ARGV[1];
    store CONSTANT text :=
        'SELECT clew.put_image($1, nextval(''pg_temp.clew_number''), $2, $3, $4, q.n, q.chunk)'
        ' FROM (' || TG_ARGV[2] || ') q(n, chunk)';
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        EXECUTE replace(store, '@source', 'clew_old') USING run, object, lower(TG_OP), -1::smallint;
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        EXECUTE replace(store, '@source', 'clew_new') USING run, object, lower(TG_OP), 1::smallint;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE replace(store, '@source', format('ONLY %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME))
        USING run, object, 'truncate', -1::smallint;
    END IF;
    RETURN NULL;
END
"""
_TREE_BODY = """
DECLARE
    store CONSTANT text :=
        'SELECT clew.put_image($1, nextval(''pg_temp.clew_number''), q.leaf, $2, $3, q.n, q.chunk)'
        ' FROM (' || {query} || ') q(n, chunk, leaf)';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        EXECUTE replace(store, '@source', 'clew_old') USING {run}, lower(TG_OP), -1::smallint;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        EXECUTE replace(store, '@source', 'clew_new') USING {run}, lower(TG_OP), 1::smallint;
    END IF;
    RETURN NULL;
END
"""
_ROW_BODY = """
BEGIN
    INSERT INTO pg_temp.clew_row VALUES ({identity}, -1, ARRAY[{old}]::text[]);
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO pg_temp.clew_row VALUES ({identity}, 1, ARRAY[{new}]::text[]);
    END IF;
    RETURN NULL;
END
"""
_ROWS = (
    "CREATE TEMP TABLE IF NOT EXISTS clew_row (object bigint NOT NULL, sign smallint NOT NULL,"
    " r text[] NOT NULL)"
)


class Placed(msgspec.Struct, frozen=True):
    """The triggers of one table, and the functions made for them."""

    names: tuple[str, ...]
    functions: tuple[str, ...] = ()


def on_table(session: Session, shape: Shape, run: str, size: int) -> Placed:
    """Watch a table that statements write by its own name."""
    function = _table_function(session, shape)
    for event in EVENTS:
        _statement_trigger(session, shape, event, run, size)
    return Placed(tuple(map(_name, EVENTS)), (function,))


def on_heir(session: Session, shape: Shape, run: str, size: int) -> Placed:
    """Watch a table that statements write by the name of a parent too."""
    session.run(_ROWS)
    function = f"pg_temp.clew_row_{shape.oid}"
    body = _ROW_BODY.format(
        identity=shape.identity,
        old=", ".join(shape.texts_of("old")),
        new=", ".join(shape.texts_of("new")),
    )
    _make(session, function, body)
    of_statements = _table_function(session, shape)
    for event in ("INSERT", "TRUNCATE"):
        _statement_trigger(session, shape, event, run, size)
    session.run(
        f"CREATE TRIGGER {_name('row')} AFTER UPDATE OR DELETE ON {shape.name}"
        f" FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    names = tuple(map(_name, ("INSERT", "TRUNCATE", "row")))
    return Placed(names, (function, of_statements))


def on_tree(
    session: Session,
    shape: Shape,
    leaves: Sequence[Leaf],
    identities: Mapping[int, int],
    run: str,
    size: int,
) -> Placed:
    """Watch a partitioned table: all that is written below it by its name."""
    function = f"pg_temp.clew_tree_{shape.oid}"
    cases = " ".join(f"WHEN {one.condition} THEN {identities[one.oid]}" for one in leaves)
    leaf = f"CASE {cases} END::bigint" if cases else "NULL::bigint"
    query = chunking(shape, "@source", per_chunk=str(size), leaf=leaf)
    body = _TREE_BODY.format(query=literal(query), run=literal(run))
    _make(session, function, body)
    events = [event for event in EVENTS if event != "TRUNCATE"]
    for event in events:
        session.run(
            f"CREATE TRIGGER {_name(event)} AFTER {event} ON {shape.name} {_TRANSITIONS[event]}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    return Placed(tuple(map(_name, events)), (function,))


def take_off(session: Session, placed: Mapping[int, Placed]) -> None:
    """Drop triggers and their functions; a table that is gone took its own along."""
    names = session.query(
        "SELECT c.oid::int8, n.nspname, c.relname FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = ANY (%s::oid[]) ORDER BY c.oid",
        (list(placed),),
    )
    for oid, *name in names:
        for trigger in placed[oid].names:
            session.run(f"DROP TRIGGER {trigger} ON {quote(*name)}")
    for one in placed.values():
        for function in one.functions:
            session.run(f"DROP FUNCTION {function}()")


def silenced(session: Session, oids: Iterable[int]) -> list[int]:
    """Return those of the tables whose capture triggers do not fire any more."""
    found = session.query(
        "SELECT DISTINCT tgrelid::int8 FROM pg_catalog.pg_trigger"
        " WHERE tgrelid = ANY (%s::oid[]) AND tgname ~ '^~clew_' AND tgenabled NOT IN ('O', 'A')",
        (list(oids),),
    )
    return [oid for (oid,) in found]


def gathered(session: Session, run: str, shapes: Mapping[int, Shape]) -> None:
    """Image what row triggers gathered, by identity of the table, and empty their hands."""
    if session.value("SELECT to_regclass('pg_temp.clew_row')") is None:
        return
    found = session.query("SELECT object, sign::integer FROM pg_temp.clew_row GROUP BY 1, 2")
    for identity, sign in sorted(found):
        shape = shapes[identity]
        numbered = [f"r[{n}]" for n in range(1, len(shape.columns) + 1)]
        rows = msgspec.structs.replace(shape, texts=tuple(numbered))
        source = f"pg_temp.clew_row WHERE object = {identity} AND sign = {sign}"
        session.query(
            "SELECT clew.image_rows(%s, %s, %s, 'update', %s::smallint)",
            (run, identity, chunking(rows, source), sign),
        )
    if found:
        session.run("TRUNCATE pg_temp.clew_row")


def _table_function(session: Session, shape: Shape) -> str:
    """Make the function of a table's statement triggers, and return its name."""
    _make(session, _of_table(shape), _TABLE_BODY)
    return _of_table(shape)


def _of_table(shape: Shape) -> str:
    return f"pg_temp.clew_table_{shape.oid}"


def _make(session: Session, function: str, body: str) -> None:
    session.run(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        f" {settings()} AS {literal(body)}"
    )


def _statement_trigger(session: Session, shape: Shape, event: str, run: str, size: int) -> None:
    query = chunking(shape, "@source", per_chunk=str(size))
    arguments = ", ".join(literal(a) for a in (run, str(shape.identity), query))
    when = "BEFORE" if event == "TRUNCATE" else "AFTER"
    session.run(
        f"CREATE TRIGGER {_name(event)} {when} {event} ON {shape.name}"
        f" {_TRANSITIONS[event]} FOR EACH STATEMENT EXECUTE FUNCTION {_of_table(shape)}({arguments})"
    )


def _name(event: str) -> str:
    return quote(f"~clew_{event.lower()}")
