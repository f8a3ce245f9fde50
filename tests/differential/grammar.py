"""Statements put together from templates over what a database holds, and twisted by its lexis.

A template has holes: ``{t}`` a table, ``{c}`` a column of it, ``{v}`` a value, ``{e}`` an
expression, ``{y}`` a type, ``{n}`` a new name, and one for each other kind of object. A twist
takes the statement apart as the splitter does, and puts it together otherwise: with comments,
other cases and quotes it means the same; with a token lost, doubled or strange it may not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from commands.split import postgresql, sqlite
from commands.split.tokens import Unsplittable
from journal.values import DatabaseKind

Names = Mapping[str, Sequence[str]]
"""Names by the hole they fill; columns by the name of their table, behind a dot."""

_HOLE = re.compile(r"\{(\w+)\}")
_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*")
_SCRAPS = (
    *("'", '"', "$$", "$a$", "`", "[", "]", "(", ")", ";", "--", "/*", "*/", "\\", ",", ".", "::"),
    *("\x00", "é", "\ufeff", "%s", ":x", "?", "E'\\'", "U&'\\0041'", "1", "null", "select"),
    *("begin", "commit", "rollback", "end", "atomic", "from stdin", "returning *", "cascade"),
)
_GAPS = (" ", "\n", "\t", " /* ; */ ", " -- ; '\n", " /* ' */ ", "  ")


def quoted(name: str) -> str:
    """Return a name as an identifier, bare where it can be."""
    simple = _SIMPLE.fullmatch(name) and name not in ("select", "end", "new", "old", "order")
    return name if simple else '"' + name.replace('"', '""') + '"'


@st.composite
def statement(
    draw: st.DrawFn, names: Names, templates: Sequence[str], values: Sequence[str]
) -> str:
    """Draw a template and fill its holes."""
    table = draw(st.sampled_from(names["t"] or ("nowhere",)))
    columns = names.get(f".{table}") or ("nothing",)
    simple = st.sampled_from([*values, *map(quoted, columns)])

    def fill(found: re.Match[str]) -> str:
        match found[1]:
            case "t":
                return quoted(table)
            case "c":
                return quoted(draw(st.sampled_from(columns)))
            case "v":
                return draw(st.sampled_from(values))
            case "e":
                sign = draw(st.sampled_from(("+", "||", "=", "<", "is not", "and", "*")))
                return f"{draw(simple)} {sign} {draw(simple)}" if draw(_SELDOM) else draw(simple)
            case hole:
                return quoted(draw(st.sampled_from(names.get(hole) or ("nothing",))))

    return _HOLE.sub(fill, draw(st.sampled_from(templates)))


_SELDOM = st.sampled_from((True, False, False))


@st.composite
def twisted(draw: st.DrawFn, sql: str, kind: DatabaseKind) -> str:
    """Draw the same statement in another dress, or with something wrong in it."""
    scanner = postgresql if kind == "postgresql" else sqlite
    try:
        parts = [sql[one.start : one.end] for one in scanner.tokens(sql)]
    except Unsplittable:
        return sql
    places = st.integers(0, len(parts) - 1)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(places)
        match draw(st.sampled_from(("gap", "case", "string", "lose", "double", "swap", "scrap"))):
            case "gap":
                parts[at] += draw(st.sampled_from(_GAPS)) if parts[at].isspace() else ""
            case "case":
                parts[at] = parts[at].upper() if parts[at].isalpha() else parts[at]
            case "string" if kind == "postgresql":
                parts[at] = _requoted(parts[at], draw(st.sampled_from("$EU")))
            case "lose":
                parts[at] = " "
            case "double":
                parts[at] = f"{parts[at]} {parts[at]}"
            case "swap":
                parts[at], parts[at - 1] = parts[at - 1], parts[at]
            case "scrap":
                parts[at] += f" {draw(st.sampled_from(_SCRAPS))} "
            case _:
                pass
    return "".join(parts)


def _requoted(text: str, how: str) -> str:
    """Write a plain string otherwise; its value stays."""
    inside = text[1:-1]
    if not (text.startswith("'") and text.endswith("'")) or "'" in inside or "\\" in inside:
        return text
    match how:
        case "$":
            return f"$q${inside}$q$"
        case "E":
            return (
                "E'" + "".join(f"\\x{ord(one):02x}" if one == "a" else one for one in inside) + "'"
            )
        case _:
            return f"U&'{inside}'"
