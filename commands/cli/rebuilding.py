"""The verb rebuild."""

from __future__ import annotations

from commands.cli.call import Call
from commands.cli.options import lock_timeout, verb
from commands.cli.page import Page
from commands.rebuild import Rebuilt
from commands.rebuild import rebuild as rebuild_views


@verb("rebuild", "clew rebuild", "clew rebuild --format json")
@lock_timeout
def rebuild(call: Call) -> None:
    """Make the views for SQL anew, and hold each against the replayed journal.

    A journal of an earlier release gets its views so, and one that was
    dropped or replaced comes back; what was granted on them stays.
    """
    call.answer(rebuild_views(call.target()), _tell)


def _tell(page: Page, answer: Rebuilt) -> None:
    if not answer.views:
        page.line("a file of UTF-16 has no views for SQL")
        return
    page.table(("view", "rows"), ((name, f"{rows:,}") for name, rows in answer.views.items()))
    page.line(f"each view says what the journal says, up to {answer.position}", "green")
    if answer.folds:
        page.line(f"{answer.folds} folds saved anew")
    for name in answer.altered:
        page.line(f"the saved fold {name} was not what the journal says", "red")
