"""Engines as a program makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, text


@contextmanager
def engine_of(url: str, **settings: Any) -> Iterator[Engine]:
    """Lend an engine, and close its connections at the end."""
    found = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), **settings)
    try:
        yield found
    finally:
        found.dispose()


def found_by(url: str, script: str) -> None:
    """Make a database as a program finds it."""
    with engine_of(url) as engine, engine.begin() as connection:
        for statement in script.split(";\n"):
            connection.execute(text(statement.replace(":", "\\:")))
