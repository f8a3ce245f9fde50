"""A fleet: looked at as a whole first, then begun, one wave of databases after the other."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from commands.fleet.answer import Ended, FleetAnswer, Look, Rest, worst
from commands.fleet.doing import applied, exported, rolled_back, tried
from commands.fleet.errand import Errand, Form, Trouble, state_of
from commands.fleet.looking import look, meets, proves, stands, would_roll_back
from commands.fleet.targets import FleetTarget
from commands.fleet.walking import Progress, Stopping, Work, in_order, stopping, walk, waves
from commands.opening import Asker
from commands.sources import DIRECTORY, read_sources
from commands.workers import Crew, each
from journal.errors import AnswerIsNo, Refused, Usage
from journal.opening import LOCK_TIMEOUT, parse_url
from journal.secrets import shown
from journal.store import utc_now
from journal.values import DatabaseKind, IfChanged

Sight = Callable[[Errand], Look]


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """The databases, who works, and how many of the first are canaries (as marked, if None).

    ``keep_going`` goes on past databases that are refused or fail, canaries excepted.
    """

    targets: tuple[FleetTarget, ...]
    crew: Crew = Crew()
    canaries: int | None = None
    keep_going: bool = False
    lock_timeout: float = LOCK_TIMEOUT


def new_fleet(now: datetime) -> str:
    """Return a name for what is asked of many databases at once: the time, and chance."""
    return f"fleet-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def apply_fleet(
    fleet: Fleet,
    paths: Sequence[Path] = (),
    *,
    asker: Asker,
    to: str = "",
    allow_late: bool = False,
    allowed: frozenset[str] = frozenset(),
    max_rejects: int | None = None,
    dry: bool = False,
    plan: bool = False,
    progress: Progress = lambda *_: None,
) -> FleetAnswer:
    """Run pending migrations everywhere: canaries one at a time, then group after group.

    Nothing begins unless every database may. ``plan`` only looks; ``dry`` runs all of it in
    transactions that are aborted.

    Raises:
        NotFound, Refused, Usage: the files, or the number of canaries, make no sense.
        Unreachable, WorkerLost: as ``commands.workers.each`` does, before anything was begun.
    """
    absolute = tuple(path.absolute() for path in tuple(paths) or (DIRECTORY,))
    errands = _errands(
        fleet,
        asker,
        Errand(
            name="",
            url="",
            asker=asker,
            paths=tuple(str(path) for path in absolute),
            planned=_digests(fleet.targets, absolute),
            to=to,
            allow_late=allow_late,
            allowed=allowed,
            max_rejects=max_rejects,
        ),
    )
    work: Work | None = None if plan else tried if dry else applied
    verb = "plan" if plan else "dry-run" if dry else "apply"
    return _walked(fleet, errands, look, work, verb, progress)


def roll_back_fleet(
    fleet: Fleet,
    to: str,
    *,
    asker: Asker,
    if_changed: IfChanged = "refuse",
    plan: bool = False,
    progress: Progress = lambda *_: None,
) -> FleetAnswer:
    """Take every database to the position that ``to`` names in its own journal.

    Raises:
        Usage: ``to`` is a number, which means another entry in each journal.
        Unreachable, WorkerLost: as ``apply_fleet`` does.
    """
    if to.isdigit() or to.startswith("head"):
        raise Usage(
            f"position {to} is another entry in each journal",
            hint="Give before:NAME, after:NAME, @MARK or a time.",
        )
    told = Errand(name="", url="", asker=asker, to=to, if_changed=if_changed)
    errands = _errands(fleet, asker, told)
    work = None if plan else rolled_back
    return _walked(fleet, errands, would_roll_back, work, "rollback", progress)


def fleet_status(
    fleet: Fleet,
    paths: Sequence[Path] = (),
    *,
    asker: Asker,
    progress: Progress = lambda *_: None,
) -> FleetAnswer:
    """Tell where every database stands; the exit code is 1 where one is not current."""
    named = tuple(paths) or ((DIRECTORY,) if DIRECTORY.is_dir() else ())
    told = Errand(name="", url="", asker=asker, paths=tuple(str(path.absolute()) for path in named))
    found = _walked(fleet, _errands(fleet, asker, told), stands, None, "status", progress)
    behind = any(one.state == "pending" for one in found.looks)
    return replace(found, exit_code=found.exit_code or (AnswerIsNo.exit_code if behind else 0))


def verify_fleet(
    fleet: Fleet, *, asker: Asker, progress: Progress = lambda *_: None
) -> FleetAnswer:
    """Prove the record of every database."""
    errands = _errands(fleet, asker, Errand(name="", url="", asker=asker))
    return _walked(fleet, errands, proves, None, "verify", progress)


def export_fleet(
    fleet: Fleet,
    directory: Path,
    *,
    asker: Asker,
    form: Form,
    progress: Progress = lambda *_: None,
) -> FleetAnswer:
    """Export what every journal has recorded since the last time; one that fails stops none.

    Rows of a journal stand in the partition ``journal`` of its target's name.
    """
    told = Errand(name="", url="", asker=asker, into=str(directory.absolute()), form=form)
    freely = replace(fleet, keep_going=True, canaries=0)
    return _walked(freely, _errands(freely, asker, told), meets, exported, "export", progress)


def _digests(targets: Sequence[FleetTarget], paths: Sequence[Path]) -> dict[DatabaseKind, str]:
    """Read the files once for each kind of database, so that all get the same."""
    here = {parse_url(one.url).get_backend_name() for one in targets}
    kinds: tuple[DatabaseKind, ...] = ("sqlite", "postgresql")
    return {kind: read_sources(paths, kind).digest for kind in kinds if kind in here}


def _errands(fleet: Fleet, asker: Asker, told: Errand) -> dict[str, Errand]:
    """Return what is asked of each database, in the order of their turns."""
    name = new_fleet(utc_now())
    return {
        one.name: replace(
            told,
            name=one.name,
            url=one.url,
            journal=one.journal,
            asker=replace(asker, fleet=name),
            lock_timeout=fleet.lock_timeout,
        )
        for one in in_order(fleet.targets, fleet.canaries)
    }


def _walked(
    fleet: Fleet,
    errands: Mapping[str, Errand],
    sight: Sight,
    work: Work | None,
    verb: str,
    progress: Progress,
) -> FleetAnswer:
    """Look at all, and begin the work unless something stands in its way."""
    ordered = in_order(fleet.targets, fleet.canaries)
    with stopping() as stop:
        looks = _looks(fleet, errands, sight, stop, progress)
        answer = FleetAnswer(
            fleet=next(iter(errands.values())).asker.fleet,
            verb=verb,
            begun=False,
            targets=tuple(_rest(one) for one in ordered),
            looks=tuple(looks.values()),
        )
        left = [one for one in looks.values() if one.trouble is not None]
        if work is not None and not stop.now:
            may = not left or (fleet.keep_going and not _of_canaries(ordered, left))
            found = _begin(fleet, errands, looks, work, stop, progress) if may else {}
            ended = tuple(found.get(one.name) or _not_begun(looks[one.name]) for one in ordered)
            answer = replace(answer, begun=may and verb != "dry-run", ended=ended)
        troubles = tuple(one.trouble for one in (answer.ended or answer.looks))
        code = worst(troubles, interrupted=stop.asked)
        return replace(answer, interrupted=stop.asked, exit_code=code)


def _looks(
    fleet: Fleet,
    errands: Mapping[str, Errand],
    sight: Sight,
    stop: Stopping,
    progress: Progress,
) -> dict[str, Look]:
    """Look at every database; those that turn out to be one are in each other's way."""
    found: dict[str, Look] = {}
    for done in each(fleet.crew, sight, tuple(errands.values()), enough=lambda: stop.now):
        if done.error is not None:
            raise done.error
        assert done.result is not None
        found[done.part.name] = done.result
        progress("looked at", len(found), len(errands))
    return _apart({name: found[name] for name in errands if name in found}, errands)


