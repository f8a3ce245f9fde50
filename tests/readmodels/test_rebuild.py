"""Rebuild: views that are gone, replaced or new come back, and are held against the fold."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import psycopg
import pytest

from commands.init import init
from commands.opening import Target
from commands.rebuild import rebuild
from commands.rollback import rollback
from commands.verify import verify
from journal.errors import NotExact, Refused
from journal.opening import open_journal, parse_url
from journal.postgresql import views as on_postgresql
from journal.sqlite import views as on_sqlite
from tests.drills.operator import Operator
from tests.journal.releasing import ASKER, RELEASED
from tests.readmodels.made import DANA
from tests.scenarios.test_one_profile import MIGRATION, OLD, TABLES, old_rows
from tests.support.oracle import fingerprint, sqlite_path

VIEWS = {
    "log", "names", "runs", "changes", "schema_changes", "marks", "sign_offs", "checks", "backups",
    "standing", "conflicts", "candidates", "unmapped", "unmapped_values", "rejected",
    "rejected_values", "fates", "targets",
}  # fmt: skip


def name(operator: Operator, view: str) -> str:
    """A view as the database names it."""
    return f"clew_{view}" if operator.sqlite else f"clew.{view}"


@pytest.fixture
def merged(operator: Operator) -> Operator:
    """Profiles that were merged, with a conflict and fields without a home."""
    operator.begin_with(OLD + ";\n" + old_rows())
    operator.apply("0001_tables", TABLES)
    operator.file("0002_profiles.py", MIGRATION)
    operator.application("""UPDATE profiles SET data = '{"location": "Rome"}' WHERE id = 2""")
    operator.type("apply", str(operator.migrations))
    return operator


def test_told(merged: Operator) -> None:
    """Rebuild tells the rows of each view, writes no entry, and disturbs nothing."""
    before = merged.fingerprint()
    head = merged.json("status")["head"]["position"]
    answer = merged.json("rebuild")
    assert answer["position"] == head == merged.json("status")["head"]["position"]
    assert answer["views"].keys() == VIEWS
    assert answer["views"]["conflicts"] == len(merged.lines("conflicts"))
    assert answer["views"]["unmapped"] == 6
    assert merged.fingerprint() == before
    assert "each view says" in merged.type("rebuild")
    asked = f"SELECT field, count(*) FROM {name(merged, 'unmapped')} GROUP BY field ORDER BY field"
    assert merged.application(asked) == [("dealbreakers", 2), ("intent", 2), ("preferences", 2)]
    fates = merged.application(f"SELECT fate, count FROM {name(merged, 'fates')} ORDER BY fate")
    assert ("unmapped", 6) in fates
    merged.back("before:0002_profiles")
    assert merged.application(asked) == []
    assert merged.json("rebuild")["views"]["conflicts"] == 0


def test_gone_and_replaced(merged: Operator) -> None:
    """A view that was dropped, or says something else, is made as it was."""
    told = merged.json("rebuild")["views"]
    conflicts, cascade = name(merged, "conflicts"), "" if merged.sqlite else " CASCADE"
    for statement in (
        f"DROP VIEW {conflicts}{cascade}",
        f"DROP VIEW {name(merged, 'fates')}",
    ):
        merged.application(statement)
        assert merged.json("rebuild")["views"] == told
    merged.application(f"DROP VIEW {conflicts}{cascade}", f"CREATE VIEW {conflicts} AS SELECT 1 a")
    assert merged.json("rebuild")["views"] == told
    standing = name(merged, "standing")
    drop = [f"DROP VIEW {standing}"] if merged.sqlite else []
    nothing = "SELECT position AS after, position AS last FROM " + name(merged, "head")
    make = "CREATE VIEW" if merged.sqlite else "CREATE OR REPLACE VIEW"
    merged.application(*drop, f"{make} {standing} AS {nothing}")
    assert merged.application(f"SELECT count(*) FROM {conflicts}") == [(0,)]
    assert merged.json("rebuild")["views"] == told
    assert merged.application(f"SELECT count(*) FROM {conflicts} WHERE status = 'decided'") != [
        (0,)
    ]


def test_name_that_is_taken(merged: Operator) -> None:
    """A table that bears the name of a view is left alone, and told."""
    fates = name(merged, "fates")
    merged.application(f"DROP VIEW {fates}", f"CREATE TABLE {fates} (a integer)")
    merged.type("rebuild", code=3)
    assert "fates" in merged.err
    assert merged.application(f"SELECT count(*) FROM {fates}") == [(0,)]


def test_views_that_lie(merged: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that does not say what the journal says is not kept."""
    told = merged.json("rebuild")["views"]
    if merged.sqlite:
        query = on_sqlite._VIEWS["unmapped"].rstrip() + " AND j.value <> 'intent'"
        monkeypatch.setitem(on_sqlite._VIEWS, "unmapped", query)
    else:
        query, option = on_postgresql._VIEWS["unmapped"]
        query = query.rstrip() + " AND j.field <> 'intent'"
        monkeypatch.setitem(on_postgresql._VIEWS, "unmapped", (query, option))
    target = Target(url=parse_url(merged.url))
    with pytest.raises(NotExact, match="view unmapped is not what"):
        rebuild(target)
    monkeypatch.undo()
    count = merged.application(f"SELECT count(*) FROM {name(merged, 'unmapped')}")
    assert count == [(told["unmapped"],)]


