"""Answers of the verbs that look, in text."""

from __future__ import annotations

from commands.check import Checked
from commands.cli.page import Page
from commands.cli.summary import summary
from commands.show import Shown
from commands.status import Status
from commands.visible import encode
from commands.words import count, moment
from journal.erased import Erased
from projections.imported import Imported
from projections.runs import Run
from projections.stamped import Stamp

RECENT = 3
"""How many applied migrations are named in text; JSON has them all."""


def status(page: Page, answer: Status) -> None:
    """Tell where all stands."""
    page.pairs(
        (
            ("journal", f"{answer.journal.name} ({answer.journal.id})"),
            ("head", f"{answer.head.position} {answer.head.digest[:16]}"),
            ("applied", count(len(answer.applied), "migration")),
            ("stamped", _stamps(answer)),
            ("imported", _imports(answer)),
            ("pending", count(len(answer.pending), "migration")),
            ("conflicts", f"{answer.open_conflicts} open" if answer.open_conflicts else ""),
        )
    )
    if len(answer.applied) > RECENT:
        page.line(f"  ...{len(answer.applied) - RECENT} before", "green")
    for name in answer.applied[-RECENT:]:
        page.line(f"  applied  {name}", "green")
    for one in answer.stamped:
        page.line(f"  stamped  {stamped(one)}", "cyan")
    for table in answer.imported:
        _imported(page, table)
    _each(page, "pending", answer.pending)
    _each(page, "changed after it was applied", answer.changed_files, "yellow")
    renamed = tuple(f"{one.name}, is now {one.file}" for one in answer.renamed_files)
    _each(page, "renamed after it was applied", renamed, "yellow")
    _each(page, "applied, its file is missing", answer.missing_files, "yellow")
    _each(page, "late: sorts before what is applied", answer.late_files, "yellow")
    for name, number in answer.waiting.items():
        page.line(f"  incomplete: {name}, {count(number, 'rejected subject')} wait", "red")
    for run in answer.incomplete:
        stayed = f"; stayed: {', '.join(run.stayed)}" if run.stayed else ""
        what = f"{run.verb} {run.migration}".rstrip()
        page.line(f"  incomplete: {what}, {run.state} (position {run.position}){stayed}", "red")
    _each(page, "drift", answer.drift, "yellow")
    if not answer.drift_read:
        page.line("  drift was not looked for")
    if answer.held_by:
        page.line(f"running now: {answer.held_by}", "bold")
        return
    page.line(f"next: {answer.next}" if answer.next else "nothing to do", "bold")


def stamped(one: Stamp) -> str:
    """Say of a stamp what, who, when and why."""
    done = "done" if one.done else "undone"
    return f"{one.name} as {done}, by {one.actor}, {moment(one.recorded_at)}: {one.reason}"


def _stamps(answer: Status) -> str:
    return count(len(answer.stamped), "migration") if answer.stamped else ""


def _imports(answer: Status) -> str:
    number = sum(len(one.migrations) for one in answer.imported)
    return count(number, "migration") if answer.imported else ""


def _imported(page: Page, one: Imported) -> None:
    """Tell of a table of bookkeeping: how many, the newest names, and what does not count."""
    upto = f", all up to {one.upto}" if one.upto else ""
    newest = one.migrations[-RECENT:]
    more = f"...{len(one.migrations) - RECENT} before, " if len(one.migrations) > RECENT else ""
    names = f": {more}{', '.join(newest)}" if newest else ""
    number = count(len(one.migrations), "migration")
    page.line(f"  imported  {number} of {one.tool} ({one.table}){upto}{names}", "cyan")
    for name, why in one.unapplied:
        page.line(f"  not applied, says {one.tool}: {name}, {why}", "yellow")


def shown(page: Page, answer: Shown) -> None:
    """Tell one entry or one run in full."""
    if answer.run is not None:
        _run(page, answer.run)
        page.line()
    told: set[str] = set()
    for entry in answer.entries:
        page.line(f"{entry.position}  {type(entry.event).__name__}", "bold")
        page.pairs(
            (
                ("  recorded", f"{entry.recorded_at} by {entry.actor}"),
                ("  evidence", entry.evidence),
                ("  digest", entry.digest),
                ("  previous", entry.previous),
                ("  what", summary(entry.event, answer.names)),
            )
        )
        if len(answer.entries) == 1:
            page.block(encode(entry.event, indent=True).decode())
        digest = getattr(getattr(entry.event, "statement", None), "digest", "")
        if digest in answer.content and digest not in told:
            told.add(digest)
            _content(page, digest, answer.content[digest])
    for digest, content in answer.content.items():
        if digest not in told:
            _content(page, digest, content)
    if answer.more:
        page.line(f"... and {count(answer.more, 'more entry').replace('entrys', 'entries')}")


def checked(page: Page, answer: Checked) -> None:
    """Tell what drifted."""
    for difference in answer.drift:
        page.line(f"{difference.number:>3}  {difference.text}", "yellow")
        for statement in difference.ddl:
            page.block(statement, indent="       ")
    if answer.ok:
        page.line(f"no drift: the live schema is the journal's at {answer.position}", "green")
    else:
        page.line("next: put it back, or take it in with: clew accept --reason WHY", "bold")
        page.line("one alone: clew accept NUMBER --reason WHY")


def _run(page: Page, run: Run) -> None:
    page.line(f"run {run.run}", "bold")
    what = f"{run.verb} {run.migration or run.program}".rstrip()
    way = f"{run.origin} to {run.target}" if run.target is not None else ""
    page.pairs(
        (
            ("what", f"{what} {way}".rstrip()),
            ("state", run.state),
            ("positions", f"{run.first} to {run.last}"),
            ("started", f"{run.started_at} by {run.actor}"),
            ("ended", run.ended_at),
            ("reason", run.reason),
            ("ref", run.ref),
            ("file", run.file),
            ("rows", f"{run.rows:,}" if run.rows else ""),
            ("images", f"{run.size:,} bytes" if run.size else ""),
            ("kept", f"{run.kept:,} rows changed since" if run.kept else ""),
            ("error", f"{run.error} [{run.sqlstate}]" if run.sqlstate else run.error),
            ("statement", f"{run.statement}, line {run.line}" if run.statement else ""),
            ("stayed", "; ".join(run.stayed)),
        )
    )
    for note in run.notes:
        page.line(f"note: {note}")


def _content(page: Page, digest: str, content: str | bytes | Erased) -> None:
    page.line(f"  content {digest[:16]}", "dim")
    told = content.hex() if isinstance(content, bytes) else str(content)
    page.block(told, indent="    ", style="cyan")


def entries(number: int) -> str:
    """Return a number of entries in words."""
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def _each(page: Page, what: str, names: tuple[str, ...], style: str = "") -> None:
    for name in names:
        page.line(f"  {what}: {name}", style)
