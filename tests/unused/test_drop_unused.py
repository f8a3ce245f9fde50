"""Tables go as unused where nothing says otherwise, with the evidence on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.drills.operator import Operator

TABLES = """
CREATE TABLE person (id integer PRIMARY KEY, name text);
CREATE TABLE request_log (id integer PRIMARY KEY, path text, person integer REFERENCES person (id));
CREATE TABLE request_part (id integer PRIMARY KEY,
    log integer REFERENCES request_log (id), body text);
CREATE INDEX log_by_path ON request_log (path);
INSERT INTO person VALUES (1, 'Ada'), (2, 'SECRET');
INSERT INTO request_log VALUES (1, '/a', 1), (2, '/b', NULL), (3, '/ก 🙂', 2);
INSERT INTO request_part VALUES (1, 1, 'x'), (2, 3, NULL)"""
BOTH = 'tables=("request_log", "request_part")'


@pytest.fixture
def platform(operator: Operator) -> Operator:
    """A log and its parts, which nothing uses."""
    operator.begin_with(TABLES)
    return operator


def write(platform: Operator, words: str = BOTH, before: str = "", name: str = "0001_drop") -> None:
    """Write a migration that drops tables."""
    step = f"Sql(sql={before!r}), " if before else ""
    platform.file(
        f"{name}.py",
        "from commands.transform import DropUnused, Migration, Sql\n"
        f"migration = Migration(steps=({step}DropUnused({words}),))\n",
    )


def drop(platform: Operator, words: str = BOTH) -> dict[str, dict[str, Any]]:
    """Apply, and return the evidence by table and what was looked at."""
    write(platform, words)
    (run,) = platform.json("apply", str(platform.migrations))["runs"]
    return evidence(run["checks"])


def evidence(checks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return signs by table and by what was looked at."""
    return {
        check["details"]["table"].split(".")[-1]: {
            sign["what"]: sign for sign in check["details"]["signs"]
        }
        for check in checks
    }


def refused(platform: Operator, words: str = BOTH, *, said: str) -> list[dict[str, Any]]:
    """Expect that a migration is refused with nothing done; return the checks on record."""
    before = platform.fingerprint()
    write(platform, words)
    for dry in (("--dry-run",), ()):
        platform.type("apply", str(platform.migrations), *dry, code=3)
        assert said in platform.err
        assert platform.fingerprint() == before
    run = platform.json("report")["audit"]["runs"][-1]
    assert run["state"] == "failed"
    return [one["event"] for one in run["verification"]]


def test_there_and_back(platform: Operator) -> None:
    """Tables that refer to each other go together, and every row comes back."""
    before = platform.fingerprint()
    write(platform)
    trial = platform.json("apply", str(platform.migrations), "--dry-run")["migrations"][0]
    assert platform.fingerprint() == before
    said = platform.type("apply", str(platform.migrations), "--dry-run")
    assert "unless something says that they are used" in said
    assert "unclear  rows: 3 rows, kept for the way back" in said
    found = drop(platform)
    assert list(found) == ["request_part", "request_log"]
    assert evidence(trial["checks"]).keys() == found.keys()
    for signs, rows in ((found["request_log"], 3), (found["request_part"], 2)):
        assert (signs["rows"]["count"], signs["rows"]["speaks"]) == (rows, "unclear")
        assert "SELECT count(*)" in signs["rows"]["place"]
        assert signs["foreign keys"]["speaks"] == "unused"
        assert signs["journal"]["speaks"] == "unused"
    if platform.sqlite:
        assert found["request_log"]["reads and writes"]["found"].startswith("SQLite counts")
    page = platform.type("report")
    assert "| rows | SELECT count" in page
    assert not any("request_log" in name for name in platform.fingerprint())
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before
    platform.type("apply", str(platform.migrations))
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before


def test_a_reference(platform: Operator) -> None:
    """Rows of a table that stays refer to it: refused, with the number of rows on record."""
    checks = refused(platform, 'tables=("person",)', said="2 rows of ")
    (check,) = checks
    (sign,) = [one for one in check["details"]["signs"] if one["speaks"] == "used"]
    assert (sign["what"], sign["count"]) == ("foreign key", 2)
    assert "SECRET" not in str(checks)
    platform.type("apply", str(platform.migrations), "--dry-run", code=3)
    assert "  used     foreign key: 2 rows of " in platform.err
    assert platform.err.endswith('waive={"the table": "the reason"}.\n')
    platform.type("apply", str(platform.migrations), "--format", "json", code=3)
    error = json.loads(platform.err)["error"]
    assert error["exit_code"] == 3
    assert error["checks"][0]["details"]["signs"][:2] == check["details"]["signs"][:2]


