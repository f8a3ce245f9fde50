"""What ``status`` says, as numbers that a monitoring system scrapes.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from commands.status import Status

Sample = tuple[str, str, float]
"""A metric's name without ``clew_``, what it counts, and its value now."""


def metrics(answer: Status, *, now: datetime) -> str:
    """Return the metrics of a database, one gauge each, labelled with its journal.

    What was not looked at is left out: without files there is no ``clew_migrations_pending``,
    and with a quick look no ``clew_drift_differences``.
    """
    label = f'journal="{_quoted(answer.journal.name)}"'
    lines = [
        "# HELP clew_journal_info The journal, by name and id.",
        "# TYPE clew_journal_info gauge",
        f'clew_journal_info{{{label},id="{_quoted(answer.journal.id)}"}} 1',
    ]
    for name, what, value in _samples(answer, now):
        lines += [
            f"# HELP clew_{name} {what}",
            f"# TYPE clew_{name} gauge",
            f"clew_{name}{{{label}}} {value:.15g}",
        ]
    return "\n".join(lines) + "\n"


def _samples(answer: Status, now: datetime) -> Iterator[Sample]:
    yield "status_timestamp_seconds", "When this was read.", now.timestamp()
    yield "head_position", "The last position of the journal.", answer.head.position
    last = _seconds(answer.head.recorded_at)
    yield "last_entry_timestamp_seconds", "When the last entry was appended.", last
    yield "migrations_applied", "Migrations that ran here and hold.", len(answer.applied)
    if answer.files_read:
        files = (*answer.changed_files, *answer.renamed_files, *answer.missing_files)
        yield "migrations_pending", "Files that were not applied yet.", len(answer.pending)
        yield "files_differing", "Applied files changed, renamed or missing.", len(files)
        yield "files_late", "Pending files before applied ones.", len(answer.late_files)
    yield "conflicts_open", "Conflicts that wait for a person.", answer.open_conflicts
    yield "subjects_waiting", "Rejected subjects that wait.", sum(answer.waiting.values())
    running = [one for one in answer.incomplete if one.state == "running"]
    stopped = len(answer.incomplete) - len(running)
    yield "runs_incomplete", "Runs that failed half-way or have no end.", stopped
    if answer.drift_read:
        yield "drift_differences", "Differences of the live schema.", len(answer.drift)
    yield "clean", "1 where nobody must decide anything.", answer.clean
    yield "held", "1 while somebody runs.", bool(answer.held_by)
    began = [_seconds(one.started_at) for one in running if one.started_at]
    yield (
        "held_seconds",
        "How long a run has gone on.",
        now.timestamp() - min(began) if began else 0,
    )


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).astimezone(UTC).timestamp() if moment else 0.0


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
