"""What doctor says of other tools' bookkeeping: scenario S5, and nothing on healthy set-ups."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from commands.doctor.finding import Finding
from commands.doctor.ledger.bookkeeping import bookkeeping_findings
from commands.init import init
from commands.stamp import stamp
from journal.errors import NotFound
from tests.adopt.ledgers import ledgers
from tests.adopt.old_files import ADDS, CREATES, FILES, NEVER_RAN, REVISION
from tests.commands.places import Place
from tests.support.oracle import fingerprint

META = 'create table "SequelizeMeta" (name varchar(255) not null unique, primary key (name))'


def found(place: Place) -> list[Finding]:
    """Return the findings; looking changes nothing."""
    before = fingerprint(place.url)
    with place.target.database() as session:
        answer = list(bookkeeping_findings(session, place.directory))
    assert fingerprint(place.url) == before
    return answer


def kinds(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return where each kind of finding was found."""
    answer: dict[str, list[str]] = {}
    for one in findings:
        answer.setdefault(one.kind.removeprefix("bookkeeping-"), []).append(one.where)
    return {kind: sorted(where) for kind, where in answer.items()}


def meta(place: Place, *names: str) -> None:
    """Leave Sequelize's bookkeeping with some names."""
    place.sql(META, *(f"""insert into "SequelizeMeta" values ('{name}')""" for name in names))


def half_migrated(place: Place) -> None:
    """Scenario S5, as far as the bookkeeping goes."""
    place.sql(
        "create table users (id integer primary key)",
        "create table items (id integer primary key)",
        "create table sessions (id integer primary key)",
    )
    place.write("20240101-users.cjs", CREATES.replace("TABLE", "users"))
    place.write("20240102-items.cjs", CREATES.replace("TABLE", "items"))
    place.write("20240103-sessions.js", CREATES.replace("TABLE", "sessions"))
    for name, text in NEVER_RAN.items():
        place.write(f"{name}.cjs", text)
    place.write("20240150-repair-users.cjs", ADDS.replace("TABLE", "users"))
    place.write("20240301-later.cjs", CREATES.replace("TABLE", "later"))
    meta(
        place,
        "20240101-users.js",
        "20240102-items.js",
        "20240103-sessions.js",
        "20240104-gone.js",
        *(f"{name}.js" for name in NEVER_RAN),
    )


def test_half_migrated(place: Place) -> None:
    """Names that never ran, renamed, missing and late files are found, each with its evidence."""
    half_migrated(place)
    findings = found(place)
    never = sorted(f"{name}.js" for name in NEVER_RAN)
    assert kinds(findings) == {
        "effect-missing": never,
        "renamed-file": ["20240101-users.js", "20240102-items.js", *never],
        "missing-file": ["20240104-gone.js"],
        "late-file": ["20240150-repair-users.cjs"],
        "pending-files": ["SequelizeMeta" if place.kind == "sqlite" else "public.SequelizeMeta"],
    }
    for one in findings:
        assert one.what
        assert one.consequence
        for evidence in one.evidence:
            assert len(place.sql(evidence.query)) == evidence.count, evidence.query


def test_names_whose_effect_is_nowhere(place: Place) -> None:
    """Such a finding says what is missing, how it was read, and what would mend it."""
    half_migrated(place)
    by_name = {one.where: one for one in found(place) if one.kind.endswith("effect-missing")}
    one = by_name["20240202-sessions-trainer.js"]
    assert one.severity == "error"
    assert one.what.endswith("nothing that it makes is there: column sessions.trainer_id")
    assert "addColumn('sessions', 'trainer_id')" in one.evidence[0].query
    assert "clew stamp --undone 20240202-sessions-trainer.js" in one.advice
    assert "SQL in a literal" in by_name["20240205-carts.js"].evidence[0].query
    for finding in by_name.values():
        place.sql(*finding.repair)
    assert not [one for one in found(place) if one.kind.endswith("effect-missing")]


def test_renamed_files(place: Place) -> None:
    """A renamed file is mended by giving the row its name, unless it never ran at all."""
    half_migrated(place)
    renamed = {one.where: one for one in found(place) if one.kind.endswith("renamed-file")}
    assert renamed["20240201-notifications.js"].repair == ()
    assert renamed["20240201-notifications.js"].needs == (
        "bookkeeping-effect-missing:20240201-notifications.js",
    )
    place.sql(*renamed["20240101-users.js"].repair)
    left = [one.where for one in found(place) if one.kind.endswith("renamed-file")]
    assert "20240101-users.js" not in left
    assert len(left) == len(renamed) - 1


