"""What a program's SQLAlchemy models want, as the statements that make it."""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_mock_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from commands.sources import MigrationFile
from journal.errors import NotFound, Refused, Usage
from journal.values import DatabaseKind

_SCHEMES = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}


def read_models(named: str, kind: DatabaseKind, *, directory: Path | None = None) -> MigrationFile:
    """Import ``package.module:name`` and return what ``create_all`` would run.

    ``name`` is a ``MetaData``, or a declarative base that has one; ``directory`` is where
    packages are looked for first. The statements are worded, and run nowhere.

    Raises:
        Usage: ``named`` is not of this form, or names no metadata.
        NotFound: there is no such module or name.
        Refused: the module, or the wording, failed.
    """
    module, colon, name = named.partition(":")
    if not (module and colon and name):
        raise Usage(
            f"expected package.module:name, found {named}",
            hint="Name the MetaData of the models, such as app.models:metadata.",
        )
    metadata = _metadata(named, _import(module, directory or Path.cwd()), name)
    try:
        text = ";\n".join(_statements(metadata, kind)) + ";\n"
    except SQLAlchemyError as error:
        raise Refused(f"{named} cannot be worded: {_line(error)}") from error
    return MigrationFile(
        name=named,
        path=named,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        order=((0,), named),
    )


def _import(module: str, directory: Path) -> Any:
    sys.path.insert(0, str(directory))
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            raise NotFound(
                f"no module {module}", hint="Call clew where the program itself is called."
            ) from error
        raise Refused(f"{module} cannot be imported: {_line(error)}") from error
    except Exception as error:
        raise Refused(
            f"{module} cannot be imported: {type(error).__name__}: {_line(error)}"
        ) from error
    finally:
        sys.path.remove(str(directory))


def _metadata(named: str, module: Any, name: str) -> MetaData:
    found = module
    for part in name.split("."):
        found = getattr(found, part, None)
        if found is None:
            raise NotFound(f"{module.__name__} has no {name}", hint="Is the name after : right?")
    found = found if isinstance(found, MetaData) else getattr(found, "metadata", None)
    if not isinstance(found, MetaData):
        raise Usage(
            f"{named} is no metadata of SQLAlchemy",
            hint="Name a MetaData, or a declarative base.",
        )
    return found


def _statements(metadata: MetaData, kind: DatabaseKind) -> list[str]:
    found: list[str] = []
    make: Any = make_url(_SCHEMES[kind]).get_dialect()
    dialect = make(paramstyle="named")  # the driver's own would double each percent sign

    def take(statement: Any, *_: object, **__: object) -> None:
        found.append(str(statement.compile(dialect=dialect)).strip())

    engine = create_mock_engine(_SCHEMES[kind], take)
    metadata.create_all(engine, checkfirst=False)
    return found


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
