"""Subscriptions: what they hold stands at another server, and their password in the catalog."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Subscriptions"

BASE = "create table person (id integer primary key);"

_NEW = "create subscription fresh connection 'host=a.example password=hunter-2' publication p"
_STILL = f"{_NEW} with (connect = false, slot_name = none)"

CASES = tuple(
    Case(statement, "refused", name, superuser=True)
    for statement, name in (
        (_STILL, "create-subscription"),
        (f"{_NEW} with (connect = false)", "create-subscription"),
        ("alter subscription fresh disable", "alter-subscription"),
        ("alter subscription fresh set (slot_name = none)", "alter-subscription"),
        ("alter subscription fresh connection 'password=hunter-2'", "alter-subscription"),
        ("drop subscription if exists fresh", "drop-subscription"),
        ("comment on subscription fresh is 'x'", "comment-on-subscription"),
        (f"do $do$ begin {_STILL}; end $do$", "replication-origin"),
    )
)
