"""Fleets: where they stand, and how they go back."""

from __future__ import annotations

from tests.fleet.ships import Ships


def test_back_and_there_again(mixed: Ships) -> None:
    """All databases come back exactly as they were; where nothing was applied nothing is done."""
    mixed.apply("--to", "0001_people")
    before = mixed.seen()
    mixed.apply("--only", "reef", "--only", "ocean")
    planned = mixed.json("rollback", "before:0002_email", "--plan")["looks"]
    assert {one["name"]: one["state"] for one in planned} == {
        "reef": "pending", "strait": "current", "lagoon": "current", "ocean": "pending",
    }  # fmt: skip
    heads = {name: mixed.head(name) for name in mixed.urls}
    said = mixed.type("rollback", "before:0002_email", "--yes", "--jobs", "2", "--reason", "no")
    assert "2 done, 2 current" in said
    assert mixed.seen() == before
    assert {name for name in heads if mixed.head(name) != heads[name]} == {"reef", "ocean"}
    assert "4 current" in mixed.type("rollback", "before:0002_email", "--yes")


def test_rows_written_since(mixed: Ships) -> None:
    """Rows that one application wrote since keep all databases where they are."""
    mixed.apply()
    mixed.ask("lagoon", "UPDATE person SET email = 'mine' WHERE id = 1")
    before = mixed.seen()
    said = mixed.type("rollback", "before:0002_email", "--yes", code=3)
    assert "lagoon: rows were written since" in said
    assert "3 not-begun" in said
    assert mixed.seen() == before
    mixed.type("rollback", "before:0002_email", "--yes", "--if-changed", "overwrite")


def test_a_number_means_nothing(ships: Ships) -> None:
    """A bare position, which is another entry in each journal, is refused."""
    ships.sqlite("a")
    for to in ("2", "head~1"):
        ships.type("rollback", to, "--yes", code=2)
        assert "is another entry in each journal" in ships.err
    ships.type("rollback", "@nowhere", "--yes", code=4)
    ships.type("rollback", "before:0001_people", "--format", "json", code=2)


def test_status(mixed: Ships) -> None:
    """Status ends with 1 where something is pending or drifted, and with 0 where nothing is."""
    assert "4 pending" in mixed.type("status", str(mixed.migrations), code=1)
    mixed.apply()
    said = mixed.type("status", str(mixed.migrations), "--jobs", "2")
    assert "4 databases: 4 current" in said
    mixed.ask("strait", "create table drift (id integer)")
    said = mixed.type("status", str(mixed.migrations), code=1)
    assert "strait: drift" in said
    mixed.add("nowhere", "postgresql://me:s3cret@127.0.0.1:1/app", init=False)
    said = mixed.type("status", str(mixed.migrations), code=5)
    assert "1 failed" in said
    assert "s3cret" not in said


def test_verify(ships: Ships) -> None:
    """A record that was touched in one database is told, with code 6."""
    ships.sqlite("a", "b")
    ships.apply()
    ships.type("verify")
    ships.ask("b", "DROP TRIGGER clew_entry_no_update")
    ships.ask("b", "UPDATE clew_entry SET digest = zeroblob(32) WHERE position = 3")
    said = ships.type("verify", code=6)
    assert "b: the record does not prove itself at position 3" in said
    assert "1 current, 1 failed" in said
