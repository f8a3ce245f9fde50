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
    """Make the views for SQL and the index of rows anew, and prove them.

    Each view is held against the replayed journal. The index, by which history finds a row, is
    made from entries and images, and the former one is judged by it. No entry is written. A journal of an earlier release gets its views so, and one that was
    dropped or replaced comes back; what was granted on them stays.
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
