"""A PostgreSQL database with a journal, at which other programs run, observed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from uuid import uuid4

import psycopg

from commands.init import init
from commands.observing import known_schema
from commands.opening import Asker, Target, run_started
from commands.rollback import rollback
from journal.drift import Drift
from journal.observing import Observation, Observed
from journal.opening import parse_url
from journal.recording import Recording
from journal.values import Statement
from tests.support.oracle import fingerprint

CHILD = """
import json, os, sys, psycopg
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
    for one in json.loads(sys.argv[1]):
        db.execute(one)
"""
ASKER = Asker(actor="dana")


class Watched:
    """A database, what it holds at each step, and how to record a program's run."""

    def __init__(self, url: str, base: str) -> None:
        self.url = url
        self.target = Target(url=parse_url(url))
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(base.encode())
        init(self.target, name="test", asker=ASKER)
        self.told = Observed()

    def record(self, *statements: str, meanwhile: Callable[[], None] = lambda: None) -> Observed:
        """Run statements in a process of their own, each by itself, and record what they did."""

        def run(watching: Observation) -> None:
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, json.dumps(statements)],
                env={**os.environ, **watching.environment, "DATABASE_URL": self.url},
            )
            watching.began(child.pid)
            try:
                meanwhile()
                assert child.wait(timeout=20) == 0, getattr(watching, "error", None)
            finally:
                child.kill()
                child.wait()

        return self.observe(run)

    def observe(self, work: Callable[[Observation], None]) -> Observed:
        """Do work at the database as an observed program, and record it."""
        with self.target.journal() as journal, self.target.database() as database:
            known = known_schema(journal)
            run = str(uuid4())
            journal.append(run_started("record", self.target, ASKER), run=run, actor="dana")
            watching = database.observe(run, schema=known.objects)
            try:
                watching.starting()
                work(watching)
                assert watching.ended(wait=10) == ()
                database.begin()
                recording = Recording(
                    database, known=known, run=run, actor="dana", evidence="observed"
                )
                numbers = count(recording.known.next_id)
                self.told = database.observed(
                    run, schema=known.objects, next_id=lambda: next(numbers)
                )
                recording.drift = Drift((), known.objects, database.kind)
                for number, effect in enumerate(self.told.effects, 1):
                    recording._last = Statement(number=number)
                    recording._take(effect, what="observed")
                recording.complete()
            finally:
                database.abort()
                database.unobserve(run)
        return self.told

    def head(self) -> int:
        """Return the last position of the journal."""
        with self.target.journal() as journal:
            return journal.head().position

    def there_and_back(self, *statements: str) -> Observed:
        """Record a run, take it back and bring it again; hold the database to each state."""
        before, origin = fingerprint(self.url), self.head()
        told = self.record(*statements)
        after, done = fingerprint(self.url), self.head()
        rollback(self.target, str(origin), asker=ASKER)
        assert fingerprint(self.url) == before
        rollback(self.target, str(done), asker=ASKER)
        assert fingerprint(self.url) == after
        rollback(self.target, str(origin), asker=ASKER)
        assert fingerprint(self.url) == before
        return told
