"""Tables are emptied in the order of their foreign keys, shown first, proved, and come back."""

from __future__ import annotations

import pytest

from tests.drills.operator import Operator
from tests.rehearsal.theatre import programs
from tests.resets import shop

TABLES = ("customer", "purchase", "letter")


def test_there_and_back(operator: Operator) -> None:
    """Rows go children first, counters begin anew; every row and place comes back, and forward."""
    before = shop.begin(operator, letters="(1), (2)")
    shop.migration(operator, shop.step(tables=TABLES, keep=("item",), sequences="restart"))
    trial = shop.reset(operator, "--dry-run")
    assert operator.fingerprint() == before
    done = shop.reset(operator)
    assert done == trial
    order = [(one["table"].rpartition(".")[2], one["rows"]) for one in done["tables"]]
    assert sorted(order) == [("customer", 3), ("letter", 2), ("purchase", 4)]
    assert order[-1] == ("customer", 3)
    (kept,) = done["kept"]
    assert (kept["table"].rpartition(".")[2], kept["rows"]) == ("item", 2)
    assert shop.rows(operator, *TABLES, "item") == [0, 0, 0, 2]
    operator.application("INSERT INTO customer (name) VALUES ('Dora')")
    assert operator.application("SELECT id FROM customer") == [(1,)]
    operator.application("DELETE FROM customer")
    operator.type("rollback", "before:0001_reset", "--yes", "--if-changed", "overwrite")
    assert operator.fingerprint() == before
    operator.back("after:0001_reset")
    assert shop.rows(operator, *TABLES, "item") == [0, 0, 0, 2]


def test_sequences_are_kept(operator: Operator) -> None:
    """Unless it is said, the numbers go on where they stood."""
    before = shop.begin(operator)
    shop.migration(operator, shop.step(tables=TABLES))
    assert [one["before"] == one["after"] for one in shop.reset(operator)["sequences"]] == [
        True
    ] * 3
    after = operator.fingerprint()
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before
    operator.back("after:0001_reset")
    assert operator.fingerprint() == after
    operator.application("INSERT INTO customer (name) VALUES ('Dora')")
    assert operator.application("SELECT id FROM customer") == [(4,)]


def test_text(operator: Operator) -> None:
    """The dry run says in words what goes, what each foreign key does and what is proved."""
    shop.begin(operator, letters="(1), (2)")
    shop.migration(
        operator,
        shop.step(tables=TABLES, keep=("item",), sequences="restart", without_backup="dev"),
    )
    told = shop.apply(operator, "--dry-run")
    assert "reset empties customer, purchase, letter; sequences begin anew" in told
    assert "reset, 9 rows in this order:" in told
    assert "on delete restrict: 4 rows refer, and go themselves" in told
    assert "on delete cascade: 2 rows refer, and go themselves" in told
    assert "item, 2 rows, SHA-256" in told
    assert "no backup was asked for: dev" in told
    assert "3 to unset" in told
    assert shop.apply(operator).count("no backup was asked for: dev") == 1


def test_record(operator: Operator) -> None:
    """The journal and its report tell of what was emptied, kept, and waived with its reason."""
    shop.begin(operator)
    shop.migration(operator, shop.step(tables=TABLES, keep=("item",), without_backup="a rehearsal"))
    shop.apply(operator)
    checks = {
        one["data"]["name"]: one["data"]
        for one in operator.lines("log")
        if one["type"] == "CheckRun"
    }
    name = "item" if operator.sqlite else "public.item"
    kept = checks["reset: keeps what it is to keep"]
    assert kept["found"] == "as before, 2 rows"
    (before,), (after,) = kept["details"]["before"], kept["details"]["after"]
    assert before == after
    assert (before["table"], before["rows"]) == (name, 2)
    waived = checks["reset: a backup holds what goes"]
    assert not waived["passed"]
    assert waived["found"] == "none was asked for: a rehearsal"
    report = operator.type("report", "--format", "text")
    assert "a rehearsal" in report
    assert "keeps what it is to keep" in report


