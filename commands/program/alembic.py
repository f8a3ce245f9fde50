"""Alembic's revisions, each journaled as a run in the transaction that moves its version.

Nothing of Alembic is imported: the hook is called from ``env.py``, with what Alembic gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import inspect

from commands.opening import Asker, asker, recorded_from_outside
from commands.program.adopted import Adopted, adopting
from commands.program.recording import started
from commands.revision import revision_of
from journal.errors import Refused, Usage
from journal.events import RunStarted, Stamped
from journal.opening import LOCK_TIMEOUT


@contextmanager
def journaled(
    context: Any,
    *,
    actor: str | None = None,
    reason: str = "",
    ref: str = "",
    allowed: Iterable[str] = (),
    lock_timeout: float = LOCK_TIMEOUT,
) -> Iterator[None]:
    """Journal what ``context.run_migrations()`` does; stands for ``context.begin_transaction()``.

    ``context`` is Alembic's, configured with a connection. Each revision is a run of its name in
    one transaction with what it changes and with ``alembic_version``, on SQLite too; an error
    leaves the revisions before it, and of its own nothing but the attempt. A downgrade is a run
    that says the revision is undone, a stamp one that only says so. Commands that run no
    revision, and offline mode, are as without us; so is everything where ``clew record`` runs
    Alembic, and journals it from outside.

    Raises:
        Usage: this is no configured context of Alembic.
        Refused, TransactionOpen, NotFound, Busy: as ``recording`` does.
    """
    migrations = _context(context)
    _leave_out_journal(migrations.opts)
    if migrations.as_sql or recorded_from_outside(migrations.connection.engine.url):
        with migrations.begin_transaction():
            yield
        return
    connection = migrations.connection
    steps, recorded = _foreseen(migrations)
    if not recorded:
        with _swapped(migrations, _migrations_fn=lambda *_: steps), _begun(migrations):
            yield
        return
    who = asker(actor=actor, reason=reason, ref=ref)
    with adopting(connection, who, allowed=allowed, lock_timeout=lock_timeout) as program:
        runs = _Runs(program, started(connection, who), who, steps)
        with _swapped(
            migrations,
            _migrations_fn=lambda *_: runs.walk(),
            begin_transaction=lambda *_, **__: nullcontext(),
            autocommit_block=_refuse_autocommit,
        ):
            runs.begin()
            yield
            runs.finish()


class _Runs:
    """The runs of one command, one for each step that Alembic takes."""

    def __init__(
        self, program: Adopted, started: RunStarted, asker: Asker, steps: list[Any]
    ) -> None:
        self._program = program
        self._started = started
        self._asker = asker
        self._steps = steps
        self._open = self._walked = False

    def begin(self) -> None:
        """Begin the first run: Alembic makes its version table before the first step."""
        if self._steps:
            self._start(self._steps[0])
        else:
            self._program.start(_noted(self._started, "alembic: its version table"))
            self._open = True

    def walk(self) -> Iterator[Any]:
        """Give Alembic its steps, and end the run of each when Alembic asks for the next."""
        self._walked = True
        for step in self._steps:
            if not self._open:
                self._start(step)
            yield step
            self._end()

    def finish(self) -> None:
        """End the run that is open, if any.

        Raises:
            Usage: Alembic took no step, so nothing may be said to be done.
        """
        if not self._walked:
            raise Usage(
                "expected the migrations to be run within the block, found that they were not",
                hint="Write: with journaled(context): context.run_migrations().",
            )
        if self._open:
            self._end()

    def _end(self) -> None:
        self._program.complete()
        self._open = False

    def _start(self, step: Any) -> None:
        info = step.info
        names = ", ".join(info.up_revision_ids)
        about = f": {step.doc}" if step.doc else ""
        if info.is_stamp:
            self._program.start(
                _noted(self._started, f"alembic stamp {names}"), *self._stamps(info, "stamp")
            )
        elif info.is_upgrade:
            file = Path(step.revision.path)
            begun = msgspec.structs.replace(
                self._started,
                notes=(f"alembic upgrade {names}{about}",),
                migration=names,
                file=_shown(file),
                revision=revision_of(file.parent),
            )
            self._program.start(begun)
        else:
            self._program.start(
                _noted(self._started, f"alembic downgrade {names}{about}"),
                *self._stamps(info, "downgrade"),
            )
        self._open = True

    def _stamps(self, info: Any, what: str) -> Iterator[Stamped]:
        reason = self._asker.reason or f"alembic {what}"
        for name in info.up_revision_ids:
            yield Stamped(migration=name, done=info.is_upgrade, reason=reason)


def _context(context: Any) -> Any:
    """Return the context of this migration.

    Raises:
        Usage: it is not configured, or of an Alembic that keeps its steps elsewhere.
    """
    try:
        found = context.get_context()
        found.connection, found.as_sql, found._migrations_fn  # noqa: B018, SLF001 - are they there?
    except Exception as error:
        raise Usage(
            "expected the context of Alembic, configured with a connection",
            hint="Call context.configure(connection=...) first, then: with journaled(context).",
        ) from error
    return found


def _leave_out_journal(options: dict[str, Any]) -> None:
    """Have ``revision --autogenerate`` and ``check`` pass over the tables of the journal."""
    former = options.get("include_name")

    def include(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "table" and (name or "").startswith("clew_"):
            return False
        if kind == "schema" and name == "clew":
            return False
        return former is None or bool(former(name, kind, parents))

    options["include_name"] = include


def _foreseen(migrations: Any) -> tuple[list[Any], bool]:
    """Return the steps that Alembic is about to take, and whether it will write.

    It makes its version table also where it takes no step. The transaction that asking has
    begun is ended, where none was open.
    """
    connection = migrations.connection
    free = not connection.in_transaction()
    heads = () if migrations.purge else migrations.get_current_heads()
    steps = list(migrations._migrations_fn(heads, migrations))  # noqa: SLF001 - no public name
    mutates = not heads and not migrations.opts.get("dont_mutate", False)
    makes = mutates and not inspect(connection).has_table(
        migrations.version_table, schema=migrations.version_table_schema
    )
    if free:
        connection.rollback()
    return steps, bool(steps) or makes or migrations.purge


@contextmanager
def _swapped(target: Any, **attributes: Any) -> Iterator[None]:
    """Have a context of Alembic with other functions, for as long as the block lasts."""
    with ExitStack() as stack:
        for name, value in attributes.items():
            former = vars(target).get(name)
            setattr(target, name, value)
            if former is None:
                stack.callback(delattr, target, name)
            else:
                stack.callback(setattr, target, name, former)
        yield


def _begun(migrations: Any) -> AbstractContextManager[Any]:
    found: AbstractContextManager[Any] = migrations.begin_transaction()
    return found


def _refuse_autocommit() -> None:
    raise Refused(
        "autocommit_block leaves the transaction, and what it does could be left half done",
        hint="Take it out of the revision, or record from outside with: clew record -- alembic"
        " upgrade head.",
    )


def _noted(started: RunStarted, note: str) -> RunStarted:
    """Say what a run is about; as its reason too, where nobody gave one."""
    return msgspec.structs.replace(started, notes=(note,), reason=started.reason or note)


def _shown(file: Path) -> str:
    home = Path.cwd()
    return str(file.relative_to(home)) if file.is_relative_to(home) else file.name
