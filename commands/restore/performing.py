"""The work of a restore, within an open recording: as a run of its own, or as a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.backup.manifest import Manifest
from commands.backup.reading import Progress
from commands.backup.stored import StoredBackup
from commands.restore.answer import Restored, RestoredSequence, RestoredTable, RowChange, row_change
from commands.restore.making import make
from commands.restore.planning import (
    Chosen,
    TablePlan,
    choose,
    live_table,
    plan_table,
    refuse_parts,
    refuse_unknown_columns,
)
from commands.restore.proving import Proving
from commands.restore.wish import Wish
from journal.errors import Refused, StatementFailed
from journal.events import BackupRestored, SequenceMoved
from journal.recording import Recording
from journal.replacing import Replacement, Replacing, RowDifference
from journal.values import SchemaObject, SequenceState
from projections.schema import dotted


def perform(
    recording: Recording, stored: StoredBackup, wish: Wish, *, progress: Progress
) -> Restored:
    """Make tables equal to a backup, and prove that they are.

    Raises:
        Refused: a column has no place, or constraints and rows elsewhere do not allow for it.
        NotFound, Usage: the backup has no such table, or several.
        Drifted: a table is not as the journal knows it.
        NotExact: a table did not come back as the backup has it.
    """
    return _Performing(recording, stored, wish, progress).run()


class _Performing:
    def __init__(
        self, recording: Recording, stored: StoredBackup, wish: Wish, progress: Progress
    ) -> None:
        self.recording = recording
        self.stored = stored
        self.manifest: Manifest = stored.manifest
        self.wish = wish
        self.progress = progress
        self.ours = _ours(recording, self.manifest)
        self.rows: list[RowChange] = []
        self.made: tuple[str, ...] = ()

    def run(self) -> Restored:
        recording, begun = self.recording, len(self.recording.events)
        chosen = choose(self.manifest, self.wish.tables, recording.known.objects)
        refuse_unknown_columns(chosen, self.wish.leave_out)
        missing = [one for one in chosen if self._live(one) is None]
        if missing:
            self._make(missing)
        plans = [self._plan(one) for one in chosen]
        refuse_parts([plan.live for plan in plans], recording.known.objects)
        recording.drift.hold((), [plan.live.id for plan in plans])
        found = self._replace(plans)
        recording.put_sequences(
            [plan.live for plan in plans], self._states(), number=recording.number + 1
        )
        recording.note(
            BackupRestored(
                backup=self.manifest.backup,
                tables={plan.name: plan.backed.rows for plan in plans},
                manifest=self.stored.digest,
            )
        )
        tables = tuple(
            _table(plan, found.get(plan.live.id), made=one in missing)
            for one, plan in zip(chosen, plans, strict=True)
        )
        differing = sum(one.added + one.removed + one.changed for one in tables)
        return Restored(
            backup=self.manifest.backup,
            directory=str(self.stored.location),
            taken_at=self.manifest.taken_at,
            done=False,
            tables=tables,
            sequences=self._moved(begun),
            made=self.made,
            rows=tuple(self.rows),
            more=differing - len(self.rows),
        )

    def _live(self, one: Chosen) -> SchemaObject | None:
        return live_table(one, self.recording.known.objects, ours=self.ours)

    def _plan(self, one: Chosen) -> TablePlan:
        live = self._live(one)
        assert live is not None, "what was missing was made"
        return plan_table(one, live, self.wish, ours=self.ours)

    def _make(self, missing: Sequence[Chosen]) -> None:
        try:
            self.made = make(
                self.recording,
                missing,
                self.manifest.objects,
                ours=self.ours,
                number=self.recording.number + 1,
            )
        except StatementFailed as error:
            names = ", ".join(one.name for one in missing)
            raise Refused(
                f"{names} cannot be made again: {error.message}",
                hint="Restore along what it needs, or make it first.",
            ) from error

    def _replace(self, plans: Sequence[TablePlan]) -> Mapping[int, Replacement]:
        proving = Proving(self.stored, self.recording.database, plans, self.progress)
        names = {plan.live.id: plan.name for plan in plans}

        def tell(row: RowDifference) -> None:
            name = names[row.table]
            self.wish.tell(name, row)
            if self.wish.listed is not None:
                self.rows.append(row_change(name, row))

        how = Replacing(tell=tell, prove=proving.prove, listed=self.wish.listed)
        number = self.recording.number + 1
        done = self.recording.replace(proving.contents(), number=number, how=how)
        return {one.table: one for one in done}

    def _states(self) -> dict[int, SequenceState]:
        """Return the places that the backup names, by what they are of now."""
        if self.wish.sequences == "keep":
            return {}
        former = {one.path: one.id for one in self.manifest.objects}
        known = self.recording.known.objects
        by_path = {one.path: one.id for one in known.values() if one.kind in ("sequence", "table")}
        found: dict[int, SequenceState] = {}
        for one in self.manifest.sequences:
            identity = former.get(one.path, 0) if self.ours else 0
            identity = identity if identity in known else by_path.get(one.path, 0)
            if identity:
                found[identity] = SequenceState(last_value=one.last_value, is_called=one.is_called)
        return found

    def _moved(self, begun: int) -> tuple[RestoredSequence, ...]:
        """Return where sequences stood before the first move, and where after the last."""
        known = self.recording.known.objects
        moves: dict[int, RestoredSequence] = {}
        for event in self.recording.events[begun:]:
            if isinstance(event, SequenceMoved):
                move = event.move
                before = moves[move.object].before if move.object in moves else move.before
                name = dotted(known[move.object].path)
                moves[move.object] = RestoredSequence(
                    sequence=name, before=before, after=move.after
                )
        return tuple(one for one in moves.values() if one.before != one.after)


def _ours(recording: Recording, manifest: Manifest) -> bool:
    """Tell whether identities of the backup are those of this journal: it is of its history."""
    identity, head = recording.database.identity(), manifest.head
    if identity is None or identity.id != manifest.journal.id:
        return False
    entries = recording.database.entries(after=head.position - 1, last=head.position)
    return any(one.digest.hex() == head.digest for one in entries)


def _table(plan: TablePlan, found: Replacement | None, *, made: bool) -> RestoredTable:
    one = found or Replacement(table=plan.live.id)
    return RestoredTable(
        table=plan.name,
        rows=plan.backed.rows,
        added=one.added,
        removed=one.removed,
        changed=one.changed,
        columns=one.columns,
        made=made,
        called=plan.called,
        kept=plan.kept,
        left_out=plan.left_out,
        retyped=plan.retyped,
        silent=one.silent,
    )
