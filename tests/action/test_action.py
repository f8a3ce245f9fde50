"""The action for pull requests, and the hook: their shell runs in a scratch repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.oracle import pg_program

ROOT = Path(__file__).parents[2]
PEOPLE = "create table person (id integer primary key, name text);\n"


class Job:
    """A checkout of a pull request on a machine of CI."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url
        self.checkout = home / "checkout"
        self.programs = home / "programs"
        (self.checkout / "migrations").mkdir(parents=True)
        self.programs.mkdir()
        self.program(
            "clew", f'exec {sys.executable} -c "from commands.cli.main import main; main()" "$@"'
        )
        self.git("init", "-q", "-b", "main")

    def program(self, name: str, does: str) -> None:
        """Put a program on the PATH."""
        path = self.programs / name
        path.write_text(f"#!/usr/bin/env bash\n{does}\n")
        path.chmod(0o755)

    def file(self, name: str, sql: str) -> None:
        """Commit a migration."""
        (self.checkout / "migrations" / name).write_text(sql)
        self.git("add", ".")
        self.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", name)

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.checkout, check=True)

    def run(self, **more: str) -> tuple[int, dict[str, str], str]:
        """Run the action's step; return its exit code, its outputs and its summary."""
        for name in ("output", "summary"):
            (self.home / name).unlink(missing_ok=True)
        program, environment = pg_program("pg_dump")
        done = subprocess.run(
            ["bash", str(ROOT / ".ci" / "rehearse")],
            cwd=self.checkout,
            check=False,
            capture_output=True,
            text=True,
            env={
                **environment,
                "PATH": f"{self.programs}:{os.environ['PATH']}",
                "CLEW_ARGUMENTS": f"--pg-bin {Path(program).parent}",
                "PYTHONPATH": str(ROOT),
                "DATABASE_URL": self.url,
                "CLEW_MIGRATIONS": "migrations",
                "CLEW_BASE": "main",
                "RUNNER_TEMP": str(self.home),
                "GITHUB_OUTPUT": str(self.home / "output"),
                "GITHUB_STEP_SUMMARY": str(self.home / "summary"),
                **more,
            },
        )
        self.said = done.stdout + done.stderr
        lines = _read(self.home / "output").splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        return done.returncode, outputs, _read(self.home / "summary")


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.fixture
def job(tmp_path: Path, url: str) -> Job:
    """A pull request against a branch with one migration."""
    job = Job(tmp_path, url)
    job.file("0001_people.sql", PEOPLE)
    job.git("update-ref", "refs/remotes/origin/main", "HEAD")
    return job


def test_go(job: Job) -> None:
    """A pull request whose migration comes back is a GO, in a table of its summary."""
    job.file("0002_email.sql", "alter table person add column email text;\n")
    code, outputs, summary = job.run()
    assert code == 0, job.said
    assert (outputs["go"], outputs["exit-code"]) == ("true", "0")
    answer = json.loads(Path(outputs["json"]).read_text())
    assert [one["migration"] for one in answer["migrations"]] == ["0002_email"]
    assert summary.startswith("## Rehearsal: GO\n")
    assert "| 0002_email |" in summary


def test_no_go(job: Job) -> None:
    """One that fails is a NO-GO with exit code 1, which the job ends with."""
    job.file("0002_email.sql", "insert into nowhere values (1);\n")
    code, outputs, summary = job.run()
    assert (code, outputs["go"]) == (1, "false"), job.said
    assert summary.startswith("## Rehearsal: NO-GO\n")


def test_a_comment(job: Job) -> None:
    """Where it is asked for the summary is put on the pull request too, one comment for all runs."""
    job.program(
        "gh", f'printf "%s\\n" "$*" >> {job.home}/said; cat "${{@: -1}}" >> {job.home}/said'
    )
    code, _, summary = job.run(CLEW_COMMENT="true", CLEW_PULL_REQUEST="12")
    assert code == 0, job.said
    assert "Nothing is pending." in summary
    said = _read(job.home / "said")
    assert said.startswith("pr comment 12 --edit-last --create-if-none --body-file")
    assert "## Rehearsal: GO" in said


def test_an_unreachable_database(job: Job) -> None:
    """A database that is not there ends the job with 5, and no summary claims anything."""
    job.url = "postgresql://dana:hunter2@127.0.0.1:9/app"
    code, outputs, summary = job.run()
    assert (code, outputs, summary) == (5, {}, "")
    assert "cannot reach" in job.said
    assert "hunter2" not in job.said


def test_the_action_hands_on_its_inputs() -> None:
    """Each input is one that the step reads, and nothing of an input stands in a shell's text."""
    home = ROOT / ".github" / "actions" / "rehearse"
    action = yaml.safe_load((home / "action.yml").read_text())
    (step,) = action["runs"]["steps"]
    assert "${{" not in step["run"]
    program = step["run"].removeprefix('bash "$GITHUB_ACTION_PATH/').removesuffix('"')
    assert (home / program).resolve() == ROOT / ".ci" / "rehearse"
    handed = " ".join(step["env"].values())
    assert all(f"inputs.{name}" in handed for name in action["inputs"])
    script = (ROOT / ".ci" / "rehearse").read_text()
    ours = [name for name in step["env"] if name.startswith("CLEW_")]
    assert all(name in script for name in ours)
    told = {one["value"].split(".")[-1].strip(" }") for one in action["outputs"].values()}
    assert all(f'echo "{name}=' in script for name in told)


def test_the_hook_is_a_verb() -> None:
    """The hook runs a verb that is there."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "clew rehearse"
    assert hook["language"] == "python"
