"""Text made fit to be shown and kept: nothing in it that lets anybody in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from journal.url import URL

HIDDEN = "***"
_SECRET = re.compile(r"pass|secret|token|key", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=\w)(://[^\s:/@'\"]{0,100}:)[^\s'\"]{1,300}@")
_NAME = r"(?:passw|passphrase|pwd|secret|token|api[_-]?key)[\w.-]{0,30}"
_VALUE = r"'[^']{0,300}'|\"[^\"]{0,300}\"|[^\s&;,'\"]+"
_ASSIGNED = re.compile(rf"({_NAME}\s{{0,3}}=\s{{0,3}})({_VALUE})", re.IGNORECASE)
_SAID = re.compile(rf"({_NAME}\"?\s{{1,3}})E?'(?:[^']|'')*'", re.IGNORECASE)
_OPTION = re.compile(rf"(?!--?no-)--?[\w.-]{{0,30}}{_NAME}", re.IGNORECASE)
"""What stands before a name does not matter: looking for it at each letter takes minutes."""


def shown(url: URL) -> str:
    """Return a URL as people write it, its passwords, those in its query too, hidden."""
    hidden = {name: HIDDEN for name in url.query if _SECRET.search(name)}
    rest = {name: value for name, value in url.query.items() if name not in hidden}
    plain = url.set(drivername=url.get_backend_name(), query={**rest, **hidden})
    return plain.render_as_string(hide_password=True)


def secrets_of(url: URL) -> tuple[str, ...]:
    """Return the secrets of a URL as they may appear in text, quoted for a URL and not."""
    found = [str(url.password)] if url.password else []
    found += [
        value
        for name, values in url.query.items()
        if _SECRET.search(name)
        for value in ([values] if isinstance(values, str) else values)
    ]
    whole = url.render_as_string(hide_password=False)
    quoted = re.match(r"[^:]+://[^:@/]*:([^@]*)@", whole)
    if quoted and url.password:
        found.append(quoted[1])
    return tuple(sorted({one for one in found if one}, key=len, reverse=True))


def hide(text: str, secrets: Iterable[str] = ()) -> str:
    """Return text without these secrets, and without what is said to be a password."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _ASSIGNED.sub(rf"\1{HIDDEN}", _IN_URL.sub(rf"\1{HIDDEN}@", text))


def hide_in_sql(text: str) -> str:
    """Return a statement, or what is said of one, without passwords: OPTIONS (password '***')."""
    return hide(_SAID.sub(rf"\1'{HIDDEN}'", text))


def hide_words(words: Sequence[str], secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Return a command line without secrets: also what follows ``--password``."""
    known = tuple(secrets)
    found: list[str] = []
    follows = False
    for word in words:
        hidden = HIDDEN if follows else hide(word, known)
        follows = not follows and _OPTION.fullmatch(word) is not None
        found.append(hidden)
    return tuple(found)
