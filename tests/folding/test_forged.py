"""Saved folds that are false, old, of another time or another release: never believed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from commands.folding import caught_up, closed, folded, resumed
from commands.history import MigrationsFold
from commands.rebuild import rebuild
from commands.rollback import preview, rollback
from commands.saving import SAVED, keep_folds, save_folds
from commands.status import status
from commands.verify import verify
from journal.events import CheckRun
from journal.saved import SavedFold, surplus
from journal.store import Journal
from projections import Schema, replay
from projections.schema import SchemaFold
from tests.commands.places import Place
from tests.support.oracle import fingerprint


def stored(journal: Journal, name: str = "schema") -> SavedFold:
    """Return the newest saved fold of a name."""
    return [one for one, _ in journal.database.every_saved() if one.name == name][-1]


def put(journal: Journal, one: SavedFold) -> None:
    """Write into the table alone, as whoever may write to it can."""
    journal.database.begin()
    journal.database.save(one, kept=64)
    journal.database.commit()


def forged(journal: Journal) -> SavedFold:
    """Return the saved schema as it stands, but that it knows nothing of the email."""
    now = stored(journal)
    fold = SchemaFold()
    for entry in journal.read(last=now.position):
        fold.take(entry)
    state = fold.state()
    objects = tuple(
        msgspec.structs.replace(one, columns=tuple(c for c in one.columns if c.name != "email"))
        for one in state.objects
    )
    fold.restore(msgspec.structs.replace(state, objects=objects))
    false = closed(fold, position=now.position, digest=now.digest)
    return msgspec.structs.replace(false, vouched=now.vouched)


def test_answers_rest_on_what_was_saved(place: Place) -> None:
    """Every fold goes on from where it was saved, and answers as the whole journal does."""
    with place.target.journal() as journal:
        for kind in SAVED:
            assert resumed(journal, kind)[1] == stored(journal).position
            whole = kind()
            for entry in journal.read(types=kind.saving.types):
                whole.take(entry)
            assert folded(journal, kind) == whole.answer()
    assert verify_kinds(place) == []


def test_a_forged_state_is_passed_over(place: Place) -> None:
    """A state that no entry names changes no answer, and verify and rebuild name it."""
    before = fingerprint(place.url)
    with place.target.journal() as journal:
        false = forged(journal)
        put(journal, false)
        assert stored(journal).state == false.state
        assert resumed(journal, SchemaFold)[1] == 0
        assert folded(journal, SchemaFold) == replay(
            Schema, journal.read(types=SchemaFold.saving.types)
        )
    assert verify_kinds(place) == ["saved-fold-altered"]
    assert status(place.target).drift == ()
    assert not preview(place.target, "before:0002_email").blocked
    rollback(place.target, "before:0002_email", asker=place.asker)
    rollback(place.target, "after:0003_more", asker=place.asker)
    assert fingerprint(place.url) == before
    assert rebuild(place.target).altered == (f"schema at {false.position}",)


def test_a_false_entry_is_named(place: Place) -> None:
    """Who appends an entry that vouches for a false state is told of, and no rollback is wrong."""
    before = fingerprint(place.url)
    with place.target.journal() as journal:
        save_folds(journal, [forged(journal)], actor="mallory")
        assert resumed(journal, SchemaFold)[1] > 0
    assert verify_kinds(place) == ["saved-fold-altered"]
    assert status(place.target).drift != ()
    with pytest.raises(Exception, match=r"email|person"):
        rollback(place.target, "before:0002_email", asker=place.asker)
    assert fingerprint(place.url) == before
    with place.target.journal() as journal:
        journal.database.begin()
        journal.database.make_saved()
        journal.database.commit()
    rollback(place.target, "before:0001_rows", asker=place.asker)


@pytest.mark.parametrize("what", ["layout", "digest", "state", "sum", "vouched", "text"])
def test_spoiled_rows(place: Place, what: str) -> None:
    """A row of another layout, another past, or with spoiled bytes is as if it were not there."""
    table = "clew_saved" if place.kind == "sqlite" else "clew.saved"
    bytes_ = "x'00'" if place.kind == "sqlite" else "'\\x00'::bytea"
    values = {"layout": "layout = layout + 1", "vouched": "vouched = vouched - 1"}
    if what == "text" and place.kind == "sqlite":
        values["text"] = "state = 'no bytes', digest = 7"
    place.sql(
        f"update {table} set {values.get(what, f'state = {bytes_}' if what == 'text' else f'{what} = {bytes_}')}"
    )
    with place.target.journal() as journal:
        for kind in SAVED:
            assert resumed(journal, kind)[1] == 0
    found = verify_kinds(place)
    assert found == ([] if what == "layout" else ["saved-fold-altered"] * len(SAVED))
    assert status(place.target).clean


def test_a_journal_without_the_table(place: Place) -> None:
    """A journal of an earlier release works without, and rebuild makes the table."""
    table = "clew_saved" if place.kind == "sqlite" else "clew.saved"
    place.sql(f"drop table {table}")
    assert status(place.target).clean
    with place.target.journal() as journal:
        keep_folds(journal, behind=1, actor="dana")
        head = journal.head()
    assert verify_kinds(place) == []
    assert rebuild(place.target).folds == 0, "the journal is short"
    with place.target.journal() as journal:
        keep_folds(journal, behind=1, actor="dana")
        assert resumed(journal, MigrationsFold)[1] == head.position


def test_saved_only_when_far_behind(place: Place) -> None:
    """A run saves nothing as long as few entries have passed, and then one entry says so."""
    with place.target.journal() as journal:
        head = journal.head().position
        keep_folds(journal, actor="dana")
        assert journal.head().position == head
        keep_folds(journal, behind=3, actor="dana")
        (entry,) = journal.read(after=head)
        assert isinstance(entry.event, CheckRun)
        assert entry.event.name == "saved folds"
        assert caught_up(journal, SchemaFold).state().position <= head
    assert verify_kinds(place) == []


def test_two_who_save_at_once(place: Place) -> None:
    """Whoever saves second saves too, or nothing; what is saved is vouched for either way."""
    with place.target.journal() as one, place.target.journal() as other:
        keep_folds(one, behind=1, actor="dana")
        keep_folds(other, behind=1, actor="erik")
        for kind in SAVED:
            assert resumed(one, kind)[1] > 0
    assert verify_kinds(place) == []


def test_old_positions_are_let_go() -> None:
    """Positions stay bounded and even however many are saved, and the newest always stays."""
    left: list[int] = []
    for position in range(16_000, 3_200_000, 16_000):
        left.append(position)
        for gone in surplus(left, 64):
            left.remove(gone)
        assert len(left) <= 64
        assert left[-1] == position
    gaps = [right - low for low, right in zip([0, *left], left, strict=False)]
    assert max(gaps) <= 3_200_000 / 64 * 4


def verify_kinds(place: Place) -> list[Any]:
    """Return the kinds of problems that verify names."""
    with place.target.journal() as journal:
        return [problem.kind for problem in verify(journal).problems]
