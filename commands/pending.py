"""Files against the journal: what is pending, and what is not as it was applied."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from commands.adopt.matching import AppliedElsewhere
from commands.history import History
from commands.naming import Order, order_of
from commands.sources import MigrationFile, Sources
from journal.errors import Refused
from projections.applied import Applied

ACCEPT = "take it in with a reason: clew accept --files --reason WHY."


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Migrations by what became of their files.

    ``renamed`` are pairs of the applied name and the new one; ``late`` are pending ones that
    sort before an applied one. ``elsewhere`` are those that another tool applied.
    """

    pending: tuple[MigrationFile, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


def compare(sources: Sources, history: History) -> Comparison:
    """Tell pending, changed, renamed, missing and late files apart.

    What another tool applied is not pending, unless it was stamped as undone since.
    """
    files = {file.name: file for file in sources.files}
    applied = history.applied
    elsewhere = _elsewhere(sources, history)
    unapplied = [file for file in sources.files if file.name not in {*applied, *elsewhere}]
    gone = [
        known
        for known in applied.values()
        if known.name not in files and known.name not in sources.elsewhere and known.digest
    ]
    renamed = _renamed(gone, unapplied)
    old, new = {pair[0] for pair in renamed}, {pair[1] for pair in renamed}
    pending = tuple(file for file in unapplied if file.name not in new)
    missing = () if sources.partial else tuple(g.name for g in gone if g.name not in old)
    # A name that never had a file here has no place among the files.
    placed = [one.name for one in applied.values() if one.how == "run" or one.digest]
    newest = max((_order(name, files) for name in (*placed, *elsewhere)), default=None)
    return Comparison(
        pending=pending,
        changed=tuple(
            name
            for name, known in applied.items()
            if name in files and known.digest not in {"", files[name].digest}
        ),
        renamed=renamed,
        missing=missing,
        late=tuple(f.name for f in pending if newest is not None and f.order < newest),
        elsewhere=elsewhere,
    )


def _elsewhere(sources: Sources, history: History) -> tuple[str, ...]:
    known = AppliedElsewhere(history.runs.imported)
    said = {*history.applied, *(one.name for one in history.runs.stamps)}
    return tuple(f.name for f in sources.files if f.name not in said and known.has(f))


def refuse_unaccepted(found: Comparison, *, allow_late: bool) -> None:
    """Refuse to go on over files that are not as they were applied.

    Raises:
        Refused: naming the first of them.
    """
    if found.changed:
        raise Refused(
            f"{found.changed[0]} was changed after it was applied{_more(found.changed)}",
            hint=f"Put the file back, or {ACCEPT}",
        )
    if found.renamed:
        old, new = found.renamed[0]
        raise Refused(
            f"{old} was renamed to {new} after it was applied{_more(found.renamed)}",
            hint=f"Rename the file back, or {ACCEPT}",
        )
    if found.missing:
        raise Refused(
            f"the file of {found.missing[0]}, which is applied, is missing{_more(found.missing)}",
            hint=f"Bring the file back, or {ACCEPT}",
        )
    if found.late and not allow_late:
        raise Refused(
            f"{found.late[0]} comes before migrations that are applied{_more(found.late)}",
            hint="Give it a later number, or run it now with --allow-late.",
        )


def up_to(pending: tuple[MigrationFile, ...], name: str) -> tuple[MigrationFile, ...]:
    """Return the pending migrations up to and with ``name``; without a name all of them.

    Raises:
        Refused: no pending migration bears the name.
    """
    if not name:
        return pending
    names = [file.name for file in pending]
    wanted = name.removesuffix(".sql").removesuffix(".py")
    if wanted not in names:
        listed = ", ".join(names[:5]) or "none"
        raise Refused(f"{name} is not pending", hint=f"Pending: {listed}.")
    return pending[: names.index(wanted) + 1]


def _renamed(
    gone: Iterable[Applied], unapplied: Iterable[MigrationFile]
) -> tuple[tuple[str, str], ...]:
    left = list(unapplied)
    pairs = []
    for known in gone:
        same = next((file for file in left if file.digest == known.digest), None)
        if same is not None:
            left.remove(same)
            pairs.append((known.name, same.name))
    return tuple(pairs)


def _order(name: str, files: dict[str, MigrationFile]) -> Order:
    return files[name].order if name in files else order_of(name)


def _more(found: tuple[object, ...]) -> str:
    return f" (and {len(found) - 1} more)" if len(found) > 1 else ""
