"""The server goes in the middle of a command: its session killed or ended, or all of it."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.crash.conftest import Field
from tests.crash.judging import judge
from tests.crash.places import Ground
from tests.crash.tracing import Moment, Traced, available
from tests.crash.works import works
from tests.support.roles import OWNER, PASSWORD, make_roles
from tests.support.server import DURABLE, Local, Unavailable, binaries

pytestmark = [
    pytest.mark.skipif(not available(), reason="programs cannot be traced here"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]
WORKS = tuple(
    one
    for one in works()
    if one.name
    in (
        "init", "apply, SQL", "apply, transform", "apply, batched", "rollback", "record",
        "backup take", "backup restore", "copy", "erase",
    )
)  # fmt: skip
TIMES = 6
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'clew%%'"


class Durable:
    """A server of the test's own, which keeps what it said it keeps."""

    def __init__(self, reachable: Path, home: Path) -> None:
        self._local = Local(*binaries(), home=reachable, settings=DURABLE)
        self.admin = self._local.start()
        make_roles(self.admin)
        url = make_url(self.admin).set(username=OWNER, password=PASSWORD)
        self.field = Field(Ground(home, url.render_as_string(hide_password=False)))

    def killed(self, database: str) -> None:
        """Kill a session's process; the server then ends all others, and recovers."""
        for pid in self._sessions(database)[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._until_gone(pid)
        self._until_up()

    def ended(self, database: str) -> None:
        """End the sessions, as an administrator does."""
        with psycopg.connect(self.admin, autocommit=True) as db:
            for pid in self._sessions(database):
                db.execute("SELECT pg_terminate_backend(%s, 60000)", (pid,))

    def stopped(self, database: str) -> None:
        """Stop the whole server at once, and start it again."""
        self.end()
        self._local.resume()

    def end(self) -> None:
        """Stop it for good."""
        self._local.stop()

    def _sessions(self, database: str) -> list[int]:
        with psycopg.connect(self.admin) as db:
            return [pid for (pid,) in db.execute(_SESSIONS, (database,))]

    def _until_gone(self, pid: int) -> None:
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.01)

    def _until_up(self) -> None:
        until = time.monotonic() + 120
        while True:
            try:
                psycopg.connect(self.admin).close()
            except psycopg.OperationalError:
                assert time.monotonic() < until
                time.sleep(0.05)
            else:
                return


@pytest.fixture(scope="module", name="durable")
def _durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Durable]:
    if os.environ.get("CLEW_TEST_PG_URL"):
        pytest.skip("a server that is named is not stopped")
    try:
        durable = Durable(Path(os.environ["CLEW_TEST_HOME"]), tmp_path_factory.mktemp("durable"))
    except Unavailable as error:
        pytest.skip(f"no PostgreSQL server: {error}")
    yield durable
    durable.end()


class Application:
    """Writes rows one by one all the while, and remembers which the server took."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self.taken: list[int] = []
        self.tried = 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write until the block ends, or the server does."""
        thread = threading.Thread(target=self._write)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _write(self) -> None:
        with suppress(psycopg.OperationalError), psycopg.connect(self._url, autocommit=True) as db:
            while not self._stop.wait(0.005):
                self.tried += 1
                db.execute("INSERT INTO visit VALUES (%s)", (self.tried,))
                self.taken.append(self.tried)

    def hold(self) -> None:
        """Expect all rows that were taken, each once, and none that was not tried."""
        with psycopg.connect(self._url) as db:
            found = [one for (one,) in db.execute("SELECT id FROM visit ORDER BY id")]
        assert found[: len(self.taken)] == self.taken
        assert len(found) in (len(self.taken), self.tried)


@pytest.mark.listed(rate=60)
@pytest.mark.parametrize("number", range(TIMES))
@pytest.mark.parametrize("how", ["killed", "ended", "stopped"])
@pytest.mark.parametrize("work", WORKS, ids=lambda one: one.name)
def test_the_server_goes(
    durable: Durable, work, how: str, number: int, chance: random.Random
) -> None:
    """The command fails with one line; what stood stands, and the next run ends as ever."""
    field = durable.field
    reference = field.reference(work)
    sends = [
        n
        for n, kind in enumerate(reference.moments, start=1)
        if kind in ("send", "begin", "commit")
    ]
    commits = [n for n in sends if reference.moments[n - 1] == "commit"]
    place_of, after = chance.choice(commits if number % 2 else sends), chance.random() < 0.5
    go: Callable[[str], None] = getattr(durable, how)

    def act(moment: Moment, _: Traced) -> bool:
        if (moment.number, moment.done) != (place_of, after):
            return False
        go(place.home.name)
        return True

    print(
        f"{work.name} {how} {'after' if after else 'before'} {place_of} of {len(reference.moments)}"
    )
    with field.ground.copy(field.begun(work)) as place:
        application = Application(place.url)
        with application.writing() if _undisturbed(work.name) else nullcontext():
            ended = Traced(place.command(work.words(place)), place.environment).run(act)
        assert ended.code in (0, 1, 5), ended
        assert "Traceback" not in ended.err.partition("in execute")[0] or work.observed, ended
        assert "fault of Clew" not in ended.err, ended
        judge(field.ground, place, work, reference, ended.pid)
        application.hold()


def test_a_checkpoint_is_not_of_entries_that_are_lost(durable: Durable) -> None:
    """What Clew said is done stands after a power cut, though the database does not wait for disks."""
    field = durable.field
    with field.ground.copy(field.begun(WORKS[1])) as place:
        with psycopg.connect(durable.admin, autocommit=True) as db:
            name = sql.Identifier(place.home.name)
            off = sql.SQL("ALTER DATABASE {} SET synchronous_commit = off")
            db.execute(off.format(name))
        place.ask("mark", "there")
        durable.stopped(place.home.name)
        assert place.log()[-1]["type"] == "MarkSet"


def _undisturbed(name: str) -> bool:
    """Tell whether an application writes meanwhile: not where all rows are compared."""
    return name not in ("record", "init", "backup take")
