"""Go and no-go: what a rehearsal finds, on a copy, in the migrations that are pending."""

from __future__ import annotations

import pytest

from commands.rehearse.verdict import Bounds
from tests.rehearsal.theatre import Theatre, against, items, only

GOOD = (
    "alter table person add column name text;\nupdate person set name = upper(email);\n",
    "alter table person drop column born;\ndelete from pet;\n",
    "create table tag (id integer primary key, x text);\ninsert into tag values (1, 'a');\n",
)


def test_a_good_set_is_go(theatre: Theatre) -> None:
    """Migrations that return exactly end in go, each with its figures and its proofs."""
    for number, sql in enumerate(GOOD, start=2):
        theatre.write(f"{number}_good", sql)
    answer = theatre.rehearse()
    assert answer.go, against(answer)
    assert [one.migration for one in answer.migrations] == ["2_good", "3_good", "4_good"]
    for one in answer.migrations:
        assert (one.applied, one.returned, one.repeated) == (True, "exact", "exact")
        assert one.seconds > 0
        assert one.back_seconds > 0
        assert one.journal_bytes > 0
        assert one.locks
    assert only(answer, "whole way back").verdict == "go"
    assert answer.migrations[0].rows == 3
    theatre.apply()


def test_nothing_pending_is_go(theatre: Theatre) -> None:
    """Where nothing is pending, there is nothing against it, and that is said."""
    answer = theatre.rehearse()
    assert answer.go
    assert only(answer, "pending").verdict == "note"


def test_a_failing_statement(theatre: Theatre) -> None:
    """A migration whose third statement fails is no-go with its line, and so is what follows."""
    theatre.write(
        "2_bad", "delete from pet;\nupdate person set born = 1;\ninsert into nope values (1);\n"
    )
    theatre.write("3_more", GOOD[2])
    answer = theatre.rehearse()
    assert against(answer) == [("2_bad", "applies"), ("3_more", "applies")]
    assert "2_bad.sql line 3 (statement 3)" in only(answer, "applies", "2_bad").evidence
    assert "not tried" in only(answer, "applies", "3_more").evidence
    assert items(answer, "failure", "2_bad") == []


def test_what_the_gate_refuses(theatre: Theatre) -> None:
    """Every rule that refuses a file is named with its waiver; what comes before it is tried."""
    theatre.write("2_fine", GOOD[2])
    refused = {
        "sqlite": "pragma legacy_file_format = 1;\n",
        "postgresql": "declare a cursor with hold for select 1;\n"
        "alter system set work_mem = '5MB';\n",
    }
    theatre.write("3_refused", refused[theatre.place.kind])
    answer = theatre.rehearse()
    assert not answer.go
    found = items(answer, "refused statement", "3_refused")
    assert len(found) == refused[theatre.place.kind].count(";")
    assert all("3_refused.sql line" in one.evidence for one in found)
    assert all("--allow-irreversible" in one.evidence for one in found)
    assert [one.applied for one in answer.migrations] == [True, False]


def test_a_waived_migration_does_not_return(theatre: Theatre) -> None:
    """What was waived runs, and is no-go since it cannot be taken back; what follows is tried."""
    waived = {
        "sqlite": ("pragma", "pragma legacy_file_format = 1;\n"),
        "postgresql": ("cursor-with-hold", "declare held cursor with hold for select 1;\n"),
    }
    name, sql = waived[theatre.place.kind]
    theatre.write("2_waived", sql)
    theatre.write("3_fine", GOOD[2])
    answer = theatre.rehearse(allowed=frozenset([name]))
    assert against(answer) == [("2_waived", "returns")]
    assert "cannot be taken back" in only(answer, "returns", "2_waived").evidence
    assert only(answer, "returns", "3_fine").verdict == "go"


def test_what_reaches_elsewhere_is_not_rehearsed(theatre: Theatre) -> None:
    """A waived statement on what the whole server shares does not run on the copy either."""
    if not theatre.postgresql:
        pytest.skip("a SQLite file shares nothing")
    theatre.write("2_role", "create role clew_never;\n")
    answer = theatre.rehearse(allowed=frozenset(["create-role"]))
    assert "reaches beyond" in only(answer, "refused statement", "2_role").evidence
    assert theatre.place.sql("select 1 from pg_roles where rolname = 'clew_never'") == []


