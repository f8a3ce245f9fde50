"""Rows: every form of INSERT, UPDATE and DELETE, and queries, which change nothing."""

from tests.language.cases import Case
from tests.sqlite.there_and_back import POPULATED

SECTION = "Rows and queries"
BASE = POPULATED
CASES = [
    Case("INSERT INTO note VALUES (1, 2), (x'00', NULL), (-0.0, 9e999)"),
    Case("INSERT INTO note (rowid, body) VALUES (-5, 'minus')"),
    Case("INSERT INTO counted DEFAULT VALUES"),
    Case("INSERT INTO note SELECT name, id FROM person ORDER BY id LIMIT 2"),
    Case("WITH c AS (SELECT 1 AS a) INSERT INTO note SELECT a, a FROM c"),
    Case("INSERT INTO person_view (name, email) VALUES ('Eve', 'e@x')"),
    Case("INSERT INTO note VALUES (1, 2) RETURNING rowid, *"),
    Case("INSERT OR REPLACE INTO pet (id, owner, name) VALUES (1, 7, 'Max')"),
    Case("REPLACE INTO vet VALUES ('v2', 'Bergen')"),
    Case("INSERT OR IGNORE INTO vet VALUES ('v1', 'x'), ('v7', 'y')"),
    Case("INSERT OR FAIL INTO vet VALUES ('v8', 'x')"),
    Case("INSERT OR ROLLBACK INTO vet VALUES ('v8', 'x')"),
    Case("INSERT INTO vet VALUES ('v1', 'Rome') ON CONFLICT DO NOTHING"),
    Case(
        "INSERT INTO vet VALUES ('v1', 'Rome') ON CONFLICT (code) DO UPDATE SET city = excluded.city"
    ),
    Case(
        "INSERT INTO pet (owner, name) VALUES (3, 'Rex') ON CONFLICT (owner, name) DO UPDATE"
        " SET weight = weight + 1 WHERE weight < 9 RETURNING id, weight"
    ),
    Case(
        "INSERT INTO pet (id, owner, name) VALUES (1, 3, 'Tom') ON CONFLICT (id) DO UPDATE SET"
        " weight = 7 ON CONFLICT DO UPDATE SET weight = 8"
    ),
    Case(
        "INSERT INTO person (name, email) VALUES ('New', 'ann@x') ON CONFLICT (email) WHERE"
        " email <> 'none' DO UPDATE SET name = excluded.name"
    ),
    Case("INSERT INTO exact_one VALUES (9, 1, 'a', 1.5)", since=337),
    Case("UPDATE person SET name = upper(name), age = age + 1"),
    Case("UPDATE OR REPLACE pet SET name = 'Rex' WHERE id = 2"),
    Case("UPDATE OR IGNORE pet SET name = 'Rex'"),
    Case("UPDATE note SET (body, extra) = (SELECT name, id FROM person WHERE id = 3)"),
    Case("UPDATE pet SET weight = v.fee FROM visit v WHERE v.pet = pet.id RETURNING pet.id"),
    Case("UPDATE note SET rowid = -rowid"),
    Case(
        "UPDATE pet INDEXED BY sqlite_autoindex_pet_1 SET weight = 1 WHERE owner = 3 AND name = 'Rex'"
    ),
    Case("UPDATE person NOT INDEXED SET age = 1 WHERE email = 'none'"),
    Case("UPDATE note SET body = '1' WHERE extra IS DISTINCT FROM 'a'", since=339),
    Case("UPDATE note SET body = json_set('{\"a\": 1}', '$.b', json('[2]'))"),
    Case("UPDATE note SET body = jsonb('{\"a\": [1, 2.5, null]}')", since=345),
    Case("UPDATE note SET body = '{\"a\": 1}' ->> '$.a'", since=338),
    Case(
        "UPDATE visit SET pet = p.id FROM pet p RIGHT JOIN person o ON o.id = p.owner WHERE o.id = 7",
        since=339,
    ),
    Case("UPDATE tree SET parent = 3 WHERE id = 3"),
    Case("DELETE FROM note"),
    Case("DELETE FROM person WHERE id = 3"),
    Case("DELETE FROM pet WHERE id IN (SELECT pet FROM visit) RETURNING *"),
    Case(
        "WITH RECURSIVE c(x) AS (VALUES (2) UNION SELECT id FROM tree, c WHERE parent = x) DELETE FROM tree WHERE id IN c"
    ),
    Case("DELETE FROM pair WHERE (a, b) = ('1', '2')"),
    Case("UPDATE sqlite_sequence SET seq = 500 WHERE name = 'person'"),
    Case("DELETE FROM sqlite_sequence"),
    Case("INSERT INTO sqlite_sequence VALUES ('nothing', 1)", "refused", "sqlite-sequence"),
    Case("INSERT INTO log VALUES (last_insert_rowid())"),
    Case("INSERT INTO log SELECT total_changes()", "refused", "changes-function"),
    Case("UPDATE note SET body = changes()", "refused", "changes-function"),
    Case("DELETE FROM clew_entry", "refused"),
    Case("SELECT * FROM person ORDER BY name COLLATE NOCASE NULLS LAST"),
    Case("SELECT * FROM pet FULL OUTER JOIN visit ON visit.pet = pet.id", since=339),
    Case("SELECT value FROM json_each('[1, 2]'), pragma_table_info('person')"),
    Case("VALUES (1), (2)"),
    Case("SELECT row_number() OVER (PARTITION BY owner ORDER BY id) FROM pet"),
    Case("SELECT iif(1, 2, 3), format('%d', 5), unhex('00')", since=341),
    Case('SELECT "no such column, so a text"'),
    Case("EXPLAIN DELETE FROM person"),
    Case("EXPLAIN QUERY PLAN UPDATE pet SET name = 1"),
    Case("BEGIN", "refused"),
    Case("COMMIT", "refused"),
    Case("ROLLBACK", "refused"),
    Case("SAVEPOINT a", "refused"),
    Case("RELEASE a", "refused"),
    Case(".tables", "refused"),
    Case("GRANT ALL", "refused", "statement"),
]
FAILING = [
    Case("INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)"),
    Case("UPDATE visit SET total = 1"),
    Case("INSERT INTO pet (owner) VALUES (99)"),
]
