"""PostgreSQL's client programs: where they are, and how they are given a database."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from psycopg.conninfo import make_conninfo

from journal.errors import Refused, StatementFailed
from journal.url import URL

_USUAL = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
OF_NOBODY = ["--no-owner", "--no-privileges"]
"""Options of a copy that does not say who owns what, and who may do what."""

_UNKNOWN = b"unrecognized configuration parameter"
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class Programs(NamedTuple):
    """A directory with ``pg_dump`` and ``pg_restore``, and their major version."""

    directory: Path
    major: int


def find(server: int, *, named: Path | None = None) -> Programs | None:
    """Find programs for a server of a major version: the same, else the next newer.

    ``named`` is the only place where they are looked for, where it is given.
    """
    found = [one for one in map(_look, _places(named)) if one and one.major >= server]
    return min(found, key=lambda one: one.major, default=None)


def need(server: int, *, named: Path | None = None) -> Programs:
    """Find programs. Raises ``Refused`` where there are none."""
    found = find(server, named=named)
    if found is None:
        raise Refused(
            f"expected pg_dump of version {server} or newer, found none",
            hint="Install PostgreSQL's client programs, name their directory with --pg-bin, "
            "or copy with --by template while nobody is connected.",
        )
    return found


def dump(programs: Programs, url: URL, *options: str) -> str:
    """Return a dump as text. Raises ``StatementFailed``."""
    connection, env = _given(url)
    done = subprocess.run(  # noqa: S603 - a program that was found, and options of ours
        [programs.directory / "pg_dump", *options, f"--dbname={connection}"],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise StatementFailed(f"pg_dump: {_first(done.stderr)}")
    return done.stdout.decode(errors="surrogateescape")


def transfer(
    programs: Programs, source: URL, copy: URL, options: Sequence[str], *, server: int
) -> None:
    """Dump one database into another; nothing is kept in between.

    ``server`` is the major version of the one that is written to. Programs that are newer set
    parameters that it does not know, which alone is no failure.

    Raises:
        StatementFailed: the first of the two to fail says why.
    """
    from_, reading = _given(source)
    to, writing = _given(copy)
    strictly = ["--exit-on-error"] if programs.major <= server else []
    also = [one for one in options if one in OF_NOBODY]
    with subprocess.Popen(  # noqa: S603 - as above
        [programs.directory / "pg_dump", "-Fc", "-Z0", *options, f"--dbname={from_}"],
        env=reading,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as dumping:
        try:
            restored = subprocess.run(  # noqa: S603 - as above
                [programs.directory / "pg_restore", *strictly, *also, f"--dbname={to}"],
                env=writing,
                stdin=dumping.stdout,
                capture_output=True,
                check=False,
            )
        except BaseException:
            dumping.kill()
            raise
        assert dumping.stdout is not None
        assert dumping.stderr is not None
        dumping.stdout.close()
        said = dumping.stderr.read()
        dumped = dumping.wait()
    if dumped and b"pg_dump" in said and not (restored.returncode and b"Broken pipe" in said):
        raise StatementFailed(f"pg_dump: {_first(said)}")
    if restored.returncode and (strictly or not _harmless(restored.stderr)):
        raise StatementFailed(
            f"pg_restore: {_first(restored.stderr)}",
            hint="The copy needs the rights and extensions of the original; a database made for "
            "it by somebody who has them can be named instead.",
        )


def _given(url: URL) -> tuple[str, dict[str, str]]:
    """Return how a program is told of a database; passwords go by its environment only."""
    query = {name: str(value) for name, value in url.query.items()}
    password = query.pop("password", None) or url.password
    told = {
        "host": url.host or query.pop("host", None),
        "port": url.port or query.pop("port", None),
        "user": url.username or query.pop("user", None),
        "dbname": url.database or query.pop("dbname", None),
    }
    env = dict(os.environ)
    if password:
        env["PGPASSWORD"] = str(password)
    query.pop("sslpassword", None)  # libpq has no variable for it, and others see arguments
    query |= {name: str(value) for name, value in told.items() if value is not None}
    return make_conninfo(**query), env


def _places(named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named
        return
    onpath = shutil.which("pg_dump")
    if onpath:
        yield Path(onpath).parent
    for usual in _USUAL:
        yield from Path("/").glob(usual)


def _look(directory: Path) -> Programs | None:
    if not (directory / "pg_restore").is_file():
        return None
    try:
        done = subprocess.run(  # noqa: S603 - as above
            [directory / "pg_dump", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    found = _VERSION.search(done.stdout)
    return Programs(directory, int(found[1])) if found else None


def _harmless(said: bytes) -> bool:
    errors = [line for line in said.splitlines() if b"error:" in line]
    return bool(errors) and all(_UNKNOWN in line for line in errors)


def _first(said: bytes) -> str:
    """Return the first line that tells something, without the program's name before it."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line and _UNKNOWN.decode() not in line]
    telling = errors or lines or ["failed"]
    return telling[0].split("error:", 1)[-1].strip()