def test_batched(operator: Operator) -> None:
    """In a batched migration a reset is one transaction of its own."""
    before = shop.begin(operator)
    first = 'Sql(sql="UPDATE item SET name = upper(name)")'
    shop.migration(operator, first, shop.step(tables=TABLES, keep=("item",)), batched=10)
    shop.apply(operator, "--dry-run")
    assert operator.fingerprint() == before
    shop.reset(operator)
    assert shop.rows(operator, *TABLES) == [0, 0, 0]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


@pytest.mark.parametrize("batched", [None, 10])
def test_rehearse(operator: Operator, batched: int | None) -> None:
    """A rehearsal does it on a copy, with the backup that the migration takes, and says go."""
    before = shop.begin(operator)
    backup = f"Backup(to={str(operator.home / 'backups')!r})"
    step = shop.step(tables=TABLES, keep=("item",), backup="")
    shop.migration(operator, backup, step, batched=batched)
    words = ("--pg-bin", str(programs()))
    answer = operator.json("rehearse", str(operator.migrations), *words)
    assert answer["go"], answer["items"]
    (said,) = [one["evidence"] for one in answer["items"] if one["what"] == "reset"]
    assert said == "8 rows of 3 tables go, 1 table proved untouched; a backup holds them"
    assert operator.fingerprint() == before


def test_nothing_to_empty(operator: Operator) -> None:
    """Empty tables need no backup, and a second reset does no harm."""
    shop.begin(operator)
    shop.migration(operator, shop.step(tables=TABLES))
    shop.apply(operator)
    shop.migration(operator, shop.step(tables=TABLES, backup=""), name="0002_again")
    assert shop.reset(operator)["tables"][0]["rows"] == 0


CIRCLE = """
CREATE TABLE a (id integer PRIMARY KEY, b_id integer, a_id integer REFERENCES a (id) {restrict}
    {inline});
CREATE TABLE b (id integer PRIMARY KEY, a_id integer REFERENCES a (id) {restrict});
INSERT INTO a VALUES (1, NULL, 1), (2, NULL, 1), (3, NULL, 2);
INSERT INTO b VALUES (1, 1), (2, 3);
{later}
UPDATE a SET b_id = 2;
"""


@pytest.mark.listed
@pytest.mark.parametrize(
    "action", ["ON DELETE RESTRICT", "", "ON DELETE CASCADE", "ON DELETE SET NULL"]
)
def test_circles(operator: Operator, action: str) -> None:
    """Rows that refer to each other in a circle, and to themselves, go and come back."""
    key = f"FOREIGN KEY (b_id) REFERENCES b (id) {action}"
    inline, later = (f", {key}", "") if operator.sqlite else ("", f"ALTER TABLE a ADD {key};")
    before = operator.begin_with(CIRCLE.format(restrict=action, inline=inline, later=later))
    shop.migration(operator, shop.step(tables=("a", "b")))
    shop.apply(operator)
    assert shop.rows(operator, "a", "b") == [0, 0]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


def test_odd_names(operator: Operator) -> None:
    """Names with quotes, blanks and words of SQL are taken as they are."""
    before = operator.begin_with(
        'CREATE TABLE "a ""b" ("or" integer PRIMARY KEY);\n'
        'CREATE TABLE "select" (id integer PRIMARY KEY, "x y" integer REFERENCES "a ""b" ("or"));\n'
        'INSERT INTO "a ""b" VALUES (1);\nINSERT INTO "select" VALUES (1, 1);\n'
    )
    shop.migration(operator, shop.step(tables=('a "b', "select")))
    shop.apply(operator)
    assert operator.application('SELECT count(*) FROM "a ""b"') == [(0,)]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


def test_detach(operator: Operator) -> None:
    """Where a table is named in detach, its references are let go of, and come back."""
    before = shop.begin(operator, action="SET NULL", letters="(1), (2), (NULL)")
    shop.migration(operator, shop.step(tables=("customer", "purchase"), detach=("letter",)))
    done = shop.reset(operator)
    assert list(done["detached"].values()) == [2]
    assert operator.application("SELECT count(*) FROM letter WHERE customer_id IS NULL") == [(3,)]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before
