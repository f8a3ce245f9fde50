"""The stories that reports are shown of: the demonstration, and five migrations of real projects."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from commands.cli.main import run
from tests.backups.files import take
from tests.drills.operator import Operator
from tests.scenarios import test_cleanup_story as cleanup
from tests.scenarios import test_half_migrated as half
from tests.scenarios import test_one_profile as profile
from tests.scenarios import test_reset_platform as reset
from tests.scenarios import test_studio as studio

DECIDED = ("--reason", "asked her", "--actor", "maren")


class Played(Operator):
    """An operator outside of a test: what is answered is kept, and not shown."""

    def type(self, *words: str, code: int = 0) -> str:
        """Type a verb, expect an exit code, and return what was answered."""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            found = run(["--db", self.url, *words])
        out.seek(0)
        self.err = err.getvalue()
        said = out.read()
        assert found == code, said + self.err
        return said


def demonstration(home: Path) -> str:
    """Play what ``clew demo`` plays, but go no way back; return where the database is."""
    directory = home / "demo"
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")):
        assert run(["demo", str(directory)]) == 0
    url = f"sqlite:///{directory / 'app.db'}"
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        for words in (
            ("mark", "second-try", "--actor", "maren"),
            ("rollback", "after:0003_tidy_users", "--yes", "--actor", "maren",
             "--reason", "it was right after all", "--ref", "#12"),
        ):  # fmt: skip
            assert run(["--db", url, *words]) == 0
    return url


def reset_platform(operator: Operator) -> None:
    """S1: backup, migrate, reset, verify; and back."""
    operator.begin_with(reset.data.script(sqlite=operator.sqlite))
    place = take(operator, *reset.data.CORE, "--single")
    operator.type("backup", "verify", str(place))
    reset.write_status(operator)
    reset.write_reset(operator)
    words = ("--reason", "release 3", "--ref", "#118", "--actor", "noi")
    operator.type("apply", str(operator.migrations), *words)
    operator.back("before:0002_reset", "--actor", "noi", "--reason", "not on a Friday")


def cleaned_up(operator: Operator) -> None:
    """S2: spellings become one, parents are made in time, unused tables go."""
    source = operator.home / "src"
    source.mkdir()
    (source / "app.py").write_text("USERS = 'select id, email from users'\n")
    (source / "limits.py").write_text("TABLE = 'user_limit'\n")
    story = cleanup.Story(operator, source)
    cleanup.people(story)
    cleanup.days(story)
    story.apply("0003_invited")
    story.apply("0004_invitations")
    story.apply("0005_arrivals")
    story.apply("0006_referrals")
    story.apply("0007_rewards")
    (one,) = operator.lines("conflicts", "--field", "coins")
    operator.type("conflicts", "decide", one["conflict"]["id"], "--choose", "1", *DECIDED)
    cleanup.unused(story)
    cleanup.homes(story)
    operator.type("mark", "released", "--actor", "maren")


def one_profile(operator: Operator) -> None:
    """S3: five contexts' profiles become one row for each person."""
    operator.begin_with(profile.OLD + ";\n" + profile.old_rows())
    operator.application(
        """UPDATE profiles SET data = '{"location": "Rome", "lifestyle": {"tea": false}}'"""
        " WHERE id = 2"
    )
    operator.apply("0001_tables", profile.TABLES, "--actor", "ines", "--ref", "#7")
    operator.file("0002_profiles.py", profile.MIGRATION)
    operator.type("apply", str(operator.migrations), "--reason", "one profile each")
    found = operator.lines("conflicts", "--field", "location")[0]["conflict"]["id"]
    operator.type("conflicts", "decide", found, "--choose", "1", *DECIDED,
                  "--migrations", str(operator.migrations))  # fmt: skip


def moved_studio(operator: Operator) -> None:
    """S4: a studio moves from one database into another."""
    moving: Any = studio.Moving(operator, operator.home)
    moving.copy("--orphans", "quarantine", "--yes", code=1)
    studio._fold(operator, "sqlite" if operator.sqlite else "postgresql")


def half_migrated(operator: Operator) -> None:
    """S5: a half-migrated platform: an attempt that fails, and the repair."""
    kind, _ = half.begin(operator, "uuid")
    operator.apply(half.UNIQUE_FILE, half.files(kind)[half.UNIQUE_FILE], code=5)
    (operator.migrations / f"{half.UNIQUE_FILE}.sql").unlink()
    operator.apply(
        half.NAME, half.repair("uuid", kind), "--reason", "make it whole", "--ref", "#31"
    )


STORIES: dict[str, Callable[[Operator], None]] = {
    "s1-reset": reset_platform,
    "s2-cleanup": cleaned_up,
    "s3-profiles": one_profile,
    "s4-studio": moved_studio,
    "s5-half-migrated": half_migrated,
}