def _apart(looks: dict[str, Look], errands: Mapping[str, Errand]) -> dict[str, Look]:
    """Refuse a database that was met before; in one table, also a copy of a journal."""
    sites: dict[str, str] = {}
    for name, one in looks.items():
        in_one_table = bool(errands[name].into) and errands[name].form == "delta"
        site = one.journal if in_one_table else one.site
        if site and (other := sites.setdefault(site, name)) != name:
            what = "bears the journal of" if in_one_table else "is the same database as"
            twin = Trouble(
                message=f"{what} {other}",
                hint="Take one of them out of the file of targets.",
                kind=Refused.__name__,
                exit_code=Refused.exit_code,
            )
            looks[name] = replace(one, state=state_of(twin), trouble=twin)
    return looks


def _begin(
    fleet: Fleet,
    errands: Mapping[str, Errand],
    looks: Mapping[str, Look],
    work: Work,
    stop: Stopping,
    progress: Progress,
) -> dict[str, Ended]:
    """Work where there is something to do, wave after wave."""
    ready = [
        one for one in in_order(fleet.targets, fleet.canaries) if looks[one.name].state == "pending"
    ]
    rows = waves(ready)
    found = {
        name: Ended(name=name, state="current", before=one.head, after=one.head, notes=one.notes)
        for name, one in looks.items()
        if one.state == "current"
    }
    return found | walk(
        fleet.crew,
        work,
        [[replace(errands[one.name], head=looks[one.name].head) for one in row] for row in rows],
        stop,
        keep_going=fleet.keep_going,
        careful=sum(one.canary for one in ready),
        progress=progress,
    )


def _of_canaries(ordered: Sequence[FleetTarget], left: Sequence[Look]) -> bool:
    names = {one.name for one in left}
    return any(one.canary and one.name in names for one in ordered)


def _not_begun(seen: Look) -> Ended:
    """Tell of a database that was left as it is, and why, where it is the reason itself."""
    state = "not-begun" if seen.trouble is None and seen.state != "current" else seen.state
    return Ended(
        name=seen.name,
        state=state,
        before=seen.head,
        after=seen.head,
        notes=seen.notes,
        trouble=seen.trouble,
    )


def _rest(target: FleetTarget) -> Rest:
    url = shown(parse_url(target.url))
    return Rest(name=target.name, url=url, group=target.group, canary=target.canary)
