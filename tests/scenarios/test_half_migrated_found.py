"""The half-migrated platform examined in its variants: all that is wrong is found, and no more."""

from __future__ import annotations

import pytest

from commands.doctor.finding import Finding
from tests.scenarios.half_migrated import DUPLICATES, ORPHANS, ROWS, VARIANTS, Variant, seed
from tests.scenarios.half_migrated_files import (
    LATE,
    MARKED,
    MISSING_COLUMNS,
    OWNERS_FILE,
    SESSIONS_FILE,
    UNIQUE_FILE,
    write_sql,
)
from tests.scenarios.half_migrated_repair import NAME, repair
from tests.wants.conftest import examined as examined  # noqa: PLC0414 - found by its name
from tests.wants.conftest import place as place  # noqa: PLC0414
from tests.wants.examined import Examined, kinds

Named = list[tuple[str, str]]

EVERYWHERE: Named = [
    ("needs-later-file", f"{LATE}.sql"),
    ("missing-table", "trainers"),
    ("missing-table", "meal_plans"),
    ("missing-table", "session_reviews"),
    ("half-made-table", "sessions"),
    ("missing-columns", "storefront_items"),
    ("missing-columns", "users"),
    ("coming-duplicates", f"{UNIQUE_FILE}.sql:1"),
]
ON_POSTGRESQL: Named = [
    ("needs-later-file", f"{SESSIONS_FILE}.sql"),
    ("coming-failure", f"{LATE}.sql:1"),
    ("coming-cast", f"{LATE}.sql:2"),
]
BY_VARIANT: dict[tuple[Variant, str], Named] = {
    ("uuid", "postgresql"): [("coming-foreign-key-types", f"{OWNERS_FILE}.sql:1")],
    ("integer", "postgresql"): [
        ("column-type", "users.id"),
        ("coming-orphans", f"{OWNERS_FILE}.sql:1"),
    ],
    ("orders_missing", "postgresql"): [
        ("missing-table", "orders"),
        ("missing-constraints", "order_items"),
        ("coming-foreign-key-types", f"{OWNERS_FILE}.sql:1"),
    ],
    ("uuid", "sqlite"): [("coming-orphans", f"{OWNERS_FILE}.sql:7")],
    ("integer", "sqlite"): [
        ("column-type", "users.id"),
        ("coming-orphans", f"{OWNERS_FILE}.sql:7"),
    ],
    ("orders_missing", "sqlite"): [
        ("missing-table", "orders"),
        ("coming-orphans", f"{OWNERS_FILE}.sql:7"),
    ],
}


def found_in(examined: Examined, variant: Variant) -> list[Finding]:
    """Seed a variant and examine it against its SQL files."""
    seed(examined.place.url, variant)
    write_sql(examined.place.directory, examined.place.kind)
    return examined.findings(applied=MARKED)


def one(found: list[Finding], kind: str, where: str) -> Finding:
    """Return the finding of a kind at a place."""
    (finding,) = [each for each in found if (each.kind, each.where) == (kind, where)]
    return finding


@pytest.mark.parametrize("variant", VARIANTS)
def test_all_and_no_other(examined: Examined, variant: Variant) -> None:
    """Each thing that is wrong is found once, whatever ``users.id`` is, and nothing else."""
    found = found_in(examined, variant)
    expected = EVERYWHERE + BY_VARIANT[variant, examined.place.kind]
    expected += ON_POSTGRESQL * examined.postgresql
    assert kinds(found) == sorted(expected)
    sessions = one(found, "half-made-table", "sessions")
    assert "9 of 13 columns" in sessions.what
    assert all(name in sessions.what for name in MISSING_COLUMNS)
    assert sessions.evidence[0].count == 0
    assert sessions.needs == ("missing-table:trainers",)
    assert len(sessions.repair) == 9
    twice = one(found, "coming-duplicates", f"{UNIQUE_FILE}.sql:1").evidence[0]
    assert (twice.count, set(twice.sample)) == (2, {(*pair, 2) for pair in DUPLICATES})
    assert not twice.scratch
    if examined.postgresql:
        assert "enum enum_sessions_status being there" in sessions.what
        cast = one(found, "coming-cast", f"{LATE}.sql:2")
        assert cast.evidence[0].count == ROWS["food_scan_history"]
        assert "(22P02)" in cast.evidence[1].error
        order = one(found, "needs-later-file", f"{SESSIONS_FILE}.sql")
        assert "20240223090000-create-trainers.sql line 1" in order.what
    if variant == "integer" and examined.postgresql:
        lost = one(found, "coming-orphans", f"{OWNERS_FILE}.sql:1").evidence[0]
        assert lost.count == 3
        assert {value for row in lost.sample for value in row}.issuperset(ORPHANS)
    elif examined.postgresql:
        apart = one(found, "coming-foreign-key-types", f"{OWNERS_FILE}.sql:1")
        assert "notifications.user_id is integer and users.id is uuid" in apart.what
        assert "(42804)" in apart.evidence[0].error
    if variant == "orders_missing" and examined.postgresql:
        items = one(found, "missing-constraints", "order_items")
        assert items.needs == ("missing-table:orders",)
        assert items.evidence[1].count == ROWS["order_items"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_repairs_of_findings(examined: Examined, variant: Variant) -> None:
    """The statements that findings propose make what is missing, in the order of their needs."""
    found = found_in(examined, variant)
    examined.repair([each for each in found if each.repair])
    left = [each for each in examined.findings(applied=MARKED) if each.kind.startswith("m")]
    expected = (
        ["missing-constraints"] if variant == "orders_missing" and examined.postgresql else []
    )
    assert [each.kind for each in left] == expected


@pytest.mark.parametrize("variant", ["uuid", "integer"])
def test_repaired_by_hand(examined: Examined, variant: Variant) -> None:
    """After the repair, which stands among the files, only their order is left to be found."""
    seed(examined.place.url, variant)
    write_sql(examined.place.directory, examined.place.kind)
    for name in (LATE, UNIQUE_FILE, OWNERS_FILE):
        (examined.place.directory / f"{name}.sql").unlink()
    examined.write(NAME, repair(variant, examined.place.kind))
    examined.run(repair(variant, examined.place.kind))
    found = examined.findings(applied={*MARKED, NAME})
    if examined.postgresql:
        # Where ids were integers, the column that keeps them keeps uuids on a fresh database.
        kept = [("column-type", "users.old_id")] * (variant == "integer")
        assert kinds(found) == [*kept, ("needs-later-file", f"{SESSIONS_FILE}.sql")]
    else:  # SQLite adds no column a second time
        wrong = [("column-type", "users.id")] * (variant == "integer")
        assert kinds(found) == [*wrong, ("fails-on-a-fresh-database", f"{NAME}.sql")]


def test_healthy(examined: Examined) -> None:
    """The platform as its files make it, in an order in which they work, has no finding."""
    write_sql(examined.place.directory, examined.place.kind)
    early = examined.place.directory / f"{LATE}.sql"
    early.unlink()
    sessions = examined.place.directory / f"{SESSIONS_FILE}.sql"
    sessions.rename(examined.place.directory / "20240224090000-create-sessions.sql")
    if examined.postgresql:
        owners = examined.place.directory / f"{OWNERS_FILE}.sql"
        owners.write_text(owners.read_text().replace("users (id)", "users (legacy_id)"))
    for file in sorted(examined.place.directory.iterdir()):
        examined.run(file.read_text())
    assert examined.findings() == []
    assert (
        examined.findings(applied={file.stem for file in examined.place.directory.iterdir()}) == []
    )
