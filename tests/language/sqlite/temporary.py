"""Temporary objects: they end with the session, and may not stand before the file's."""

from tests.language.cases import Case
from tests.sqlite.there_and_back import POPULATED

SECTION = "Temporary objects"
BASE = POPULATED
CASES = [
    Case("CREATE TEMP TABLE scratch AS SELECT * FROM note; INSERT INTO note SELECT * FROM scratch"),
    Case("CREATE TABLE temp.scratch (a); INSERT INTO scratch VALUES (1); DROP TABLE scratch"),
    Case("CREATE TEMP VIEW scratch AS SELECT * FROM note"),
    Case(
        "CREATE TEMP TABLE scratch (a); CREATE INDEX temp.i ON scratch (a); ALTER TABLE scratch ADD b"
    ),
    Case(
        "CREATE TEMP TABLE scratch (a); CREATE TRIGGER temp.g AFTER INSERT ON scratch BEGIN UPDATE note SET extra = new.a; END; INSERT INTO scratch VALUES (7)"
    ),
    Case("CREATE TEMP TABLE person (a)", "refused", "temp-table-shadows"),
    Case("CREATE TABLE temp.PERSON (a)", "refused", "temp-table-shadows"),
    Case("CREATE TEMP VIEW note AS SELECT 1", "refused", "temp-table-shadows"),
    Case(
        "CREATE TEMP TABLE scratch (a); ALTER TABLE scratch RENAME TO note",
        "refused",
        "temp-table-shadows",
    ),
    Case(
        "CREATE TEMP TABLE scratch (a); CREATE TABLE scratch (b)", "refused", "temp-table-shadows"
    ),
    Case(
        "CREATE TEMP TABLE scratch (a); ALTER TABLE note RENAME TO scratch",
        "refused",
        "temp-table-shadows",
    ),
    Case("CREATE TEMP TABLE clew_mine (a)", "refused"),
    Case("CREATE VIRTUAL TABLE temp.words USING fts5 (a); INSERT INTO words VALUES ('x')"),
]
