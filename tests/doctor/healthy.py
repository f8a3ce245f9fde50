"""Healthy databases that have a bit of everything, and that the doctor has to leave in peace."""

from __future__ import annotations

BOTH = """
CREATE TABLE countries (code varchar(2) PRIMARY KEY, name text NOT NULL);
CREATE TABLE users (id {key}, email varchar(100) NOT NULL UNIQUE, name text, country_code varchar(2)
    REFERENCES countries (code), invited_by_id integer REFERENCES users (id), external_id text);
CREATE TABLE addresses (id {key}, user_id integer NOT NULL REFERENCES users (id), line text);
CREATE TABLE categories (id {key}, parent_id integer REFERENCES categories (id), name text);
CREATE TABLE people (user_id integer PRIMARY KEY REFERENCES users (id), born date);
CREATE TABLE orders (id {key}, user_id integer NOT NULL REFERENCES users (id), billing_address_id
    integer REFERENCES addresses (id), total numeric(10, 2) NOT NULL CHECK (total >= 0),
    payment_id text, created_at timestamp);
CREATE TABLE order_items (order_id integer NOT NULL REFERENCES orders (id), line integer NOT NULL,
    what text, price numeric(10, 2), PRIMARY KEY (order_id, line));
CREATE TABLE notes (id {key}, subject_type text NOT NULL, subject_id integer NOT NULL, body text);
CREATE TABLE tags (id {key}, name text NOT NULL UNIQUE);
CREATE TABLE notes_tags (note_id integer NOT NULL REFERENCES notes (id), tag_id integer NOT NULL
    REFERENCES tags (id), PRIMARY KEY (note_id, tag_id));
CREATE TABLE login_log (id {key}, user_id integer, at timestamp, session_id text);
CREATE TABLE payloads (id {key}, body text, sent boolean, size real, data {bytes});
CREATE INDEX orders_by_user ON orders (user_id);
CREATE INDEX orders_by_day ON orders (user_id, created_at);
CREATE UNIQUE INDEX users_by_external ON users (external_id) WHERE external_id IS NOT NULL;
CREATE VIEW spent AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
INSERT INTO countries VALUES ('de', 'Germany'), ('th', 'Thailand');
INSERT INTO users (email, name, country_code) VALUES ('a@x', 'A', 'de'), ('b@x', 'B', 'th');
INSERT INTO users (email, invited_by_id, external_id) VALUES ('c@x', 1, 'ext-7');
INSERT INTO addresses (user_id, line) VALUES (1, 'Street 1'), (2, 'Road 2');
INSERT INTO categories (parent_id, name) VALUES (NULL, 'all'), (1, 'some');
INSERT INTO people VALUES (1, '1990-01-01');
INSERT INTO orders (user_id, billing_address_id, total, payment_id, created_at)
    VALUES (1, 1, 10.5, 'pay_1', '2026-01-01'), (2, 2, 0, 'pay_2', '2026-01-02');
INSERT INTO order_items VALUES (1, 1, 'tea', 10.5), (2, 1, 'air', 0);
INSERT INTO notes (subject_type, subject_id, body) VALUES ('user', 1, 'hi'), ('order', 99, '?');
INSERT INTO tags (name) VALUES ('new');
INSERT INTO notes_tags VALUES (1, 1);
INSERT INTO login_log (user_id, at) VALUES (1, '2026-01-01'), (99, '2026-01-02');
INSERT INTO payloads (body, sent, size) VALUES ('x', {true}, 1.5), (NULL, NULL, NULL)
"""
POSTGRESQL = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TYPE pair AS (a mood, b text);
CREATE FUNCTION moods(mood) RETURNS pair LANGUAGE sql AS 'SELECT $1, ''x''';
CREATE TABLE feelings (id bigserial PRIMARY KEY, mood mood, strength positive, seen pair[],
    user_id integer REFERENCES users (id) DEFERRABLE, at timestamptz DEFAULT now());
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, at date NOT NULL, user_id integer
    REFERENCES users (id), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX events_by_user ON events (user_id);
CREATE TABLE animals (id integer PRIMARY KEY, name text);
CREATE TABLE dogs (tricks text) INHERITS (animals);
CREATE SEQUENCE invoice_numbers;
CREATE TABLE invoices (number integer PRIMARY KEY DEFAULT nextval('invoice_numbers'), order_id
    bigint REFERENCES orders (id));
CREATE SCHEMA other;
CREATE TABLE other.users (id uuid PRIMARY KEY, name text);
CREATE TABLE other.sessions (id uuid PRIMARY KEY, user_id uuid REFERENCES other.users (id));
CREATE TABLE accounts (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), owner_id text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE MATERIALIZED VIEW richest AS SELECT user_id FROM orders;
CREATE INDEX users_like ON users (email varchar_pattern_ops);
INSERT INTO feelings (mood, strength, user_id) VALUES ('good', 1, 1);
INSERT INTO events (at, user_id) VALUES ('2026-02-02', 1);
INSERT INTO dogs VALUES (1, 'Rex', 'sit');
INSERT INTO invoices (order_id) VALUES (1), (2)
"""
SQLITE = """
CREATE TABLE loose (id integer PRIMARY KEY, anything, stamp datetime, flag boolean, doc json);
CREATE TABLE strict_one (id integer PRIMARY KEY, n int NOT NULL, x any) STRICT;
CREATE TABLE pairs (a text, b text, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE VIRTUAL TABLE texts USING fts5 (body);
CREATE TRIGGER renamed AFTER UPDATE OF name ON users BEGIN INSERT INTO loose (anything)
    VALUES (new.name) ; END;
INSERT INTO loose VALUES (1, 'x', '2026-01-01 10:00', 1, '{}'), (2, 3.5, 1767225600, 0, NULL);
INSERT INTO strict_one VALUES (1, 1, 'x'), (2, 2, x'00');
INSERT INTO texts VALUES ('hello')
"""


def script(*, sqlite: bool) -> list[str]:
    """Return the statements for one database."""
    words = (
        {"key": "integer PRIMARY KEY AUTOINCREMENT", "bytes": "blob", "true": "1"}
        if sqlite
        else {"key": "serial PRIMARY KEY", "bytes": "bytea", "true": "true"}
    )
    own = SQLITE if sqlite else POSTGRESQL
    return BOTH.format(**words).split(";\n") + own.split(";\n")
