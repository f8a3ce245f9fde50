"""What a materialised view holds: told by a digest, and compared with what its query gives.

The digest is one over the rows as a multiset, each in the text that images use: the hashes of
the rows are added up, so that the server needs no memory for it and no order.
"""

from __future__ import annotations

from collections.abc import Sequence

from journal.errors import StatementFailed
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session, quote
from journal.postgresql.images import texts_of
from journal.values import Column, SchemaObject

_PARTS = 4
"""Parts of 60 bits of a row's SHA-256 that are added up, each by itself."""


def digest(session: Session, view: SchemaObject, oid: int) -> str | None:
    """Return the digest of a materialised view's rows; ``None`` where it holds none yet."""
    if not session.value("SELECT relispopulated FROM pg_catalog.pg_class WHERE oid = %s", (oid,)):
        return None
    columns = [Column(id=0, name=one["name"]) for one in view.definition.get("columns", ())]
    return digest_of(session, columns, view.path, oid)


def digest_of(session: Session, columns: Sequence[Column], path: tuple[str, ...], oid: int) -> str:
    """Return the digest of the rows that a relation itself holds, by these columns."""
    texts = ", ".join(texts_of(session, columns, oid))
    sums = ", ".join(
        f"sum(('x' || substr(x.h, {1 + 15 * n}, 15))::bit(60)::bigint)" for n in range(_PARTS)
    )
    with plain(session):
        return str(
            session.value(
                "SELECT encode(sha256(convert_to(concat_ws(' ', count(*),"
                f" {sums}), 'UTF8')), 'hex') FROM (SELECT encode(sha256(convert_to("
                f" (ARRAY[{texts}]::text[])::text, 'UTF8')), 'hex') AS h"
                f" FROM ONLY {quote(*path)}) x"
            )
        )


def refresh(session: Session, view: SchemaObject) -> None:
    """Fill a materialised view from its query, under the session's own settings."""
    session.run(f"REFRESH MATERIALIZED VIEW {quote(*view.path)}")


def refreshed(session: Session, view: SchemaObject, oid: int) -> str | None:
    """Return the digest of what REFRESH would fill a view with; ``None`` where it fails.

    It is done and taken back, so rights and settings are those of the real one.
    """
    session.run("SAVEPOINT clew_refresh")
    try:
        session.query(f"REFRESH MATERIALIZED VIEW {quote(*view.path)}")
        return digest(session, view, oid)
    except StatementFailed:
        return None
    finally:
        session.back_to("clew_refresh")
        session.run("RELEASE clew_refresh")
