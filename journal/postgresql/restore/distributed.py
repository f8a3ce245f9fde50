"""What publishes, reaches or searches: made and altered, each kind by its own module."""

from __future__ import annotations

from journal.postgresql.restore.event_triggers import event_trigger, switched
from journal.postgresql.restore.foreign import alter_foreign, foreign
from journal.postgresql.restore.foreign_tables import alter_foreign_table, foreign_table
from journal.postgresql.restore.publications import alter_publication, publication
from journal.postgresql.restore.text_search import alter_text_search, configuration, dictionary
from journal.values import SchemaObject

KINDS = frozenset(
    (
        "event trigger",
        "foreign data wrapper",
        "foreign table",
        "publication",
        "server",
        "text search configuration",
        "text search dictionary",
    )
)


def make_distributed(one: SchemaObject, *, catalogued: bool) -> list[str]:
    """Return the statements that make an object of these kinds, ready for what is made of it.

    Raises:
        NotKnownExact: an option of it is not kept.
    """
    match one.kind:
        case "foreign table":
            return foreign_table(one, catalogued=catalogued)
        case "publication":
            return publication(one)
        case "event trigger":
            return event_trigger(one)
        case "text search dictionary":
            return [dictionary(one)]
        case "text search configuration":
            return configuration(one)
        case _:
            return [foreign(one)]


def alter_distributed(
    live: SchemaObject, target: SchemaObject, differ: set[str], *, catalogued: bool
) -> list[str]:
    """Return the statements that lead from one object of these kinds to another of its shape."""
    match live.kind:
        case "foreign table":
            return alter_foreign_table(live, target, catalogued=catalogued)
        case "publication":
            return alter_publication(live, target, differ)
        case "event trigger":
            return switched(live, target) if "enabled" in differ else []
        case "text search dictionary" | "text search configuration":
            return alter_text_search(live, target)
        case _:
            return alter_foreign(live, target, differ)