def test_a_view_and_a_trigger(platform: Operator) -> None:
    """A view and a trigger's code name the table; its own trigger does not count."""
    if platform.sqlite:
        platform.application(
            "CREATE TRIGGER own AFTER INSERT ON request_log BEGIN SELECT 1; END",
            "CREATE TRIGGER logs AFTER INSERT ON person BEGIN"
            " INSERT INTO request_log (path) VALUES (new.name); END",
        )
        names = ("trigger",)
    else:
        body = "$$ BEGIN EXECUTE 'INSERT INTO Request_Log (id) VALUES (9)'; RETURN NULL; END $$"
        platform.application(
            f"CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS {body}",
            "CREATE TRIGGER logs AFTER INSERT ON person FOR EACH ROW EXECUTE FUNCTION logs()",
            "CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN NULL; END $$",
            "CREATE TRIGGER own AFTER INSERT ON request_log FOR EACH ROW EXECUTE FUNCTION own()",
        )
        names = ("function",)
    platform.application("CREATE VIEW recent AS SELECT path FROM request_log")
    platform.type("accept", "--reason", "made by hand")
    checks = refused(platform, said="names it")
    used = [
        sign["what"]
        for check in checks
        for sign in check["details"]["signs"]
        if sign["speaks"] == "used"
    ]
    assert sorted(used) == sorted([*names, "view"])


def test_drift_counts(platform: Operator) -> None:
    """A view that somebody made by hand, which no journal knows, is evidence, too."""
    write(platform)
    platform.application("CREATE VIEW recent AS SELECT path FROM request_log")
    platform.type("apply", str(platform.migrations), code=3)
    assert "recent" in platform.err


