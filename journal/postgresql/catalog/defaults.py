"""Default privileges: what objects that a role makes later are granted by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import USERS, Found, Scope, within
from journal.postgresql.connection import Session

DEFAULTS = f"""
select d.oid::int8, pg_get_userbyid(d.defaclrole), coalesce(n.nspname, ''),
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences'
        when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas'
        else 'large objects' end,
    d.defaclacl::text[]
from pg_catalog.pg_default_acl d
left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
where (d.defaclnamespace = 0 or {USERS}) and {within("d.oid")}
"""


def read_defaults(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the default privileges in scope: by role, schema (empty for all), and what they are on."""
    found = session.query(DEFAULTS, scope.params("default_acl"))
    for oid, role, schema, what, privileges in found:
        key = ("default_acl", oid)
        yield Found(
            key=key,
            unit=key,
            kind="default privileges",
            path=(role, schema, what),
            definition={"acl": privileges},
        )
