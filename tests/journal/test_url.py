"""URLs are read and written as SQLAlchemy reads and writes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from commands.init import init
from commands.opening import Asker, Target
from journal.errors import Refused, Usage
from journal.opening import connect, open_journal, parse_url
from journal.postgresql.connection import parameters
from journal.url import URL, read_url

WORDS = st.text(st.sampled_from("ab:@/?&=%+[]#. é'~-_1"), max_size=8)
URLS = st.builds(
    URL,
    drivername=st.sampled_from(["sqlite", "postgresql", "postgresql+psycopg"]),
    username=st.none() | WORDS.filter(bool),
    password=st.none() | WORDS,
    host=st.none() | st.sampled_from(["h", "db.example.org", "::1", "127.0.0.1"]),
    port=st.none() | st.integers(1, 65535),
    database=st.none() | WORDS,
    query=st.dictionaries(
        WORDS.filter(bool),
        WORDS.filter(bool) | st.tuples(WORDS.filter(bool), WORDS.filter(bool)),
        max_size=3,
    ),
)


@given(made=URLS)
def test_as_theirs(made: URL) -> None:
    """Whatever stands in a URL, both read the same of it, and word it the same way."""
    text = made.render_as_string(hide_password=False)
    ours, theirs = read_url(text), make_url(text)
    for name in ("drivername", "username", "password", "host", "port", "database"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert dict(ours.query) == dict(theirs.query)
    assert ours.render_as_string(hide_password=False) == theirs.render_as_string(
        hide_password=False
    )
    assert str(ours) == str(theirs)
    assert ours.get_backend_name() == theirs.get_backend_name()


@given(text=st.text(st.sampled_from("ab:@/?&=%+[]1"), max_size=14).map("postgresql://".__add__))
def test_whatever_is_typed(text: str) -> None:
    """A URL that somebody typed is refused, or means what it means to SQLAlchemy."""
    try:
        ours = read_url(text)
    except ValueError:
        return
    try:
        theirs = make_url(text)
    except ValueError:
        return
    for name in ("username", "password", "host", "database"):
        assert getattr(ours, name) == getattr(theirs, name), name


def test_nobody_sees_the_password() -> None:
    """Neither text nor representation of a URL, nor of what holds one, tells its password."""
    url = parse_url("postgresql://dana:se%40cret@localhost/app")
    assert url.password == "se@cret"
    for shown in (str(url), repr(url), repr(Target(url=url)), f"{url}"):
        assert "cret" not in shown


@pytest.mark.parametrize("text", ["", "app.db", "://x", "postgresql://h:port/app", "my sql://x"])
def test_no_url(text: str) -> None:
    """What is no URL is refused."""
    with pytest.raises(Usage, match="cannot be read"):
        parse_url(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql:///app?host=/run/pg&port=5433", {"host": "/run/pg", "port": "5433"}),
        ("postgresql://h:5433/app?sslmode=require", {"host": "h", "port": "5433"}),
        ("postgresql:///app?host=a:1&host=b:2", {"host": "a,b", "port": "1,2"}),
        ("postgresql:///app?host=a,b&port=1,2", {"host": "a,b", "port": "1,2"}),
        ("postgresql:///app?host=a:1", {"host": "a", "port": "1"}),
        ("postgresql:///app?host=a&host=b:2", {"host": "a,b", "port": ",2"}),
    ],
)
def test_servers(text: str, told: dict[str, str]) -> None:
    """Servers are named in each way that SQLAlchemy knows."""
    found = parameters(parse_url(text))
    assert {name: found.get(name) for name in told} == told
    assert found["dbname"] == "app"


def test_two_slashes(tmp_path: Path) -> None:
    """A path after two slashes only would be the name of a host: it is refused with what to write."""
    with pytest.raises(Refused, match="three slashes") as refused:
        connect(parse_url(f"sqlite://app/{tmp_path.name}"))
    assert f"sqlite:///app/{tmp_path.name}" in refused.value.hint


def test_an_engine_s_own_url(url: str) -> None:
    """The URL of a SQLAlchemy engine opens a journal as well."""
    init(Target(url=parse_url(url)), name="test", asker=Asker(actor="dana"))
    with open_journal(make_url(url)) as journal:
        assert journal.head().position
