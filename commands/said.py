"""Checks, backups, marks and the like in words, for a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from commands.cli.summary import imported, stamped
from journal import events as e
from projections.audited import Noted


def said(event: Noted) -> str:
    """Say what an audit repeats: all of it, in one line."""
    match event:
        case e.CheckRun():
            passed = "passed" if event.passed else "FAILED"
            outcome = f"expected {event.expected}, found {event.found}"
            return f"check {event.name} {passed}: {outcome}"
        case e.BackupTaken():
            tables = f"{counts(event.tables)} rows"
            return (
                f"backup {event.backup} taken to {event.location}: {tables};"
                f" manifest SHA-256 {event.manifest}"
            )
        case e.BackupVerified():
            passed = "passed" if event.passed else "FAILED"
            return f"backup {event.backup} verified: {passed}, {event.found}"
        case e.BackupRestored():
            return f"backup {event.backup} restored: {counts(event.tables)} rows"
        case e.IrreversibleAllowed():
            where = f"statement {event.statement.number}, line {event.statement.line}"
            reason = f", because: {event.reason}" if event.reason else ""
            return f"irreversible, waived as {event.name}: {event.what} ({where}){reason}"
        case e.StatementSettled():
            error = f": {event.error}" if event.error else ""
            return (
                f"statement {event.statement.number} outside a transaction: {event.outcome}{error}"
            )
        case e.MarkSet() | e.MarkRemoved():
            return f"mark {event.name}"
        case e.Stamped():
            return stamped(event)
        case e.HistoryImported():
            return imported(event)
        case e.SignedOff():
            return f"signed off: {event.verdict}, on {event.at}"
        case e.ContentErased():
            images = f"values in {event.images.rows:,} row images of" if event.images else "content"
            return f"{images} {event.before} erased: {event.reason}"
        case e.ArchiveSealed():
            if event.restored:
                return f"archive up to {event.last} brought back from {event.location}"
            what = f"{event.rows:,} row images and {event.contents:,} pieces of content"
            sealed = f"manifest SHA-256 {event.manifest}"
            return f"{what} up to {event.last} left for the archive {event.location}: {sealed}"
        case _:
            assert_never(event)


def counts(found: Mapping[str, int]) -> str:
    """Say how many there are of each."""
    return ", ".join(f"{name} {n:,}" for name, n in found.items()) or "none"
