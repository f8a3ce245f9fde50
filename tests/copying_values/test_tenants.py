"""Rows that lead to two tenants are found, on either database; and references to nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest

from commands.copy import isolated, refers
from commands.copy.isolation import Violation, violations
from commands.copy.spec import Isolation, Reference
from commands.copy.suspecting import Suspected, suspected
from journal.errors import NotFound
from journal.opening import connect, parse_url
from tests.copying_values.making import run

TABLES = (
    "CREATE TABLE agencies (id text PRIMARY KEY)",
    "CREATE TABLE spaces (id text PRIMARY KEY, agency_id text REFERENCES agencies (id))",
    "CREATE TABLE kits (id text PRIMARY KEY, space_id text REFERENCES spaces (id))",
    "CREATE TABLE assets (id text PRIMARY KEY, space_id text REFERENCES spaces (id),"
    ' kit_id text REFERENCES kits (id), agency_id text, "Odd name" text)',
    "CREATE TABLE notes (id integer PRIMARY KEY, asset_id text, kit_id integer, agencies_id text)",
    "INSERT INTO agencies VALUES ('a'), ('b')",
    "INSERT INTO spaces VALUES ('sa', 'a'), ('sb', 'b'), ('none', NULL)",
    "INSERT INTO kits VALUES ('ka', 'sa'), ('kb', 'sb'), ('kn', 'none')",
    "INSERT INTO assets VALUES ('right', 'sa', 'ka', 'a', 'x'), ('mixed', 'sa', 'kb', 'a', 'x'),"
    " ('column', 'sb', 'kb', 'a', 'x'), ('open', 'none', 'ka', NULL, 'x'), ('far', 'sa', 'kn', 'b', 'x')",
    "INSERT INTO notes VALUES (1, 'right', 7, 'a'), (2, 'gone', 7, NULL), (3, NULL, 7, 'zz')",
)
AGENCY = refers("assets", "agency_id", "agencies")


@pytest.fixture
def studio(url: str) -> str:
    """Two agencies whose rows are mixed, on each database."""
    run(url, *TABLES, "SELECT 1")
    return url


def _violations(
    url: str, *rules: Isolation, references: tuple[Reference, ...] = ()
) -> list[Violation]:
    with closing(connect(parse_url(url))) as database, database.examine() as ask:
        return list(violations(rules, references, database.read_schema(), database.kind, ask))


def _found(found: Sequence[Violation]) -> dict[tuple[str, str], list[Any]]:
    return {one.ways: [row[0] for row in one.sample] for one in found}


def test_along_foreign_keys(studio: str) -> None:
    """All ways along foreign keys are compared; a way that ends early says nothing."""
    (found,) = _violations(studio, isolated("agency", root="agencies"))
    assert found.ways == ("kit_id.space_id.agency_id", "space_id.agency_id")[::-1]
    assert (found.rows, found.sample) == (1, (("mixed", "a", "b"),))
    assert found.columns == ("id", "space_id.agency_id", "kit_id.space_id.agency_id")
    assert run(studio, found.sql) == [("mixed", "a", "b")]
    assert found.text.startswith("agency: 1 row of")
    assert "mixed" not in found.text


def test_along_declared_references(studio: str) -> None:
    """A column that says its agency itself is a way too, once it is declared."""
    found = _violations(studio, isolated("agency", root="agencies"), references=(AGENCY,))
    assert _found(found) == {
        ("agency_id", "space_id.agency_id"): ["column", "far"],
        ("agency_id", "kit_id.space_id.agency_id"): ["column", "mixed"],
        ("space_id.agency_id", "kit_id.space_id.agency_id"): ["mixed"],
    }


def test_named_ways(studio: str) -> None:
    """Where ways are named, only these are compared."""
    rule = isolated("agency", root="agencies", assets=("agency_id", "space_id.agency_id"))
    found = _violations(studio, rule, references=(AGENCY,))
    assert _found(found) == {("agency_id", "space_id.agency_id"): ["column", "far"]}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (isolated("x", root="nobody"), "no table nobody in the source"),
        (isolated("x", root="agencies", assets="name.agency_id"), "assets.name refers to nothing"),
        (
            isolated("x", root="agencies", assets="kit_id.space_id"),
            "leads to spaces, not to agencies",
        ),
        (isolated("x", root="agencies", nobody="a"), "no table nobody in the source"),
    ],
)
def test_ways_to_nowhere(studio: str, rule: Isolation, message: str) -> None:
    """A way that does not lead to the root is refused, with the place where it ends."""
    with pytest.raises(NotFound, match=message):
        _violations(studio, rule)


def _suspected(url: str, *references: Reference) -> list[Suspected]:
    with closing(connect(parse_url(url))) as database, database.examine() as ask:
        return list(suspected(references, database.read_schema(), database.kind, ask))


def test_suspected(studio: str) -> None:
    """A name tells of a reference where types agree; what is declared is no suspicion."""
    found = _suspected(studio)
    told = {one.columns: (one.references.rpartition(".")[2], one.rows, one.sample) for one in found}
    assert told == {
        ("asset_id",): ("assets", 1, ((2, "gone"),)),
        ("agencies_id",): ("agencies", 1, ((3, "zz"),)),
    }
    assert len(_suspected(studio, refers("notes", "asset_id", "assets"))) == 1
