"""Migrations without a transaction: each statement stands once it is done."""

from __future__ import annotations

import pytest

from commands.apply import apply
from commands.init import init
from commands.rollback import rollback
from commands.status import status
from journal.errors import NotFound, Refused, StatementFailed
from journal.events import (
    RowsChanged,
    RunFailed,
    SchemaChanged,
    StatementIntended,
    StatementSettled,
)
from tests.commands.places import Place
from tests.commands.test_apply import entries, run

TABLE = "create table person (id integer primary key, email text);\n"
VACUUM = "-- clew: no-transaction\nvacuum;\ninsert into person values (1, 'a');\n"


def begin(place: Place) -> None:
    """Apply one table."""
    place.write("1_person.sql", TABLE)
    init(place.target, asker=place.asker)
    run(place)


def test_outside_statements_need_the_directive(place: Place) -> None:
    """VACUUM in a file that is one transaction is refused before anything runs."""
    begin(place)
    place.write("2_vacuum.sql", "insert into person values (1, 'a');\nvacuum;\n")
    with pytest.raises(Refused, match=r"2_vacuum\.sql line 2: cannot run in a transaction"):
        run(place)
    assert place.sql("select * from person") == []


def test_each_statement_is_intended_and_settled(place: Place) -> None:
    """What runs outside is intended and settled; what need not is captured as ever."""
    begin(place)
    place.write("2_vacuum.sql", VACUUM)
    done = run(place)
    assert done.runs[0].rows == 1
    events = [e.event for e in entries(place) if e.run == done.runs[0].run]
    kinds = [type(event) for event in events[1:-1]]
    assert kinds == [StatementIntended, StatementSettled, RowsChanged, StatementSettled]
    assert run(place).runs == ()


def test_maintenance_is_in_the_way_of_nothing(place: Place) -> None:
    """What only puts rows in another order, or their indexes anew, is passed by a rollback."""
    begin(place)
    place.write("2_row.sql", "insert into person values (2, 'b');\n")
    kept = ["vacuum", "reindex"]
    if place.kind == "postgresql":
        kept = ["vacuum full person", "cluster", "reindex table concurrently person"]
    place.write("3_kept.sql", "-- clew: no-transaction\n" + "".join(f"{sql};\n" for sql in kept))
    run(place)
    rollback(place.target, "before:2_row", asker=place.asker)
    assert place.sql("select * from person") == []


def test_a_failure_leaves_what_was_done_and_apply_goes_on_from_there(place: Place) -> None:
    """After a failure the done statements stay, are named, and are not run again."""
    begin(place)
    text = (
        "-- clew: no-transaction\ninsert into person values (1, 'a');\ninsert into {} values (2);"
    )
    place.write("2_two.sql", text.format("nope"))
    with pytest.raises(StatementFailed, match=r"2_two\.sql line 3 \(statement 2\)"):
        run(place)
    failed = entries(place)[-1].event
    assert isinstance(failed, RunFailed)
    assert failed.stayed == ("statement 1 (line 2)",)
    (left,) = status(place.target, [place.directory]).incomplete
    assert left.migration == "2_two"
    place.write("2_two.sql", text.format("person (id)").replace("'a'", "'b'"))
    with pytest.raises(Refused, match="statement 1 stands from an earlier attempt"):
        run(place)
    place.write("2_two.sql", text.format("person (id)"))
    run(place)
    assert place.sql("select * from person order by id") == [(1, "a"), (2, None)]
    assert status(place.target, [place.directory]).incomplete == ()


def test_indexes_made_concurrently_are_observed(place: Place) -> None:
    """CREATE INDEX CONCURRENTLY is recorded as an observed change of the schema."""
    if place.kind == "sqlite":
        pytest.skip("SQLite builds indexes in a transaction")
    begin(place)
    place.write(
        "2_index.sql",
        "-- clew: no-transaction\ncreate index concurrently person_email on person (email);\n",
    )
    done = run(place)
    found = [e for e in entries(place) if e.run == done.runs[0].run]
    assert [type(e.event) for e in found[1:-1]] == [
        StatementIntended,
        SchemaChanged,
        StatementSettled,
    ]
    assert found[2].evidence == "observed"


def test_an_index_that_failed_stays_and_is_told(place: Place) -> None:
    """A unique index that fails on data leaves an invalid index, which is on record."""
    if place.kind == "sqlite":
        pytest.skip("SQLite builds indexes in a transaction")
    begin(place)
    place.sql("insert into person values (1, 'a'), (2, 'a')")
    place.write(
        "2_index.sql",
        "-- clew: no-transaction\ncreate unique index concurrently u on person (email);\n",
    )
    with pytest.raises(StatementFailed):
        run(place)
    changed, settled, failed = [e.event for e in entries(place)[-3:]]
    assert isinstance(changed, SchemaChanged)
    assert isinstance(settled, StatementSettled)
    assert settled.outcome == "failed"
    assert isinstance(failed, RunFailed)
    assert failed.sqlstate == "23505"
    assert failed.stayed == ("statement 1 (line 2): failed; index public.u added",)


def test_unsettled_statements_are_looked_for(place: Place) -> None:
    """A statement intended by a killed run is settled by the next command as it is found."""
    from uuid import uuid4

    from journal.events import RunInterrupted, RunStarted
    from journal.store import put_text
    from journal.values import Statement

    begin(place)
    sql = "create index by_email on person (email)"
    run_id = str(uuid4())
    with place.target.journal() as journal:
        journal.database.begin()
        digest = put_text(journal.database, sql)
        journal.database.commit()
        journal.append(
            RunStarted(verb="apply", migration="2_x"),
            StatementIntended(statement=Statement(number=1, digest=digest), kind="create index"),
            run=run_id,
            actor="dana",
        )
    place.sql(sql)
    place.write("2_x.sql", f"-- clew: no-transaction\n{sql};\nselect 1;\n")
    before = status(place.target, [place.directory])
    assert [one.migration for one in before.incomplete] == ["2_x"]
    assert before.next == f"clew apply {place.directory}"
    done = run(place)
    schema = "public." if place.kind == "postgresql" else ""
    assert [one.stayed for one in done.interrupted] == [
        (f"statement 1 (line 1): done; index {schema}by_email added",)
    ]
    assert "clew apply" in done.interrupted[0].todo
    closing = [e.event for e in entries(place) if e.run == run_id][2:]
    assert [type(e) for e in closing] == [SchemaChanged, StatementSettled, RunInterrupted]
    assert [one.migration for one in done.runs] == ["2_x"]
    with pytest.raises(NotFound):
        apply(place.target, [place.directory / "nowhere"], asker=place.asker)
