"""What a shell offers while one types: verbs, options, and names out of the journal.

Names are read from the views of the journal, with nothing but SELECT and for a short time at
most. Whatever goes wrong there, nothing is offered and nothing is said.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class
from click.shell_completion import split_arg_string as words_of

from commands.visible import visible

VARIABLE = "_CLEW_COMPLETE"
"""Set by the scripts: click then completes instead of running a verb."""
_PATIENCE = 2
"""Seconds that a database is waited for."""
_OFFERED = 500
"""Names that are offered at most."""

_MARKS = "SELECT '@' || name FROM {}marks ORDER BY position DESC"
_MIGRATIONS = (
    "SELECT migration FROM {}runs WHERE migration <> '' GROUP BY 1 ORDER BY max(first) DESC"
)
_TABLES = "SELECT name FROM {}names WHERE kind = 'table' GROUP BY 1 ORDER BY 1"
_STANDING_TABLES = "SELECT name FROM {}names WHERE kind = 'table' AND until IS NULL ORDER BY 1"
_RUNS = "SELECT run FROM {}runs ORDER BY first DESC"

BASH = """_clew_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case "$line" in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            plain,*) COMPREPLY+=("$(printf %q "${line#*,}")") ;;
        esac
    done < <(CLEW_LINE="${COMP_LINE:0:COMP_POINT}" CLEW_BREAKS="$COMP_WORDBREAKS" \\
        _CLEW_COMPLETE=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F _clew_completion clew
"""


class Bash(BashComplete):
    """Bash breaks words at ``:``, ``=`` and ``@``; what it has of the word is not offered again."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is typed, and that one."""
        line = os.environ.get("CLEW_LINE", "")
        words = words_of(line)[1:]
        self._typed = words.pop() if words and not line[-1:].isspace() else ""
        return words, self._typed

    def format_completion(self, item: CompletionItem) -> str:
        """Write one line for the script."""
        option, _, value = self._typed.partition("=")
        typed = value if option.startswith("-") else self._typed
        breaks = os.environ.get("CLEW_BREAKS", "")
        kept = max((place for place, letter in enumerate(typed, 1) if letter in breaks), default=0)
        shared = item.value.startswith(typed[:kept])
        return f"{item.type},{item.value[kept:] if shared else item.value}"


class _Names(click.types.StringParamType):
    """Text of which the journal, or Clew itself, knows some that it may be."""

    def __init__(self, known: Callable[[click.Context, str], Iterable[str]]) -> None:
        self._known = known

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's interface
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer what begins as typed; what a terminal would not show as it is, is left out."""
        found = [
            name
            for name in self._known(ctx, incomplete)
            if name.startswith(incomplete) and visible(name) == name
        ]
        return [CompletionItem(name) for name in found[:_OFFERED]]


def install() -> None:
    """Have click complete for bash as our script asks for it."""
    add_completion_class(Bash)


def teach(command: click.Command) -> click.Command:
    """Give the parameters of a verb the names that they may be."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            teach(inner)
    for parameter in command.params:
        known = _KNOWN.get(parameter.metavar or "") or _KNOWN.get(parameter.name or "")
        if known is not None and parameter.type is click.STRING:
            parameter.type = _Names(known)
    return command


def _positions(context: click.Context, typed: str) -> list[str]:
    forms = [f"{form}:" for form in ("before", "after")]
    named = [form for form in forms if typed.startswith(form)]
    if named:
        return [named[0] + name for name in ask(context, _MIGRATIONS)]
    return ["head", *forms, *(ask(context, _MARKS) if typed[:1] in ("", "@") else ())]


def _types(_: click.Context, typed: str) -> Iterable[str]:
    from journal.codec import EVENT_TYPES  # noqa: PLC0415 - only for this option

    return (name for name in EVENT_TYPES if name.startswith(typed))


def _told(query: str) -> Callable[[click.Context, str], Iterable[str]]:
    return lambda context, _: ask(context, query)


_KNOWN: dict[str, Callable[[click.Context, str], Iterable[str]]] = {
    **dict.fromkeys(
        ("POSITION", "[POSITION]", "POSITION|RUN", "A", "B", "FROM", "TO", "[FROM]", "[TO]"),
        _positions,
    ),
    "position": _positions,
    "TYPE": _types,
    "ID": _told(_RUNS),
    "migration": _told(_MIGRATIONS),
    "table": _told(_TABLES),
    "[TABLE]...": _told(_STANDING_TABLES),
}
"""By metavar or name of a parameter: what it may be."""


def ask(context: click.Context, query: str) -> list[str]:
    """Return the first column of a query over the views, or nothing where that fails."""
    try:
        url = _url(context)
        if url.startswith("sqlite:///"):
            return _ask_sqlite(unquote(url.removeprefix("sqlite:///").partition("?")[0]), query)
        return _ask_postgresql(url, query) if url.startswith("postgres") else []
    except Exception:  # noqa: BLE001 - a shell that completes must not be disturbed
        return []


def _url(context: click.Context) -> str:
    """Return the URL as verbs find it: --db, the environment, or .env."""
    call = context.find_root().obj
    named = getattr(call, "db", None) or os.environ.get("DATABASE_URL")
    if named:
        return str(named)
    from dotenv import dotenv_values  # noqa: PLC0415 - only without a name

    return dotenv_values(Path.cwd() / ".env").get("DATABASE_URL") or ""


def _ask_sqlite(path: str, query: str) -> list[str]:
    uri = f"{Path(path).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as db:
        return _first(db.execute(query.format("clew_")).fetchmany(_OFFERED))


def _ask_postgresql(url: str, query: str) -> list[str]:
    import psycopg  # noqa: PLC0415 - only where it is asked

    plain = "postgresql://" + url.partition("://")[2]
    limits = f"-c statement_timeout={_PATIENCE}s -c default_transaction_read_only=on"
    with psycopg.connect(plain, connect_timeout=_PATIENCE, options=limits) as db:
        return _first(db.execute(query.format("clew.").encode()).fetchmany(_OFFERED))


def _first(rows: Sequence[Sequence[Any]]) -> list[str]:
    return [str(row[0]) for row in rows]
