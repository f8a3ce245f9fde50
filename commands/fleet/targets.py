"""The file that names the databases of a fleet, read with the line of whatever is wrong in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import msgspec

from commands.words import reason
from journal.errors import ClewError, NotFound, Usage
from journal.opening import parse_url
from journal.secrets import shown
from journal.url import URL

LONGEST = 100
"""Characters of a name, at most."""
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_URL = re.compile(r"(\w[\w+.-]*://)(?:([^@/?#]*)@)?(.*)", re.DOTALL)
_TABLE = re.compile(r"\s*\[\[\s*[\"']?target[\"']?\s*\]\]")
_AT_LINE = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)")


class FleetTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A database of a fleet: its name, where it is, when its turn comes, and where that is said.

    ``url`` may hold a password. ``journal`` is the name its journal has to bear, where one is
    asked for. Lower groups come first, canaries before all others.
    """

    name: str
    url: str
    group: int = 1
    canary: bool = False
    journal: str = ""
    line: int = 0

    def __repr__(self) -> str:
        """Show no password, wherever this is logged."""
        return f"FleetTarget({self.name!r})"


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A [[target]] as it is written."""

    url: str
    name: str = ""
    group: int = 1
    canary: bool = False
    journal: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """A whole file of targets as it is written."""

    target: list[dict[str, Any]]
    journal: str = ""


def read_targets(file: Path, environment: Mapping[str, str]) -> tuple[FleetTarget, ...]:
    """Read a file of targets: TOML where its name ends so, else one URL a line.

    ``${NAME}`` in a URL is taken from ``environment``; in user and password it stands for the
    plain value, elsewhere for a part of the URL as it is written.

    Raises:
        NotFound: there is no such file.
        Usage: a line makes no sense, or two name one database; the message names the line.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise NotFound(
            f"no file of targets at {file}", hint="Name it: --targets FILE; see docs/fleets.md."
        ) from None
    except UnicodeDecodeError:
        raise Usage(f"{file} is not UTF-8 text", hint="Save the file as UTF-8.") from None
    except OSError as error:
        raise Usage(f"{file} cannot be read: {reason(error)}") from None
    where = _Where(file, text)
    found = list(_toml(where) if file.suffix.lower() == ".toml" else _lines(where))
    if not found:
        raise Usage(f"{file} names no database", hint="Write one URL a line, or [[target]] tables.")
    targets = [_made(one, where, environment) for one in found]
    _once(targets, where)
    return tuple(targets)


def only(targets: Sequence[FleetTarget], names: Sequence[str]) -> tuple[FleetTarget, ...]:
    """Keep the targets of these names; without names all of them. Raises ``NotFound``."""
    known = {one.name for one in targets}
    for name in names:
        if name not in known:
            listed = ", ".join(sorted(known)[:5])
            raise NotFound(f"no target is named {name}", hint=f"The first names are: {listed}.")
    return tuple(one for one in targets if not names or one.name in names)


