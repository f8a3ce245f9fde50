"""Other files, and files of another make: ATTACH, VACUUM, encodings, pages."""

from tests.language.cases import Case

SECTION = "Files: ATTACH, VACUUM, encodings, page sizes"
BASE = ""
_ROWS = """
    CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b);
    INSERT INTO t VALUES (1, 'é🙂', x'00ff'), (2, '', -0.0), (9, NULL, 9e999);
    CREATE TABLE note (body); INSERT INTO note (rowid, body) VALUES (5, 'five'), (8, 'eight');
    CREATE INDEX t_a ON t (a); CREATE VIEW v AS SELECT a FROM t;
"""
_OTHER = (
    _ROWS
    + """
    ATTACH 'other.db' AS o; CREATE TABLE o.far (a); INSERT INTO o.far VALUES (1), (2);
    CREATE TABLE o.t (a); CREATE INDEX o.far_a ON far (a); DETACH o;
"""
)
_FROM = "ATTACH 'other.db' AS o; "
_ALL = (
    "UPDATE t SET b = a; DELETE FROM t WHERE id = 2; ALTER TABLE t ADD COLUMN c DEFAULT 'ü';"
    "ALTER TABLE t DROP COLUMN b; DROP TABLE note; CREATE TABLE made AS SELECT * FROM t"
)


def _made(*pragmas: str) -> str:
    """A file that these settings were given to before it held anything."""
    return "".join(f"PRAGMA {one};" for one in pragmas) + _ROWS


CASES = [
    Case(_FROM + "INSERT INTO t (a) SELECT a FROM o.far", setup=_OTHER),
    Case(_FROM + "CREATE TABLE taken AS SELECT * FROM far", setup=_OTHER),
    Case(_FROM + "UPDATE t SET b = far.a FROM o.far WHERE far.a = t.id", setup=_OTHER),
    Case(_FROM + "DELETE FROM t WHERE id IN o.far; ALTER TABLE t RENAME a TO z", setup=_OTHER),
    Case(_FROM + "DETACH o; UPDATE t SET a = 'detached'", setup=_OTHER),
    Case(
        _FROM + "SELECT * FROM o.far; PRAGMA o.table_info(far); PRAGMA o.user_version", setup=_OTHER
    ),
    Case("ATTACH 'file:other.db?mode=ro' AS o; INSERT INTO t (a) SELECT a FROM far", setup=_OTHER),
    Case(
        'ATTACH \'other.db\' AS "odd name"; INSERT INTO t (a) SELECT a FROM "odd name".far',
        setup=_OTHER,
    ),
    Case("ATTACH 'other' || '.db' AS o; INSERT INTO t (a) SELECT a FROM o.far", setup=_OTHER),
    Case(
        "ATTACH ':memory:' AS m; CREATE TABLE m.aside AS SELECT * FROM t; UPDATE m.aside SET b = 1;"
        "INSERT INTO note SELECT b FROM m.aside; CREATE INDEX m.i ON aside (a); DROP TABLE m.aside",
        setup=_ROWS,
    ),
    Case("ATTACH '' AS m; CREATE TABLE m.aside (a); INSERT INTO aside VALUES (1)", setup=_ROWS),
    Case(_FROM + "INSERT INTO o.far VALUES (3)", "refused", "attached-database", _OTHER),
    Case(_FROM + "INSERT INTO far VALUES (3)", "refused", "attached-database", _OTHER),
    Case(_FROM + "UPDATE far SET a = 3", "refused", "attached-database", _OTHER),
    Case(_FROM + "DELETE FROM o.t", "refused", "attached-database", _OTHER),
    Case(_FROM + "CREATE TABLE o.made (a)", "refused", "attached-database", _OTHER),
    Case(_FROM + "CREATE VIEW o.made AS SELECT 1", "refused", "attached-database", _OTHER),
    Case(_FROM + "CREATE INDEX o.i ON far (a)", "refused", "attached-database", _OTHER),
    Case(
        _FROM + "CREATE VIRTUAL TABLE o.made USING fts5 (a)", "refused", "attached-database", _OTHER
    ),
    Case(_FROM + "DROP TABLE far", "refused", "attached-database", _OTHER),
    Case(_FROM + "ALTER TABLE far RENAME TO near", "refused", "attached-database", _OTHER),
    Case(_FROM + "ALTER TABLE o.far ADD z", "refused", "attached-database", _OTHER),
    Case(_FROM + "ANALYZE o", "refused", "attached-database", _OTHER),
    Case(_FROM + "REINDEX o.far", "refused", "attached-database", _OTHER),
    Case(_FROM + "PRAGMA o.user_version = 5", "refused", "attached-database", _OTHER),
    Case(_FROM + "PRAGMA o.application_id = 5", "refused", "attached-database", _OTHER),
    Case(_FROM + "PRAGMA o.incremental_vacuum", "refused", "attached-database", _OTHER),
    Case(_FROM + "PRAGMA o.journal_mode = WAL", "refused", "", _OTHER),
    Case(
        _FROM
        + "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO far VALUES (new.id); END;"
        "INSERT INTO t (a) VALUES ('x')",
        "refused",
        "attached-database",
        _OTHER,
    ),
    Case("ATTACH 'none.db' AS n", "refused", "attached-database", _ROWS),
    Case("ATTACH 'other.db' AS clew_kept", "refused", "", _OTHER),
    Case("VACUUM INTO 'copy.db'", "refused", "vacuum-into", _ROWS),
    Case("VACUUM", setup=_ROWS.replace("(5, 'five'), (8, 'eight')", "(1, 'one'), (2, 'two')")),
    Case("VACUUM main", "refused", "", _ROWS),
    Case(_ALL, "rebuild", setup=_made("encoding = 'UTF-16le'")),
    Case(_ALL, "rebuild", setup=_made("encoding = 'UTF-16be'", "page_size = 1024")),
    *(Case(_ALL, "rebuild", setup=_made(f"page_size = {512 << n}")) for n in (0, 1, 4, 7)),
    Case(_ALL, "rebuild", setup=_made("auto_vacuum = FULL")),
    Case(_ALL, "rebuild", setup=_made("auto_vacuum = INCREMENTAL")),
    Case("DROP TABLE note; PRAGMA incremental_vacuum", setup=_made("auto_vacuum = INCREMENTAL")),
    Case(_ALL, "rebuild", setup=_made("journal_mode = WAL")),
    Case(_ALL, "rebuild", setup=_made("journal_mode = TRUNCATE", "locking_mode = NORMAL")),
    Case(_ALL, "rebuild", setup=_made("secure_delete = ON", "user_version = 5")),
    Case(
        "UPDATE t SET a = CAST(x'00d8' AS TEXT)",
        "refused",
        "broken-utf-16",
        _made("encoding = 'UTF-16le'"),
    ),
]
