"""Materialised views that hold rows: their content comes back by their query, or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.apply import apply
from commands.init import init
from commands.observing import known_schema
from commands.rollback import rollback
from commands.verify import verify
from journal.errors import ChangedSince, NotKnownExact
from journal.events import SchemaChanged
from tests.commands.places import ASKER, Place
from tests.support.oracle import fingerprint

BASE = (
    "create table sale (id integer primary key, day date, spare text, amount numeric)",
    "insert into sale select i, date '2024-01-01' + i % 7, 's' || i, i * 1.5"
    " from generate_series(1, 50) i",
    "create view paid as select day, amount from sale where amount > 10",
    "create materialized view daily as select day, sum(amount) as total from paid group by day",
    "create unique index daily_day on daily (day)",
    "create materialized view best as select max(total) as total from daily",
    "comment on materialized view daily is 'by day'",
    "grant select on daily to public",
)


@pytest.fixture
def place(postgresql_url: str, tmp_path: Path) -> Place:
    """A database with two materialised views, one over the other, and a journal."""
    made = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    made.sql(*BASE)
    init(made.target, asker=ASKER)
    return made


def run(place: Place, *statements: str) -> None:
    """Apply one migration."""
    number = len(list(place.directory.glob("*.sql"))) + 1
    place.write(f"{number:04}_m.sql", ";\n".join(statements))
    apply(place.target, [place.directory], asker=ASKER)


def back(place: Place, to: str = "before:0001_m", if_changed: str = "refuse") -> None:
    """Roll back."""
    rollback(place.target, to, asker=ASKER, if_changed=if_changed)  # type: ignore[arg-type]
    with place.target.journal() as journal:
        assert verify(journal).ok
        known = known_schema(journal)
        live = {one.id: one for one in journal.database.read_schema(known.objects)}
        assert live == known.objects


EXACT = [
    ("drop materialized view daily cascade",),
    ("drop table sale cascade",),
    ("alter table sale drop column spare",),
    ("alter table sale drop column id",),
    ("alter table sale drop column day cascade",),
    ("alter table sale alter column id type bigint using -id",),
    ("update sale set amount = amount * 2", "refresh materialized view daily"),
    (
        "update sale set amount = amount * 2",
        "refresh materialized view concurrently daily",
        "refresh materialized view best",
    ),
    (
        "delete from sale where id % 3 = 0",
        "drop materialized view daily cascade",
        "create materialized view daily as select day, count(*) from sale group by day",
    ),
    ("refresh materialized view daily with no data",),
    ("create materialized view other as select * from best", "refresh materialized view other"),
    (
        "insert into sale values (1000, '2024-01-01', 'new', 1000)",
        "refresh materialized view daily",
        "alter table sale rename column amount to price",
        "alter table sale drop column id, drop column spare",
        "refresh materialized view best",
        "alter materialized view daily rename to days",
    ),
    ("alter table sale rename to purchase", "drop materialized view best"),
    ("drop index daily_day",),
    ("create materialized view m as select date_trunc('day', day::timestamptz) from sale",),
]


@pytest.mark.parametrize("statements", EXACT)
def test_there_and_back(place: Place, statements: tuple[str, ...]) -> None:
    """What a migration does to such views, their tables and rows is undone and redone exactly."""
    before = fingerprint(place.url)
    run(place, *statements)
    after = fingerprint(place.url)
    with place.target.journal() as journal:
        done = journal.head().position
    back(place)
    assert fingerprint(place.url) == before
    back(place, str(done))
    assert fingerprint(place.url) == after
    back(place)
    assert fingerprint(place.url) == before


@pytest.mark.parametrize(
    "statement",
    [
        "drop materialized view daily cascade",
        "refresh materialized view daily",
        "refresh materialized view concurrently daily",
        "alter table sale drop column spare",
        "alter table sale alter column id type bigint",
        "drop table sale cascade",
        "do $$ begin execute 'refresh materialized view daily'; end $$",
    ],
)
def test_stale(place: Place, statement: str) -> None:
    """Content that is staler than its query cannot be put back, and is refused before it goes."""
    place.sql("update sale set amount = 0 where id > 40")
    before = fingerprint(place.url)
    with pytest.raises(NotKnownExact) as refused:
        run(place, statement)
    assert refused.value.name == "materialized-view"
    assert fingerprint(place.url) == before


@pytest.mark.parametrize(
    "query",
    [
        "select random() as r",
        "select now() as n from sale",
        "select current_date - day as age from sale",
        "select current_user as u from sale",
        "select nextval('s') as n",
        "select * from seen",
        "select * from sale tablesample system (50)",
        "select told(id) from sale",
    ],
)
def test_volatile(place: Place, query: str) -> None:
    """A query that gives other rows each time cannot fill a view again, and is refused."""
    place.sql(
        "create sequence s",
        "create function told(n integer) returns integer language sql as 'select $1'",
        "create view seen as select clock_timestamp() as now from sale",
        f"create materialized view shaky as {query}",
    )
    place.sql("drop schema clew cascade")
    init(place.target, asker=ASKER)
    for statement in (
        "drop materialized view shaky",
        f"create materialized view shaky2 as {query}",
    ):
        place.write("0001_m.sql", statement)
        with pytest.raises(NotKnownExact, match="shaky") as refused:
            apply(place.target, [place.directory], asker=ASKER)
        assert refused.value.name == "materialized-view"


def test_rows_below_changed_since(place: Place) -> None:
    """A view that would hold other rows than it did is refused, or filled with what there is."""
    before = fingerprint(place.url)
    run(place, "drop materialized view daily cascade")
    place.sql("insert into sale values (77, '2024-01-03', 'late', 500)")
    with pytest.raises(ChangedSince, match=r"daily|best"):
        back(place)
    back(place, if_changed="keep")
    now = fingerprint(place.url)
    changed = {name for name in before if before[name] != now[name]}
    assert changed == {"rows public.sale", "rows public.daily", "rows public.best"}


def test_refreshed_since(place: Place) -> None:
    """A view that somebody refreshed since is taken back: its query gives the same rows again."""
    run(place, "create materialized view m as select count(*) from sale")
    place.sql("insert into sale values (77, '2024-01-03', 'late', 5)")
    place.sql("refresh materialized view m")
    back(place)
    assert place.sql("select to_regclass('m') is null") == [(True,)]


def test_between(place: Place) -> None:
    """A position between a change of rows and the refresh that followed cannot be reached."""
    run(place, "update sale set amount = amount * 2", "refresh materialized view daily")
    with place.target.journal() as journal:
        (refreshed,) = (
            entry.position for entry in journal.read() if isinstance(entry.event, SchemaChanged)
        )
    before = fingerprint(place.url)
    with pytest.raises(ChangedSince, match="daily"):
        back(place, str(refreshed - 1))
    assert fingerprint(place.url) == before


def test_hidden_rows_are_imaged(place: Place) -> None:
    """Rows that a forced policy hides from the owner come back with their table."""
    place.sql(
        "create table secret (id integer primary key, who text)",
        "insert into secret values (1, 'me')",
        "alter table secret enable row level security",
        "alter table secret force row level security",
        "create policy nobody on secret using (false)",
        "drop schema clew cascade",
    )
    init(place.target, asker=ASKER)
    rows = "select xmin is not null, id, who from secret"
    run(place, "drop table secret")
    back(place)
    assert place.sql(rows) == []
    place.sql("alter table secret no force row level security")
    assert place.sql(rows) == [(True, 1, "me")]


def test_refresh_is_told(place: Place) -> None:
    """A rollback says that it refreshes a view."""
    run(place, "update sale set amount = amount * 2", "refresh materialized view daily")
    answer = rollback(place.target, "before:0001_m", asker=ASKER)
    told = [(step.kind, step.object or step.table) for step in answer.steps]
    assert told == [("refresh", "public.daily"), ("rows", "public.sale")]
