"""A wire between Clew and its server that can be cut, or that goes silent, at any moment."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.engine import make_url

_READ = 64 * 1024
Fault = Callable[["Wire"], None]


class Wire:
    """Passes bytes between a port of its own and a server's.

    ``sent`` counts what came from our side: a query is one, as a rule. When the one numbered
    ``at`` comes, ``fault`` happens before it is passed on.
    """

    def __init__(self, url: str, *, at: int = 0, fault: Fault = lambda _: None) -> None:
        found = make_url(url)
        self._server = (found.host or "127.0.0.1", found.port or 5432)
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.url = found.set(port=port).render_as_string(hide_password=False)
        self.sent = 0
        self._at = at
        self._fault = fault
        self._silent = threading.Event()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._sockets = [self._listening]
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._begin(self._accept)

    def cut(self) -> None:
        """End all connections that there are; new ones are taken."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for one in (one for pair in pairs for one in pair):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """Pass nothing on any more, and end nothing."""
        self._silent.set()

    def close(self) -> None:
        """Take no connection any more, and end those that there are."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._silent.set()
        self.cut()
        for thread in self._threads:
            thread.join(10)
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._listening.accept()
                theirs = socket.create_connection(self._server)
                with self._lock:
                    self._pairs.append((ours, theirs))
                    self._sockets += (ours, theirs)
                self._begin(self._pass, ours, theirs, True)
                self._begin(self._pass, theirs, ours, False)

    def _begin(self, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while said := source.recv(_READ):
                if counted:
                    self._count()
                if self._silent.is_set():
                    continue
                target.sendall(said)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _count(self) -> None:
        with self._lock:
            self.sent += 1
            due = self.sent == self._at
        if due:
            self._fault(self)