def test_code(platform: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name in source code counts as a whole word; binary, hidden and foreign files do not."""
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "src"
    (source / "node_modules").mkdir(parents=True)
    (source / "node_modules" / "a.js").write_text("request_log")
    (source / ".hidden").write_text("request_log")
    (source / "image.png").write_bytes(b"\0request_log")
    (source / "other.py").write_text("x = request_logs + my_request_log\n")
    words = f'{BOTH}, code=("src",)'
    write(platform, words)
    before = platform.fingerprint()
    platform.type("apply", str(platform.migrations))
    found = evidence(platform.json("report")["audit"]["runs"][-1] and _events(platform))
    assert found["request_log"]["code"]["found"] == "nowhere in 2 files"
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before
    (source / "app.ts").write_bytes(b"\xff\n\nawait db.from('Request_Log')\n")
    (check,) = [
        one
        for one in refused(platform, words, said="named in src/app.ts:3")
        if "log" in one["details"]["table"]
    ]
    assert evidence([check])["request_log"]["code"]["count"] == 1
    (source / "app.ts").write_bytes(b"x" * (3 << 20))
    found = drop(platform, words)
    assert found["request_log"]["code"]["speaks"] == "unclear"
    assert "1 file not read" in found["request_log"]["code"]["found"]
    platform.back("before:0001_drop")
    write(platform, f'{BOTH}, code=("nowhere",)')
    platform.type("apply", str(platform.migrations), code=4)
    assert "no directory nowhere" in platform.err


def _events(platform: Operator) -> list[dict[str, Any]]:
    run = platform.json("report")["audit"]["runs"][-1]
    return [one["event"] for one in run["verification"]]


def test_waived(platform: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waived by name goes, and the reason is on record, in answer and report."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "old.sql").write_text("select * from request_log\n")
    waived = 'waive={"request_log": "only a comment | of 2019"}'
    before = platform.fingerprint()
    refused(platform, f'{BOTH}, code=("src",)', said="named in src/old.sql:1")
    write(platform, f'{BOTH}, code=("src",), {waived}')
    said = platform.type("apply", str(platform.migrations))
    assert "waived: only a comment | of 2019" in said
    assert "is unused waived (only a comment" in platform.type("log", "--type", "CheckRun")
    assert "only a comment \\| of 2019" in platform.type("report")
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before


def test_journaled_changes(platform: Operator) -> None:
    """Changes by runs count with their number and time, and as use where they came later."""
    platform.apply("0000_more", "INSERT INTO request_log VALUES (4, '/d', NULL), (5, '/e', 1)")
    refused(platform, f'{BOTH}, since="2020-01-01"', said="2 rows changed in 1 entry")
    found = drop(platform, f'{BOTH}, since="2999-01-01"')
    assert (found["request_log"]["journal"]["count"]) == 2
    platform.back("before:0001_drop")
    found = drop(platform)
    assert found["request_log"]["journal"]["speaks"] == "unclear"
    assert found["request_log"]["journal"]["count"] == 2
    platform.back("before:0000_more")
    platform.migrations.joinpath("0000_more.sql").unlink()
    found = drop(platform)
    assert found["request_log"]["journal"]["found"] == "no change by a run that stands"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("tables=()", 3, "drop unused: no table"),
        ('tables=("nowhere",)', 4, "no table nowhere"),
        (f'{BOTH}, since="soon"', 3, "since is no time: soon"),
        (f'{BOTH}, waive={{"person": "x"}}', 3, "waives person, which it does not drop"),
        (f'{BOTH}, waive={{"request_log": " "}}', 3, "without a reason"),
    ],
)
def test_refused(sqlite_operator: Operator, words: str, code: int, said: str) -> None:
    """What makes no sense is refused in a line, and nothing has run."""
    platform, before = sqlite_operator, sqlite_operator.begin_with(TABLES)
    write(platform, words)
    platform.type("apply", str(platform.migrations), code=code)
    assert said in platform.err
    assert platform.fingerprint() == before


def test_batched(platform: Operator) -> None:
    """In a batched migration nothing may stand before it is refused, so it comes first."""
    before = platform.fingerprint()
    write(platform, before="DELETE FROM request_part")
    file = platform.migrations / "0001_drop.py"
    file.write_text(file.read_text().replace("Migration(", "Migration(batched=9, "))
    platform.type("apply", str(platform.migrations), code=3)
    assert "as the migration is batched" in platform.err
    assert platform.fingerprint() == before
    write(platform)
    file.write_text(file.read_text().replace("Migration(", "Migration(batched=9, "))
    platform.type("apply", str(platform.migrations))
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before


def test_waived_and_still_referred_to(platform: Operator) -> None:
    """A waiver does not make the database drop what rows still refer to; nothing is half done."""
    before = platform.fingerprint()
    write(platform, 'tables=("person",), waive={"person": "nobody logs in any more"}')
    platform.type("apply", str(platform.migrations), code=5)
    assert platform.fingerprint() == before
    write(platform, 'tables=("person", "request_log", "request_part")')
    platform.type("apply", str(platform.migrations))
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before


def test_a_circle(platform: Operator) -> None:
    """Tables that refer to each other in a circle, and to themselves, go and come back."""
    if platform.sqlite:
        platform.application(
            "CREATE TABLE a (id integer PRIMARY KEY, b integer REFERENCES b (id) DEFERRABLE"
            " INITIALLY DEFERRED, own integer REFERENCES a (id))",
            "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a (id) DEFERRABLE"
            " INITIALLY DEFERRED)",
        )
    else:
        platform.application(
            "CREATE TABLE a (id integer PRIMARY KEY, b integer, own integer REFERENCES a (id))",
            "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a (id))",
            "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id) DEFERRABLE INITIALLY DEFERRED",
        )
    platform.application("INSERT INTO a VALUES (1, 2, 1)", "INSERT INTO b VALUES (2, 1)")
    platform.type("accept", "--reason", "made by hand")
    before = platform.fingerprint()
    drop(platform, 'tables=("a", "b")')
    assert not {"table a", "rows public.a"} & platform.fingerprint().keys()
    platform.back("before:0001_drop")
    assert platform.fingerprint() == before


def test_rehearsed(platform: Operator) -> None:
    """A rehearsal drops them on the copy, brings them back, and drops them again; or is no-go."""
    write(platform, f'{BOTH}, since="2020-01-01"')
    words = (
        "rehearse",
        str(platform.migrations),
        *(() if platform.sqlite else ("--by", "template")),
    )
    answer = platform.json(*words)
    (one,) = answer["migrations"]
    assert (one["returned"], one["repeated"]) == ("exact", "exact")
    found = [item["evidence"] for item in answer["items"] if item["what"] == "check"]
    assert [said.endswith("no sign of use") for said in found] == [True, True]
    write(platform, 'tables=("person",)')
    answer = platform.json(*words, code=1)
    assert any("is used: 2 rows of" in item["evidence"] for item in answer["items"])
