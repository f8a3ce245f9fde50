"""The only wiring: where the environment is read and sessions are made from it."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
from dotenv import dotenv_values

from journal import spans
from journal.database import Database
from journal.errors import Usage
from journal.events import RunStarted
from journal.opening import LOCK_TIMEOUT, connect, journal_in, parse_url
from journal.secrets import secrets_of, shown
from journal.store import Clock, Journal, utc_now
from journal.url import URL
from journal.values import Verb


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, why and from where; it is written into each run.

    ``fleet`` is what runs in several databases have in common that were asked for at once.
    """

    actor: str
    reason: str = ""
    ref: str = ""
    host: str = ""
    clew: str = ""
    fleet: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The database a command works on; ``url`` may hold a password and is never shown."""

    url: URL
    lock_timeout: float = LOCK_TIMEOUT
    holder: str = ""
    clock: Clock = utc_now

    @property
    def shown(self) -> str:
        """The URL with its password hidden."""
        return shown(self.url)

    def environment(self) -> dict[str, str]:
        """Return what tells other programs of the database; it holds the password.

        DATABASE_URL is as most tools take it, CLEW_DATABASE_URL as SQLAlchemy does, with the
        driver in it.
        """
        plain = self.url.set(drivername=self.url.get_backend_name())
        return {
            "DATABASE_URL": plain.render_as_string(hide_password=False),
            "CLEW_DATABASE_URL": self.url.render_as_string(hide_password=False),
        }

    def told(self) -> dict[str, spans.Told]:
        """Return what a span tells of the database, without user or password."""
        kind, url = self.url.get_backend_name(), self.url
        name = Path(url.database or "").name if kind == "sqlite" else url.database or ""
        server = {"server.address": url.host, "server.port": url.port}
        given = {name: value for name, value in server.items() if value}
        return {"db.system.name": kind, "db.namespace": name, **given}

    def anywhere(self) -> Target:
        """Return the same for a process with another working directory."""
        if self.url.get_backend_name() != "sqlite" or not self.url.database:
            return self
        place = str(Path(self.url.database).resolve())
        return msgspec.structs.replace(self, url=self.url.set(database=place))

    def secrets(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Return what no text may show: the secrets of the URL and of the environment."""
        given = environment.get("PGPASSWORD", "")
        return (*secrets_of(self.url), *([given] if given else []))

    def session(self, *, create: bool = False) -> Database:
        """Open a session. Raises ``Unreachable``."""
        return connect(self.url, lock_timeout=self.lock_timeout, create=create, holder=self.holder)

    @contextmanager
    def database(self, *, create: bool = False) -> Iterator[Database]:
        """Open a session and close it at the end."""
        session = self.session(create=create)
        try:
            yield session
        finally:
            session.close()

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Open the journal in a session of its own. Raises ``NotFound`` without one."""
        with self.database() as session:
            journal = journal_in(session, clock=self.clock)
            told = {
                "clew.journal.id": journal.identity.id,
                "clew.journal.name": journal.identity.name,
            }
            spans.about(told)
            yield journal


def target(
    db: str | None, *, lock_timeout: float = LOCK_TIMEOUT, directory: Path | None = None
) -> Target:
    """Find the database: ``--db``, else DATABASE_URL of the environment, else of ``.env``.

    Raises:
        Usage: no database was named, or its URL cannot be read.
    """
    text = db or os.environ.get("DATABASE_URL") or _dotenv(directory or Path.cwd())
    if not text:
        raise Usage(
            "no database was named",
            hint="Give --db URL, or set DATABASE_URL in the environment or in .env.",
        )
    return opened_as(parse_url(text), lock_timeout=lock_timeout)


def opened_as(url: URL, *, lock_timeout: float = LOCK_TIMEOUT) -> Target:
    """Return the database of a URL as this process opens it."""
    holder = f"{default_actor()} on {socket.gethostname()}, process {os.getpid()}"
    return Target(url=url, lock_timeout=lock_timeout, holder=holder)


def recorded_from_outside(url: URL) -> bool:
    """Tell whether ``clew record`` runs this process, and journals this very database."""
    given = os.environ.get("CLEW_DATABASE_URL") if os.environ.get("CLEW_RUN") else None
    return given is not None and _place(parse_url(given)) == _place(url)


def _place(url: URL) -> tuple[object, ...]:
    if url.get_backend_name() == "sqlite":
        return (Path(url.database or "").resolve(),)
    return (url.host, url.port, url.database)


def environment() -> dict[str, str]:
    """Return the environment of this process, for programs that it runs."""
    return dict(os.environ)


def asker(*, actor: str | None = None, reason: str = "", ref: str = "") -> Asker:
    """Introduce who asks: ``actor``, else CLEW_ACTOR, else the user of this machine."""
    return Asker(
        actor=actor or default_actor(),
        reason=reason,
        ref=ref,
        host=socket.gethostname(),
        clew=clew_version(),
    )


def run_started(verb: Verb, target: Target, asker: Asker) -> RunStarted:
    """Return the beginning of a run: who asks, from where, and as which user of the database."""
    return RunStarted(
        verb=verb,
        reason=asker.reason,
        ref=asker.ref,
        host=asker.host,
        user=target.url.username or "",
        clew=asker.clew,
        fleet=asker.fleet,
    )


def default_actor() -> str:
    """Return CLEW_ACTOR, else the name of the user who runs this process."""
    if named := os.environ.get("CLEW_ACTOR"):
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def clew_version() -> str:
    """Return the version of the installed distribution."""
    try:
        return version("clew")
    except PackageNotFoundError:
        return "unreleased"


def _dotenv(directory: Path) -> str | None:
    file = directory / ".env"
    try:
        return dotenv_values(file).get("DATABASE_URL") if file.is_file() else None
    except UnicodeDecodeError:
        raise Usage(f"{file} is not UTF-8 text", hint="Save the file as UTF-8.") from None
