"""A PostgreSQL database with a journal, at which other programs run, observed."""

from __future__ import annotations

import json
import os
import sys

import psycopg

from commands.init import init
from commands.opening import Asker, Target
from commands.record import Recorded, record
from commands.rollback import rollback
from journal.opening import parse_url
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

    def record(self, *statements: str) -> Recorded:
        """Run statements in a process of their own, each by itself, and record what they did."""
        child = [sys.executable, "-c", CHILD, json.dumps(statements)]
        told = record(self.target, child, asker=ASKER, environment=dict(os.environ))
        assert told.exit_code == 0
        return told

    def head(self) -> int:
        """Return the last position of the journal."""
        with self.target.journal() as journal:
            return journal.head().position

    def there_and_back(self, *statements: str) -> Recorded:
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
