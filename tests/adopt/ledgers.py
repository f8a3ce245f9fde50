"""Bookkeeping as each tool writes it: its own DDL, rows of a usual life, and what they mean."""

from __future__ import annotations

import msgspec

from journal.values import DatabaseKind


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The statements that leave one tool's table in one database, and what is to be read."""

    tool: str
    table: str
    kinds: tuple[DatabaseKind, ...] = ("sqlite", "postgresql")
    sql: tuple[str, ...]
    applied: tuple[str, ...]
    unapplied: tuple[str, ...] = ()
    upto: str = ""


def ledgers(kind: DatabaseKind) -> tuple[Ledger, ...]:
    """Return the ledgers that a tool can leave in a database of a kind."""
    return tuple(one for one in LEDGERS if kind in one.kinds)


def _both(
    tool: str, table: str, *, postgresql: tuple[str, ...], sqlite: tuple[str, ...], **rest: object
) -> tuple[Ledger, Ledger]:
    made = {"tool": tool, "table": table, **rest}
    return (
        msgspec.convert({**made, "kinds": ("postgresql",), "sql": postgresql}, Ledger),
        msgspec.convert({**made, "kinds": ("sqlite",), "sql": sqlite}, Ledger),
    )


_PRISMA = """insert into "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name",
 "rolled_back_at", "started_at", "applied_steps_count") values
 ('a', 'x', '2024-01-01 10:00:01', '20240101_init', null, '2024-01-01 10:00:00', 1),
 ('b', 'x', null, '20240102_posts', '2024-01-02 10:05:00', '2024-01-02 10:00:00', 0),
 ('c', 'x', '2024-01-02 10:10:01', '20240102_posts', null, '2024-01-02 10:10:00', 1),
 ('d', 'x', null, '20240103_tags', '2024-01-03 10:05:00', '2024-01-03 10:00:00', 0),
 ('e', 'x', null, '20240104_likes', null, '2024-01-04 10:00:00', 0)"""
_KNEX = """insert into knex_migrations (name, batch, migration_time) values
 ('20240102_b.js', 1, '2024-01-02 10:00:00'), ('20240101_a.js', 2, '2024-01-03 10:00:00')"""
_FLYWAY = """insert into flyway_schema_history (installed_rank, version, description, type, script,
 checksum, installed_by, installed_on, execution_time, success) values
 (0, null, '<< Flyway Schema Creation >>', 'SCHEMA', '"app"', null, 'x', '2024-01-01', 0, {yes}),
 (1, '2', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', null, 'x', '2024-01-01',
  0, {yes}),
 (2, '3', 'people', 'SQL', 'sub/V3__people.sql', 1, 'x', '2024-01-02', 5, {yes}),
 (3, '4', 'pets', 'SQL', 'V4__pets.sql', 2, 'x', '2024-01-03', 5, {yes}),
 (4, null, 'view', 'SQL', 'R__view.sql', 3, 'x', '2024-01-03', 5, {yes}),
 (5, '4', 'pets', 'UNDO_SQL', 'U4__pets.sql', null, 'x', '2024-01-04', 5, {yes}),
 (6, null, 'view', 'SQL', 'R__view.sql', 4, 'x', '2024-01-05', 5, {yes}),
 (7, '5', 'broken', 'SQL', 'V5__broken.sql', 5, 'x', '2024-01-06', 5, {no})"""
_LIQUIBASE = """insert into {table} (id, author, filename, dateexecuted, orderexecuted, exectype,
 md5sum) values ('1', 'ann', 'db/people.xml', '2024-01-01', 1, 'EXECUTED', '9:a'),
 ('2', 'ann', 'db/people.xml', '2024-01-01', 2, 'MARK_RAN', '9:b'),
 ('1', 'bob', 'db/pets.xml', '2024-01-02', 3, 'FAILED', '9:c')"""
_SQITCH_PROJECT = """insert into {registry}projects values
 ('app', null, '2024-01-01', 'a', 'a@example.org')"""
