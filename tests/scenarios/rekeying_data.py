"""Referrals by browser, and whose they are by plain Python."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.scenarios.platform_data import CODES, USERS, user

TABLES = """
CREATE TABLE users (id text PRIMARY KEY);
CREATE TABLE codes (code text PRIMARY KEY, user_id text NOT NULL REFERENCES users (id));
CREATE TABLE logins (id integer PRIMARY KEY, fingerprint text NOT NULL, user_id text NOT NULL);
CREATE TABLE pending (id integer PRIMARY KEY, fingerprint text NOT NULL, code text NOT NULL);
CREATE TABLE rewarded (id integer PRIMARY KEY, user_id text NOT NULL, code text NOT NULL,
    coins integer NOT NULL)"""

SHARED = (4, 8, 12)
"""Browsers that a second user has, too."""
SELF, UNKNOWN, TORN, AGREEING = user(50), user(51), user(20), user(21)
CYCLE = (user(97), user(98), user(99))


def logins() -> list[tuple[str, str]]:
    """Return who was at which browser, in order of time."""
    found = [(browser(n), user(n)) for n in range(1, 41)]
    found += [(browser(n), user(60 + n)) for n in SHARED]
    found += [(browser(41), TORN), (browser(42), AGREEING), (browser(43), SELF)]
    found += [(browser(44 + n), who) for n, who in enumerate(CYCLE)]
    return [*found, (browser(47), UNKNOWN)]


def pending() -> list[tuple[str, str]]:
    """Return which code was seen at which browser, letters as somebody typed them."""
    found = [(browser(n), typed(n, f"Code{40 + n}")) for n in range(1, 41)]
    found += [(browser(41), "CODE90"), (browser(42), "cOdE61"), (browser(43), "code50")]
    found += [(browser(44), "Code98"), (browser(45), "Code99"), (browser(46), "Code97")]
    return [*found, (browser(47), "Nobody")]


def rewards() -> list[tuple[str, str, int]]:
    """Return twelve rewards: of one two are the same, of another they differ."""
    found = [(user(n), f"Code{n}", 10 * n) for n in range(1, 9)]
    again = [(user(1), "Code1", 10), (user(2), "Code2", 99), (user(3), "CODE3", 30)]
    return [*found, *again, (user(4), "Code5", 40)]


def browser(n: int) -> str:
    """Return a fingerprint."""
    return f"fp_{n:02}"


def typed(n: int, code: str) -> str:
    """Return a code in one of three cases."""
    return (code.lower(), code.upper(), code)[n % 3]


def claims() -> dict[str, list[str]]:
    """Return the users of each browser that saw a code, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for fingerprint, who in logins():
        found[fingerprint].append(who)
    return found


def referrers(*, shared: bool, exact: bool = False) -> dict[str, list[str | None]]:
    """Return, for each user, who referred him, by browser; of ``shared`` ones the first user.

    ``exact`` codes are those whose letters are the owner's.
    """
    owners = {f"Code{n}": user(n) for n in range(1, CODES + 1)}
    folded = owners if exact else {code.lower(): who for code, who in owners.items()}
    users = claims()
    found: dict[str, list[str | None]] = defaultdict(list)
    for fingerprint, code in sorted(pending()):
        if shared or len(users[fingerprint]) == 1:
            owner = folded.get(code if exact else code.lower())
            found[users[fingerprint][0]].append(owner)
    return found


def referrals(**how: Any) -> dict[str, tuple[str | None, str]]:
    """Return the rows that must be: the referrer where all agree, and the state."""
    found = {}
    for who, named in referrers(**how).items():
        known = {one for one in named if one is not None}
        referrer = known.pop() if len(known) == 1 else None
        if referrer != who:
            found[who] = (referrer, "open" if referrer is None else "known")
    return found


def script() -> str:
    """Return the tables with their rows."""
    parts = [TABLES]
    parts += [f"INSERT INTO users VALUES ('{user(n)}')" for n in range(1, USERS + 1)]
    parts += [f"INSERT INTO codes VALUES ('Code{n}', '{user(n)}')" for n in range(1, CODES + 1)]
    for table, rows in (("logins", logins()), ("pending", pending())):
        parts += [
            f"INSERT INTO {table} VALUES ({n}, '{fingerprint}', '{what}')"
            for n, (fingerprint, what) in enumerate(rows, start=1)
        ]
    parts += [
        f"INSERT INTO rewarded VALUES ({n}, '{who}', '{code}', {coins})"
        for n, (who, code, coins) in enumerate(rewards(), start=1)
    ]
    return ";\n".join(parts)
