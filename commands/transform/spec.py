"""What a transform is: data that says which source fields go where, and who decides.

A transform reads *records* (rows of a SELECT, JSON columns unpacked into fields), groups them by
a key into *subjects*, and fills target rows by field rules. Nothing here does anything; the
structs are printed, digested and checked before they run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from commands.declared import Spec

How = Literal[
    "first",
    "last",
    "prefer",
    "only",
    "merge_lists",
    "merge_objects",
    "minimum",
    "maximum",
    "sum",
]
Policy = Literal["decide", "park", "refuse"]
Missing = Literal["reject", "insert", "provision"]


class Reject(Exception):
    """Raised by a migration's function to set a subject aside.

    The reason stands in the entry, so it names no value of a row.
    """


class When(Spec, frozen=True, kw_only=True):
    """A condition on a record: ``field`` bears one of ``values`` (any value, where empty)."""

    field: str
    values: tuple[Any, ...] = ()


class Pick(Spec, frozen=True, kw_only=True):
    """A value picked, merged or computed from the values a subject's records have.

    ``fields`` are the spellings under which a record may bear it, the first found counts.
    ``when`` limits the rule to some records. ``by`` and ``order`` belong to ``prefer``: the
    field whose value tells where a record comes from, and the sources, best first.
    ``on_conflict`` says what to do where records disagree: let the rule ``decide``, ``park``
    the field at ``placeholder`` until a person decides, or ``refuse`` the run.
    """

    how: How
    fields: tuple[str, ...]
    when: tuple[When, ...] = ()
    by: str = ""
    order: tuple[Any, ...] = ()
    later_wins: bool = True
    on_conflict: Policy = "decide"
    placeholder: Any = None


class Key(Spec, frozen=True, kw_only=True):
    """The value that all records of the row share: a field of the key."""

    field: str


class Constant(Spec, frozen=True, kw_only=True):
    """The same value in each row."""

    value: Any


class Generated(Spec, frozen=True, kw_only=True):
    """UUID version 5 (RFC 9562) of the row's natural key, in the namespace of a name."""

    namespace: str


class Compute(Spec, frozen=True, kw_only=True):
    """What a pure function makes of fields; each argument is the first value found."""

    function: Callable[..., Any]
    fields: tuple[str, ...]


class Derive(Spec, frozen=True, kw_only=True):
    """What a pure function makes of the finished row, a dict of its other columns."""

    function: Callable[[Mapping[str, Any]], Any]


Rule: TypeAlias = Pick | Key | Constant | Generated | Compute | Derive


class Rows(Spec, frozen=True, kw_only=True):
    """The rows of one target table: one for each subject, or for each group of its records.

    ``per`` names the fields that tell the groups of a subject apart; records without a value
    in one of them make no row. ``needs`` are conditions on the records that count.

    Without ``match`` each row is new. With it, a row whose ``match`` columns bear these values
    is merged into: what stands in a column counts as the first record of the subject. Where
    there is none, ``missing`` says what to do: ``reject`` the subject, ``insert`` a row, or
    ``provision`` one, a stand-in that is told of and never written over a real row.
    """

    table: str
    columns: Mapping[str, Rule]
    per: tuple[str, ...] = ()
    needs: tuple[When, ...] = ()
    match: tuple[str, ...] = ()
    missing: Missing = "reject"


class Select(Spec, frozen=True, kw_only=True):
    """A SELECT; ``unpack`` are columns of JSON objects, made into fields.

    ``order`` is the order of a subject's records, SQL over the columns that are selected. A
    field of an unpacked object and a column of one name would be two sources of one field, and
    are refused when met.
    """

    sql: str
    order: str = ""
    unpack: tuple[str, ...] = ()


class Unmapped(Spec, frozen=True, kw_only=True):
    """Fields that found no home in an earlier transform, as the journal keeps them.

    ``of`` is that transform's name. Each record bears the fields and, under the name of the
    new transform's ``subject``, the key it had.
    """

    of: str
    fields: tuple[str, ...]


Source: TypeAlias = Select | Unmapped


class Transform(Spec, frozen=True, kw_only=True, tag="transform"):
    """Records into rows.

    ``subject`` names the field that groups records, ``record`` those that tell one record from
    another; ``ignore`` lists fields that need no home.
    """

    name: str
    source: Source
    subject: str
    into: tuple[Rows, ...]
    record: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def taken(spec: Transform) -> Iterator[tuple[str, ...]]:
    """Yield the fields that rules take, spellings of one together."""
    for target in spec.into:
        yield from ((field,) for field in target.per)
        yield from ((condition.field,) for condition in target.needs)
        for rule in target.columns.values():
            match rule:
                case Pick():
                    yield rule.fields
                    yield from ((condition.field,) for condition in rule.when)
                case Key():
                    yield (rule.field,)
                case Compute():
                    yield from ((field,) for field in rule.fields)
                case _:
                    pass
