"""A reset asks for a verified backup of exactly the rows that go, whole at that moment."""

from __future__ import annotations

import pytest

from tests.backups.files import file_of, take
from tests.drills.operator import Operator
from tests.resets import shop

GOING = ("customer", "purchase")


def asking(operator: Operator, backup: str = "", tables: tuple[str, ...] = GOING) -> None:
    """Write a migration that empties two tables with a backup."""
    shop.migration(operator, shop.step(tables=tables, keep=("item",), backup=backup))


def test_none(operator: Operator) -> None:
    """Without any backup it is refused, and the hint says how to take one or waive it."""
    shop.begin(operator)
    asking(operator)
    told = shop.refused(operator, "no backup is known to this journal, and rows are about to go")
    assert "without_backup=" in told


def test_found_in_the_journal(operator: Operator) -> None:
    """One that was taken before is found, and the answer and the record name it."""
    before = shop.begin(operator)
    take(operator, "letter")
    place = take(operator, "customer", "purchase", "item")
    asking(operator)
    assert f"holds what goes: {place}" in shop.apply(operator, "--dry-run")
    done = shop.reset(operator)
    assert done["backup"]["location"] == str(place)
    (said,) = [
        one["data"]
        for one in operator.lines("log")
        if one["data"].get("name") == "reset: a backup holds what goes"
    ]
    assert said["passed"]
    assert done["backup"]["backup"] in said["found"]
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


@pytest.mark.parametrize("how", ["identity", "beginning", "place", "moved"])
def test_named(sqlite_operator: Operator, how: str) -> None:
    """A backup is named by its identity, the beginning of that, or its place, also a new one."""
    operator = sqlite_operator
    shop.begin(operator)
    place = take(operator)
    take(operator)
    (first, _) = operator.json("backup", "list")
    if how == "moved":
        place = place.rename(operator.home / "elsewhere")
    named = {"identity": first["backup"], "beginning": first["backup"][:8]}
    asking(operator, named.get(how, str(place)))
    assert shop.reset(operator)["backup"]["location"] == str(place)


def test_an_older_one(operator: Operator) -> None:
    """A backup of other rows does not count, and the table that differs is named."""
    shop.begin(operator)
    take(operator)
    operator.application("UPDATE customer SET name = 'Ada L.' WHERE id = 1")
    asking(operator)
    shop.refused(operator, "customer holds other rows now than the backup")
    operator.application("DELETE FROM purchase WHERE id = 1")
    shop.refused(operator, "purchase holds 3 rows now, the backup 4")
    take(operator, "customer")
    shop.refused(operator, "it does not hold table")
    take(operator, *GOING)
    assert shop.reset(operator)["backup"]["position"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("empty", "has 0 bytes: expected"),
        ("missing", "is missing"),
        ("edited", "has another digest"),
        ("manifest", "manifest.json is not as it was written"),
        ("emptied", "manifest.json cannot be read: 0 bytes"),
        ("gone", "no backup at"),
    ],
)
def test_damaged(sqlite_operator: Operator, damage: str, said: str) -> None:
    """A backup that is not whole any more is found before anything goes."""
    operator = sqlite_operator
    shop.begin(operator)
    place = take(operator, *GOING, "--compress", "none")
    file, manifest = file_of(place, "customer"), place / "manifest.json"
    match damage:
        case "empty":
            file.write_bytes(b"")
        case "missing":
            file.unlink()
        case "edited":
            content = file.read_bytes()
            file.write_bytes(content.replace(b"Ada", b"Eve"))
        case "manifest":
            manifest.write_bytes(manifest.read_bytes() + b"\n")
        case "emptied":
            manifest.write_bytes(b"")
        case "gone":
            place.rename(place.with_name("elsewhere"))
    asking(operator)
    shop.refused(operator, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is no backup: 0 bytes"), (b"{}\n", "is no backup: "), (None, "is not as it was")],
)
def test_single_file(sqlite_operator: Operator, content: bytes | None, said: str) -> None:
    """A backup in a single file counts like any other, as long as it is whole."""
    operator = sqlite_operator
    shop.begin(operator)
    place = take(operator, *GOING, "--single")
    whole = place.read_bytes()
    place.write_bytes(whole.replace(b"Ada", b"Eve") if content is None else content)
    asking(operator)
    shop.refused(operator, said)
    place.write_bytes(whole)
    assert shop.reset(operator)["backup"]["location"] == str(place)


def test_failed_verification(sqlite_operator: Operator) -> None:
    """One whose last verification failed does not count, also when it was mended since."""
    operator = sqlite_operator
    shop.begin(operator)
    place = take(operator, *GOING)
    file = file_of(place, "customer")
    content = file.read_bytes()
    file.write_bytes(b"")
    operator.type("backup", "verify", str(place), code=5)
    file.write_bytes(content)
    asking(operator)
    shop.refused(operator, "its last verification did not pass")
    operator.type("backup", "verify", str(place))
    shop.apply(operator)


def test_a_file_of_no_bytes(sqlite_operator: Operator) -> None:
    """What somebody calls the backup, and what is a file of 0 bytes, is told as that."""
    operator = sqlite_operator
    shop.begin(operator)
    file = operator.home / "production_backup.json"
    file.write_bytes(b"")
    asking(operator, str(file))
    shop.refused(operator, "production_backup.json is no backup: it has 0 bytes")
    file.write_text("{}")
    shop.refused(operator, "no backup")


@pytest.mark.parametrize("batched", [None, 10])
def test_taken_by_the_same_migration(operator: Operator, batched: int | None) -> None:
    """A backup that an earlier step took counts, in the dry run too, which keeps no file."""
    before = shop.begin(operator)
    backup = f"Backup(to={str(operator.home / 'backups')!r}, tables={GOING!r})"
    shop.migration(operator, backup, shop.step(tables=GOING, backup=""), batched=batched)
    trial = shop.reset(operator, "--dry-run")
    assert operator.fingerprint() == before
    done = shop.reset(operator)
    assert [one["rows"] for one in trial["tables"]] == [one["rows"] for one in done["tables"]]
    assert done["backup"]["location"].startswith(str(operator.home / "backups"))
    operator.back("before:0001_reset")
    assert operator.fingerprint() == before


@pytest.mark.parametrize(
    "between",
    ["UPDATE customer SET name = ''", "ALTER TABLE customer ADD COLUMN x integer DEFAULT 7"],
)
def test_changed_since_by_the_same_migration(operator: Operator, between: str) -> None:
    """What the migration changes after its backup is not in it, and the dry run knows."""
    shop.begin(operator)
    backup = f"Backup(to={str(operator.home / 'backups')!r})"
    shop.migration(operator, backup, f"Sql(sql={between!r})", shop.step(tables=GOING, backup=""))
    shop.refused(operator, "customer holds other rows now than the backup")


def test_only_what_holds_rows(sqlite_operator: Operator) -> None:
    """An empty table needs to stand in no backup."""
    operator = sqlite_operator
    shop.begin(operator, letters="(NULL)")
    operator.application("DELETE FROM purchase")
    take(operator, "customer")
    asking(operator)
    shop.apply(operator)
