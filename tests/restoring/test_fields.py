"""Lines of JSON become what COPY reads, whatever the values and names are."""

from __future__ import annotations

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.lines import line
from journal.postgresql.fields import Converter

ODD = '\\"\t\n\r\v\b\f\x01\x02\x1f\x7f,:{}[]nulN.ux01é\u2028🙂'
TEXTS = st.one_of(
    st.text(alphabet=ODD, max_size=12),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.sampled_from(["null", "\\N", "\\.", '","b":"', "}\n", '{"a":', "\\u0041", '"b":null']),
)
NAMES = st.lists(
    st.one_of(
        st.sampled_from(["a", "b", "ab", "null", '"', "\\", ',"b":', "é"]), TEXTS.filter(bool)
    ),
    min_size=1,
    max_size=4,
    unique=True,
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[tuple[str | None, ...]]]:
    """Draw names and rows."""
    names = draw(NAMES)
    values = st.tuples(*[st.none() | TEXTS for _ in names])
    return names, draw(st.lists(values, min_size=1, max_size=4))


def test_fields(postgresql_url: str) -> None:
    """The server reads the very values that the lines hold."""
    with psycopg.connect(postgresql_url) as session:

        @settings(settings.get_profile("ci"))
        @given(tables())
        def check(table: tuple[list[str], list[tuple[str | None, ...]]]) -> None:
            names, rows = table
            block = b"".join(line(names, row) for row in rows)
            text = Converter(names).fields(block, 7)
            assert text is not None
            columns = ", ".join(f"c{n} text" for n in range(len(names)))
            session.execute(b"DROP TABLE IF EXISTS t")
            session.execute(f"CREATE TEMP TABLE t (n integer, {columns})".encode())
            listed = ", ".join(f"c{n}" for n in range(len(names)))
            with session.cursor().copy(f"COPY t (n, {listed}) FROM STDIN".encode()) as copying:
                copying.write(text)
            found = session.execute(f"SELECT n, {listed} FROM t ORDER BY n".encode()).fetchall()
            assert found == [(n, *row) for n, row in enumerate(rows, 7)]

        check()


def test_written_otherwise() -> None:
    """Lines with spaces, other names or numbers are left to be read one by one."""
    converter = Converter(["a", "b"])
    assert converter.fields(b'{"a":"x","b":null}\n', 3) == b"3\tx\t\\N\n"
    for odd in (
        b'{"a": "x","b":"y"}\n',
        b'{"b":"x","a":"y"}\n',
        b'{"a":"x"}\n',
        b'{"a":"\\u0e01","b":"y"}\n',
    ):
        assert converter.fields(odd, 0) is None
