"""The read side: pure folds over what happened. Public names are handed out when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Backups": "projections.backups",
    "Findings": "projections.findings",
    "History": "projections.history",
    "Marks": "projections.marks",
    "Places": "projections.positions",
    "RollbackPlan": "projections.plan",
    "Runs": "projections.runs",
    "Schema": "projections.schema",
    "compare": "projections.drift",
    "plan_rollback": "projections.plan",
    "replay": "projections.fold",
    "resolve": "projections.positions",
}

__all__ = [
    "Backups",
    "Findings",
    "History",
    "Marks",
    "Places",
    "RollbackPlan",
    "Runs",
    "Schema",
    "compare",
    "plan_rollback",
    "replay",
    "resolve",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(home), name)
