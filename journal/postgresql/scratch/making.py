"""Databases for scratch copies: made like the original, told apart by their names, dropped."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from journal.errors import ClewError, Refused, StatementFailed
from journal.logs import log
from journal.postgresql.connection import Session, connect, quote
from journal.url import URL

PREFIX = "clew_rehearsal_"
_LEFT = """
SELECT d.datname FROM pg_catalog.pg_database d
WHERE starts_with(d.datname, %s) AND pg_catalog.pg_has_role(d.datdba, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)
ORDER BY 1
"""
_LIKE = """
SELECT to_jsonb(d) || jsonb_build_object('encoding', pg_catalog.pg_encoding_to_char(d.encoding))
FROM pg_catalog.pg_database d WHERE d.datname = current_database()
"""
_SETTINGS = """
SELECT split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)
FROM pg_catalog.pg_db_role_setting r, unnest(r.setconfig) s
WHERE r.setrole = 0 AND r.setdatabase =
      (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""


def leftovers(url: URL) -> tuple[str, ...]:
    """Name the databases of copies that nobody is connected to."""
    with closing_session(url, 5.0) as session:
        return tuple(name for (name,) in session.query(_LEFT, (PREFIX,)))


@contextmanager
def closing_session(url: URL, lock_timeout: float, holder: str = "rehearse") -> Iterator[Session]:
    """Open a session and close it at the end. Raises ``Unreachable``."""
    session = connect(url, lock_timeout=lock_timeout, holder=holder)
    with closing(session.raw):
        yield session


def new_name() -> str:
    """Return a name that no database has."""
    now = datetime.now(UTC)
    return f"{PREFIX}{now:%Y%m%d_%H%M%S}_{os.getpid()}_{secrets.token_hex(2)}"


def need_createdb(
    session: Session, hint: str = "Grant it CREATEDB, or name an empty database with --scratch URL."
) -> None:
    """Raise ``Refused`` where the role may not create databases."""
    rows = session.query(
        "SELECT rolcreatedb OR rolsuper, current_user FROM pg_catalog.pg_roles"
        " WHERE rolname = current_user"
    )
    if not rows[0][0]:
        raise Refused(
            f"role {rows[0][1]} may not create databases",
            hint=hint,
        )


def create(session: Session, name: str, *, source: Session | None = None) -> None:
    """Make an empty database of the encoding and locale of the source's, or the session's own."""
    like = (source or session).value(_LIKE)
    session.run(f"CREATE DATABASE {quote(name)} TEMPLATE template0 {_options(like)}")


def create_from(url: URL, name: str, lock_timeout: float) -> None:
    """Make a database of the one of ``url``; nobody may be connected to that.

    Raises:
        Refused: somebody is connected, or the role may not copy it.
    """
    elsewhere = "postgres" if url.database != "postgres" else "template1"
    with closing_session(url.set(database=elsewhere), lock_timeout) as session:
        need_createdb(session)
        try:
            session.run(f"CREATE DATABASE {quote(name)} TEMPLATE {quote(str(url.database))}")
        except StatementFailed as error:
            if error.sqlstate not in ("55006", "42501"):
                raise
            raise Refused(
                f"{url.database} cannot be a template now: {error.message}",
                hint="Copy with --by dump, which others do not notice.",
            ) from None


def take_settings(source: Session, session: Session) -> Iterator[str]:
    """Give the session's database the settings of the source's; yield what is not to be had."""
    name = quote(session.value("SELECT current_database()"))
    for setting, value in source.query(_SETTINGS):
        try:
            session.query("SELECT set_config(%s, %s, false)", (setting, value))
            session.run(f"ALTER DATABASE {name} SET {quote(*setting.split('.'))} FROM CURRENT")
        except StatementFailed as error:
            yield f"setting {setting} of the database was not taken over: {error.message}"


def drop(url: URL, name: str, lock_timeout: float) -> None:
    """Drop a copy; never raises, since it ends work that may have failed already."""
    try:
        with closing_session(url, lock_timeout) as session:
            session.run(f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)")
    except ClewError as error:
        log.warning("scratch copy could not be dropped", database=name, error=error.message)


def _options(like: dict[str, Any]) -> str:
    told = [
        f"ENCODING {_text(like['encoding'])}",
        f"LC_COLLATE {_text(like['datcollate'])}",
        f"LC_CTYPE {_text(like['datctype'])}",
    ]
    locale = like.get("datlocale") or like.get("daticulocale")
    match like.get("datlocprovider"):
        case "i":
            told += ["LOCALE_PROVIDER icu", f"ICU_LOCALE {_text(str(locale))}"]
            if rules := like.get("daticurules"):
                told.append(f"ICU_RULES {_text(rules)}")
        case "b":
            told += ["LOCALE_PROVIDER builtin", f"BUILTIN_LOCALE {_text(str(locale))}"]
        case _:
            pass
    return " ".join(told)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
