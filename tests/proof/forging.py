"""A record, and its owner, who may do anything to it, within a transaction that is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from commands.erasing.answer import Column
from commands.erasing.erase import erase
from commands.init import init
from commands.opening import Asker, Target
from commands.proof.checkpoint import TreeHead, origin_of
from commands.proof.held import Held
from commands.proof.saved import Saved
from commands.verify import Verification, verify
from journal.chain import leaf_digest
from journal.merkle import root_of
from journal.opening import journal_in, parse_url
from journal.store import Journal

NAMES = ("entry", "content", "image", "head", "journal")


class Forger:
    """Owns the database of a journal and changes what stands there, triggers out of the way."""

    def __init__(self, url: str) -> None:
        self.postgresql = url.startswith("postgresql")
        target = Target(url=parse_url(url))
        init(target, name="test", asker=Asker(actor="dana"))
        self.database = target.session()
        self.journal: Journal = journal_in(self.database)
        for number in range(3):
            with self.journal.recording(actor="dana") as run:
                run.execute(f"create table t{number} (id integer primary key, v text)")
                run.execute(f"insert into t{number} values (1, 'a'), (2, 'b')")
                run.execute(f"update t{number} set v = upper(v)")
                run.execute(f"delete from t{number} where id = 2")
        erase(target, Column(table="t1", column="v"), asker=Asker(actor="dana", reason="asked for"))
        self.head = self.journal.head().position
        self.kept = self.checkpoint(self.head)
        self.early = self.checkpoint(8)

    def table(self, name: str) -> str:
        """Return the name of a table of the journal."""
        return f"clew.{name}" if self.postgresql else f"clew_{name}"

    def checkpoint(self, size: int) -> Saved:
        """Return a checkpoint as somebody else keeps it."""
        root = root_of(entry.digest for entry in self.journal.stored(last=size))
        head = TreeHead(origin=origin_of(self.journal.identity), size=size, root=root)
        return Saved(file=f"{size}.checkpoint", head=head, content=b"")

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a query; ``?`` stands for a value."""
        if self.postgresql:
            with self.database.session.raw.cursor() as cursor:
                cursor.execute(sql.replace("%", "%%").replace("?", "%s").encode(), values)
                return cursor.fetchall() if cursor.description else []
        return self.database.session.run(sql, values)

    @contextmanager
    def forging(self) -> Iterator[None]:
        """Open a transaction without triggers, and take it back."""
        self.database.begin()
        try:
            if self.postgresql:
                for name in NAMES:
                    self.rows(f"ALTER TABLE clew.{name} DISABLE TRIGGER USER")
            else:
                for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                    self.rows(f'DROP TRIGGER "{name}"')
            yield
        finally:
            self.database.abort()

    def verify(self, *kept: Saved) -> Verification:
        """Prove the record as it is now, within the transaction."""
        return verify(journal_in(self.database), checkpoints=kept)

    def held(self, *kept: Saved) -> tuple[Held, ...]:
        """Tell what the record is to checkpoints."""
        return self.verify(*kept).checkpoints

    def rechain(self, first: int) -> None:
        """Compute the chain anew from a position on, and move the head, as a careful owner would."""
        entry, head = self.table("entry"), self.table("head")
        ((previous,),) = self.rows(
            f"SELECT coalesce((SELECT digest FROM {entry} WHERE position = ?), ?)",
            first - 1,
            bytes(32),
        )
        rows = self.rows(
            f"SELECT position, body FROM {entry} WHERE position >= ? ORDER BY 1", first
        )
        for position, _ in rows:  # unique, so that the old ones have to go first
            self.rows(
                f"UPDATE {entry} SET previous = ? WHERE position = ?", b"%d" % position, position
            )
        position = first - 1
        for position, body in rows:
            digest = leaf_digest(bytes(previous), bytes(body))
            self.rows(
                f"UPDATE {entry} SET previous = ?, digest = ? WHERE position = ?",
                bytes(previous),
                digest,
                position,
            )
            previous = digest
        self.rows(f"UPDATE {head} SET position = ?, digest = ?", position, bytes(previous))

    def close(self) -> None:
        """End the session."""
        self.database.close()
