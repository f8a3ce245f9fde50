"""Bookkeeping held against the files of its tool: what fits, and what does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from commands.adopt.bookkeeping import Bookkeeping
from commands.doctor.ledger.toolfiles import ToolFile, stem_of, version_of

BY_NAME = frozenset(("knex", "prisma", "sequelize", "yoyo"))
"""Tools that know a file by its whole name, so that another name is another migration."""
_NUMBER = re.compile(r"[0-9]{3,}")


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the bookkeeping and files, as they belong together.

    ``files`` are those of the names that count as applied, ``renamed`` among them under another
    name. ``late`` files are not applied and sort before one that is; ``pending`` come after.
    """

    files: Mapping[str, ToolFile] = {}
    renamed: Mapping[str, ToolFile] = {}
    missing: tuple[str, ...] = ()
    late: tuple[ToolFile, ...] = ()
    pending: tuple[ToolFile, ...] = ()
    newest: str = ""


def agree(books: Bookkeeping, files: Iterable[ToolFile]) -> Agreement | None:
    """Hold bookkeeping against files; ``None`` where they have nothing in common."""
    files = _within(books, files)
    by_name = {one.name: one for one in files}
    applied = _applied(books, files)
    known = {name: by_name[name] for name in applied if name in by_name}
    gone = [name for name in applied if name not in by_name]
    left = [one for one in files if one.name not in known]
    renamed = _same_stem(gone, left) if books.tool in BY_NAME else {}
    if applied and not known and not renamed:
        return None
    if books.tool in BY_NAME:
        renamed |= _same_number(gone, left, renamed)
    taken = {one.name for one in renamed.values()}
    left = [one for one in left if one.name not in taken]
    files_of = {**known, **renamed}
    newest = max((one for one in files_of.values() if one.order), key=_order, default=None)
    late = [
        one for one in left if newest is not None and one.order and _order(one) < _order(newest)
    ]
    return Agreement(
        files=files_of,
        renamed=renamed,
        missing=tuple(name for name in gone if name not in renamed),
        late=tuple(late),
        pending=tuple(one for one in left if one not in late),
        newest=newest.name if newest else "",
    )


def twice(books: Bookkeeping) -> dict[str, tuple[str, ...]]:
    """Return what is listed more than once as applied, by the name without its extension."""
    if books.tool not in BY_NAME | {"dbmate", "rails", "django"}:
        return {}
    names = [one.name for one in books.records if not one.why]
    stems = Counter(map(stem_of, names))
    return {
        stem: tuple(name for name in names if stem_of(name) == stem)
        for stem, number in stems.items()
        if number > 1
    }


def _within(books: Bookkeeping, files: Iterable[ToolFile]) -> tuple[ToolFile, ...]:
    """Leave out the apps of Django that nothing is known of: they may not be installed."""
    if books.tool != "django":
        return tuple(files)
    apps = {one.name.partition(".")[0] for one in books.records}
    return tuple(one for one in files if one.name.partition(".")[0] in apps)


def _applied(books: Bookkeeping, files: tuple[ToolFile, ...]) -> tuple[str, ...]:
    """Return the names that count, those too that the bookkeeping does not spell out."""
    names = [one.name for one in books.applied]
    match books.tool:
        case "alembic":
            return tuple(dict.fromkeys(_with_ancestors(names, files)))
        case "golang-migrate":
            upto = int(books.upto) if books.upto else -1
            before = [one.name for one in files if int(one.name) <= upto]
            return tuple(dict.fromkeys((*before, *names)))
        case "flyway":
            version = version_of(books.upto)
            before = [one.name for one in files if version and one.order <= version]
            versions = {one.order: one.name for one in files}
            named = [
                versions.get(version_of(name), name) for name in names if not name.startswith("R__")
            ]
            return tuple(dict.fromkeys((*before, *named)))
        case "liquibase":
            return tuple(dict.fromkeys(name.split("::")[0].rpartition("/")[2] for name in names))
        case _:
            return tuple(names)


def _with_ancestors(heads: list[str], files: tuple[ToolFile, ...]) -> list[str]:
    by_name = {one.name: one for one in files}
    found, waiting = list[str](), list(heads)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.append(name)
        waiting += by_name[name].after if name in by_name else ()
    return found


def _same_stem(gone: list[str], left: list[ToolFile]) -> dict[str, ToolFile]:
    """Pair names with files that differ in what comes after the last dot."""
    stems = {one.stem: one for one in left}
    return {name: stems[stem_of(name)] for name in gone if stem_of(name) in stems}


def _same_number(
    gone: list[str], left: list[ToolFile], paired: Mapping[str, ToolFile]
) -> dict[str, ToolFile]:
    """Pair what is left by the number in front, where only one name and one file bear it."""
    taken = {one.name for one in paired.values()}
    rest = [name for name in gone if name not in paired]
    free = [one for one in left if one.name not in taken]
    found: dict[str, ToolFile] = {}
    for name in rest:
        number = _NUMBER.match(name)
        if number is None:
            continue
        same = [one for one in free if _begins(one.name, number.group())]
        rivals = [other for other in rest if _begins(other, number.group())]
        if len(same) == len(rivals) == 1:
            found[name] = same[0]
    return found


def _begins(name: str, number: str) -> bool:
    found = _NUMBER.match(name)
    return found is not None and found.group() == number


def _order(one: ToolFile) -> tuple[object, ...]:
    return one.order
