"""What is sent to a worker: one database of a fleet, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

import msgspec

from commands.opening import Asker, Target, environment, opened_as
from journal.errors import ClewError
from journal.opening import LOCK_TIMEOUT, parse_url
from journal.secrets import hide
from journal.values import DatabaseKind, IfChanged

State = Literal["pending", "done", "current", "failed", "refused", "not-begun", "unknown"]
"""Where a database is; ``unknown`` where nobody came back to tell."""

Form = Literal["parquet", "delta"]

_REFUSED = (2, 3, 4)
"""Exit codes of what was refused before it began."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last position of a journal, and its digest in hexadecimal."""

    position: int
    digest: str


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """An error of one database, as the command for it alone would tell it."""

    message: str
    hint: str = ""
    kind: str = ""
    exit_code: int = ClewError.exit_code


def state_of(trouble: Trouble) -> State:
    """Return the state of a database that an error was met at."""
    return "refused" if trouble.exit_code in _REFUSED else "failed"


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One database and what is asked of it; ``url`` may hold a password.

    ``planned`` are the digests of the migrations by kind of database, as they were when the
    fleet began; a worker that finds others refuses. ``head`` is where the database stood then.
    ``into`` is the directory that is exported to, in a ``form``.
    """

    name: str
    url: str
    asker: Asker
    journal: str = ""
    lock_timeout: float = LOCK_TIMEOUT
    paths: tuple[str, ...] = ()
    planned: Mapping[DatabaseKind, str] = {}
    head: Head | None = None
    to: str = ""
    allow_late: bool = False
    allowed: frozenset[str] = frozenset()
    max_rejects: int | None = None
    if_changed: IfChanged = "refuse"
    into: str = ""
    form: Form = "parquet"

    def __repr__(self) -> str:
        """Show no password, wherever a scheduler logs this."""
        return f"Errand({self.name!r})"

    @property
    def target(self) -> Target:
        """The database, opened as this process does."""
        return opened_as(parse_url(self.url), lock_timeout=self.lock_timeout)

    @property
    def kind(self) -> DatabaseKind:
        """The database's kind."""
        return cast("DatabaseKind", parse_url(self.url).get_backend_name())

    @property
    def wanted(self) -> str:
        """The migration to go up to; empty for all of them."""
        return self.to.removesuffix(".sql").removesuffix(".py")

    @property
    def places(self) -> tuple[Path, ...]:
        """The directories of migrations."""
        return tuple(Path(one) for one in self.paths)

    def trouble(self, error: Exception) -> Trouble:
        """Tell an error without the secrets of the URL."""
        secrets = self.target.secrets(environment())
        if isinstance(error, ClewError):
            return Trouble(
                message=hide(error.message, secrets),
                hint=hide(error.hint, secrets),
                kind=type(error).__name__,
                exit_code=error.exit_code,
            )
        first = (str(error).splitlines() or [""])[0]
        kind = type(error).__name__
        return Trouble(message=hide(f"unexpected {kind}: {first}", secrets), kind=kind)
