"""Logs go to stderr: warnings always, what runs do with --verbose, everything with -vv."""

from __future__ import annotations

import logging
import sys

from journal.logs import NAME, when_first_asked

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def configure(verbose: int, *, lines: bool) -> None:
    """Set up the logger; ``lines`` writes JSON, one object a line."""
    level = _LEVELS[min(verbose, 2)]
    when_first_asked(lambda: _configure(level, lines=lines))
    logger = logging.getLogger(NAME)
    logger.handlers = [logging.StreamHandler(sys.stderr)]
    logger.setLevel(level)
    logger.propagate = False


def _configure(level: int, *, lines: bool) -> None:
    import structlog  # noqa: PLC0415 - only when something is said

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer()
            if lines
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
