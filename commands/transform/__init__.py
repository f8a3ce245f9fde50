"""What a migration in Python is written with.

A file ``NNNN_name.py`` beside the SQL ones defines ``migration = Migration(steps=(...))``.
"""

from commands.transform.rules import (
    compute,
    constant,
    derive,
    first,
    generated,
    key,
    last,
    maximum,
    merge_lists,
    merge_objects,
    minimum,
    only,
    prefer,
    provision,
    total,
    unmapped,
    where,
)
from commands.transform.spec import Reject, Rows, Select, Transform
from commands.transform.steps import Backup, Check, Command, Limit, Migration, Reset, Sql

__all__ = [
    "Backup",
    "Check",
    "Command",
    "Limit",
    "Migration",
    "Reject",
    "Reset",
    "Rows",
    "Select",
    "Sql",
    "Transform",
    "compute",
    "constant",
    "derive",
    "first",
    "generated",
    "key",
    "last",
    "maximum",
    "merge_lists",
    "merge_objects",
    "minimum",
    "only",
    "prefer",
    "provision",
    "total",
    "unmapped",
    "where",
]
