"""Differences of rows between two positions."""

import pytest

from tests.cli.typing_in import Typist


def test_rows_of_several_shapes_are_one_difference(typist: Typist) -> None:
    """A row changed before and after its table got another column is one row that differs."""
    typist.begin()
    typist.file(
        "0003_shapes.sql",
        "update person set name = 'A' where id = 1;\n"
        "alter table person add column extra integer;\n"
        "update person set name = 'B', extra = 3 where id = 1;\n"
        "delete from person where id = 2;\n",
    )
    typist.type("apply", str(typist.migrations))
    (answer,) = typist.json("diff", "before:0003_shapes", "head", "--data")["data"]
    assert (answer["lost"], answer["gained"], answer["part"]) == (2, 1, False)
    assert [(row["sign"], row["values"]["name"]) for row in answer["rows"]] == [
        (-1, "ADA"),
        (-1, "BELA"),
        (1, "B"),
    ]
    (back,) = typist.json("diff", "head", "before:0003_shapes", "--data")["data"]
    assert (back["lost"], back["gained"]) == (1, 2)


def test_a_dropped_column_is_values_and_no_rows(typist: Typist) -> None:
    """Dropping a column loses values of it, while the rows stay."""
    typist.begin()
    typist.file("0003_drop.sql", "alter table person drop column born;\n")
    typist.type("apply", str(typist.migrations))
    (answer,) = typist.json("diff", "before:0003_drop", "head", "--data")["data"]
    assert (answer["lost"], answer["gained"], answer["part"]) == (2, 0, True)
    assert answer["columns"] == ["id", "born"]
    assert [row["values"]["born"] for row in answer["rows"]] == [1815, 1881]
    assert "values of id, born" in typist.type("diff", "before:0003_drop", "--data")


@pytest.mark.parametrize("listed", [0, 1])
def test_so_many_rows_are_listed(typist: Typist, listed: int) -> None:
    """--rows bounds what is listed of each side, never what is counted."""
    typist.begin()
    found = typist.json(
        "diff", "before:0001_people", "after:0001_people", "--data", "--rows", str(listed)
    )
    assert [(one["gained"], len(one["rows"])) for one in found["data"]] == [(2, listed)]
