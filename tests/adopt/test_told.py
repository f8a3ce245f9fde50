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