def test_chance_is_a_note(theatre: Theatre) -> None:
    """Values that come out otherwise the second time are named by column, and are no error."""
    chance = "random()" if theatre.postgresql else "random() / 1000"
    theatre.write(
        "2_chance",
        "alter table person add column token text;\n"
        f"update person set token = cast({chance} as text);\n",
    )
    answer = theatre.rehearse()
    assert answer.go, against(answer)
    (one,) = answer.migrations
    assert (one.returned, one.repeated) == ("exact", "differs")
    found = only(answer, "goes forward again", "2_chance")
    assert found.verdict == "note"
    assert found.evidence.endswith("person (token)")


def test_checks(theatre: Theatre) -> None:
    """A check that fails is no-go with what it found; one that passes is listed."""
    head = "from commands.transform import *\n"
    one = (
        'people = Check(name="people", sql="select count(*) from person", equals={})\n'
        "migration = Migration(steps=(people,))\n"
    )
    theatre.place.write("2_check.py", head + one.format(3))
    answer = theatre.rehearse()
    assert answer.go, against(answer)
    assert only(answer, "check", "2_check").evidence == "people: expected 3, found 3"
    theatre.place.write("2_check.py", head + one.format(4))
    answer = theatre.rehearse()
    assert against(answer) == [("2_check", "applies")]
    assert "found 3" in only(answer, "applies", "2_check").evidence


def test_drift(theatre: Theatre) -> None:
    """Drift is named; it is no-go for what touches it, and for nothing else."""
    theatre.place.sql("create table stray (id integer)")
    theatre.write("2_good", GOOD[0])
    answer = theatre.rehearse()
    assert answer.go, against(answer)
    assert "stray" in only(answer, "drift").evidence
    theatre.write("3_touches", "insert into stray values (1);\n")
    answer = theatre.rehearse()
    assert against(answer) == [("3_touches", "applies")]
    assert "stray is not in the journal" in only(answer, "applies", "3_touches").evidence


def test_changed_and_late_files(theatre: Theatre) -> None:
    """Files that are not as they were applied, or come late, are no-go and named."""
    theatre.write("0_late", GOOD[2])
    answer = theatre.rehearse()
    assert ("", "late files") in against(answer)
    assert theatre.rehearse(allow_late=True).go
    theatre.write("1_tables", "select 1;\n")
    answer = theatre.rehearse(allow_late=True)
    assert only(answer, "changed files").evidence == "1_tables"
    assert not answer.go


def test_up_to(theatre: Theatre) -> None:
    """With ``to``, what comes after it is left out."""
    theatre.write("2_good", GOOD[0])
    theatre.write("3_bad", "insert into nope values (1);\n")
    answer = theatre.rehearse(to="2_good")
    assert answer.go
    assert [one.migration for one in answer.migrations] == ["2_good"]


def test_limits(theatre: Theatre) -> None:
    """Locks held too long and tables too large to be written anew are no-go."""
    anew = {
        "sqlite": "alter table person drop column born;\n",
        "postgresql": "alter table person alter column born type bigint;\n",
    }
    theatre.write("2_anew", anew[theatre.place.kind])
    answer = theatre.rehearse()
    assert answer.go
    table = only(answer, "rewritten table", "2_anew")
    assert table.verdict == "note"
    assert "person" in table.evidence
    back = only(answer, "rebuilt on the way back", "2_anew")
    assert back.verdict == "note"
    assert "person: " in back.evidence
    answer = theatre.rehearse(bounds=Bounds(lock_seconds=0, rewrite_bytes=1))
    assert against(answer) == [
        ("2_anew", "long locks"),
        ("2_anew", "rewritten table"),
        ("2_anew", "rebuilt on the way back"),
    ]


def test_without_a_transaction(theatre: Theatre) -> None:
    """A migration without a transaction is there, back and there again like any other."""
    made = "create index concurrently" if theatre.postgresql else "create index"
    theatre.write("2_alone", f"-- clew: no-transaction\n{made} by_email on person (email);\n")
    answer = theatre.rehearse()
    assert answer.go, against(answer)
    assert answer.migrations[0].returned == "exact"
