"""Reading values back from their text, by the input function of their type.

``text::T`` calls whatever cast there is from text to T, which may be a function that reads
another language: the server has such casts for a few of its types, and users may make more for
theirs. An element of an array is always read by the type's input function.
"""

from __future__ import annotations

import re

_SAFE = re.compile(
    r"(?:boolean|bytea|smallint|integer|bigint|text|oid|tid|xid|xid8|cid|json|jsonb|jsonpath"
    r"|real|double precision|numeric|money|point|line|lseg|box|path|polygon|circle"
    r"|inet|cidr|macaddr|macaddr8|aclitem|uuid|pg_lsn|tsvector|tsquery|bit|bit varying"
    r"|character|character varying|bpchar|date|interval(?: [a-z ]+)?"
    r"|timestamp without time zone|timestamp with time zone"
    r"|time without time zone|time with time zone"
    r"|(?:int[48]|num|ts|tstz|date)(?:multi)?range|txid_snapshot|pg_snapshot|refcursor)"
    r"(?:\([0-9, ]+\)(?: with(?:out)? time zone)?)?"
)
"""Types of the server for which a cast from text is their input function."""


def written(column: str) -> str:
    """Return the SQL of the text of a value, by its type's output function and no cast."""
    return f"CASE WHEN {column} IS NOT NULL THEN format('%s', {column}) END"


def value(text: str, kind: str) -> str:
    """Return the SQL of a value of type ``kind``, from the SQL of its text."""
    if _SAFE.fullmatch(kind) or kind.endswith("[]"):
        return f"{text}::{kind}"
    quoted = rf"""replace(replace({text}, '\', '\\'), '"', '\"')"""
    return rf"""CASE WHEN {text} IS NOT NULL THEN (('{{"' || {quoted} || '"}}')::{kind}[])[1] END"""
