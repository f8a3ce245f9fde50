"""What each PRAGMA of SQLite's documentation is for; any other is not known to be exact."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from journal.effect import StatementKind
from journal.errors import NotKnownExact, Refused
from journal.sqlite.ddl import tokens


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASKED = _words(
    """table_info table_xinfo table_list index_info index_list index_xinfo foreign_key_list
    foreign_key_check integrity_check quick_check database_list collation_list function_list
    module_list pragma_list compile_options freelist_count page_count data_version stats
    """
)
"""Those that only tell, with or without an argument."""

_SETTINGS = _words(
    """foreign_keys defer_foreign_keys legacy_alter_table cache_size cache_spill busy_timeout
    automatic_index case_sensitive_like threads mmap_size analysis_limit secure_delete
    reverse_unordered_selects synchronous soft_heap_limit hard_heap_limit fullfsync
    checkpoint_fullfsync wal_autocheckpoint journal_size_limit cell_size_check
    """
)
"""Those that last no longer than the session, and change nothing that is kept."""

_ACTS = _words("optimize incremental_vacuum shrink_memory")
"""Those that do something with or without an argument: statistics, free pages, memory."""

_COUNTERS = frozenset(("user_version", "application_id"))
"""Numbers in the file's header: kept like a schema object."""

_NEVER = _words(
    """writable_schema schema_version temp_store temp_store_directory query_only journal_mode
    locking_mode recursive_triggers ignore_check_constraints read_uncommitted encoding
    page_size auto_vacuum max_page_count data_store_directory trusted_schema
    """
)
"""Those that would blind the journal, that its own views cannot bear, or that do nothing
inside a transaction."""

_NOT_HERE = frozenset(("wal_checkpoint",))
"""Those that act even without an argument, and cannot in a transaction."""


class Pragma(NamedTuple):
    """Its parts in lower case; ``schema`` is the name of the database that it is asked of."""

    schema: str
    name: str
    argument: str


@lru_cache(maxsize=64)
def pragma(sql: str) -> Pragma | None:
    """Return the parts of a PRAGMA; ``None`` for another statement."""
    start = next(tokens(sql), None)
    if start is None or start.word != "PRAGMA":
        return None
    found = [token for token in tokens(sql) if token.text != ";"]
    place = 3 if len(found) > 3 and found[2].text == "." else 1
    name = found[place].name.lower() if len(found) > place else ""
    rest = [token.name.lower() for token in found[place + 1 :] if token.text not in "=()"]
    return Pragma(found[1].name.lower() if place == 3 else "", name, "".join(rest))


def classify(sql: str) -> StatementKind:
    """Tell what a PRAGMA is for.

    Raises:
        NotKnownExact: it is not listed here.
        Refused: it would blind the journal, or do nothing.
    """
    _, name, argument = pragma(sql) or Pragma("", "", "")
    if name in _ASKED:
        return "query"
    if name in _ACTS:
        return "setting"
    if name in _COUNTERS:
        return "schema" if argument else "query"
    if not argument and name in _SETTINGS | _NEVER:
        return "query"
    if name in _SETTINGS:
        return "setting"
    if name in _NEVER | _NOT_HERE:
        raise Refused(
            f"PRAGMA {name} cannot be switched in a migration",
            hint="Leave it out; it would blind the journal or do nothing in a transaction.",
        )
    raise NotKnownExact("pragma", f"PRAGMA {name} is not known to come back exactly")
