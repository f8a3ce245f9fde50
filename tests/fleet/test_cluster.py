"""A fleet whose databases are reached by the workers of a cluster."""

from __future__ import annotations

from tests.fleet.ships import Ships
from tests.support.cluster import cluster

__all__ = ["cluster"]


def test_by_a_cluster(mixed: Ships, cluster: str) -> None:
    """The workers of a scheduler apply, tell where all stands, and go back."""
    here = ("--scheduler", cluster)
    assert {*mixed.states(*here).values()} == {"done"}
    assert mixed.ask("ocean", "SELECT count(*) FROM person") == [(2,)]
    mixed.type("status", str(mixed.migrations), *here)
    answer = mixed.json("rollback", "before:0002_email", "--yes", *here)
    assert {one["state"] for one in answer["ended"]} == {"done"}
    mixed.type("status", str(mixed.migrations), *here, code=1)
    mixed.type("verify", *here)


def test_no_scheduler(ships: Ships) -> None:
    """A scheduler that nobody runs is told in one line, before anything."""
    ships.sqlite("a")
    ships.type("apply", str(ships.migrations), "--scheduler", "tcp://127.0.0.1:1", code=5)
    assert "no scheduler answers" in ships.err
    assert ships.head("a") == 2