def test_what_was_stamped_is_settled(place: Place) -> None:
    """What somebody stamped in the journal, with a reason, is not told again."""
    half_migrated(place)
    init(place.target, asker=place.asker)
    names = [f"{name}.js" for name in NEVER_RAN]
    stamp(place.target, names, asker=place.asker, undone=True)
    assert kinds(found(place)).keys() == {
        "renamed-file",
        "missing-file",
        "late-file",
        "pending-files",
    }


def test_half_done(place: Place) -> None:
    """Where a part of what a file makes is there, it is told which is not, and nothing is dropped."""
    place.write(
        "1-two.js",
        "exports.up = async (q) => { await q.createTable('a', {}); await q.createTable('b', {}); }",
    )
    meta(place, "1-two.js")
    place.sql("create table a (id integer)")
    (one,) = found(place)
    assert "1 of 2 are not there: table b" in one.what
    assert one.repair == ()


def test_a_missing_file_may_have_taken_it_away(place: Place) -> None:
    """Where a later file is missing, nobody proposes to run again what it may have undone."""
    place.write("1-a.js", CREATES.replace("TABLE", "a"))
    meta(place, "1-a.js", "2-drop-a.js")
    (one,) = (one for one in found(place) if one.kind.endswith("effect-missing"))
    assert (one.where, one.repair) == ("1-a.js", ())
    assert "2-drop-a.js, whose file is missing" in one.advice


REPAIRED = """module.exports = {
  async up(queryInterface) {
    await queryInterface.CALL;
  },
  async down(queryInterface) {},
};
"""


@pytest.mark.parametrize(
    "call",
    [
        "dropTable('a')",
        "renameTable('a', 'b')",
        "sequelize.query('DROP TABLE IF EXISTS a')",
        "sequelize.query(`ALTER TABLE a RENAME TO ${name}`)",
        "sequelize.query('DROP SCHEMA public CASCADE')",
    ],
)
def test_what_a_later_file_takes_away_is_not_missed(place: Place, call: str) -> None:
    """What any file drops or renames is no claim that it is there."""
    place.write("1-a.js", CREATES.replace("TABLE", "a"))
    place.write("2-b.js", REPAIRED.replace("CALL", call))
    meta(place, "1-a.js", "2-b.js")
    assert found(place) == []


# --- healthy set-ups ------------------------------------------------------------------

TOLD = {"prisma": {"failed"}, "flyway": {"failed"}, "liquibase": {"failed"}}
"""What the rows alone say, whatever the files."""


@pytest.mark.parametrize("tool", FILES)
def test_healthy(place: Place, tool: str) -> None:
    """Where names, files and schema agree, nothing is found beside rows that failed."""
    ledger = next(one for one in ledgers(place.kind) if one.tool == tool)
    place.sql(*ledger.sql, "create table a (id integer primary key, b integer)")
    place.sql("create index i on a (b)")
    for name, text in FILES[tool].items():
        place.write(name, text)
    assert kinds(found(place)).keys() == TOLD.get(tool, set())


@pytest.mark.parametrize("tool", FILES)
def test_nothing_left(place: Place, tool: str) -> None:
    """Where nothing that the files make is there, each tool's names are found."""
    ledger = next(one for one in ledgers(place.kind) if one.tool == tool)
    place.sql(*ledger.sql)
    for name, text in FILES[tool].items():
        place.write(name, text)
    told = "effect-missing" in kinds(found(place))
    assert told == (tool not in {"rails", "liquibase"})


def test_pending_files_are_a_note(place: Place) -> None:
    """Files that come after what is done are one note, not an error."""
    place.write("1-a.js", CREATES.replace("TABLE", "a"))
    for number in range(2, 10):
        place.write(f"{number}-b.js", CREATES.replace("TABLE", f"b{number}"))
    meta(place, "1-a.js")
    place.sql("create table a (id integer)")
    (one,) = found(place)
    assert (one.kind, one.severity) == ("bookkeeping-pending-files", "note")
    assert one.what.startswith("8 files not done yet, says sequelize: 2-b.js")


def test_a_directory_of_something_else(place: Place) -> None:
    """Files that have no name in common with the bookkeeping are not held against it."""
    place.write("0001_person.sql", "create table person (id integer);\n")
    meta(place, "20240101-users.js")
    assert found(place) == []


