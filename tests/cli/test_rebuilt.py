"""What the way back writes anew, in the words and the JSON of each verb that foretells it."""

from __future__ import annotations

import re

from tests.cli.typing_in import FILES, Typist

LINE = r"written anew: (public\.)?person: 2 rows, [0-9,]+ bytes"


def test_told_by_every_verb(typist: Typist) -> None:
    """A dry run, a plan and the rollback name the table with rows and bytes."""
    typist.type("init")
    typist.file("0001_people.sql", FILES["0001_people.sql"])
    typist.type("apply", str(typist.migrations))
    typist.file("0002_born.sql", "alter table person drop column born;\n")
    dry = typist.type("apply", str(typist.migrations), "--dry-run")
    assert re.search(r"taking it back would write anew: (public\.)?person: 2 rows, ", dry)
    (trial,) = typist.json("apply", str(typist.migrations), "--dry-run")["migrations"]
    typist.type("apply", str(typist.migrations))
    plan = typist.type("rollback", "before:0002_born", "--plan")
    assert re.search(f"would be {LINE}", plan)
    (planned,) = typist.json("rollback", "before:0002_born", "--plan")["rebuilt"]
    assert trial["rebuilt"] == [planned]
    assert (planned["rows"], planned["times"]) == (2, 1)
    done = typist.type("rollback", "before:0002_born", "--yes")
    assert re.search(f"  {LINE}", done)


def test_nothing_to_tell(typist: Typist) -> None:
    """What comes back in place is not said to cost anything."""
    typist.type("init")
    typist.file("0001_people.sql", FILES["0001_people.sql"])
    assert "anew" not in typist.type("apply", str(typist.migrations), "--dry-run")
    typist.type("apply", str(typist.migrations))
    assert "anew" not in typist.type("rollback", "before:0001_people", "--plan")
    assert typist.json("rollback", "before:0001_people", "--plan")["rebuilt"] == []
