"""Row images of the journal, carried into a scratch copy under numbers of their own."""

from __future__ import annotations

from collections.abc import Sequence

from journal.postgresql.connection import Session, mapped
from journal.postgresql.ready import begin_with_temporary
from journal.postgresql.scratch.making import closing_session
from journal.scratch import Carried
from journal.url import URL

_MOVES = """
CREATE TEMP TABLE clew_carried AS SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::text[], %s::bigint[]) m(run, object, first, last, new, number)
"""
_IMAGES = (
    "COPY (SELECT m.new, m.number + i.number - m.first, i.object, i.event, i.sign, i.rows,"
    " i.digest, i.chunk FROM pg_temp.clew_carried m JOIN clew.image i ON i.run = m.run"
    " AND i.object = m.object AND i.number BETWEEN m.first AND m.last) TO STDOUT (FORMAT binary)"
)


def carry_images(url: URL, copy: URL, carried: Sequence[Carried], lock_timeout: float) -> None:
    """Carry images from one database to the other. Raises ``StatementFailed``."""
    with closing_session(url, lock_timeout) as source, closing_session(copy, lock_timeout) as into:
        begin_with_temporary(source)  # for the temporary table alone
        source.query(_MOVES, _columns(carried))
        source.run("ANALYZE pg_temp.clew_carried")
        _copy(source, into)
        source.run("ROLLBACK")
        into.run("ANALYZE clew.image")


def _columns(carried: Sequence[Carried]) -> tuple[list[object], ...]:
    ranged = [(one, one.rows.images) for one in carried if one.rows.images is not None]
    return (
        [one.rows.run for one, _ in ranged],
        [one.rows.table for one, _ in ranged],
        [images.first for _, images in ranged],
        [images.last for _, images in ranged],
        [one.run for one, _ in ranged],
        [one.number for one, _ in ranged],
    )


def _copy(source: Session, into: Session) -> None:
    with (
        mapped(),
        source.raw.cursor().copy(_IMAGES.encode()) as rows,
        into.raw.cursor().copy(b"COPY clew.image FROM STDIN (FORMAT binary)") as writing,
    ):
        for row in rows:
            writing.write(row)
