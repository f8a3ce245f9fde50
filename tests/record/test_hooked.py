"""Alembic with our line in its ``env.py``, recorded from outside all the same."""

from __future__ import annotations

import sys

from tests.record.recorder import HOME, Recorder
from tests.tools.alembic_project import NAMES, AlembicProject


def test_recorded_once(recorder: Recorder) -> None:
    """Where the recording watches from outside, the line in env.py leaves the journal to it."""
    recorder.begin()
    before = recorder.fingerprint()
    project = AlembicProject(recorder.home / "project", recorder.url)
    ini = recorder.home / "alembic.ini"
    ini.write_text(
        f"[alembic]\nscript_location = {project.home}\npath_separator = os\n"
        f"sqlalchemy.url = {project.url}\n"
    )
    upgrade = (sys.executable, "-m", "alembic", "-c", str(ini), "upgrade", "head")
    answer = recorder.record(*upgrade, env={"PYTHONPATH": str(HOME)})
    assert (answer.exit_code, answer.lost) == (0, ()), recorder.err
    after = recorder.fingerprint()
    started = recorder.entries("RunStarted")
    assert [one.run for one in started] == [answer.run]
    assert recorder.sql("select version_num from alembic_version") == [(NAMES[-1],)]
    assert recorder.go(answer.first) == before
    assert recorder.go(answer.head) == after


def test_another_database(recorder: Recorder) -> None:
    """A database that is not the one being recorded is journaled by the line in env.py."""
    recorder.begin()
    other = recorder.home / "other.db"
    other.touch()
    recorder.clew("--db", f"sqlite:///{other}", "init")
    project = AlembicProject(recorder.home / "project", f"sqlite:///{other}")
    ini = recorder.home / "alembic.ini"
    ini.write_text(
        f"[alembic]\nscript_location = {project.home}\npath_separator = os\n"
        f"sqlalchemy.url = {project.url}\n"
    )
    upgrade = (sys.executable, "-m", "alembic", "-c", str(ini), "upgrade", "head")
    answer = recorder.record(*upgrade, env={"PYTHONPATH": str(HOME)})
    assert (answer.exit_code, answer.back) == (0, ""), recorder.err
    said = recorder.clew("--db", f"sqlite:///{other}", "status").stdout.decode()
    assert all(name in said for name in NAMES) or "applied  3" in said, said
