"""What can be said against a transform before it runs, from its text and its data alone."""

from __future__ import annotations

import ast
from collections import Counter
from datetime import datetime

from commands.copy.spec import Copy
from commands.sources import MigrationFile
from commands.transform.spec import Pick, Rows, Select, Transform
from commands.transform.steps import (
    Command,
    DropUnused,
    Limit,
    Migration,
    Reset,
    Restore,
    Timing,
    Unchanged,
    Verify,
)
from commands.transform.typed import mistyped
from journal.errors import Refused
from journal.opening import parse_url
from journal.secrets import secrets_of

Problem = tuple[str, str]
"""What is wrong, and what to do."""


def check_steps(migration: Migration) -> None:
    """Hold the steps of a migration against themselves and each other.

    Raises:
        Refused: a step cannot mean anything, or two transforms bear one name.
    """
    for wrong in mistyped(migration, "migration"):
        raise Refused(wrong, hint="Write a tuple of one as (one,).")
    _check_verified(migration.verify)
    names: set[str] = set()
    for step in migration.steps:
        match step:
            case Transform():
                if step.name in names:
                    raise Refused(f"two transforms are named {step.name}", hint="Rename one.")
                names.add(step.name)
                for problem, hint in _problems(step):
                    raise Refused(f"transform {step.name}: {problem}", hint=hint)
            case Limit() if step.of not in names:
                raise Refused(
                    f"limit {step.name}: no transform {step.of} stands before it",
                    hint="Put it after the transform that it is about.",
                )
            case DropUnused():
                _check_drop(step)
                if migration.batched is not None and step is not migration.steps[0]:
                    raise Refused(
                        "drop unused: steps before it stand by then, as the migration is batched",
                        hint="Put it first, or into a migration of its own.",
                    )
            case Command() if not step.argv:
                raise Refused(f"command {step.name}: no program", hint="Name one: argv=(...).")
            case Restore() if not step.backup.strip():
                raise Refused("a restore names no backup", hint="Name its directory: backup=...")
            case Copy():
                _check_copy(step)
            case Reset():
                for problem, hint in _reset(step):
                    raise Refused(f"reset: {problem}", hint=hint)
            case _:
                pass


def _check_copy(step: Copy) -> None:
    """A file of migrations is no place for a password."""
    if not step.source:
        raise Refused("a copy names no source", hint='Name one: source="$NAME_OF_A_VARIABLE".')
    if not step.source.startswith("$") and secrets_of(parse_url(step.source)):
        raise Refused(
            "the source of a copy holds a password",
            hint='Keep the URL in an environment variable: source="$NAME".',
        )


def _check_verified(verify: tuple[Verify, ...]) -> None:
    """A batched migration finds what it saw before by its name."""
    for name, number in Counter(one.name for one in verify).items():
        if number > 1:
            raise Refused(f"verify: two are named {name}", hint="Give each a name of its own.")
    for one in verify:
        match one:
            case Unchanged() if not one.tables:
                raise Refused(f"verify, {one.name}: no table", hint="Name some: tables=(...).")
            case Timing() if one.runs < 1:
                raise Refused(f"verify, {one.name}: runs is less than 1", hint="Run it once.")
            case _:
                pass


def _check_drop(step: DropUnused) -> None:
    where = "drop unused"
    if not step.tables:
        raise Refused(f"{where}: no table", hint="Name some: tables=(...).")
    for name, reason in step.waive.items():
        if name not in step.tables:
            raise Refused(f"{where}: waives {name}, which it does not drop", hint="Leave it out.")
        if not reason.strip():
            raise Refused(f"{where}: waives {name} without a reason", hint="Say why it may go.")
    try:
        datetime.fromisoformat(step.since or "2000-01-01")
    except ValueError:
        raise Refused(
            f"{where}: since is no time: {step.since}", hint="Write it as 2026-01-31."
        ) from None


def refuse_doubles(file: MigrationFile) -> None:
    """Two rules for one column: Python would keep the last and say nothing.

    Raises:
        Refused: a dict is written with a key that stands twice; names line and key.
    """
    for node in ast.walk(ast.parse(file.text)):
        if not isinstance(node, ast.Dict):
            continue
        keys = [
            (key.value, key.lineno)
            for key in node.keys
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        ]
        counts = Counter(name for name, _ in keys)
        for name, line in keys[::-1]:
            if counts[name] > 1:
                raise Refused(f"line {line}: {name} has two rules", hint="Leave one of them out.")


def _problems(spec: Transform) -> list[Problem]:
    found: list[Problem] = []
    if isinstance(spec.source, Select) and not spec.source.order.strip():
        found.append(
            ("the source states no order", "Say order=... over columns that tell records apart.")
        )
    if not spec.into:
        found.append(("goes into no table", "Name a target: into=(Rows(...),)."))
    for target in spec.into:
        found += _target(target)
    return found


def _reset(step: Reset) -> list[Problem]:
    found: list[Problem] = []
    if not step.tables:
        found.append(("no table to empty", "Name some: tables=(...)."))
    lists = {"tables": step.tables, "keep": step.keep, "detach": step.detach}
    counts = Counter(name for names in lists.values() for name in names)
    for name, number in counts.items():
        if number > 1:
            places = " and ".join(f"{one}=" for one, names in lists.items() if name in names)
            found.append((f"{name} stands twice, in {places}", "Leave it in one place."))
    if step.backup and step.without_backup:
        found.append(
            ("a backup is named, and a reason for none is given", "Leave one of them out.")
        )
    if step.without_backup and not step.without_backup.strip():
        found.append(("without_backup gives no reason", "Say why no backup is wanted."))
    return found


def _target(target: Rows) -> list[Problem]:
    found: list[Problem] = []
    if not target.columns:
        found.append((f"no rule for {target.table}", "Give its columns rules."))
    if target.missing != "reject" and not target.match:
        found.append(
            (f"{target.table} is matched by nothing", "Name the columns that find a row: match=.")
        )
    for column, rule in target.columns.items():
        if isinstance(rule, Pick) and not rule.fields:
            found.append((f"the rule for {column} takes no field", "Name the fields it takes."))
        if isinstance(rule, Pick) and rule.how == "prefer" and not (rule.by and rule.order):
            found.append((f"prefer for {column} has no order", "Give by= and order=."))
    return found
