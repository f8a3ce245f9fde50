"""A place for checkouts: databases that are not there yet, and are gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

_numbers = count(1)


@contextmanager
def elsewhere(url: str, home: Path) -> Iterator[str]:
    """Name a database beside another one, and drop what was made of it."""
    if url.startswith("sqlite"):
        yield f"sqlite:///{home / f'then {next(_numbers)}.db'}"
        return
    there = make_url(url)
    name = f"{there.database}_then_{next(_numbers)}"
    yield there.set(database=name).render_as_string(hide_password=False)
    admin = there.set(database="postgres").render_as_string(hide_password=False)
    with closing(psycopg.connect(admin, autocommit=True)) as db:
        gone = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        db.execute(gone.format(sql.Identifier(name)))
