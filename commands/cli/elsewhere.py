"""What a report tells of migrations that did not run here: stamps, and imported history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.cli.markdown import table, text
from commands.words import count, moment
from journal import events as e
from projections.audited import Said

LISTED = 200
"""How many names of one tool are listed; JSON has them all."""


def is_elsewhere(one: Said) -> bool:
    """Whether it tells of a migration that was done, or undone, elsewhere."""
    event = one.event
    return isinstance(event, e.HistoryImported) or (isinstance(event, e.Stamped) and not event.file)


def elsewhere_lines(said: Sequence[Said]) -> Iterator[str]:
    """Yield the sections of stamps and imported history; nothing where there is neither."""
    stamps = [(one, one.event) for one in said if isinstance(one.event, e.Stamped)]
    stamps = [(one, event) for one, event in stamps if not event.file]
    imports = [(one, one.event) for one in said if isinstance(one.event, e.HistoryImported)]
    if stamps:
        yield "## Stamped: done or undone elsewhere, not run here"
        yield ""
        yield from table(
            ("position", "recorded", "actor", "migration", "as", "reason", "ref", "SHA-256"),
            (_stamp(one, event) for one, event in stamps),
        )
    if imports:
        yield "## Imported: applied by other tools, not run here"
        yield ""
        for one, event in imports:
            yield from _import(one, event)


def _stamp(one: Said, event: e.Stamped) -> tuple[str, ...]:
    done = "done" if event.done else "undone"
    where = (str(one.position), moment(one.recorded_at), one.actor)
    return (*where, event.migration, done, event.reason, event.ref, event.digest)


def _import(one: Said, event: e.HistoryImported) -> Iterator[str]:
    upto = f"; all up to {text(event.upto)} count" if event.upto else ""
    yield (
        f"Position {one.position}, {moment(one.recorded_at)}, by {text(one.actor)}:"
        f" {count(len(event.migrations), 'migration')} of {text(event.tool)}, as"
        f" {text(event.table)} says{upto}."
    )
    yield ""
    times = event.applied_at or ("",) * len(event.migrations)
    rows = list(zip(event.migrations, times, strict=False))
    yield from table(("applied", "at"), rows[:LISTED])
    if len(rows) > LISTED:
        yield f"... and {count(len(rows) - LISTED, 'more migration')}."
        yield ""
    yield from table(("does not count", "why"), event.unapplied)
