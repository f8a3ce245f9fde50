"""A statement over a populated database, and which of three outcomes it has."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

Outcome = Literal["exact", "rebuild", "refused"]


class Case(NamedTuple):
    """One migration: what it runs, and how it ends.

    ``exact``: it comes back in place. ``rebuild``: it comes back, and a table is written anew
    for that. ``refused``: by ``name``, the waiver's; without a name nothing waives it.
    ``setup`` is run before the journal is there; ``since`` is the server's first version that
    knows the statement, 14 or 335 for 3.35; a case for a ``superuser`` is run as one.
    """

    statement: str
    outcome: Outcome = "exact"
    name: str = ""
    setup: str = ""
    since: int = 0
    superuser: bool = False


class Rebuilt(str):
    """A statement of a plain list that comes back with a rebuild."""

    __slots__ = ()


class Section(NamedTuple):
    """Cases over one populated database: a module's SECTION, BASE and CASES."""

    module: str
    title: str
    base: str
    cases: tuple[Case, ...]


def sections(database: str) -> tuple[Section, ...]:
    """Return the sections of a database's language, in the order of their modules."""
    names = sorted(path.stem for path in (Path(__file__).parent / database).glob("[a-z]*.py"))
    found = []
    for name in names:
        module = import_module(f"tests.language.{database}.{name}")
        found.append(Section(name, module.SECTION, module.BASE, tuple(module.CASES)))
    return tuple(found)


def parameters(database: str) -> list[object]:
    """Return each case with its section, as parameters of a test."""
    return [
        pytest.param(section, case, id=f"{section.module}-{n}")
        for section in sections(database)
        for n, case in enumerate(section.cases, 1)
    ]
