"""Other files on the session: they may be read, and what is written to one is not journaled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from journal.errors import NotKnownExact, Refused, StatementFailed
from journal.given import Values
from journal.sqlite.connection import Session, mapped, quote
from journal.sqlite.ddl import Token, tokens
from journal.sqlite.pragmas import Pragma
from journal.sqlite.reading import own

RULE = "attached-database"


class Attachment(msgspec.Struct, frozen=True):
    """What an ATTACH says: the expression of the file, and the name it gets, as written."""

    file: str
    name: str


def attachment(sql: str) -> Attachment | None:
    """Read an ATTACH statement; ``None`` for any other."""
    start = next(tokens(sql), None)
    if start is None or start.word != "ATTACH":
        return None
    found = [token for token in tokens(sql) if token.text != ";"]
    first = 2 if len(found) > 1 and found[1].word == "DATABASE" else 1
    place = _as(found)
    if place <= first or place + 1 >= len(found):
        return Attachment("", "")
    if place == first + 1 and found[first].kind in ("word", "quoted"):
        bare = found[first].name.replace("'", "''")
        return Attachment(f"'{bare}'", found[place + 1].name)
    return Attachment(sql[found[first].start : found[place].start].strip(), found[place + 1].name)


def _as(found: Sequence[Token]) -> int:
    depth = 0
    for place, token in enumerate(found):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.word == "AS":
            return place
    return 0


def check(session: Session, said: Attachment, values: Values) -> None:
    """Let a file be attached that is there, or a database that ends with the session.

    Raises:
        NotKnownExact: SQLite would make the file.
        Refused: the name is the journal's.
    """
    if own(said.name):
        raise Refused(
            f"{said.name} is the journal's",
            hint="Names that begin with clew_ are kept for the journal.",
        )
    given = values
    if not isinstance(values, Mapping):
        given = tuple(values)[: said.file.count("?")]
    try:
        with mapped():
            (file,) = session.raw.execute(f"SELECT {said.file}", given).fetchone()
    except StatementFailed:
        return  # SQLite says so itself
    if not _is_there(str(file)):
        raise NotKnownExact(RULE, f"there is no file {file}, and ATTACH would make it")


def _is_there(file: str) -> bool:
    if file in ("", ":memory:") or Path(file).exists():
        return True
    if not file.startswith("file:"):
        return False
    parts = urlsplit(file)
    made = "mode=memory" in parts.query or "mode=ro" in parts.query or "mode=rw" in parts.query
    bare = made and "mode=rwc" not in parts.query
    return bare or parts.path == ":memory:" or Path(unquote(parts.path)).exists()


def reached(session: Session, said: Pragma) -> list[str]:
    """Return the attached files that a PRAGMA that changes something reaches."""
    if said.schema in ("main", "temp") or not (said.schema or said.name == "optimize"):
        return []
    return files(session, [said.schema] if said.schema else None)


def files(session: Session, names: Iterable[str] | None = None) -> list[str]:
    """Return those of the attached databases that are files, and do not end with the session."""
    found = session.run("PRAGMA database_list")
    lasting = {name.lower() for _, name, file in found if file and name not in ("main", "temp")}
    return sorted(lasting if names is None else lasting & {name.lower() for name in names})


def detach(session: Session) -> None:
    """Let go of what the statements of a run attached, outside any transaction."""
    for _, name, _ in session.run("PRAGMA database_list"):
        if name not in ("main", "temp") and not own(name):
            with suppress(StatementFailed):
                session.run(f"DETACH {quote(name)}")
