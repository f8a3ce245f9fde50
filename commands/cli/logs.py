"""Logs go to stderr: warnings always, what runs do with --verbose, everything with -vv."""

from __future__ import annotations

import logging
import sys

import structlog

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def configure(verbose: int, *, lines: bool) -> None:
    """Set up structlog; ``lines`` writes JSON, one object a line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer()
            if lines
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[min(verbose, 2)]),
        cache_logger_on_first_use=False,
    )
    logger = logging.getLogger("clew")
    logger.handlers = [logging.StreamHandler(sys.stderr)]
    logger.setLevel(_LEVELS[min(verbose, 2)])
    logger.propagate = False
