"""Values that have another text since, because a label or an object was renamed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.apply import apply
from commands.init import init
from commands.past import rows
from commands.rollback import rollback
from journal.errors import Refused
from tests.commands.places import ASKER, Place
from tests.support.oracle import fingerprint

BASE = (
    "create type mood as enum ('sad', 'ok', 'well')",
    "create domain feeling as mood",
    "create table person (id integer primary key, note text, {})",
    "insert into person values (1, 'a', {}), (2, 'b', {})",
)


def made(url: str, directory: Path, column: str, *values: str) -> Place:
    """A table of two rows, with a column of some type."""
    place = Place(kind="postgresql", url=url, directory=directory)
    place.sql(BASE[0], BASE[1], BASE[2].format(column), BASE[3].format(*values))
    init(place.target, asker=ASKER)
    return place


def run(place: Place, name: str, *statements: str) -> int:
    """Apply one migration and return the head after it."""
    place.write(f"{name}.sql", ";\n".join(statements))
    apply(place.target, [place.directory], asker=ASKER)
    return head(place)


def head(place: Place) -> int:
    """Return the head's position."""
    with place.target.journal() as journal:
        return journal.head().position


def at(place: Place, position: int) -> list[dict[str, Any]]:
    """Return the rows of the table at a position."""
    with place.target.journal() as journal:
        return list(rows(journal, "person", str(position)).rows)


@pytest.mark.parametrize("kind", ["mood", "feeling"])
def test_rows_before_a_rename(postgresql_url: str, tmp_path: Path, kind: str) -> None:
    """Rows of before and between renames have the labels that they had, swapped ones too."""
    place = made(postgresql_url, tmp_path, f"mood {kind}", "'ok'", "'sad'")
    told = [(head(place), at(place, head(place)))]
    for number, statements in enumerate(
        [
            ("update person set mood = 'well' where id = 1", "update person set note = 'x'"),
            ("alter type mood rename value 'well' to 'fine'",),
            ("update person set mood = 'fine' where id = 2", "insert into person values (3, 'c')"),
            (
                "alter type mood rename value 'fine' to 'aside'",
                "alter type mood rename value 'ok' to 'fine'",
                "alter type mood rename value 'aside' to 'ok'",
            ),
            ("delete from person where id = 1", "alter table person drop column note"),
        ],
        start=1,
    ):
        there = run(place, f"{number:04}_m", *statements)
        told.append((there, at(place, there)))
    assert told[0][1][0]["mood"] == "ok"
    assert [row["mood"] for row in told[3][1]] == ["fine", "fine", None]
    for position, expected in told:
        assert at(place, position) == expected


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [("mood mood[]", "'{ok}'", "'{sad}'"), ("seen regclass", "'person'", "null")],
)
def test_not_told(postgresql_url: str, tmp_path: Path, column: str, one: str, other: str) -> None:
    """Where a label stands within a value, or a value names what was renamed, it is refused."""
    place = made(postgresql_url, tmp_path, column, one, other)
    before = head(place)
    run(place, "0001_m", "alter type mood rename value 'ok' to 'fine'")
    run(place, "0002_m", "alter table person rename to people", "update people set note = 'x'")
    with pytest.raises(Refused, match="another text"):
        at(place, before)
    run(place, "0003_m", "delete from people where id = 1")
    assert len(at_head(place)) == 1


def at_head(place: Place) -> list[dict[str, Any]]:
    """Return the rows of the renamed table as they are."""
    with place.target.journal() as journal:
        return list(rows(journal, "people").rows)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("mood mood", ("'sad'", "'ok'")),
        ("mood mood[]", ("'{}'", "'{ok,sad}'")),
        ("mood mood unique", ("'sad'", "'ok'")),
        ("seen regclass", ("null", "'person'")),
    ],
)
def test_rollback(postgresql_url: str, tmp_path: Path, column: str, values: tuple[str]) -> None:
    """A rollback past renames, with rows written on both sides of them, is exact and proved."""
    place = made(postgresql_url, tmp_path, column, *values)
    before = fingerprint(place.url)
    done = run(
        place,
        "0001_m",
        "update person set note = 'first' where id = 1",
        "alter type mood rename value 'ok' to 'fine'",
        "alter table person rename to people",
        "update people set note = 'second'",
        "delete from people where id = 2",
    )
    after = fingerprint(place.url)
    rollback(place.target, "before:0001_m", asker=ASKER)
    assert fingerprint(place.url) == before
    rollback(place.target, str(done), asker=ASKER)
    assert fingerprint(place.url) == after
