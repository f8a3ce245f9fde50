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
    """Make views for SQL, the index of rows and saved folds anew, and prove them.

    Each view is held against the replayed journal. The index, by which history finds a row, is
    made from entries and images, and the former one is judged by it. Folds are saved anew, which
    one entry says in a journal of 5,000 entries or more. A journal of an earlier release gets all
    of that so, and what was dropped or replaced comes back; what was granted on views stays.
    """
    call.answer(rebuild_views(call.target()), _tell)


def _tell(page: Page, answer: Rebuilt) -> None:
    if answer.views:
        page.table(("view", "rows"), ((name, f"{rows:,}") for name, rows in answer.views.items()))
        page.line(f"each view says what the journal says, up to {answer.position}", "green")
    else:
        page.line("a file of UTF-16 has no views for SQL")
    if answer.index.state == "was wrong":
        page.line(f"the index of rows was wrong, up to {answer.index.former}: made anew", "red")
    else:
        page.line(f"the index of rows reaches {answer.position}", "green")
    if answer.folds:
        page.line(f"{answer.folds} folds were saved anew")
    for name in answer.altered:
        page.line(f"the saved fold {name} was not what the journal says: made anew", "red")
