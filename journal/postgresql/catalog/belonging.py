"""What belongs to extensions: let through where its extension is made, altered or dropped."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping

from journal.errors import NotKnownExact
from journal.postgresql.catalog.counters import family_of
from journal.postgresql.catalog.found import Key
from journal.postgresql.catalog.touched import Oddment
from journal.postgresql.connection import Session

NAME = "extension-member"

STILL = """
select pg_catalog.pg_describe_object(x.class, x.oid, 0)
from unnest(%s::oid[], %s::oid[]) x(class, oid)
where (pg_catalog.pg_identify_object(x.class, x.oid, 0)).identity is not null limit 1
"""

STRANGE = """
select pg_catalog.pg_describe_object(%(catalog)s::regclass, %(oid)s::oid, 0)
where (pg_catalog.pg_identify_object(%(catalog)s::regclass, %(oid)s::oid, 0)).identity is not null
and not exists (select from pg_catalog.pg_depend x where x.deptype = 'e'
    and x.classid = %(catalog)s::regclass and x.objid = %(oid)s::oid)
"""


def refuse_members(
    keys: Iterable[Key],
    units: Mapping[Key, Key],
    changed: Container[int],
    allowed: Container[str],
) -> None:
    """Refuse changes to members of an extension that itself is as it was.

    Raises:
        NotKnownExact: unless the rule is waived.
    """
    for key in keys:
        family, oid = units.get(key, key)
        if family != "extension" or key[0] == "extension" or oid in changed:
            continue
        if NAME not in allowed:
            raise NotKnownExact(NAME, "what belongs to an extension, or leans on it, was changed")


def refuse_owners(extensions: Collection[Key], allowed: Container[str]) -> None:
    """Refuse extensions whose row was written, and that are as they were: they have other owners.

    Raises:
        NotKnownExact: unless the rule is waived.
    """
    if extensions and NAME not in allowed:
        raise NotKnownExact(NAME, "an extension was given to another owner")


def refuse_comments(session: Session, keys: Iterable[Key], allowed: Container[str]) -> None:
    """Refuse comments on objects that no reader knows, and that belong to no extension.

    Raises:
        NotKnownExact: named after the family of objects, unless the rule is waived.
    """
    for catalog, oid in sorted(key for key in keys if key[0].startswith("pg_")):
        name = family_of(catalog)
        described = session.value(STRANGE, {"catalog": f"pg_catalog.{catalog}", "oid": oid})
        if described and name not in allowed:
            raise NotKnownExact(name, f"a comment on {described} is not known to come back exactly")


def refuse_leaving(
    session: Session,
    lost: Iterable[Oddment],
    changed: Container[int],
    allowed: Container[str],
) -> None:
    """Refuse objects that leave an extension and go on to stand without it.

    Raises:
        NotKnownExact: unless the rule is waived.
    """
    left = [one for one in lost if one[0] in ("extension", "leaning")]
    if not left or NAME in allowed:
        return
    if any(one[0] == "leaning" or int(one[3]) not in changed for one in left):
        raise NotKnownExact(NAME, "an object belongs to an extension, or leans on it, no more")
    named = session.value(STILL, ([one[1] for one in left], [one[2] for one in left]))
    if named:
        raise NotKnownExact(NAME, f"{named} belongs to its extension no more")
