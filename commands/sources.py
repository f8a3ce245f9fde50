"""Directories of migration files, read in the order in which they run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from commands.naming import FileName, Order, understand
from journal.errors import NotFound, Refused
from journal.values import DatabaseKind

DIRECTORY = Path("migrations")
_BOM = "\ufeff"


class MigrationFile(msgspec.Struct, frozen=True, kw_only=True):
    """A migration as it stands in a file; ``name`` is its identity, ``text`` has no BOM.

    ``path`` is relative to the directory it was found in; ``digest`` is the SHA-256 over the
    bytes of the file, in hexadecimal; ``order`` places it among the others.
    """

    name: str
    path: str
    text: str
    digest: str
    order: Order
    bom: bool = False


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """The migrations of a directory, in order, and the directory.

    ``partial`` where single files were named, so that nothing can be said to be missing;
    ``elsewhere`` are names of migrations that have a file for another database only.
    """

    directory: Path
    files: tuple[MigrationFile, ...]
    partial: bool = False
    elsewhere: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 over names and digests of the files, in hexadecimal."""
        lines = (f"{file.name}\0{file.digest}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def read_sources(paths: Iterable[Path], kind: DatabaseKind) -> Sources:
    """Read the migrations of directories, or single files, for one database.

    Raises:
        NotFound: there is no such directory or file.
        Refused: a name is not understood or stands twice, or a file is not UTF-8 text.
    """
    named = tuple(paths) or (DIRECTORY,)
    found: list[tuple[Path, Path, FileName]] = []
    for path in named:
        base = path if path.is_dir() else path.parent
        found += [(base, file, understood) for file, understood in _files(path)]
    _same_shape(found)
    ours = [entry for entry in found if entry[2].database in (None, kind) and not entry[2].down]
    _once(ours)
    _has_way_there(found)
    ours.sort(key=lambda entry: entry[2].order)
    names = {entry[2].migration for entry in ours}
    return Sources(
        directory=named[0] if named[0].is_dir() else named[0].parent,
        files=tuple(_read(base, file, understood) for base, file, understood in ours),
        partial=not all(path.is_dir() for path in named),
        elsewhere=tuple(sorted({e[2].migration for e in found if not e[2].down} - names)),
    )


def _files(path: Path) -> Iterator[tuple[Path, FileName]]:
    """Yield migration files under ``path``; other files and hidden ones are none."""
    if path.is_file():
        yield path, _understand(path)
        return
    if not path.is_dir():
        raise NotFound(
            f"no directory of migrations at {path}",
            hint="Name the directory: clew apply DIRECTORY.",
        )
    for entry in sorted(path.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            inner = sorted(entry.glob("migration.sql")) + sorted(entry.glob("migration.*.sql"))
            yield from ((file, _understand(file)) for file in inner)
        elif entry.suffix == ".sql" or (entry.suffix == ".py" and entry.stem[:1] != "_"):
            yield entry, _understand(entry)


def _understand(file: Path) -> FileName:
    stem = file.name.removesuffix(".sql").removesuffix(".py")
    if stem == "migration" or stem.startswith("migration."):
        stem = file.absolute().parent.name + stem.removeprefix("migration")
    return understand(stem)


def _same_shape(found: list[tuple[Path, Path, FileName]]) -> None:
    shapes = {name.shape: file.name for _, file, name in found}
    if len(shapes) > 1:
        raise Refused(
            f"{shapes['flyway']} is named as Flyway does, {shapes['plain']} is not",
            hint="Give all files of the directory names of one kind, so that their order is sure.",
        )


def _once(found: list[tuple[Path, Path, FileName]]) -> None:
    """Refuse two files of one name, and two of one version where the version is the order."""
    seen: dict[object, Path] = {}
    for _, file, name in found:
        version = name.order if name.shape == "flyway" else name.migration
        if version in seen:
            raise Refused(
                f"{seen[version].name} and {file.name} are the same migration",
                hint="Keep one of them, or give one another name.",
            )
        seen[version] = file


def _has_way_there(found: list[tuple[Path, Path, FileName]]) -> None:
    ups = {name.migration for _, _, name in found if not name.down}
    for _, file, name in found:
        if name.down and name.migration not in ups:
            raise Refused(
                f"{file.name} leads back, and no file leads there",
                hint=f"Name the migration {name.migration}.up.sql.",
            )


def _read(base: Path, file: Path, name: FileName) -> MigrationFile:
    shown = file.relative_to(base).as_posix()
    content = file.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(f"{shown}: expected UTF-8, found UTF-16", hint="Save the file as UTF-8.")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused(
            f"{shown} line {line}: byte {error.object[error.start]:#04x} is not UTF-8",
            hint="Save the file as UTF-8.",
        ) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise Refused(f"{shown} line {line}: NUL in SQL", hint="Remove the NUL character.")
    return MigrationFile(
        name=name.migration,
        path=shown,
        text=text.removeprefix(_BOM),
        digest=hashlib.sha256(content).hexdigest(),
        order=name.order,
        bom=text.startswith(_BOM),
    )
