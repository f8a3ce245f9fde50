"""Foreign keys whose types differ, and those that were never made."""

from __future__ import annotations

import psycopg

from tests.doctor.ward import Ward

UUID = "00000000-0000-4000-8000-00000000000{}"


def people(ward: Ward, key: str = "uuid") -> list[str]:
    """Users with keys of a type, and carts that number their users."""
    values = [f"('{UUID.format(n)}')" if key == "uuid" else f"({n})" for n in (1, 2, 3)]
    kind = "text" if ward.sqlite and key == "uuid" else key
    return [
        f"CREATE TABLE users (id {kind} PRIMARY KEY)",
        f"INSERT INTO users (id) VALUES {', '.join(values)}",
    ]


def test_integer_beside_uuid(ward: Ward) -> None:
    """A numbered column named after a table with another kind of key is found before it fails."""
    ward.made(
        *people(ward),
        f"CREATE TABLE shopping_carts (id {ward.key}, user_id integer NOT NULL)",
        "INSERT INTO shopping_carts (user_id) VALUES (1), (2), (3)",
        f'CREATE TABLE notifications (id {ward.key}, "userId" integer)',
    )
    carts, notes = sorted(ward.found("foreign-key-types", code=1), key=lambda one: one["where"])[
        ::-1
    ]
    assert (carts["where"], carts["severity"]) == ("shopping_carts.user_id", "warning")
    assert (notes["where"], notes["severity"]) == ("notifications.userId", "warning")
    assert [one["count"] for one in carts["evidence"]] == [3, 0]
    assert ("42804" in carts["consequence"]) is not ward.sqlite


def test_what_42804_says(postgresql_ward: Ward) -> None:
    """The type that is said to be refused is refused, and the one said to fit is taken."""
    ward = postgresql_ward
    kinds = (
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "text",
        "varchar(9)",
        "uuid",
        "date",
        "real",
    )
    for number, kind in enumerate(kinds):
        tables = [
            f"CREATE TABLE c{number}{n} (id integer PRIMARY KEY, thing{number}_id {other})"
            for n, other in enumerate(kinds)
        ]
        ward.made(f"CREATE TABLE thing{number} (id {kind} PRIMARY KEY)", *tables)
    said = {one["where"].split(".")[0] for one in ward.found("foreign-key-types", code=1)}
    refused = set()
    with psycopg.connect(ward.url, autocommit=True) as db:
        for number in range(len(kinds)):
            for n in range(len(kinds)):
                try:
                    db.execute(
                        f"ALTER TABLE c{number}{n} ADD FOREIGN KEY (thing{number}_id)"
                        f" REFERENCES thing{number} (id)".encode()
                    )
                except psycopg.errors.DatatypeMismatch:
                    refused.add(f"c{number}{n}")
    assert said == refused


def test_never_made(ward: Ward) -> None:
    """A column of the right type without a foreign key is found with its orphans, as a note."""
    ward.made(
        *people(ward, "integer"),
        f"CREATE TABLE orders (id {ward.key}, user_id integer)",
        "INSERT INTO orders (user_id) VALUES (1), (2), (2), (NULL)",
    )
    (one,) = ward.found("missing-foreign-key")
    assert (one["where"], one["severity"]) == ("orders.user_id", "note")
    assert [e["count"] for e in one["evidence"]] == [0, 3]
    ward.made("INSERT INTO orders (user_id) VALUES (77)")
    (one,) = ward.found("missing-foreign-key")
    assert (one["severity"], one["evidence"][0]["sample"]) == ("note", [[5, 77]])


def test_orphans_where_others_are_held(ward: Ward) -> None:
    """Orphans in a table whose neighbours refer by a foreign key are a warning; a log's are not."""
    ward.made(
        *people(ward, "integer"),
        f"CREATE TABLE carts (id {ward.key}, user_id integer REFERENCES users (id))",
        f"CREATE TABLE orders (id {ward.key}, user_id integer)",
        f"CREATE TABLE login_log (id {ward.key}, user_id integer)",
        "INSERT INTO orders (user_id) VALUES (1), (2), (77)",
        "INSERT INTO login_log (user_id) VALUES (1), (2), (77)",
    )
    found = {one["where"]: one["severity"] for one in ward.found("missing-foreign-key", code=1)}
    assert found == {"orders.user_id": "warning", "login_log.user_id": "note"}


def test_names_that_are_no_reference(ward: Ward) -> None:
    """Ids of somewhere else, of several tables, or of a key's own table are left alone."""
    ward.made(
        *people(ward, "integer"),
        f"CREATE TABLE notes (id {ward.key}, user_type text, user_id integer, stripe_id text)",
        "CREATE TABLE carts (cart_id integer PRIMARY KEY, external_id integer)",
        "INSERT INTO notes (user_id, stripe_id) VALUES (9, 'x')",
    )
    assert [one for one in ward.diagnosis() if "foreign" in one["kind"]] == []


def test_text_that_is_a_foreign_id(ward: Ward) -> None:
    """Text that is never a key of the table may be the id of another system: a note at most."""
    ward.made(
        *people(ward, "integer"),
        f"CREATE TABLE orders (id {ward.key}, user_id text)",
        "INSERT INTO orders (user_id) VALUES ('usr_1'), ('usr_2')",
    )
    (one,) = ward.found("foreign-key-types")
    assert one["severity"] == "note"


def test_keys_as_text(postgresql_ward: Ward) -> None:
    """Keys that are written as text are a note, and the cast that is proposed makes the key."""
    ward = postgresql_ward
    ward.made(
        *people(ward, "integer"),
        "CREATE TABLE orders (id serial PRIMARY KEY, user_id text)",
        "INSERT INTO orders (user_id) VALUES ('1'), ('3'), (NULL)",
    )
    (one,) = ward.found("foreign-key-types")
    assert one["severity"] == "note"
    ward.made(*one["repair"])
    assert ward.application("SELECT user_id FROM orders ORDER BY id") == [(1,), (3,), (None,)]
    assert [one for one in ward.diagnosis() if "foreign" in one["kind"]] == []


def test_narrower_key(postgresql_ward: Ward) -> None:
    """An integer that refers to a bigint is a warning when half of the integers are used up."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE users (id bigint PRIMARY KEY)",
        "CREATE TABLE roles (id integer PRIMARY KEY)",
        "CREATE TABLE members (user_id integer REFERENCES users, role_id bigint REFERENCES roles,"
        " PRIMARY KEY (user_id, role_id))",
        "INSERT INTO users VALUES (1), (1000000000)",
    )
    found = {one["where"]: one["severity"] for one in ward.found("foreign-key-types")}
    assert found == {"members.user_id": "note", "members.role_id": "note"}
    ward.made("INSERT INTO users VALUES (1500000000)")
    found = {one["where"]: one for one in ward.found("foreign-key-types", code=1)}
    assert found["members.user_id"]["severity"] == "warning"
    ward.made(*found["members.user_id"]["repair"])
    assert [one["where"] for one in ward.found("foreign-key-types")] == ["members.role_id"]
