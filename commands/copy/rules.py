"""The words a copy is declared with: each returns the conversion of one column."""

from __future__ import annotations

from typing import Any

from commands.copy.spec import Conversion, Form, Isolation, Reference


def boolean(
    *, true: tuple[Any, ...] = (), false: tuple[Any, ...] = (), null: tuple[Any, ...] = ()
) -> Conversion:
    """True or false: 0, 1, and the words PostgreSQL knows; ``true`` and ``false`` add to them."""
    return Conversion(forms=("boolean",), true=true, false=false, null=null)


def times(*forms: Form, zone: str = "", null: tuple[Any, ...] = (), type: str = "") -> Conversion:  # noqa: A002 - the word of SQL
    """Moments in these forms, such as ``times("milliseconds", "iso", zone="UTC")``."""
    return Conversion(forms=forms, zone=zone, null=null, type=type)


def json(*, type: str = "", null: tuple[Any, ...] = ()) -> Conversion:  # noqa: A002 - the word of SQL
    """JSON in text; jsonb unless ``type`` says otherwise."""
    return Conversion(forms=("json",), type=type, null=null)


def text(*, type: str = "", null: tuple[Any, ...] = ()) -> Conversion:  # noqa: A002 - the word of SQL
    """Text as it stands; numbers where text is wanted become their digits."""
    return Conversion(forms=("text",), type=type, null=null)


def integer(*, type: str = "", null: tuple[Any, ...] = ()) -> Conversion:  # noqa: A002 - the word of SQL
    """Whole numbers, digits in text among them."""
    return Conversion(forms=("integer",), type=type, null=null)


def number(*, type: str = "", null: tuple[Any, ...] = ()) -> Conversion:  # noqa: A002 - the word of SQL
    """Numbers, those in text among them."""
    return Conversion(forms=("number",), type=type, null=null)


def octets(*, null: tuple[Any, ...] = ()) -> Conversion:
    """Bytes; text becomes its UTF-8."""
    return Conversion(forms=("bytes",), null=null)


def uuid(*, null: tuple[Any, ...] = ()) -> Conversion:
    """UUIDs, as text in any letter case or as 16 bytes."""
    return Conversion(forms=("uuid",), null=null)


def nulls(*values: Any) -> Conversion:
    """The inferred conversion, and these values mean null."""
    return Conversion(null=values)


def omit() -> Conversion:
    """Leave the column behind; each value of it is a stated loss."""
    return Conversion(omit=True)


def refers(
    table: str,
    columns: str | tuple[str, ...],
    references: str,
    referred: str | tuple[str, ...] = (),
) -> Reference:
    """Columns that refer to another table without a foreign key."""
    return Reference(
        table=table,
        columns=_tuple(columns),
        references=references,
        referred=_tuple(referred),
    )


def isolated(name: str, *, root: str, **paths: str | tuple[str, ...]) -> Isolation:
    """Rows of one tenant refer to rows of that tenant only; ``root`` is the tenants' table."""
    return Isolation(
        name=name, root=root, paths={table: _tuple(ways) for table, ways in paths.items()}
    )


def _tuple(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
