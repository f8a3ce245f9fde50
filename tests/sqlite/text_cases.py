"""Names, types, texts and values that are odd: a setup, and what runs over it, by name."""

from __future__ import annotations

from tests.language.cases import Rebuilt
from tests.sqlite.there_and_back import POPULATED as P

_ODD = """
    CREATE TABLE "a]b" ("x]y" INT, z); CREATE TABLE "sp ace" ("c d" INT PRIMARY KEY, "group" TEXT);
    CREATE TABLE `ba``ck` (`q``r` INT); CREATE TABLE "UPPER" (A INT, "b" INT);
    CREATE TABLE "select" ("from" INT, "where" INT); CREATE TABLE 'sq''x' ('c''d');
    CREATE TABLE "new\nline" ("tab\tx"); CREATE TABLE "" (""); CREATE TABLE "%s_x?" (":a", "?1");
    CREATE TABLE "Ünï" ("é" TEXT); CREATE TABLE d (a, "A ", "a_"); CREATE TABLE "main" (a);
    INSERT INTO "a]b" VALUES (1, 2); INSERT INTO "sp ace" VALUES (1, 2); INSERT INTO "" VALUES (3);
    INSERT INTO `ba``ck` VALUES (1); INSERT INTO "UPPER" VALUES (1, 2); INSERT INTO d VALUES (1, 2, 3);
    INSERT INTO "select" VALUES (1, 2); INSERT INTO "new\nline" VALUES (7); INSERT INTO main VALUES (1);
    INSERT INTO 'sq''x' VALUES (5); INSERT INTO "%s_x?" VALUES (4, 5); INSERT INTO "Ünï" VALUES (4);
"""
_TYPES = """
    CREATE TABLE d (a "VARCHAR (10)", b 'weird type', c [x y z](3, 4), d DOUBLE PRECISION,
        e UNSIGNED BIG INT, f);
    INSERT INTO d VALUES (1, 2, 3, 4, 5, 6);
    CREATE TABLE g (a INT, b AS (a + 1) VIRTUAL, c AS (b * 2) STORED, d TEXT AS (c || 'x'));
    CREATE INDEX gi ON g (d); CREATE UNIQUE INDEX gu ON g (c); INSERT INTO g (a) VALUES (1), (NULL);
    CREATE TABLE s (a TEXT NOT NULL, b INT AS (length(a)) STORED, c ANY AS (b * 2), PRIMARY KEY (a))
        STRICT, WITHOUT ROWID;
    INSERT INTO s (a) VALUES ('x'), ('yy');
    CREATE TABLE q (b CONSTRAINT x NOT NULL CONSTRAINT y CHECK (b > 0) CONSTRAINT z UNIQUE, /* c */
        d -- e
        , CONSTRAINT f FOREIGN KEY (d) REFERENCES q (b) ON DELETE SET DEFAULT NOT DEFERRABLE);
    INSERT INTO q VALUES (1, 1), (2, 1);
    CREATE TABLE l (a TEXT DEFAULT "x y", b CHECK (b <> "no")); INSERT INTO l (b) VALUES ('q');
    CREATE TABLE i (id INT PRIMARY KEY, a); INSERT INTO i VALUES (NULL, 1), (NULL, 2), (3, 3);
    CREATE TABLE j (id INTEGER PRIMARY KEY DESC, a); INSERT INTO j VALUES (NULL, 1), ('x', 2);
    CREATE TABLE k (id integer, a, PRIMARY KEY (id ASC) ON CONFLICT REPLACE); INSERT INTO k VALUES (5, 6);
"""
_AWKWARD = (
    "-0.0 9e999 -9e999 9e999-9e999 NULL CAST(x'610062'AS/**/TEXT) CAST(x'ff'AS/**/TEXT) x'616263'"
    " 'abc' 9223372036854775807 -9223372036854775808 1.0 '1' '1.0' '1e3' zeroblob(5) '' x'' '🙂'"
    " '\t12\n' '0x10' 5e-324 1.7976931348623157e308 9007199254740993 '9007199254740993' 0.1+0.2"
    " 3.0e18 9223372036854775808.0 'NaN' x'00' CAST(x''AS/**/TEXT)"
).split(" ")
_COLUMNS = "x, i INTEGER, r REAL, n NUMERIC, t TEXT, b BLOB"
_VALUES = f"CREATE TABLE v (id INTEGER PRIMARY KEY, {_COLUMNS});" + "".join(
    f"INSERT INTO v VALUES ({n}{f', {value}' * 6});" for n, value in enumerate(_AWKWARD, start=1)
)

