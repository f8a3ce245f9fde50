"""What taking pending migrations back would write anew, found out before they are applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from commands.rebuilt import RebuiltTable, by_table
from journal.envelope import Entry
from journal.errors import ClewError
from journal.events import AnyEvent, SchemaChanged
from journal.recording import Recording
from journal.values import SchemaObject
from projections.history import Gathered, History, HistoryFold
from projections.schema import dotted


class WayBack(msgspec.Struct, frozen=True, kw_only=True):
    """The way back over one migration; ``refused`` tells why there is none."""

    rebuilt: tuple[RebuiltTable, ...] = ()
    refused: str = ""


def ways_back(
    recording: Recording, runs: Sequence[Sequence[AnyEvent]], before: Mapping[int, SchemaObject]
) -> tuple[WayBack, ...]:
    """Tell of each run of an open transaction, in order, what taking it back would write anew.

    They are taken back, the newest first, as far as one changes what was there; the transaction
    is to be aborted then. ``before`` is the schema before the first.
    """
    found = [WayBack() for _ in runs]
    changing = [number for number, events in enumerate(runs) if _changes(events)]
    if not changing:
        return tuple(found)
    history = _history(runs, before)
    schema = dict(recording.known.objects)
    names = {id_: dotted(one.path) for id_, one in {**before, **schema}.items()}
    for number in reversed(range(changing[0], len(runs))):
        steps = [step for step in history.steps if step.run == str(number)]
        if any(step.first in history.obstacles for step in steps):
            break
        try:
            rebuilt = recording.database.foretell(steps, schema=schema, run=recording.run)
        except ClewError as error:
            found[number] = WayBack(refused=error.message)
            break
        found[number] = WayBack(rebuilt=by_table(rebuilt, names))
    return tuple(found)


def _changes(events: Sequence[AnyEvent]) -> bool:
    """Tell whether what was there before differs now: what is new only has to go."""
    return any(
        event.contents or any(change.before is not None for change in event.changes)
        for event in events
        if isinstance(event, SchemaChanged)
    )


def _history(runs: Sequence[Sequence[AnyEvent]], before: Mapping[int, SchemaObject]) -> History:
    """Fold events that no journal holds; a run is named by its number."""
    fold = HistoryFold()
    fold.go_on(Gathered(objects=tuple(before.values())))
    events = ((str(number), event) for number, run in enumerate(runs) for event in run)
    for position, (run, event) in enumerate(events, start=1):
        fold.take(
            Entry(
                position=position,
                run=run,
                recorded_at="",
                actor="",
                evidence="captured",
                version=1,
                event=event,
                previous="",
                digest="",
            )
        )
    return fold.answer()
