"""What the verbs say of imported history."""

from __future__ import annotations

from tests.adopt.ledgers import ledgers
from tests.cli.typing_in import Typist


def begin(typist: Typist) -> None:
    """Leave Prisma's bookkeeping, and make the journal."""
    kind = "sqlite" if typist.url.startswith("sqlite") else "postgresql"
    (ledger,) = (one for one in ledgers(kind) if one.tool == "prisma")
    for sql in ledger.sql:
        typist.application(sql)


def test_init_and_status(typist: Typist) -> None:
    """Init and status name tool, table and names, and apart from them what does not count."""
    begin(typist)
    out = typist.type("init", "--name", "test")
    assert "imported from prisma (" in out
    assert "_prisma_migrations): 2 migrations" in out
    assert "does not count as applied: 20240103_tags, rolled back" in out
    status = typist.type("status")
    assert "applied   0 migrations" in status
    assert "imported  2 migrations" in status
    assert "20240101_init, 20240102_posts" in status
    assert "not applied, says prisma: 20240104_likes, failed: it never finished" in status
    found = typist.json("status")
    assert (found["applied"], found["stamped"]) == ([], [])
    (table,) = found["imported"]
    assert table["migrations"] == ["20240101_init", "20240102_posts"]
    assert [name for name, _ in table["unapplied"]] == ["20240103_tags", "20240104_likes"]
    assert len(table["applied_at"]) == 2


def test_log_and_show(typist: Typist) -> None:
    """The log and an entry in full tell it as imported, and of no run."""
    begin(typist)
    typist.type("init")
    (entry,) = typist.lines("log", "--type", "HistoryImported")
    assert (entry["evidence"], entry["run"]) == ("imported", "")
    line = typist.type("log", "--type", "HistoryImported")
    assert "2 migrations of prisma, by" in line
    assert "2 not applied" in line
    assert "imported" in typist.type("show", str(entry["position"]))
    assert typist.type("log", "--migration", "20240101_init", code=4) == ""


def test_a_second_init(typist: Typist) -> None:
    """What a tool did since is told, and taken in with --import."""
    begin(typist)
    typist.type("init")
    assert "nothing was changed" in typist.type("init")
    typist.application("delete from _prisma_migrations where id = 'a'")
    out = typist.type("init")
    assert "other than imported: prisma" in out
    assert "clew init --import" in out
    assert "nothing was changed" in out
    assert "imported from prisma" in typist.type("init", "--import", "--actor", "dana")
    assert typist.json("status")["imported"][0]["migrations"] == ["20240102_posts"]


def stamped(typist: Typist) -> None:
    """Make a journal with a run, a stamp as done and one as undone, and imported history."""
    begin(typist)
    typist.begin()
    typist.file("0003_by_hand.sql", "create table by_hand (id integer);\n")
    why = ("--reason", "run *by hand* | on 3 May", "--ref", "OPS-12", "--actor", "dana")
    where = ("--directory", str(typist.migrations))
    out = typist.type("stamp", "0003", *where, *why)
    assert "stamped as done elsewhere: 0003_by_hand (0003_by_hand.sql, SHA-256 " in out
    typist.type("stamp", "20240101_init", "--undone", *where, *why)


def test_status_tells_stamps_apart(typist: Typist) -> None:
    """Status lists stamps with who, when and why, and not among the applied."""
    stamped(typist)
    found = typist.json("status", str(typist.migrations))
    assert found["applied"] == ["0001_people", "0002_letters"]
    assert found["pending"] == []
    assert [(one["name"], one["done"], one["ref"]) for one in found["stamped"]] == [
        ("0003_by_hand", True, "OPS-12"),
        ("20240101_init", False, "OPS-12"),
    ]
    text = typist.type("status", str(typist.migrations))
    assert "applied   2 migrations" in text
    assert "  stamped  0003_by_hand as done, by dana, 20" in text
    assert "  stamped  20240101_init as undone, by dana, 20" in text
    assert "applied  0003" not in text


def test_log_tells_stamps_apart(typist: Typist) -> None:
    """A stamp stands in the log as what it is, belongs to no run, and makes none."""
    stamped(typist)
    done, _ = typist.lines("log", "--type", "Stamped")
    assert (done["evidence"], done["run"], done["actor"]) == ("stamped", "", "dana")
    assert done["data"]["ref"] == "OPS-12"
    assert "0003_by_hand stamped as done elsewhere" in typist.type("log")
    typist.type("log", "--migration", "0003_by_hand", code=4)
    shown = typist.type("show", str(done["position"]))
    assert "0003_by_hand stamped as done elsewhere" in shown
    assert "run *by hand*" in shown
    typist.type("show", "before:0003_by_hand", code=4)
    assert "was stamped as done at position" in typist.err


def test_report_tells_stamps_apart(typist: Typist) -> None:
    """The report has sections of their own for stamps and imports, and no run of either."""
    stamped(typist)
    text = typist.type("report")
    runs, _, rest = text.partition("## Stamped: done or undone elsewhere, not run here")
    assert "0003" not in runs
    stamps, _, imports = rest.partition("## Imported: applied by other tools, not run here")
    assert r"| 0003\_by\_hand | done | run \*by hand\* \| on 3 May | OPS-12 |" in stamps.replace(
        "0003_by_hand", r"0003\_by\_hand"
    )
    assert "| undone |" in stamps
    assert "2 migrations of prisma, as" in imports.replace("\\_", "_")
    assert "rolled back" in imports
    found = typist.json("report")
    assert {run["migration"] for run in found["audit"]["runs"]} <= {"0001_people", "0002_letters"}
    types = [one["event"]["type"] for one in found["audit"]["said"]]
    assert types == ["HistoryImported", "Stamped", "Stamped"]


def test_stamp_errors(typist: Typist) -> None:
    """Bad input gets one line, a hint and its exit code."""
    typist.begin()
    where = ("--directory", str(typist.migrations))
    typist.type("stamp", "0002_letters", *where, code=2)
    assert "a stamp needs a reason" in typist.err
    typist.type("stamp", "0002_letters", *where, "--reason", "x", code=3)
    typist.type("stamp", "0004", *where, "--reason", "x", code=4)
    assert "hint: " in typist.err
    typist.type("stamp", "--reason", "x", code=2)
    found = typist.json("stamp", "0009", *where, "--without-file", "--dry-run")
    assert (found["position"], found["migrations"][0]["name"]) == (None, "0009")
    assert "nothing was written" in typist.type(
        "stamp", "0009", *where, "--without-file", "--dry-run"
    )
