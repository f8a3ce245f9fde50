"""The verb demo: the whole story on a throw-away database, told by the verbs themselves."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.resources import files
from io import StringIO
from pathlib import Path

import click
import msgspec

from commands.cli.call import Call
from commands.cli.options import verb
from commands.cli.page import Page
from commands.demo.application import create
from commands.demo.fingerprint import fingerprint
from commands.findings import Wanted, conflicts
from commands.opening import target
from journal.errors import ClewError, NotExact, Usage

NEXT = (
    "clew log",
    "clew rows users -n 5",
    "clew history users 1",
    "clew rollback after:0003_tidy_users --plan",
    "clew rollback after:0003_tidy_users",
    "clew conflicts --status open",
    "clew diff before:0001_profile_tables head --data --rows 4",
    "clew report --html report.html",
    "clew status",
)


class Demonstrated(msgspec.Struct, frozen=True, kw_only=True):
    """Where the demonstration stands, and that the database came back as it was."""

    directory: str
    database: str
    before: str
    migrated: str
    after: str
    equal: bool


@verb("demo", "clew demo", "clew demo ./clew-demo")
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False))
def demo(call: Call, directory: Path | None) -> None:
    """Migrate a small database, look back, roll back, and prove that it is what it was.

    Everything is made in DIRECTORY, a new one where none is given, and left there.
    """
    home = _home(directory)
    if call.format == "text":
        _Story(call.page(), home, asks=True).tell()
        return
    with redirect_stdout(StringIO()) as told:
        answer = _Story(Page(told), home, asks=False).tell()
    call.answer(answer, lambda *_: None)


class _Story:
    def __init__(self, page: Page, home: Path, *, asks: bool) -> None:
        self.page = page
        self.asks = asks
        self.home = home
        self.file = home / "app.db"
        self.migrations = home / "migrations"

    def tell(self) -> Demonstrated:
        self._say("A matching app: people, their contexts, and a blob of JSON for each.")
        self._prepare()
        before = fingerprint(self.file)
        self._say(f"Its fingerprint, by plain sqlite3 and SHA-256: {before[:16]}")
        self._do("init", "--name", "demo")
        self._say("New tables first. Then rows move between shapes: what goes where?")
        self._do("apply", "migrations", "--to", "0001_profile_tables")
        self._do("apply", "migrations", "--dry-run", "--to", "0002_profiles")
        self._say("Each value has a fate, and the counts agree. Nothing was kept; now for good:")
        self._do("apply", "migrations", "--to", "0002_profiles", "--reason", "one profile each")
        self._say("Two fields found no home. They are kept, for a later migration to use:")
        self._do("unmapped")
        self._decide()
        self._say(
            "The last migration folds letters and drops a column: it loses data, and says so."
        )
        self._do("apply", "migrations", "--dry-run")
        self._say("The journal keeps what is lost, so go on:")
        self._do("apply", "migrations", "--reason", "tidy up")
        self._do("diff", "before:0003_tidy_users", "head", "--data", "--rows", "4")
        migrated = fingerprint(self.file)
        self._say("Back to before everything: first the plan, which changes nothing, then the way.")
        self._do("rollback", "before:0001_profile_tables", "--plan")
        self._do("rollback", "before:0001_profile_tables", "--yes", "--reason", "second thoughts")
        after = fingerprint(self.file)
        self._say("Is it what it was, letter by letter?")
        self._compare(before, migrated, after)
        self._do("verify")
        self._leave()
        return Demonstrated(
            directory=str(self.home),
            database=str(self.file),
            before=before,
            migrated=migrated,
            after=after,
            equal=before == after,
        )

    def _decide(self) -> None:
        """Let whoever reads decide a conflict; without a terminal the first candidate is right."""
        with target(f"sqlite:///{self.file}").journal() as journal:
            found = next(conflicts(journal, wanted=Wanted(status="open")))
        self._say("Some people live in two places, as the old rows have it. One of them:")
        self._do("conflicts", "--subject", found.conflict.subject)
        chosen = "0"
        if self.asks and sys.stdin.isatty():
            numbers = [str(number) for number in range(len(found.candidates))]
            chosen = click.prompt("  Which one is right?", type=click.Choice(numbers), default="0")
        self._do(
            *("conflicts", "decide", found.conflict.id[:8], "--choose", chosen),
            *("--reason", "asked", "--migrations", "migrations"),
        )

    def _prepare(self) -> None:
        create(self.file)
        self.migrations.mkdir()
        for source in files("commands.demo").joinpath("migrations").iterdir():
            name = source.name.removesuffix(".txt")
            if name.endswith((".sql", ".py")):
                (self.migrations / name).write_bytes(source.read_bytes())
        (self.home / ".env").write_text("DATABASE_URL=sqlite:///app.db\n", encoding="utf-8")

    def _say(self, text: str) -> None:
        self.page.line()
        self.page.line(text, "bold yellow")

    def _do(self, *arguments: str) -> None:
        """Run a verb as somebody would type it, and show that."""
        from commands.cli.main import run  # noqa: PLC0415 - it loads the verbs, this one too

        self.page.line()
        self.page.line(f"$ clew {shlex.join(arguments)}", "bold cyan")
        self.page.stream.flush()
        if run(["--db", f"sqlite:///{self.file}", *self._located(arguments)]) != 0:
            raise ClewError("the demonstration did not go as it should")

    def _located(self, arguments: Sequence[str]) -> list[str]:
        return [str(self.migrations) if one == "migrations" else one for one in arguments]

    def _compare(self, before: str, migrated: str, after: str) -> None:
        self.page.pairs(
            (("before", before[:32]), ("migrated", migrated[:32]), ("rolled back", after[:32]))
        )
        if before != after:
            raise NotExact("the fingerprint is not what it was before")
        self.page.line("equal: every definition and every row is what it was", "bold green")

    def _leave(self) -> None:
        self._say("All of it is left for you. Try:")
        self.page.line(f"  cd {shlex.quote(str(self.home))}")
        for command in NEXT:
            self.page.line(f"  {command}")


def _home(directory: Path | None) -> Path:
    if directory is None:
        return Path(tempfile.mkdtemp(prefix="clew-demo-"))
    if directory.exists() and any(directory.iterdir()):
        raise Usage(f"{directory} is not empty", hint="Name a new directory, or none: clew demo.")
    directory.mkdir(parents=True, exist_ok=True)
    return directory.resolve()