VERSIONS = sorted(path.name.removesuffix(".sqlite.db") for path in RELEASED.glob("*.sqlite.db"))


@pytest.mark.parametrize("version", VERSIONS)
def test_released(url: str, version: str) -> None:
    """A journal of an earlier release gets its views, and stays what it was."""
    if url.startswith("sqlite"):
        shutil.copy(RELEASED / f"{version}.sqlite.db", sqlite_path(url))
    else:
        with psycopg.connect(url) as db:
            db.execute((RELEASED / f"{version}.postgresql.sql").read_bytes())
    before = fingerprint(url)
    target = Target(url=parse_url(url), holder="released")
    told = rebuild(target)
    assert told.views["standing"] > 1
    with open_journal(url) as journal:
        assert verify(journal).ok
        assert journal.head().position == told.position
    assert fingerprint(url) == before
    rollback(target, "head", asker=ASKER)


def test_utf16(sqlite_url: str) -> None:
    """A file whose text is UTF-16 has no such views, rather than views that fail."""
    with closing(sqlite3.connect(sqlite_path(sqlite_url))) as db:
        db.execute("PRAGMA encoding = 'UTF-16le'")
        db.execute("CREATE TABLE person (name text)")
    target = Target(url=parse_url(sqlite_url))
    init(target, asker=DANA)
    assert rebuild(target).views == {}


def test_grants_stay(postgresql_url: str) -> None:
    """What was granted on a view is granted on the one that follows, in whatever way."""
    target = Target(url=parse_url(postgresql_url))
    init(target, asker=DANA)
    asked = (
        "SELECT grantee::text, privilege_type, is_grantable FROM information_schema.role_table_grants"
        " WHERE table_schema = 'clew' AND table_name = 'conflicts' AND grantee <> grantor"
        " ORDER BY 1, 2"
    )
    with closing(psycopg.connect(postgresql_url, autocommit=True)) as db:
        db.execute("GRANT SELECT ON clew.conflicts TO PUBLIC")
        db.execute("GRANT SELECT, REFERENCES ON clew.conflicts TO pg_monitor WITH GRANT OPTION")
        known = db.execute(asked).fetchall()
        assert len(known) == 3
        rebuild(target)
        assert db.execute(asked).fetchall() == known
        db.execute("DROP VIEW clew.fates")
        db.execute("CREATE VIEW clew.fates AS SELECT 1 AS other")
        rebuild(target)
        assert db.execute(asked).fetchall() == known
        db.execute("CREATE VIEW public.mine AS SELECT id FROM clew.conflicts")
        rebuild(target)
        db.execute("DROP VIEW clew.targets")
        db.execute("CREATE VIEW clew.targets AS SELECT 1 AS other")
        with pytest.raises(Refused, match=r"cannot drop view clew\.conflicts"):
            rebuild(target)
        assert db.execute("SELECT other FROM clew.targets").fetchall() == [(1,)]
