"""Signals that end a command: the first one interrupts it, and what was begun is taken back.

A second one is passed over, since whoever presses a key twice is impatient, not careless. A third
one ends the process at once, as a kill does: the next command closes the run that it leaves.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
"""Exit code where nothing tells which signal it was."""
PATIENCE = 3
"""Signals after which nobody waits any more."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopper:
    """Counts the signals that ask this process to stop."""

    def __init__(self) -> None:
        self.asked = 0
        self.exit_code = INTERRUPTED

    def listen(self) -> None:
        """Take signals from here on, but for those that whoever started us wants ignored."""
        for one in _SIGNALS:
            if signal.getsignal(one) is not signal.SIG_IGN:
                signal.signal(one, self._stop)

    def deafen(self) -> None:
        """Take no signal any more: all is told, and Python would end otherwise than it should."""
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_IGN)

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.asked += 1
        if self.asked == 1:
            self.exit_code = 128 + number
            raise KeyboardInterrupt
        if self.asked == PATIENCE:
            os.write(2, b"error: interrupted at once; the next command looks what stands\n")
        if self.asked >= PATIENCE:
            os._exit(self.exit_code)
        if sys.stderr.isatty():
            os.write(2, b"taking back what was begun; once more ends at once\n")
