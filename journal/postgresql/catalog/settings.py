"""Settings under which the server writes definitions in one and the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from journal.postgresql.connection import Session

PLAIN = {
    "search_path": "",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "timezone": "UTC",
    "xmloption": "content",
    "array_nulls": "on",
    "lc_monetary": "C",
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "check_function_bodies": "off",
    "row_security": "off",
    "default_tablespace": "",
    "default_table_access_method": "heap",
    "default_toast_compression": "pglz",
    # Compiling a query of the catalogs takes a hundred times as long as running it.
    "jit": "off",
    # Images of a large statement are joined with the table once; batches on disk double that.
    "work_mem": "64MB",
}


@contextmanager
def plain(session: Session, settings: Mapping[str, str] = PLAIN) -> Iterator[None]:
    """Hold the settings that definitions are written and read back under, or others.

    Settings are local to the transaction, and the user's own come back afterwards. After an
    error they are left alone: the transaction is to be taken back anyhow.
    """
    names = list(settings)
    found = session.query(
        "select pg_catalog.current_setting(x.name), pg_catalog.set_config(x.name, x.value, true)"
        " from unnest(%s::text[], %s::text[]) with ordinality as x(name, value, place)"
        " order by x.place",
        (names, list(settings.values())),
    )
    yield
    changed = [
        (setting, row[0]) for setting, row in zip(names, found, strict=True) if row[0] != row[1]
    ]
    session.query(
        "select pg_catalog.set_config(x.name, x.value, true)"
        " from unnest(%s::text[], %s::text[]) as x(name, value)",
        ([setting for setting, _ in changed], [value for _, value in changed]),
    )
