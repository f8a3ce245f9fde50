"""OpenTelemetry: what a trace of a verb tells, and what it keeps to itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy.engine import make_url

from commands import telemetry
from journal.spans import kind_of
from tests.cli.typing_in import Typist

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector:
    """Takes the spans of each call."""

    def __init__(self) -> None:
        self.exporters: list[InMemorySpanExporter] = []

    def taken(self) -> list[ReadableSpan]:
        """Return the spans since the last time, as they ended."""
        found = [span for one in self.exporters for span in one.get_finished_spans()]
        self.exporters.clear()
        return found

    def export(self, *_: object) -> InMemorySpanExporter:
        self.exporters.append(InMemorySpanExporter())
        return self.exporters[-1]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """An exporter that the environment asks for."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "memory")
    made = Collector()
    monkeypatch.setattr(telemetry, "_exporter", made.export)
    return made


def _told(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def test_a_trace_of_apply(typist: Typist, collector: Collector) -> None:
    """A span for the verb tells positions and exit code, with one for each migration and statement."""
    typist.begin()
    spans = collector.taken()
    root = spans[-1]
    told = _told(root)
    head = typist.json("status")
    assert root.name == "clew apply"
    assert root.resource.attributes["service.name"] == "clew"
    assert told["clew.verb"] == "apply"
    assert told["clew.exit.code"] == 0
    assert told["clew.journal.id"] == head["journal"]["id"]
    assert told["clew.journal.name"] == "test"
    assert told["db.system.name"] == typist.url.split(":")[0]
    assert str(told["db.namespace"]) in typist.url
    assert told["clew.position.last"] == head["head"]["position"]
    migrations = [span for span in spans if span.name.startswith("migration")]
    assert [_told(one)["clew.migration"] for one in migrations] == ["0001_people", "0002_letters"]
    first, second = (_told(one) for one in migrations)
    assert first["clew.run"] != second["clew.run"]
    assert first["clew.position.last"] + 1 == second["clew.position.first"]
    statements = [span for span in spans if span.name.startswith("statement")]
    kinds = ["CREATE TABLE", "INSERT", "ALTER TABLE", "UPDATE"]
    assert [_told(one)["db.operation.name"] for one in statements] == kinds
    assert [_told(one)["clew.rows"] for one in statements] == [0, 2, 0, 2]
    assert {one.parent.span_id for one in statements[:2]} == {migrations[0].context.span_id}
    ours = [span for span in spans if span.context.trace_id == root.context.trace_id]
    assert {*migrations, *statements} <= {*ours}


def test_no_value_in_a_trace(typist: Typist, collector: Collector) -> None:
    """An error is told by its class and SQLSTATE; neither its message nor a value is."""
    typist.begin()
    collector.taken()
    typist.file("0003_twice.sql", "insert into person values (1, 'a secret name', 1900, null);\n")
    typist.type("apply", str(typist.migrations), code=5)
    spans = collector.taken()
    root = _told(spans[-1])
    assert root["error.type"] == "StatementFailed"
    assert root["clew.exit.code"] == 5
    failed = next(one for one in spans if one.name == "statement INSERT")
    expected = "SQLITE_CONSTRAINT_PRIMARYKEY" if typist.url.startswith("sqlite") else "23505"
    assert _told(failed)["db.response.status_code"] == expected
    everything = "".join(span.to_json() for span in spans)
    assert "secret" not in everything
    password = make_url(typist.url).password
    assert password is None or f":{password}@" not in everything


def test_a_trace_goes_on(typist: Typist, collector: Collector, monkeypatch, tmp_path) -> None:
    """TRACEPARENT puts the verb below the caller's span, and a recorded program below the verb's."""
    typist.begin()
    collector.taken()
    monkeypatch.setenv("TRACEPARENT", PARENT)
    said = tmp_path / "said"
    program = f"import os; open({str(said)!r}, 'w').write(os.environ['TRACEPARENT'])"
    typist.type("record", "--", sys.executable, "-c", program)
    spans = collector.taken()
    root = next(span for span in spans if span.name == "clew record")
    assert format(root.context.trace_id, "032x") == PARENT.split("-")[1]
    assert format(root.parent.span_id, "016x") == PARENT.split("-")[2]
    around = next(span for span in spans if span.name == "program")
    assert said.read_text().split("-")[1:3] == [
        format(around.context.trace_id, "032x"),
        format(around.context.span_id, "016x"),
    ]


def test_other_verbs_are_traced(typist: Typist, collector: Collector, tmp_path: Path) -> None:
    """Rollback, backup and restore tell of their phases."""
    typist.begin()
    typist.type("backup", "take", "--to", str(tmp_path / "backups"))
    names = {span.name for span in collector.taken()}
    assert {"clew backup take", "backup table", "backup read back"} <= names
    typist.type("rollback", "before:0002_letters", "--yes")
    spans = collector.taken()
    assert {"clew rollback", "undo", "settle", "prove"} <= {span.name for span in spans}
    run = {_told(span).get("clew.run") for span in spans if span.name == "clew rollback"}
    assert None not in run
    (backup,) = (tmp_path / "backups").iterdir()
    typist.type("backup", "restore", str(backup), "--table", "person", "--yes", code=3)
    assert "restore verify backup" in {span.name for span in collector.taken()}


@pytest.mark.parametrize("sqlite_only", ["OTEL_SDK_DISABLED", "none"])
def test_nothing_is_imported(sqlite_url: str, sqlite_only: str, tmp_path: Path) -> None:
    """Where nobody asks for spans OpenTelemetry is not even imported."""
    script = (
        "import sys; from commands.cli.main import run\n"
        f"run(['--db', {sqlite_url!r}, 'init'])\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    environment = {"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])}
    if sqlite_only == "none":
        environment["OTEL_TRACES_EXPORTER"] = "none"
    else:
        environment |= {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "console"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.endswith("[]\n")


def test_what_is_not_installed_is_named(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exporter that is not there ends the call before anything is done."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "nowhere")
    typist.type("init", code=2)
    assert "the exporter nowhere is not installed" in typist.err
    monkeypatch.delenv("OTEL_TRACES_EXPORTER")
    typist.type("status", code=4)


def test_the_console_is_stderr(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans for the console never mix with an answer."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    assert typist.json("init")["head"] > 0
    assert '"clew init"' in typist.err


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("ALTER TABLE person ADD x int", "ALTER TABLE"),
        ("-- a comment\n/* and\none */ insert into t values ('x')", "INSERT"),
        ("create secret_word", "CREATE"),
        ("hunter2 is no statement", "other"),
        ("", "other"),
    ],
)
def test_kinds(sql: str, kind: str) -> None:
    """A statement's kind is made of words of SQL alone."""
    assert kind_of(sql) == kind
