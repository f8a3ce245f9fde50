"""The gate: what a statement is for, and whether it is known to come back exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from journal.effect import StatementKind
from journal.errors import NotKnownExact, Refused
from journal.sqlite.ddl import Token, module, tokens
from journal.values import SchemaObject

_CONTROL = ("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE")
_ROWS = ("INSERT", "REPLACE", "UPDATE", "DELETE")
_CREATED = ("TABLE", "INDEX", "VIEW", "TRIGGER")
_KINDS: Mapping[str, StatementKind] = {
    "": "query",
    "SELECT": "query",
    "VALUES": "query",
    "EXPLAIN": "query",
    **dict.fromkeys(_ROWS, "rows"),
    "DROP": "schema",
    "ALTER": "schema",
    "REINDEX": "setting",
    "ANALYZE": "setting",
    "VACUUM": "outside",
}


def explains(sql: str) -> bool:
    """Whether a statement only tells how another would run."""
    return next((token.word for token in tokens(sql)), "") == "EXPLAIN"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASKED = _words(
    """table_info table_xinfo table_list index_info index_list index_xinfo foreign_key_list
    foreign_key_check integrity_check quick_check database_list collation_list function_list
    module_list pragma_list compile_options freelist_count page_count data_version stats
    """
)
"""Pragmas that only tell, with or without an argument."""

_SETTINGS = _words(
    """foreign_keys defer_foreign_keys legacy_alter_table cache_size cache_spill busy_timeout
    automatic_index case_sensitive_like threads mmap_size analysis_limit secure_delete
    reverse_unordered_selects synchronous soft_heap_limit hard_heap_limit fullfsync
    checkpoint_fullfsync wal_autocheckpoint journal_size_limit trusted_schema cell_size_check
    """
)
"""Pragmas that last no longer than the session, and change nothing that is kept."""

_COUNTERS = frozenset(("user_version", "application_id"))
"""Numbers in the file's header: kept like a schema object."""

_NEVER = _words(
    """writable_schema schema_version temp_store temp_store_directory query_only journal_mode
    locking_mode recursive_triggers ignore_check_constraints read_uncommitted encoding
    page_size auto_vacuum max_page_count data_store_directory
    """
)
"""Pragmas that would blind the journal, or that do nothing inside a transaction."""


_MODULES = frozenset(("fts4", "fts5", "rtree", "rtree_i32"))
"""Virtual tables that keep all they hold in tables of their own, which are captured.

A full-text index of fts3 keeps no count of its own changes, so that none could tell whether
somebody wrote to it since.
"""


def captured(virtual: SchemaObject) -> bool:
    """Whether all that a virtual table holds can be captured."""
    return module(tuple(tokens(virtual.definition["sql"]))) in _MODULES


@lru_cache(maxsize=64)
def classify(sql: str) -> StatementKind:
    """Tell what a statement is for, without running it.

    Raises:
        NotKnownExact: the gate does not know the statement.
        Refused: transaction control, a command of the sqlite3 shell, or a switch that
            would blind the journal.
    """
    if sql.lstrip().startswith("."):
        raise Refused(
            f"a command of the sqlite3 shell: {sql.split(maxsplit=1)[0]}",
            hint="Only SQL is run; leave the shell's commands out.",
        )
    found = list(tokens(sql))
    while found and found[-1].text == ";":
        found.pop()
    word = found[0].word if found else ""
    if word in _KINDS:
        return _KINDS[word]
    match word:
        case "WITH":
            return _with(found)
        case "CREATE":
            return _create(found)
        case "PRAGMA":
            return _pragma(found)
    _refuse(word)
    raise NotKnownExact("statement", f"a statement that is not known: {word.lower() or '?'}")


def _refuse(word: str) -> None:
    if word in _CONTROL:
        raise Refused(
            f"control of the transaction: {word}",
            hint="One migration is one transaction, and Clew begins and ends it.",
        )
    if word in ("ATTACH", "DETACH"):
        raise Refused(
            f"{word} reaches for another file",
            hint="A journal covers one file; move the data by other means.",
        )


def _with(found: Sequence[Token]) -> StatementKind:
    """The verb is the first one outside the parentheses of the common tables."""
    depth = 0
    for token in found:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.word in _ROWS:
            return "rows"
        if depth == 0 and token.word in ("SELECT", "VALUES"):
            return "query"
    return "query"


def _create(found: Sequence[Token]) -> StatementKind:
    words = [token.word for token in found[1:4]]
    if "VIRTUAL" in words[:1]:
        return _virtual(found)
    if words[:1] in (["TEMP"], ["TEMPORARY"]):
        return "schema"
    if "UNIQUE" in words[:1]:
        words = words[1:]
    if words and words[0] in _CREATED:
        return "schema"
    raise NotKnownExact("statement", "a CREATE statement that is not known")


def _virtual(found: Sequence[Token]) -> StatementKind:
    name = module(found)
    if name not in _MODULES:
        raise NotKnownExact(
            "create-virtual-table", f"virtual tables of {name or '?'} do not come back exactly"
        )
    return "schema"


@lru_cache(maxsize=64)
def pragma(sql: str) -> tuple[str, str] | None:
    """Return name and argument of a PRAGMA in lower case; ``None`` for another statement."""
    found = [token for token in tokens(sql) if token.text != ";"]
    if not found or found[0].word != "PRAGMA":
        return None
    place = 3 if len(found) > 3 and found[2].text == "." else 1
    name = found[place].name.lower() if len(found) > place else ""
    rest = [token.name.lower() for token in found[place + 1 :] if token.text not in "=()"]
    return name, "".join(rest)


def _pragma(found: Sequence[Token]) -> StatementKind:
    name, argument = pragma(" ".join(token.text for token in found)) or ("", "")
    if name in _ASKED:
        return "query"
    if name == "optimize":
        return "setting"
    if name in _COUNTERS:
        return "schema" if argument else "query"
    if not argument and name in _SETTINGS | _NEVER:
        return "query"
    if name in _SETTINGS:
        return "setting"
    if name in _NEVER:
        raise Refused(
            f"PRAGMA {name} cannot be switched in a migration",
            hint="Leave it out; it would blind the journal or do nothing in a transaction.",
        )
    raise NotKnownExact("pragma", f"PRAGMA {name} is not known to come back exactly")
