"""Values come back from a real database with the very digest they went with."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.copy.plan import TablePlan
from commands.copy.unfit import Unfit
from tests.copying_values.crossing import Ground, canonical, grounds, plan, rendered
from tests.copying_values.values import ANYTHING, ONLY_POSTGRESQL, STORED


@pytest.mark.parametrize("name", STORED)
def test_into_postgresql_and_back(sqlite_url: str, postgresql_url: str, name: str) -> None:
    """What SQLite stores has one canonical form: there, in PostgreSQL, and in SQLite again."""
    with grounds((sqlite_url, postgresql_url), name) as (lite, postgres):
        onto = plan(postgres.table, name, onto="postgresql")
        back = plan(postgres.table, name, onto="sqlite")

        @given(st.lists(STORED[name] | st.none(), min_size=1, max_size=8))
        def crossed(values: list[Any]) -> None:
            before = canonical(onto, "sqlite", values)
            postgres.put(rendered(onto, "sqlite", "postgresql", values))
            there = postgres.got()
            assert canonical(back, "postgresql", there) == before
            assert canonical(onto, "postgresql", there, target=True) == before
            _home(back, lite, there, before)

        crossed()


@pytest.mark.listed
@pytest.mark.parametrize("name", STORED)
def test_whatever_is_taken(sqlite_url: str, postgresql_url: str, name: str) -> None:
    """Of anything at all that SQLite may store, PostgreSQL takes what we take, and as we told it."""
    with grounds((sqlite_url, postgresql_url), name) as (_, postgres):
        onto = plan(postgres.table, name, onto="postgresql")

        @given(st.lists(ANYTHING, min_size=1, max_size=20))
        def taken(values: list[Any]) -> None:
            fits = [value for value in values if _taken(onto, value)]
            postgres.put(rendered(onto, "sqlite", "postgresql", fits))
            there = canonical(onto, "postgresql", postgres.got(), target=True)
            assert there == canonical(onto, "sqlite", fits)

        taken()


def _taken(onto: TablePlan, value: Any) -> bool:
    try:
        rendered(onto, "sqlite", "postgresql", [value])
    except Unfit:
        return False
    return True


@pytest.mark.parametrize("name", ONLY_POSTGRESQL)
def test_out_of_postgresql_and_back(sqlite_url: str, postgresql_url: str, name: str) -> None:
    """What only PostgreSQL knows comes back from a file of SQLite as it was, or is refused."""
    with grounds((sqlite_url, postgresql_url), name) as (lite, postgres):
        back = plan(postgres.table, name, onto="sqlite")
        postgres.put([*ONLY_POSTGRESQL[name], None])
        there = postgres.got()
        before = canonical(back, "postgresql", there)
        _home(back, lite, there, before)
        kept = [value for value in there if _fits(back, value)]
        postgres.put(kept)
        assert postgres.got() == kept


@pytest.mark.parametrize(("name", "value"), [("double_one", "NaN"), ("double_one", "-0")])
def test_what_sqlite_would_change(
    sqlite_url: str, postgresql_url: str, name: str, value: str
) -> None:
    """A number that SQLite would store as null, or without its sign, is refused beforehand."""
    with grounds((sqlite_url, postgresql_url), name) as (_, postgres):
        postgres.put([value])
        with pytest.raises(Unfit):
            rendered(
                plan(postgres.table, name, onto="sqlite"), "postgresql", "sqlite", postgres.got()
            )


def _home(back: TablePlan, lite: Ground, there: list[Any], before: list[bytes]) -> None:
    """Bring values of PostgreSQL into SQLite; what does not fit stays behind."""
    kept = [value for value in there if _fits(back, value)]
    expected = [form for value, form in zip(there, before, strict=True) if _fits(back, value)]
    lite.put(rendered(back, "postgresql", "sqlite", kept))
    assert canonical(back, "sqlite", lite.got(), target=True) == expected


def _fits(back: TablePlan, value: Any) -> bool:
    try:
        rendered(back, "postgresql", "sqlite", [value])
    except Unfit:
        assert value in {"NaN", "-0"}
        return False
    return True
