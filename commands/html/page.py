"""A report as one page: self-contained, without scripts, and the same bytes for the same report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from commands.contents import told_in_full
from commands.html import bars, facts, text
from commands.html.cells import FILTERS
from commands.html.drawing import drawing
from commands.html.timeline import columns, rail, state, what
from commands.report import Report
from commands.said import said
from journal import events as e
from journal.erased import Erased
from journal.verified import Contents, Times, Use
from projections.audited import RunAudit, Said

TABLE_ROWS = 1000
"""Rows of one table of the page, the newest runs first; the other formats have them all."""

OPEN = 60
"""Runs of which the table is open at once."""

SHAPES = 150
"""Schema objects whose difference is shown."""

GENERATOR = "Clew report"
"""By this a page is known as a report, which another one may be written over."""


def html(report: Report, *, checkpoint: str = "") -> str:
    """Return the page; ``checkpoint`` is the text of one, to be shown with how it is checked."""
    return "".join(pieces(report, checkpoint=checkpoint))


def pieces(report: Report, *, checkpoint: str = "") -> Iterator[str]:
    """Yield the page piece by piece."""
    template = _environment().get_template("report.html")
    yield from template.generate(_facts(report, checkpoint))


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_source),
        finalize=text.fit,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= _FILTERS | FILTERS
    return environment


def _source(name: str) -> str:
    return files("commands.html").joinpath("templates", name).read_text(encoding="utf-8")


_FILTERS: dict[str, Callable[..., Any]] = {
    "moment": text.moment,
    "number": text.number,
    "seconds": text.seconds,
    "shown": text.value,
    "lines": text.lines,
    "parts": bars.parts,
    "said": said,
    "what": what,
    "state": state,
    "label": text.short,
}


def _facts(report: Report, checkpoint: str) -> dict[str, Any]:
    """Return what the template knows."""
    audit = report.audit
    of = _of(facts.said_of(report), audit.runs)
    full = told_in_full(audit)
    numbered = list(enumerate(audit.runs, start=1))
    return {
        "report": report,
        "audit": audit,
        "waiting": report.waiting,
        "content": _unerased(report.content),
        "gone": _gone(report.content or {}),
        "hides": bool(report.hidden.names or report.hidden.unknown),
        "generator": GENERATOR,
        "style": Markup(_source("style.css")),  # noqa: S704 - our own file
        "checkpoint": checkpoint,
        "verdicts": tuple(facts.verdicts(report)),
        "tiles": tuple(facts.tiles(report)),
        "rail": rail(audit),
        "columns": columns(audit),
        "drawing": drawing(report.relations),
        "numbered": numbered[-TABLE_ROWS:],
        "told": full,
        "open": len(numbered) <= OPEN,
        "numbers": {run.run: number for number, run in numbered},
        "unlisted": max(len(numbered) - TABLE_ROWS, 0),
        "full": [(number, run) for number, run in numbered if run.run in full],
        "unfull": len(numbered) - len(full),
        "shapes": report.schema[:SHAPES],
        "unshaped": max(len(report.schema) - SHAPES, 0),
        "of": {name: found[-TABLE_ROWS:] for name, found in of.items()},
        "left": {name: max(len(found) - TABLE_ROWS, 0) for name, found in of.items()},
        "names": _names(report),
        "is_contents": lambda details: isinstance(details, Contents),
        "is_times": lambda details: isinstance(details, Times),
        "is_use": lambda details: isinstance(details, Use),
    }


def _unerased(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Leave out what was erased: the page says so where it is missing."""
    if content is None:
        return None
    return {name: value for name, value in content.items() if not isinstance(value, Erased)}


def _gone(content: Mapping[str, Any]) -> Callable[[str], str]:
    """Return what says why content is not there."""

    def told(digest: str) -> str:
        found = content.get(digest)
        return str(found) if isinstance(found, Erased) else "missing or altered, see clew verify"

    return told


def _of(every: tuple[Said, ...], runs: tuple[RunAudit, ...]) -> dict[str, tuple[Any, ...]]:
    """Return what was said by what it is about, and runs that have a table of their own."""
    kinds: dict[str, tuple[type[Any], ...]] = {
        "checks": (e.CheckRun,),
        "backups": (e.BackupTaken, e.BackupVerified, e.BackupRestored),
        "people": (e.SignedOff, e.MarkSet, e.MarkRemoved),
        "waived": (e.IrreversibleAllowed,),
        "elsewhere": (e.Stamped, e.HistoryImported),
        "erased": (e.ContentErased, e.ArchiveSealed),
    }
    found: dict[str, tuple[Any, ...]] = {
        name: tuple(one for one in every if isinstance(one.event, types))
        for name, types in kinds.items()
    }
    found["failed"] = tuple(run for run in runs if run.state != "completed")
    found["rollbacks"] = tuple(run for run in runs if run.verb == "rollback")
    return found


def _names(report: Report) -> dict[int, str]:
    return {one.id: one.name for one in report.relations.nodes}
