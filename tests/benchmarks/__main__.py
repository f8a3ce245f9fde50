"""``python -m tests.benchmarks [ROWS ...]``: run everything and print Markdown.

``python -m tests.benchmarks transforms [SUBJECTS ...]`` runs the transforms alone,
``parts [SUBJECTS ...]`` the same by one worker and by many,
``row_history [ENTRIES ...]`` asks what happened to one row,
``archives [ROWS ...]`` archives half of a journal,
``copies [ROWS ...]`` copies from SQLite to PostgreSQL, ``statements [TABLES ...]`` the DDL statements, ``histories [MIGRATIONS ...]`` long histories, and
``recording [MEGABYTES [TABLES ...]]`` the recording of other programs, and
``backups [MEGABYTES ...]`` backups beside pg_dump, pg_restore and SQLite's own; ``proofs [ENTRIES ...]``
proofs beside ``eventsourcing``, which the extra ``bench`` installs; ``load [ROWS]`` how long an
application's writers wait beside each verb.

A server of the suite's own is started; each figure is measured in a process of its own, so that
peak memory is that of the one piece of work.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import psycopg

from tests.benchmarks import (
    archives,
    backups,
    copies,
    entries,
    histories,
    load,
    parts,
    proofs,
    recording,
    row_history,
    rows,
    statements,
    transforms,
)
from tests.support import server

SIZES = (100_000, 500_000)
ENTRIES = 50_000
MEGABYTES = (200,)
SUBJECTS = (100_000, 1_000_000)


def main(arguments: list[str]) -> None:
    """Measure one thing for a parent, or everything."""
    if arguments[:1] == ["--one"]:
        _one(*arguments[1:])
        return
    alone = {
        "transforms": _print_transforms,
        "parts": _print_parts,
        "statements": _print_statements,
        "histories": _print_histories,
        "recording": _print_recording,
        "backups": _print_backups,
        "copies": _print_copies,
        "proofs": _print_proofs,
        "row_history": _print_row_history,
        "load": _print_load,
        "archives": _print_archives,
    }
    tell = alone.get(arguments[0] if arguments else "", _print)
    sizes = [int(argument) for argument in arguments[tell is not _print :]]
    named = os.environ.get("CLEW_TEST_PG_URL")
    if named:
        tell(named, sizes)
        return
    with tempfile.TemporaryDirectory(prefix="clew-bench-") as home:
        Path(home).chmod(0o755)  # the server runs as somebody else when this is root
        try:
            tell(server.shared(Path(home)), sizes)
        finally:
            server.stop(Path(home))


def _one(what: str, kind: str, work: str, count: str, url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="clew-bench-") as home:
        if what == "rows":
            figure: object = rows.measure(kind, work, int(count), Path(home), url)
        elif what == "transforms":
            figure = transforms.measure(kind, work, int(count), Path(home), url)
        elif what == "parts":
            figure = parts.measure(kind, work, int(count), Path(home), url)
        elif what == "statements":
            figure = statements.measure(kind, work, int(count), Path(home), url)
        elif what == "recording":
            figure = recording.measure(kind, work, int(count), Path(home), url)
        elif what == "row_history":
            figure = row_history.measure(kind, int(count), Path(home), url)
        elif what == "archives":
            figure = archives.measure(kind, int(count), Path(home), url)
        elif what == "copies":
            figure = copies.measure(work, int(count), Path(home), url)
        elif what == "proofs":
            figure = proofs.measure(kind, work, int(count), Path(home), url)
        elif what == "histories":
            figure = histories.measure(kind, int(count), Path(home), url)
        else:
            figure = entries.measure(kind, int(count), Path(home), url)
    sys.stdout.buffer.write(msgspec.json.encode(figure))


def _run(what: str, kind: str, work: str, count: int, url: str) -> bytes:
    command = [sys.executable, "-m", "tests.benchmarks", "--one", what, kind, work, str(count), url]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ).stdout


def _print_head(url: str) -> None:
    with psycopg.connect(url) as db:
        version = db.info.server_version // 10000
    print(
        f"PostgreSQL {version}, SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]},"
        f" {os.cpu_count()} cores\n"
    )


def _print_transforms(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print(
        "| database | subjects | way | subjects/s | x journal off | x script | client CPU s | MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for size in sizes or SUBJECTS:
            found = {
                way: msgspec.json.decode(
                    _run("transforms", kind, way, size, url), type=transforms.Rate
                )
                for way in transforms.WAYS
            }
            for rate in found.values():
                print(_rate(rate, found), flush=True)


def _print_parts(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print("| database | subjects | jobs | subjects/s | x one job | client CPU s | server CPU s |")
    print("|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for size in sizes or (parts.SUBJECTS,):
            one = 0.0
            for jobs in parts.JOBS:
                found = msgspec.json.decode(
                    _run("parts", kind, str(jobs), size, url), type=parts.Shared
                )
                one = one or found.wall
                print(
                    f"| {kind} | {size:,} | {jobs} | {size / found.wall:,.0f} |"
                    f" {one / found.wall:.2f} | {found.clients:.1f} | {found.server:.1f} |",
                    flush=True,
                )


def _rate(rate: transforms.Rate, found: dict[str, transforms.Rate]) -> str:
    wall = rate.cost.wall
    off, script = (found[way].cost.wall for way in ("journal off", "plain script"))
    return (
        f"| {rate.kind} | {rate.subjects:,} | {rate.way} | {rate.subjects / wall:,.0f}"
        f" | {wall / off:.2f} | {wall / script:.2f} | {rate.cost.cpu:.1f} | {rate.memory:.0f} |"
    )


def _print_statements(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print(
        "| database | statement | tables | raw ms | journaled ms (CPU) | x raw (CPU)"
        " | journaled ms (wall) | x raw (wall) | beginning a run, ms (CPU) | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for work in statements.works(kind):
            for tables in sizes or statements.TABLES:
                raw = _run("statements", kind, work, tables, url)
                print(_price(msgspec.json.decode(raw, type=statements.Price)), flush=True)


def _price(price: statements.Price) -> str:
    raw, journaled = price.raw, price.journaled
    return (
        f"| {price.kind} | {price.work} | {price.tables:,} | {raw.cpu * 1e3:.1f}"
        f" | {journaled.cpu * 1e3:.1f} | {journaled.cpu / max(raw.cpu, 1e-6):.0f}"
        f" | {journaled.wall * 1e3:.1f} | {journaled.wall / raw.wall:.0f}"
        f" | {price.begun.cpu * 1e3:.0f} | {price.memory:.0f} |"
    )


def _print_histories(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print(
        "| database | migrations | entries | applied s | back s | forward s | client CPU s | MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for migrations in sizes or (200,):
            raw = _run("histories", kind, "-", migrations, url)
            trip = msgspec.json.decode(raw, type=histories.Trip)
            cpu = trip.applied.cpu + trip.back.cpu + trip.forward.cpu
            print(
                f"| {kind} | {migrations:,} | {trip.entries:,} | {trip.applied.wall:.1f}"
                f" | {trip.back.wall:.1f} | {trip.forward.wall:.1f} | {cpu:.1f}"
                f" | {trip.memory:.0f} |",
                flush=True,
            )


def _print_recording(url: str, sizes: list[int]) -> None:
    _print_head(url)
    size, tables = (sizes or [recording.MEGABYTES])[0], sizes[1:] or recording.TABLES
    print(
        "| database | tables | MB | program | alone s | before s | recorded s | x alone | after s"
        " | dump and restore, or file copy, s | all of it, x that | kept MB | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for number in tables:
            for work in recording.WORKS:
                raw = _run("recording", kind, f"{work}:{size}", number, url)
                print(_recorded(msgspec.json.decode(raw, type=recording.Recorded)), flush=True)


def _recorded(one: recording.Recorded) -> str:
    ours = one.before + max(one.during - one.alone, 0) + one.after
    return (
        f"| {one.kind} | {one.tables} | {one.size:.0f} | {one.work} | {one.alone:.2f}"
        f" | {one.before:.2f} | {one.during:.2f} | {one.during / one.alone:.1f} | {one.after:.2f}"
        f" | {one.copied:.2f} | {ours / one.copied:.2f} | {one.disk:.1f} | {one.memory:.0f} |"
    )


def _print_row_history(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print(
        "| database | entries | changes | clew history s | question s | without index s"
        " | index MB | journal MB | indexing CPU s | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for size in sizes or (1_000_000,):
            raw = _run("row_history", kind, "-", size, url)
            one = msgspec.json.decode(raw, type=row_history.Figures)
            print(
                f"| {kind} | {size:,} | {one.changes} | {one.process:.2f} | {one.asked:.2f}"
                f" | {one.looked:.1f} | {one.index:.1f} | {one.journal:.0f} | {one.indexing:.1f}"
                f" | {one.memory:.0f} |",
                flush=True,
            )


def _print_archives(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print(
        "| database | row images that left | taking s (client CPU) | restoring s | verify s"
        " | journal MB before | after | archive MB | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for size in sizes or (20_000,):
            raw = _run("archives", kind, "-", size, url)
            one = msgspec.json.decode(raw, type=archives.Figures)
            print(
                f"| {kind} | {one.images:,} | {one.taking.wall:.1f} ({one.taking.cpu:.1f})"
                f" | {one.restoring.wall:.1f} ({one.restoring.cpu:.1f}) | {one.proving.wall:.1f}"
                f" | {one.before:.0f} | {one.after:.0f} | {one.archive:.0f} | {one.memory:.0f} |",
                flush=True,
            )


def _print_copies(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print("| rows | way | s | x script | CPU s (client and server) | x script | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for size in sizes or copies.ROWS:
        script: copies.Copied | None = None
        for way in copies.WAYS:
            raw = _run("copies", "-", way, size, url)
            one = msgspec.json.decode(raw, type=copies.Copied)
            script = script or one
            print(
                f"| {size:,} | {way} | {one.cost.wall:.1f} | {one.cost.wall / script.cost.wall:.1f}"
                f" | {one.cost.cpu:.1f} | {one.cost.cpu / script.cost.cpu:.1f}"
                f" | {one.memory:.0f} |",
                flush=True,
            )


def _print_backups(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print(
        "| database | MB | work | wall s | x wall | client CPU s | server CPU s | x CPU"
        " | peak MB | stored MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for size in sizes or MEGABYTES:
        for kind in ("postgresql", "sqlite"):
            with tempfile.TemporaryDirectory(prefix="clew-bench-") as home:
                place = Path(home)
                found: dict[str, backups.Work] = {}
                works = backups.sqlite(size, place)
                if kind == "postgresql":
                    works = backups.postgresql(url, size, place)
                waiting = []
                for work in works:
                    found[work.name] = work
                    waiting.append(work)
                    while waiting and waiting[0].beside in found:
                        one = waiting.pop(0)
                        print(_backup(kind, size, one, found[one.beside]), flush=True)


def _backup(kind: str, size: int, one: backups.Work, beside: backups.Work) -> str:
    cpu = (one.client + one.server) / (beside.client + beside.server)
    stored = f"{one.stored:,.0f}" if one.stored else ""
    return (
        f"| {kind} | {size:,} | {one.name} | {one.wall:.1f} | {one.wall / beside.wall:.2f}"
        f" | {one.client:.1f} | {one.server:.1f} | {cpu:.2f} | {one.memory:.0f} | {stored} |"
    )


def _print_proofs(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print("| database | work | entries | per CPU second | x eventsourcing | wall s | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for size in sizes or (ENTRIES,):
            found = {
                work: msgspec.json.decode(_run("proofs", kind, work, size, url), type=proofs.Rate)
                for work in proofs.WORKS
            }
            for one in found.values():
                beside = found.get(proofs.BESIDE.get(one.work, ""))
                times = f"{one.per_second / beside.per_second:.1f}" if beside else ""
                print(
                    f"| {kind} | {one.work} | {size:,} | {one.per_second:,.0f} | {times}"
                    f" | {one.cost.wall:.1f} | {one.memory:.0f} |",
                    flush=True,
                )


def _print_load(url: str, sizes: list[int]) -> None:
    _print_head(url)
    with tempfile.TemporaryDirectory(prefix="clew-bench-") as home:
        load.show(url, sizes, Path(home))


def _print(url: str, sizes: list[int]) -> None:
    _print_head(url)
    print(
        "| database | work | rows | raw us/row | journaled us/row | x raw (CPU) | x raw (wall)"
        " | bytes/row | undo us/row | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for work in rows.WORK:
            for size in sizes or SIZES:
                raw = _run("rows", kind, work, size, url)
                figure = msgspec.json.decode(raw, type=rows.Figure)
                print(_row(figure), flush=True)
    print("\n| database | entries appended per CPU second | replayed per CPU second |")
    print("|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        rates = msgspec.json.decode(_run("entries", kind, "-", ENTRIES, url), type=entries.Rates)
        print(f"| {rates.kind} | {rates.appended:,.0f} | {rates.replayed:,.0f} |", flush=True)


def _row(figure: rows.Figure) -> str:
    each = 1e6 / figure.changed
    return (
        f"| {figure.kind} | {figure.work} | {figure.rows:,} | {figure.raw.cpu * each:.1f}"
        f" | {figure.journaled.cpu * each:.1f} | {figure.journaled.cpu / figure.raw.cpu:.1f}"
        f" | {figure.journaled.wall / figure.raw.wall:.1f} | {figure.size / figure.changed:.0f}"
        f" | {figure.undone.cpu * each:.1f} | {figure.memory:.0f} |"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
