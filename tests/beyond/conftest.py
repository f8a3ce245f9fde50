"""Transforms are applied by the operator of the drills, to people with two records each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.drills.conftest import operator, postgresql_operator, sqlite_operator
from tests.drills.operator import Operator
from tests.support.cluster import cluster

__all__ = ["cluster", "operator", "postgresql_operator", "sqlite_operator"]

TABLES = """CREATE TABLE old (who integer, n integer PRIMARY KEY, data text);
CREATE INDEX old_who ON old (who);
CREATE TABLE person (who integer PRIMARY KEY, name text, twice integer, tags text, one text);
CREATE TABLE tag (who integer NOT NULL REFERENCES person (who), word text NOT NULL,
    PRIMARY KEY (who, word))"""

MIGRATION = """
import os, signal, time
from pathlib import Path
from commands.transform import (
    Migration, Reject, Rows, Select, Transform, compute, first, key, merge_lists, only,
)

KILL = Path({kill!r})  # "who how": what happens when somebody comes to that person


def twice(n):
    if KILL.exists():
        who, how = KILL.read_text().split()
        if n == int(who):
            if how == "once":
                KILL.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
            if how == "parent":
                KILL.unlink()
                os.kill(int(KILL.with_name("parent").read_text()), signal.SIGKILL)
                time.sleep(2)
    if n % 11 == 7:
        raise Reject("eleven")
    return 2 * n


migration = Migration(
    batched={batched},
    steps=(
        Transform(
            name="people",
            source=Select(sql="SELECT who, n, data FROM old", order="n", unpack=("data",)),
            subject="who",
            record=("n",),
            into=(
                Rows(table="person", columns={{
                    "who": key("who"),
                    "name": first("name", on_conflict="park"),
                    "twice": compute(twice, "age"),
                    "tags": merge_lists("tags"),
                    "one": only("one"),
                }}),
                Rows(table="tag", per=("word",), columns={{
                    "who": key("who"), "word": key("word"),
                }}),
            ),
        ),
    ),
)
"""


class People(Operator):
    """The operator, with people to be transformed."""

    since = 0

    def write(self, batched: int | None = 4, name: str = "0001_people") -> None:
        """Write the migration."""
        text = MIGRATION.format(kill=str(self.kill), batched=batched)
        self.file(f"{name}.py", text)

    @property
    def kill(self) -> Path:
        """The file that says at whom what happens."""
        return self.home / "kill"

    def fresh(self) -> None:
        """Tell from here on only what comes."""
        self.since = self.json("status")["head"]["position"]

    def tables(self) -> list[list[tuple[object, ...]]]:
        """Return the rows of the targets, in the order of their keys."""
        return [
            self.application(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("person", "tag")
        ]

    def told(self) -> dict[str, list[str]]:
        """Return what the journal tells of subjects, whatever the order of its entries."""
        found: dict[str, list[str]] = {}
        for one in self.lines("log"):
            if one["position"] <= self.since:
                continue
            if one["type"] in (
                "ConflictFound",
                "FieldUnmapped",
                "RecordRejected",
                "RowProvisioned",
            ):
                found.setdefault(one["type"], []).append(json.dumps(one["data"], sort_keys=True))
            if one["type"] == "RowsTransformed":
                names = ("batch", "fates", "targets", "last")
                data = {name: one["data"].get(name) for name in names}
                found.setdefault(one["type"], []).append(json.dumps(data, sort_keys=True))
        return {kind: sorted(those) for kind, those in found.items()}


@pytest.fixture
def people(operator: Operator) -> People:
    """Forty people; some of their records disagree, some are rejected."""
    operator.__class__ = People
    assert isinstance(operator, People)
    rows = []
    for n in range(80):
        who = n % 40
        data = {
            "name": f"p{who}" if n % 9 else f"q{n}",
            "age": who,
            "tags": [n % 7],
            "word": "ab"[n % 2],
            "x": n,
        }
        rows.append(f"INSERT INTO old VALUES ({who}, {n}, '{json.dumps(data)}')")
    rows.append("""INSERT INTO old VALUES (NULL, 90, '{"name": "nobody"}')""")
    operator.begin_with(TABLES + ";\n" + ";\n".join(rows))
    return operator
