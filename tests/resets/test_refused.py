"""What a reset refuses, each in one line, before anything changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drills.operator import Operator
from tests.resets import shop

BOTH = ("customer", "purchase")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tables": ()}, "reset: no table to empty"),
        ({"tables": ("item",), "keep": ("item",)}, "item stands twice, in tables= and keep="),
        ({"tables": ("item", "item")}, "item stands twice, in tables="),
        ({"tables": "letter"}, "expected a tuple"),
        ({"tables": ("letter",), "sequences": "reset"}, "expected 'restart' or 'keep'"),
        ({"tables": ("letter",), "without_backup": " "}, "without_backup gives no reason"),
        ({"tables": ("letter",), "backup": "x", "without_backup": "y"}, "a backup is named"),
    ],
)
def test_nonsense(sqlite_operator: Operator, fields: dict[str, Any], said: str) -> None:
    """A step that cannot mean anything is refused in one line."""
    shop.begin(sqlite_operator)
    shop.migration(sqlite_operator, shop.step(**fields))
    shop.refused(sqlite_operator, said)


def test_bad_names(operator: Operator) -> None:
    """So is one that names what is not there, is no table, or has no foreign key to let go of."""
    shop.begin(operator, more="CREATE VIEW names AS SELECT name FROM customer;\n")
    for fields, said, code in (
        ({"tables": ("nobody",)}, "no table nobody at position", 4),
        ({"tables": ("letter",), "keep": ("nobody",)}, "no table nobody at position", 4),
        ({"tables": ("names",)}, "names is a view; only tables are emptied or kept", 3),
        ({"tables": ("letter",), "keep": ("names",)}, "names is a view", 3),
        ({"tables": ("letter",), "detach": ("purchase",)}, "no foreign key of", 3),
    ):
        shop.migration(operator, shop.step(**fields))
        shop.apply(operator, code=code)
        assert said in operator.err
    assert shop.rows(operator, "letter", "customer") == [1, 3]


@pytest.mark.listed
@pytest.mark.parametrize(
    ("action", "going"),
    [
        ("CASCADE", "would be deleted by a cascade"),
        ("SET NULL", "would be set to null"),
        ("SET DEFAULT", "would be set to their default"),
        ("RESTRICT", "would refuse it"),
        ("NO ACTION", "would refuse it"),
    ],
)
def test_rows_that_were_not_named(operator: Operator, action: str, going: str) -> None:
    """Rows of another table that refer to what goes are named and counted, and refuse it."""
    shop.begin(operator, action=action, letters="(1), (2), (NULL)")
    shop.migration(operator, shop.step(tables=BOTH))
    told = shop.refused(operator, "rows that are not to go refer to rows that are: 2 rows of")
    assert f"letter (customer_id) {going}" in told


def test_detach_takes_no_cascade(operator: Operator) -> None:
    """A cascade is no reference that is let go of."""
    shop.begin(operator, action="CASCADE", letters="(1)")
    shop.migration(operator, shop.step(tables=BOTH, detach=("letter",)))
    shop.refused(operator, "1 row of")


def test_kept_and_cascading(operator: Operator) -> None:
    """A table that is to be kept, and whose rows a cascade would delete, is named as such."""
    shop.begin(operator, action="CASCADE", letters="(1)")
    shop.migration(operator, shop.step(tables=BOTH, keep=("letter",)))
    shop.refused(operator, "letter, which is to be kept, (customer_id) would be deleted")


def test_rows_that_refer_to_nothing_of_it(operator: Operator) -> None:
    """A foreign key through which no row refers stands in nobody's way, and is shown."""
    before = shop.begin(operator, action="CASCADE", letters="(NULL), (NULL)")
    shop.migration(operator, shop.step(tables=BOTH, keep=("letter",)))
    assert "no row refers to what goes" in shop.apply(operator, "--dry-run")
    shop.apply(operator)
    assert shop.rows(operator, "customer", "purchase", "letter") == [0, 0, 2]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


TRIGGERS = {
    True: "CREATE TRIGGER meddles AFTER DELETE ON purchase BEGIN {does}; END",
    False: "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN {does}; RETURN NULL; END'",
}
ON_POSTGRESQL = (
    ";\nCREATE TRIGGER meddles AFTER DELETE ON purchase FOR EACH ROW EXECUTE FUNCTION meddle()"
)


def meddling(operator: Operator, does: str) -> dict[str, str]:
    """Make the shop with a trigger on each purchase that is deleted."""
    text = TRIGGERS[operator.sqlite].format(
        does=does if operator.sqlite else does.replace("'", "''")
    )
    return shop.begin(operator, more=text + ("" if operator.sqlite else ON_POSTGRESQL) + ";\n")


@pytest.mark.listed
@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("UPDATE item SET name = name || '!'", "item is to be kept, and a trigger wrote to it"),
        ("INSERT INTO item (name) VALUES ('x')", "item is to be kept, and a trigger wrote to it"),
        ("DELETE FROM letter", "letter was not named, and 1 row went, 0 rows changed"),
        ("UPDATE letter SET customer_id = NULL", "letter was not named, and 0 rows went, "),
        ("INSERT INTO purchase (customer_id) VALUES (1)", ""),
    ],
)
def test_trigger_meddles(operator: Operator, does: str, said: str) -> None:
    """A trigger that writes to what is kept, or takes what was not named, fails the step."""
    before = meddling(operator, does)
    shop.migration(operator, shop.step(tables=BOTH, keep=("item",)))
    for words in (("--dry-run",), ()):
        shop.apply(operator, *words, code=5)
        assert said in operator.err
        assert len([line for line in operator.err.splitlines() if line.startswith("error")]) == 1
    assert operator.fingerprint() == before


def test_trigger_adds(operator: Operator) -> None:
    """What a trigger adds elsewhere is journaled and told, and goes with a rollback."""
    before = meddling(operator, "INSERT INTO letter (customer_id) VALUES (NULL)")
    shop.migration(operator, shop.step(tables=BOTH, keep=("item",)))
    told = shop.apply(operator, "--dry-run")
    assert "trigger meddles of" in told
    assert "letter, 4 rows" in told
    shop.apply(operator)
    assert shop.rows(operator, "customer", "purchase", "letter") == [0, 0, 5]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before