_SQITCH = """insert into {registry}changes (change_id, script_hash, "change", project, note,
 committed_at, committer_name, committer_email, planned_at, planner_name, planner_email) values
 ('i2', 's2', 'users', 'app', '', '2024-01-02', 'a', 'a@example.org', '2024-01-01', 'a', 'a'),
 ('i1', 's1', 'appschema', 'app', '', '2024-01-01', 'a', 'a@example.org', '2024-01-01', 'a', 'a')"""

LEDGERS = (
    *_both(
        "prisma",
        "_prisma_migrations",
        postgresql=(
            'create table "_prisma_migrations" (id varchar(36) primary key not null,'
            " checksum varchar(64) not null, finished_at timestamptz,"
            " migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,"
            " started_at timestamptz not null default now(),"
            " applied_steps_count integer not null default 0)",
            _PRISMA,
        ),
        sqlite=(
            'create table "_prisma_migrations" ("id" TEXT PRIMARY KEY NOT NULL,'
            ' "checksum" TEXT NOT NULL, "finished_at" DATETIME, "migration_name" TEXT NOT NULL,'
            ' "logs" TEXT, "rolled_back_at" DATETIME,'
            ' "started_at" DATETIME NOT NULL DEFAULT current_timestamp,'
            ' "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)',
            _PRISMA,
        ),
        applied=("20240101_init", "20240102_posts"),
        unapplied=("20240103_tags", "20240104_likes"),
    ),
    *_both(
        "sequelize",
        "SequelizeMeta",
        postgresql=(
            'CREATE TABLE IF NOT EXISTS "SequelizeMeta" ("name" VARCHAR(255) NOT NULL UNIQUE,'
            ' PRIMARY KEY ("name"))',
            """insert into "SequelizeMeta" values ('2-b.js'), ('1-a.js')""",
        ),
        sqlite=(
            "CREATE TABLE IF NOT EXISTS `SequelizeMeta` (`name` VARCHAR(255) NOT NULL UNIQUE"
            " PRIMARY KEY)",
            "insert into SequelizeMeta values ('2-b.js'), ('1-a.js')",
        ),
        applied=("1-a.js", "2-b.js"),
    ),
    *_both(
        "knex",
        "knex_migrations",
        postgresql=(
            'create table "knex_migrations" ("id" serial primary key, "name" varchar(255),'
            ' "batch" integer, "migration_time" timestamptz)',
            'create table "knex_migrations_lock" ("index" serial primary key, "is_locked" integer)',
            "insert into knex_migrations_lock (is_locked) values (0)",
            _KNEX,
        ),
        sqlite=(
            "create table `knex_migrations` (`id` integer not null primary key autoincrement,"
            " `name` varchar(255), `batch` integer, `migration_time` datetime)",
            "create table `knex_migrations_lock` (`index` integer not null primary key"
            " autoincrement, `is_locked` integer)",
            "insert into knex_migrations_lock (is_locked) values (0)",
            _KNEX,
        ),
        applied=("20240102_b.js", "20240101_a.js"),
    ),
    *_both(
        "dbmate",
        "schema_migrations",
        postgresql=(
            "create table if not exists public.schema_migrations (version varchar primary key)",
            "insert into schema_migrations values ('20240102'), ('9'), ('10')",
        ),
        sqlite=(
            'create table if not exists "schema_migrations" (version varchar(128) primary key)',
            "insert into schema_migrations values ('20240102'), ('9'), ('10')",
        ),
        applied=("9", "10", "20240102"),
    ),
    *_both(
        "golang-migrate",
        "schema_migrations",
        postgresql=(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint not null primary key,"
            " dirty boolean not null)",
            "insert into schema_migrations values (12, false)",
        ),
        sqlite=(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version uint64,dirty bool)",
            "CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON schema_migrations (version)",
            "insert into schema_migrations values (12, 0)",
        ),
        applied=("12",),
        upto="12",
    ),
    *_both(
        "golang-migrate",
        "schema_migrations",
        postgresql=(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint not null primary key,"
            " dirty boolean not null)",
            "insert into schema_migrations values (12, true)",
        ),
        sqlite=(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version uint64,dirty bool)",
            "insert into schema_migrations values (12, 1)",
        ),
        applied=(),
        unapplied=("12",),
        upto="11",
    ),
    *_both(
        "rails",
        "schema_migrations",
        postgresql=(
            'CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY)',
            'CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY,'
            ' "value" character varying, "created_at" timestamp(6) NOT NULL,'
            ' "updated_at" timestamp(6) NOT NULL)',
            "insert into schema_migrations values ('20240102000000'), ('20240101000000')",
        ),
        sqlite=(
            'CREATE TABLE "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY)',
            'CREATE TABLE "ar_internal_metadata" ("key" varchar NOT NULL PRIMARY KEY,'
            ' "value" varchar, "created_at" datetime(6) NOT NULL,'
            ' "updated_at" datetime(6) NOT NULL)',
            "insert into schema_migrations values ('20240102000000'), ('20240101000000')",
        ),
        applied=("20240101000000", "20240102000000"),
    ),
    *_both(
        "rails",
        "schema_migrations",
        postgresql=(
            'CREATE TABLE "schema_migrations" ("version" character varying(255) NOT NULL)',
            'CREATE UNIQUE INDEX "unique_schema_migrations" ON "schema_migrations" ("version")',
            "insert into schema_migrations values ('20140102000000')",
        ),
        sqlite=(
            'CREATE TABLE "schema_migrations" ("version" varchar(255) NOT NULL)',
            'CREATE UNIQUE INDEX "unique_schema_migrations" ON "schema_migrations" ("version")',
            "insert into schema_migrations values ('20140102000000')",
        ),
        applied=("20140102000000",),
    ),
    *_both(
        "flyway",
        "flyway_schema_history",
        postgresql=(
            'CREATE TABLE "public"."flyway_schema_history" ("installed_rank" INT NOT NULL,'
            ' "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL,'
            ' "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER,'
            ' "installed_by" VARCHAR(100) NOT NULL,'
            ' "installed_on" TIMESTAMP NOT NULL DEFAULT now(), "execution_time" INTEGER NOT NULL,'
            ' "success" BOOLEAN NOT NULL)',
            'ALTER TABLE "public"."flyway_schema_history" ADD CONSTRAINT'
            ' "flyway_schema_history_pk" PRIMARY KEY ("installed_rank")',
            _FLYWAY.format(yes="true", no="false"),
        ),
        sqlite=(
            'CREATE TABLE "flyway_schema_history" ("installed_rank" INT NOT NULL PRIMARY KEY,'
            ' "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL,'
            ' "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INT,'
            ' "installed_by" VARCHAR(100) NOT NULL,'
            " \"installed_on\" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')),"
            ' "execution_time" INT NOT NULL, "success" BOOLEAN NOT NULL)',
            _FLYWAY.format(yes=1, no=0),
        ),
        applied=("V3__people", "R__view"),
        unapplied=("V4__pets", "V5__broken"),
        upto="2",
    ),
    *_both(
        "liquibase",
        "databasechangelog",
        postgresql=(
            "CREATE TABLE databasechangelog (ID VARCHAR(255) NOT NULL,"
            " AUTHOR VARCHAR(255) NOT NULL, FILENAME VARCHAR(255) NOT NULL,"
            " DATEEXECUTED TIMESTAMP WITHOUT TIME ZONE NOT NULL, ORDEREXECUTED INTEGER NOT NULL,"
            " EXECTYPE VARCHAR(10) NOT NULL, MD5SUM VARCHAR(35), DESCRIPTION VARCHAR(255),"
            " COMMENTS VARCHAR(255), TAG VARCHAR(255), LIQUIBASE VARCHAR(20),"
            " CONTEXTS VARCHAR(255), LABELS VARCHAR(255), DEPLOYMENT_ID VARCHAR(10))",
            _LIQUIBASE.format(table="databasechangelog"),
        ),
        sqlite=(
            "CREATE TABLE DATABASECHANGELOG (ID VARCHAR(255) NOT NULL,"
            " AUTHOR VARCHAR(255) NOT NULL, FILENAME VARCHAR(255) NOT NULL,"
            " DATEEXECUTED TEXT NOT NULL, ORDEREXECUTED INTEGER NOT NULL,"
            " EXECTYPE VARCHAR(10) NOT NULL, MD5SUM VARCHAR(35), DESCRIPTION VARCHAR(255),"
            " COMMENTS VARCHAR(255), TAG VARCHAR(255), LIQUIBASE VARCHAR(20))",
            _LIQUIBASE.format(table="DATABASECHANGELOG"),
        ),
        applied=("db/people.xml::1::ann", "db/people.xml::2::ann"),
        unapplied=("db/pets.xml::1::bob",),
    ),
    *_both(
        "sqitch",
        "changes",
        postgresql=(
            "CREATE SCHEMA IF NOT EXISTS sqitch",
            "CREATE TABLE sqitch.projects (project TEXT PRIMARY KEY, uri TEXT NULL UNIQUE,"
            " created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),"
            " creator_name TEXT NOT NULL, creator_email TEXT NOT NULL)",
            "CREATE TABLE sqitch.changes (change_id TEXT PRIMARY KEY, script_hash TEXT NULL,"
            " change TEXT NOT NULL,"
            " project TEXT NOT NULL REFERENCES sqitch.projects(project) ON UPDATE CASCADE,"
            " note TEXT NOT NULL DEFAULT '',"
            " committed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),"
            " committer_name TEXT NOT NULL, committer_email TEXT NOT NULL,"
            " planned_at TIMESTAMPTZ NOT NULL, planner_name TEXT NOT NULL,"
            " planner_email TEXT NOT NULL, UNIQUE(project, script_hash))",
            _SQITCH_PROJECT.format(registry="sqitch."),
            _SQITCH.format(registry="sqitch."),
        ),
        sqlite=(
            "CREATE TABLE projects (project TEXT PRIMARY KEY, uri TEXT NULL UNIQUE,"
            " created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,"
            " creator_name TEXT NOT NULL, creator_email TEXT NOT NULL)",
            "CREATE TABLE changes (change_id TEXT PRIMARY KEY, script_hash TEXT NULL,"
            " change TEXT NOT NULL,"
            " project TEXT NOT NULL REFERENCES projects(project) ON UPDATE CASCADE,"
            " note TEXT NOT NULL DEFAULT '',"
            " committed_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,"
            " committer_name TEXT NOT NULL, committer_email TEXT NOT NULL,"
            " planned_at DATETIME NOT NULL, planner_name TEXT NOT NULL,"
            " planner_email TEXT NOT NULL, UNIQUE(project, script_hash))",
            _SQITCH_PROJECT.format(registry=""),
            _SQITCH.format(registry=""),
        ),
        applied=("appschema", "users"),
    ),
    Ledger(
        tool="yoyo",
        table="_yoyo_migration",
        sql=(
            'CREATE TABLE "_yoyo_migration" ("migration_hash" VARCHAR(64),'
            ' "migration_id" VARCHAR(255), "applied_at_utc" TIMESTAMP,'
            ' PRIMARY KEY ("migration_hash"))',
            'CREATE TABLE "_yoyo_log" ("id" VARCHAR(36), "migration_hash" VARCHAR(64),'
            ' "migration_id" VARCHAR(255), "operation" VARCHAR(10), "username" VARCHAR(255),'
            ' "hostname" VARCHAR(255), "comment" VARCHAR(255), "created_at_utc" TIMESTAMP,'
            ' PRIMARY KEY ("id"))',
            """insert into "_yoyo_migration" values ('h2', '0002.b', '2024-01-02 10:00:00'),
            ('h1', '0001.a', '2024-01-01 10:00:00')""",
        ),
        applied=("0001.a", "0002.b"),
    ),
    Ledger(
        tool="yoyo",
        table="_yoyo_migration",
        sql=(
            'CREATE TABLE "_yoyo_migration" (id VARCHAR(191) NOT NULL PRIMARY KEY,'
            " ctime TIMESTAMP)",
            "insert into _yoyo_migration values ('0001.a', '2014-01-01 10:00:00')",
        ),
        applied=("0001.a",),
    ),
)