def test_two_tools_with_files_of_one_day(place: Place) -> None:
    """Names that share no more than a date with the files are another tool's, and left alone."""
    place.write("20240101-users.js", CREATES.replace("TABLE", "users"))
    place.write("20240102-mail.js", ADDS.replace("TABLE", "users").replace("COLUMN", "mail"))
    meta(place, "20240101-users.js", "20240102-mail.js")
    place.sql(
        "create table users (id integer, mail text)",
        *next(one for one in ledgers(place.kind) if one.tool == "knex").sql,
    )
    assert found(place) == []


def test_a_file_with_another_name(place: Place) -> None:
    """A file whose number alone is the same is taken for renamed, among files of that tool."""
    place.write("20240101-users.js", CREATES.replace("TABLE", "users"))
    place.write("20240102-mails.js", ADDS.replace("TABLE", "users").replace("COLUMN", "mail"))
    meta(place, "20240101-users.js", "20240102-mail.js")
    place.sql("create table users (id integer, mail text)")
    (one,) = found(place)
    assert (one.kind, one.where) == ("bookkeeping-renamed-file", "20240102-mail.js")
    place.sql(*one.repair)
    assert found(place) == []


# --- the rows alone -------------------------------------------------------------------


def test_failed_rows(place: Place) -> None:
    """Failed rows are errors, a row rolled back on purpose is a note, and undone ones are none."""
    for tool in ("prisma", "flyway"):
        place.sql(*next(one for one in ledgers(place.kind) if one.tool == tool).sql)
    told = {one.where: one.severity for one in found(place)}
    assert told == {"20240103_tags": "note", "20240104_likes": "error", "V5__broken": "error"}


def test_dirty(place: Place) -> None:
    """A dirty version is told with what the tool does then."""
    ledger = [one for one in ledgers(place.kind) if one.tool == "golang-migrate"][1]
    place.sql(*ledger.sql)
    (one,) = found(place)
    assert (one.kind, one.where) == ("bookkeeping-failed", "12")
    assert "dirty" in one.what
    assert "migrate force" in one.advice


def test_listed_twice(place: Place) -> None:
    """A migration that stands there under two names of one file is told."""
    meta(place, "1-a.js", "1-a.cjs", "2-b.js")
    (one,) = found(place)
    assert (one.kind, one.where) == ("bookkeeping-listed-twice", "1-a")
    assert len(place.sql(one.evidence[0].query)) == one.evidence[0].count == 2


def test_a_lock_that_nobody_gave_free(place: Place) -> None:
    """A lock that a tool left behind is told."""
    place.sql(*next(one for one in ledgers(place.kind) if one.tool == "knex").sql)
    assert found(place) == []
    place.sql("update knex_migrations_lock set is_locked = 1")
    (one,) = found(place)
    assert one.kind == "bookkeeping-locked"
    assert len(place.sql(one.evidence[0].query)) == 1


def test_alembic(place: Place) -> None:
    """Alembic notes the newest revision: all that it follows count, and are looked for."""
    place.sql(
        "create table alembic_version (version_num varchar(32) not null primary key)",
        "insert into alembic_version values ('b2')",
    )
    for name, before in (("a1", None), ("b2", "a1"), ("c3", "b2")):
        text = REVISION.format(name=name, before=before, table=f"t_{name}")
        place.write(f"versions/{name}_x.py", text)
    place.sql(
        "create table t_a1 (id integer, note text)",
        "create index ix_t_a1 on t_a1 (note)",
        "create table t_a1_raw (id integer)",
    )
    findings = found(place)
    assert kinds(findings).keys() == {"effect-missing", "pending-files"}
    (one,) = (each for each in findings if each.kind.endswith("effect-missing"))
    assert (one.where, len(one.evidence)) == ("b2", 4)
    place.sql("update alembic_version set version_num = 'zz'")
    place.write("versions/zz_x.py", REVISION.format(name="zz", before="b9", table="t_a1"))
    assert kinds(found(place))["missing-file"] == ["b9"]


def test_what_may_not_be_read(postgresql_url: str, tmp_path: Path) -> None:
    """A table that the user may not read is a note."""
    place = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    place.sql(
        "create table alembic_version (version_num varchar(32) not null primary key)",
        "revoke all on alembic_version from current_user",
    )
    with place.target.database() as session:
        (one,) = bookkeeping_findings(session)
    assert (one.kind, one.severity) == ("bookkeeping-unreadable", "note")


def test_no_directory(place: Place) -> None:
    """A directory that is not there is told as such."""
    place.sql("create table a (id integer)")
    with place.target.database() as session, pytest.raises(NotFound, match="no directory"):
        list(bookkeeping_findings(session, place.directory / "nowhere"))
