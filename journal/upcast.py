"""Lifting payloads of older versions to the newest shape.

An upcaster takes the payload of one event type in one version, as plain data, and returns it
in the next version. Journals are never rewritten: old entries are lifted as they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from journal.errors import Refused

Payload = dict[str, Any]
Upcaster = Callable[[Payload], Payload]

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {
    # Version 2 can tell what materialised views hold; before it, that was never changed.
    ("SchemaChanged", 1): lambda payload: payload,
    # Version 2 can tell when each was applied, and what does not count.
    ("HistoryImported", 1): lambda payload: payload,
    # Version 2 can name the manifest; before it, no release restored anything.
    ("BackupRestored", 1): lambda payload: payload,
    # Version 2 can stamp a migration itself; before it, only files were accepted.
    ("Stamped", 1): lambda payload: {**payload, "file": True},
    # Version 2 can name a recorded program, and who else was there; before it, none was recorded.
    ("RunStarted", 1): lambda payload: payload,
    # Version 3 can name a fleet; before it, each database was asked alone.
    ("RunStarted", 2): lambda payload: payload,
    ("RunCompleted", 1): lambda payload: payload,
    ("RunFailed", 1): lambda payload: payload,
    # Version 2 can be a batch of rows from another database; before it, none were copied.
    ("RowsTransformed", 1): lambda payload: payload,
    ("RunInterrupted", 1): lambda payload: payload,
    # Version 2 can tell digests, times and signs; before it, checks had none.
    ("CheckRun", 1): lambda payload: payload,
    # Version 2 can name images; before it, no release erased anything.
    ("ContentErased", 1): lambda payload: payload,
    # Version 2 can tell what left; before it, nothing was archived.
    ("ArchiveSealed", 1): lambda payload: payload,
}


def lift(
    payload: Payload,
    *,
    version: int,
    newest: int,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Payload:
    """Return ``payload`` in version ``newest``.

    Raises:
        Refused: the payload is newer than this release knows, or no upcaster leads on.
    """
    kind = payload.get("type", "")
    if version > newest:
        raise Refused(
            f"entry of type {kind} has version {version}, this release knows {newest}",
            hint="Use the release of Clew that wrote it, or a newer one.",
        )
    while version < newest:
        upcast = upcasters.get((kind, version))
        if upcast is None:
            raise Refused(f"no way to lift {kind} from version {version} to {newest}")
        payload, version = upcast(payload), version + 1
    return payload