class _Where:
    """A file, and how a line of it is told."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = text.splitlines()

    def wrong(self, line: int, what: str, hint: str = "") -> NoReturn:
        raise Usage(f"{self.file} line {line}: {what}", hint=hint)

    def table(self, number: int) -> int:
        """Return the line on which the table of a number begins."""
        begins = [n for n, line in enumerate(self.lines, start=1) if _TABLE.match(line)]
        return begins[number] if number < len(begins) else 1

    def key(self, name: str, first: int) -> int:
        """Return the line of a key, from a line on."""
        key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")
        for number, line in enumerate(self.lines[first - 1 :], start=first):
            if key.match(line):
                return number
        return first


def _toml(where: _Where) -> Iterator[tuple[int, _Entry]]:
    try:
        read = tomllib.loads(where.text)
    except tomllib.TOMLDecodeError as error:
        told = _AT_LINE.fullmatch(str(error))
        what = told[1] if told else str(error)
        where.wrong(int(told[2] or len(where.lines)) if told else 1, what[:1].lower() + what[1:])
    whole = _converted(read, _File, where, 1)
    for number, table in enumerate(whole.target):
        first = where.table(number)
        entry = _converted(table, _Entry, where, first)
        yield first, msgspec.structs.replace(entry, journal=entry.journal or whole.journal)


def _converted(read: Any, kind: Any, where: _Where, first: int) -> Any:
    try:
        return msgspec.convert(read, kind)
    except msgspec.ValidationError as error:
        said = str(error).replace("Object", "the table").replace("`", "")
        key = re.search(r"unknown field (\S+)|at \$\.(\w+)", said)
        line = where.key(key[1] or key[2], first) if key else first
        what = re.sub(r" - at \$\.?(\w*)", lambda at: f" for {at[1]}" if at[1] else "", said)
        where.wrong(line, what[:1].lower() + what[1:], hint=_KEYS)


_KEYS = "A [[target]] has url, and may have name, group, canary and journal."


def _lines(where: _Where) -> Iterator[tuple[int, _Entry]]:
    for number, line in enumerate(where.lines, start=1):
        url = line.strip()
        if url and not url.startswith("#"):
            if "://" not in url and not url.startswith("${"):
                where.wrong(
                    number,
                    "expected the URL of a database",
                    hint="A file of [[target]] tables has a name that ends in .toml.",
                )
            yield number, _Entry(url=url)


def _made(found: tuple[int, _Entry], where: _Where, environment: Mapping[str, str]) -> FleetTarget:
    first, entry = found
    line = where.key("url", first) if where.file.suffix.lower() == ".toml" else first
    try:
        url = parse_url(_expanded(entry.url, environment))
    except ClewError as error:
        where.wrong(line, error.message, error.hint)
    if not _fit(entry.name):
        where.wrong(
            where.key("name", first),
            f"a name is 1 to {LONGEST} characters that can be printed, not {entry.name[:LONGEST]!r}",
        )
    return FleetTarget(
        name=entry.name or _named(url),
        url=_placed(url).render_as_string(hide_password=False),
        group=entry.group,
        canary=entry.canary,
        journal=entry.journal,
        line=first,
    )


def _fit(name: str) -> bool:
    """Tell whether a name can be shown, typed, and stand for a directory."""
    printed = name.isprintable() and name == name.strip() and len(name) <= LONGEST
    return printed and name not in {".", ".."}


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """Put variables in; what stands for a user or a password is quoted as a URL has it."""
    parts = _URL.fullmatch(text)
    if parts is None:
        return _filled(text, environment, quoted=False)
    scheme, user, rest = parts.groups()
    before = "" if user is None else f"{_filled(user, environment, quoted=True)}@"
    return scheme + before + _filled(rest, environment, quoted=False)


def _filled(text: str, environment: Mapping[str, str], *, quoted: bool) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in environment:
            raise Usage(f"${{{name}}} is not in the environment", hint=f"Set {name}, then again.")
        return quote(environment[name], safe="") if quoted else environment[name]

    return _VARIABLE.sub(value, text)


def _placed(url: URL) -> URL:
    """Return a URL that means the same database wherever it is opened."""
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return url.set(database=str(Path(url.database).absolute()))
    return url


def _named(url: URL) -> str:
    """Return what a database is called that was given no name."""
    if url.get_backend_name() == "sqlite":
        return url.database or "memory"
    return f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _once(targets: Sequence[FleetTarget], where: _Where) -> None:
    """Refuse two targets of one name, or of one database by two spellings of its URL."""
    names: dict[str, FleetTarget] = {}
    places: dict[tuple[object, ...], FleetTarget] = {}
    for one in targets:
        place = _place(parse_url(one.url))
        if (other := places.setdefault(place, one)) is not one:
            said = shown(parse_url(one.url))
            where.wrong(one.line, f"{said} is the database of line {other.line} too")
        if (other := names.setdefault(one.name, one)) is not one:
            hint = "Give each [[target]] a name of its own."
            where.wrong(one.line, f"line {other.line} is named {one.name!r} too", hint)


def _place(url: URL) -> tuple[object, ...]:
    if url.get_backend_name() == "sqlite":
        return (Path(url.database or "").resolve(),)
    return ((url.host or "localhost").lower(), url.port or 5432, url.database or url.username)
