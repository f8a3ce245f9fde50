"""Where runs say what they do: structlog, which is imported when there is something to say."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

NAME = "clew"
"""The name of the standard logger that everything goes through."""

_prepare: list[Callable[[], None]] = []


def when_first_asked(prepare: Callable[[], None]) -> None:
    """Have structlog configured by ``prepare`` before the first line, in place of any other."""
    _prepare[:] = [prepare]


class Log:
    """Says things with values by name, as structlog's loggers do."""

    def info(self, event: str, **values: Any) -> None:
        """Say what was done."""
        self._say(logging.INFO, event, values)

    def warning(self, event: str, **values: Any) -> None:
        """Say what somebody should look at."""
        self._say(logging.WARNING, event, values)

    def debug(self, event: str, **values: Any) -> None:
        """Say what only a developer wants to know."""
        self._say(logging.DEBUG, event, values)

    def _say(self, level: int, event: str, values: dict[str, Any]) -> None:
        logger = logging.getLogger(NAME)
        if not logger.isEnabledFor(level):
            return
        import structlog  # noqa: PLC0415 - a fifth of the start, for nothing if nothing is said

        while _prepare:
            _prepare.pop()()
        structlog.wrap_logger(logger).log(level, event, **values)


log = Log()