TEXTS: dict[str, tuple[str, str]] = {
    # --- names, types, texts -------------------------------------------------------------
    "odd names dropped": (
        _ODD,
        """DROP TABLE "a]b"; DROP TABLE [sp ace]; DROP TABLE "ba`ck"; DROP TABLE upper;
           DROP TABLE "select"; DROP TABLE "sq'x"; DROP TABLE "new\nline"; DROP TABLE "";
           DROP TABLE "%s_x?"; DROP TABLE "Ünï"; DROP TABLE main.main;""",
    ),
    "odd names renamed": (
        _ODD,
        """ALTER TABLE "a]b" RENAME TO [zz z]; ALTER TABLE `ba``ck` RENAME TO "ba`";
           ALTER TABLE "Ünï" RENAME TO "ünï"; ALTER TABLE "select" RENAME "from" TO "table";
           ALTER TABLE upper RENAME COLUMN a TO A; ALTER TABLE d RENAME a_ TO "_";
           ALTER TABLE main RENAME TO temp; ALTER TABLE "new\nline" RENAME TO "sq""x";
           UPDATE "%s_x?" SET ":a" = 5; UPDATE "" SET "" = 5; UPDATE main.temp SET a = 2;""",
    ),
    "odd columns": (
        _ODD,
        Rebuilt("""ALTER TABLE "a]b" DROP COLUMN "x]y"; ALTER TABLE d DROP COLUMN "A ";
           ALTER TABLE "select" DROP "where"; ALTER TABLE "sp ace" DROP "group";
           ALTER TABLE `ba``ck` ADD COLUMN [new 'c]; ALTER TABLE upper DROP COLUMN B;"""),
    ),
    "quoted and odd types": (
        _TYPES,
        Rebuilt("""ALTER TABLE d DROP COLUMN b; UPDATE d SET e = 1.5, f = '7'; ALTER TABLE d DROP COLUMN d;
           ALTER TABLE d RENAME COLUMN c TO cc; ALTER TABLE d ADD COLUMN "g h" "i j" DEFAULT '1';"""),
    ),
    "generated columns": (
        _TYPES,
        Rebuilt("""UPDATE g SET a = a + 10; INSERT OR REPLACE INTO g (a) VALUES (11); DROP INDEX gi;
           ALTER TABLE g DROP COLUMN d; ALTER TABLE g ADD COLUMN z AS (a || b); DELETE FROM g;
           UPDATE s SET a = a || 'z'; ALTER TABLE s DROP COLUMN c; INSERT INTO s VALUES ('q');"""),
    ),
    "named constraints": (
        _TYPES,
        Rebuilt("""ALTER TABLE q RENAME COLUMN b TO bee; ALTER TABLE q RENAME TO queue;
           DELETE FROM queue WHERE bee = 2; ALTER TABLE queue ADD g CONSTRAINT h CHECK (g IS NULL);"""),
    ),
    "names in double quotes that are texts": (
        _TYPES,
        Rebuilt("""ALTER TABLE l ADD COLUMN c DEFAULT "it's"; UPDATE l SET a = 1; CREATE INDEX li ON l (a) WHERE b <> "no";
           DROP TABLE l;"""),
    ),
    "keys that are the rowid, or only look so": (
        _TYPES,
        Rebuilt("""UPDATE i SET a = 9; UPDATE j SET id = 7 WHERE a = 2; UPDATE k SET id = 10;
           INSERT INTO k VALUES (10, 11); ALTER TABLE i DROP COLUMN a; ALTER TABLE j DROP COLUMN a;
           ALTER TABLE k DROP COLUMN a; DROP TABLE i; DROP TABLE j;"""),
    ),
    "views that refer to each other": (
        P
        + """CREATE VIEW z1 AS SELECT * FROM z2; CREATE VIEW z2 AS SELECT * FROM z3;
             CREATE VIEW z3 AS SELECT 1 AS a; CREATE VIEW z4 AS SELECT * FROM z4;""",
        Rebuilt("DROP VIEW z2; DROP TABLE log; DROP VIEW z4; ALTER TABLE tree ADD COLUMN x;"),
    ),
    "a foreign key to what is no key": (
        P + "CREATE TABLE z (p REFERENCES log (what)); INSERT INTO z VALUES (NULL);",
        Rebuilt("ALTER TABLE z ADD q; ALTER TABLE z DROP COLUMN q; DROP TABLE z;"),
    ),
    "statistics": (
        P + "ANALYZE;",
        Rebuilt("""ANALYZE note; DROP TABLE visit; DROP INDEX person_email; ALTER TABLE pet RENAME TO p;
           ALTER TABLE p DROP COLUMN weight; PRAGMA optimize; ANALYZE;"""),
    ),
    "UTF-16": (
        """PRAGMA encoding = 'UTF-16le'; CREATE TABLE u (id INTEGER PRIMARY KEY, a TEXT, "ü🙂");
           INSERT INTO u VALUES (1, 'é🙂', CAST(x'41000000' AS TEXT)), (2, '', x'ff');""",
        Rebuilt("""UPDATE u SET a = a || 'x'; ALTER TABLE u DROP COLUMN "ü🙂"; DROP TABLE u;"""),
    ),
    # --- values --------------------------------------------------------------------------
    "values updated": (_VALUES, "UPDATE v SET x = i, i = r, r = n, n = t, t = b, b = x;"),
    "values deleted": (_VALUES, "DELETE FROM v;"),
    "values inserted": (_VALUES, "INSERT INTO v SELECT id + 100, b, t, n, r, i, x FROM v;"),
    "values dropped": (
        _VALUES,
        Rebuilt(
            "".join(f"ALTER TABLE v DROP COLUMN {name};" for name in "xirnt") + "DROP TABLE v;"
        ),
    ),
    "values of other types": (
        _VALUES,
        """CREATE TABLE w (id INTEGER PRIMARY KEY, x TEXT, i TEXT, r INTEGER, n BLOB, t REAL, b NUMERIC);
           INSERT INTO w SELECT * FROM v; DROP TABLE v; ALTER TABLE w RENAME TO v;
           UPDATE v SET x = b, b = x;""",
    ),
    "values selected into a table": (_VALUES, "CREATE TABLE w AS SELECT * FROM v; DROP TABLE v;"),
    "values without a key": (
        _VALUES.replace("id INTEGER PRIMARY KEY", "id"),
        Rebuilt(
            "UPDATE v SET id = x; ALTER TABLE v DROP COLUMN x; DELETE FROM v WHERE id IS NULL;"
        ),
    ),
    "values without rowid": (
        _VALUES.replace("b BLOB)", "b BLOB) WITHOUT ROWID"),
        Rebuilt("UPDATE v SET x = t; ALTER TABLE v DROP COLUMN x; DELETE FROM v WHERE r > 0;"),
    ),
    "values of any type, strictly": (
        "CREATE TABLE v (id INT, x ANY) STRICT;"
        + "".join(f"INSERT INTO v VALUES ({n}, {value});" for n, value in enumerate(_AWKWARD)),
        Rebuilt("UPDATE v SET x = id WHERE id % 2; ALTER TABLE v DROP COLUMN x; DROP TABLE v;"),
    ),
}
"""Exact, and the same as without a journal."""
