"""Differences of schemas, and verdicts on changes."""

import pytest

from journal.values import ObjectChange, SchemaObject
from projections.drift import compare
from projections.verdict import gravest, judge
from tests.projections.journals import column, table

PERSON = table(1, "person", column(2, "name"), column(3, "age", "integer"))


def texts(old: list[SchemaObject], new: list[SchemaObject]) -> list[str]:
    """Return the differences in words."""
    return [difference.text for difference in compare(old, new)]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (
            table(1, "person", column(2, "name"), column(3, "age", "integer"), column(0, "email")),
            "column person.email added (text)",
        ),
        (table(1, "person", column(2, "name")), "column person.age dropped"),
        (
            table(1, "person", column(2, "name"), column(3, "years", "integer")),
            "column person.age renamed to years",
        ),
        (
            table(1, "person", column(2, "name"), column(3, "age", "bigint")),
            "column person.age: type was integer, is bigint",
        ),
        (
            table(1, "person", column(2, "name", not_null=True), column(3, "age", "integer")),
            "column person.name: not null was none, is yes",
        ),
        (
            table(1, "people", column(2, "name"), column(3, "age", "integer")),
            "table person renamed to people",
        ),
        (
            table(1, "person", column(3, "age", "integer"), column(2, "name")),
            "table person: order of columns changed",
        ),
    ],
)
def test_named_as_ddl_would(new: SchemaObject, said: str) -> None:
    """One difference is one line, in the words of DDL."""
    assert texts([PERSON], [new]) == [said]


def test_equal_schemas() -> None:
    """Equal schemas have no difference."""
    assert texts([PERSON], [PERSON]) == []


def test_unknown_objects_are_added() -> None:
    """Live objects that the journal does not know are added, though they have no identity."""
    assert texts([PERSON], [PERSON, table(0, "a"), table(0, "b")]) == [
        "table a added",
        "table b added",
    ]


def test_parts_go_with_their_table() -> None:
    """A table that is dropped is one difference, not one for each of its indexes."""
    index = SchemaObject(id=9, kind="index", path=("i",), parent=1)
    assert texts([PERSON, index], []) == ["table person dropped"]
    assert texts([PERSON, index], [PERSON]) == ["index i dropped"]


def verdicts(before: SchemaObject | None, after: SchemaObject | None) -> set[str]:
    """Return the words said of one change."""
    return {one.verdict for one in judge([ObjectChange(before=before, after=after)])}


def retyped(old: str, new: str) -> set[str]:
    """Return the words said of a new type."""
    return verdicts(table(1, "t", column(2, "c", old)), table(1, "t", column(2, "c", new)))


def test_verdicts_on_tables() -> None:
    """A new table is additive; a dropped one loses data and breaks everybody."""
    assert verdicts(None, PERSON) == {"additive"}
    assert verdicts(PERSON, None) == {"loses data", "breaks readers", "breaks writers"}
    assert verdicts(PERSON, table(1, "p", *PERSON.columns)) == {"breaks readers", "breaks writers"}


def test_verdicts_on_columns() -> None:
    """A column that must be given breaks writers; one with a default does not."""
    wide = (*PERSON.columns, column(4, "c"))
    assert verdicts(PERSON, table(1, "person", *wide)) == {"additive"}
    strict = (*PERSON.columns, column(4, "c", not_null=True))
    assert verdicts(PERSON, table(1, "person", *strict)) == {"breaks writers"}
    filled = (*PERSON.columns, column(4, "c", not_null=True, default="''"))
    assert verdicts(PERSON, table(1, "person", *filled)) == {"additive"}
    assert "loses data" in verdicts(PERSON, table(1, "person", PERSON.columns[0]))


def test_verdicts_on_types() -> None:
    """A type that holds all that was there is additive; any other may lose data."""
    assert retyped("integer", "bigint") == {"additive"}
    assert retyped("character varying(10)", "text") == {"additive"}
    assert retyped("character varying(10)", "character varying(20)") == {"additive"}
    assert "loses data" in retyped("character varying(20)", "character varying(10)")
    assert "loses data" in retyped("bigint", "integer")
    assert "loses data" in retyped("text", "integer")


def test_parts_of_a_new_table_are_not_judged_apart() -> None:
    """The key of a table that is made in the same run breaks nobody."""
    key = SchemaObject(id=9, kind="constraint", path=("k",), parent=1)
    changes = [ObjectChange(after=key), ObjectChange(after=PERSON)]
    assert gravest(judge(changes)) == "additive"
    assert gravest(judge([ObjectChange(after=key)])) == "breaks writers"
