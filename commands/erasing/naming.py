"""Which content an entry names, and what each piece of it is, in words."""

from __future__ import annotations

from collections.abc import Iterator

from journal import events as e
from journal.verified import Times
from projections.named import named_content


def contents_of(event: e.AnyEvent) -> Iterator[tuple[str, str]]:
    """Yield what content is, and its digest, for each that an event names."""
    named = [digest for digest in named_content(event) if digest]
    match event:
        case e.ConflictFound():
            yield "candidates", event.candidates
            yield "value written", event.written
        case e.ConflictDecided():
            yield "decided value", event.content
        case e.FieldUnmapped():
            yield "unmapped values", event.content
        case e.RecordRejected():
            yield "rejected record", event.content
        case e.RowProvisioned():
            yield "provisioned row", event.content
        case e.RowsTransformed():
            yield "description of a transform", event.spec
            yield "manifest of a copy", event.manifest
        case e.RunStarted():
            yield "command line", event.command
        case e.RunCompleted() | e.RunFailed():
            yield "output", event.output
            yield "rows written since", event.changed
            known = (event.output, event.changed)
            yield from (("statement", digest) for digest in named if digest not in known)
        case e.ArchiveSealed():
            yield "list of what left", event.left
        case e.CheckRun():
            yield "output", event.output
            if isinstance(event.details, Times):
                yield "query", event.details.query
                query = event.details.query
                yield from (("plan", d) for d in named if d not in (query, event.output))
        case _:
            yield from (("statement", digest) for digest in named)


def belongs_to(event: e.AnyEvent, subject: str) -> bool:
    """Tell whether what an event found is of a subject, by the JSON of its key."""
    return getattr(event, "subject", None) == subject
