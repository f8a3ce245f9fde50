"""Migration files as people have them for other tools, to be held against bookkeeping."""

from __future__ import annotations

CREATES = """'use strict';
/** @type {import('sequelize-cli').Migration} */
module.exports = {
  async up(queryInterface, Sequelize) {
    // queryInterface.createTable('never_meant')
    await queryInterface.createTable('TABLE', {
      id: { type: Sequelize.INTEGER, primaryKey: true },
    });
  },
  async down(queryInterface) {
    await queryInterface.dropTable('TABLE');
  },
};
"""
ADDS = """module.exports = {
  up: (queryInterface, Sequelize) => queryInterface.addColumn(
    'TABLE', 'COLUMN', { type: Sequelize.TEXT },
  ),
  down: (queryInterface) => queryInterface.removeColumn('TABLE', 'COLUMN'),
};
"""
RAW = """exports.up = async (knex) => {
  await knex.raw(`create table "TABLE" (id integer primary key)`);
};
exports.down = (knex) => knex.schema.dropTable('TABLE');
"""
NEVER_RAN = {
    "20240201-notifications": CREATES.replace("TABLE", "notifications"),
    "20240202-sessions-trainer": ADDS.replace("TABLE", "sessions").replace("COLUMN", "trainer_id"),
    "20240203-items-order": ADDS.replace("TABLE", "items").replace("COLUMN", "display_order"),
    "20240204-history": CREATES.replace("TABLE", "food_scan_history"),
    "20240205-carts": RAW.replace("TABLE", "shopping_carts"),
    "20240206-orders": CREATES.replace("TABLE", "orders"),
}
REVISION = """from alembic import op
import sqlalchemy as sa
revision: str = "{name}"
down_revision = {before!r}
def upgrade() -> None:
    op.create_table("{table}", sa.Column("id", sa.Integer))
    op.add_column("{table}", sa.Column("note", sa.Text))
    op.create_index(op.f("ix_{table}"), "{table}", ["note"])
    op.execute(sa.text("create table {table}_raw (id integer)"))
    if op.get_context().as_sql:
        op.create_table("maybe")
def downgrade() -> None:
    op.drop_table("{table}")
"""
PLAIN = "create table a (id integer primary key);\nalter table a add column b integer;\n"
DOWN = "drop table a;\n"
FILES: dict[str, dict[str, str]] = {
    "sequelize": {
        "1-a.js": CREATES.replace("TABLE", "a"),
        "2-b.js": ADDS.replace("TABLE", "a").replace("COLUMN", "b"),
    },
    "knex": {
        "20240102_b.js": RAW.replace("TABLE", "a"),
        "20240101_a.js": RAW.replace("TABLE", "a"),
    },
    "prisma": {
        "20240101_init/migration.sql": PLAIN,
        "20240102_posts/migration.sql": "create index i on a (b);\n",
    },
    "dbmate": {
        "9_a.sql": f"-- migrate:up\n{PLAIN}-- migrate:down\n{DOWN}",
        "10_b.sql": "-- migrate:up\ncreate index i on a (b);\n-- migrate:down\ndrop index i;\n",
        "20240102_c.sql": "-- migrate:up\nselect 1;\n",
    },
    "golang-migrate": {
        "000011_a.up.sql": PLAIN,
        "000011_a.down.sql": DOWN,
        "000012_b.up.sql": "create index i on a (b);\n",
    },
    "rails": {"20240101000000_a.rb": "x", "20240102000000_b.rb": "x"},
    "flyway": {
        "V1__a.sql": PLAIN,
        "V2__b.sql": "select 1;",
        "V3__persons.sql": "select 1;",
        "R__view.sql": "select 1;",
    },
    "liquibase": {"people.xml": "<x/>"},
    "sqitch": {
        "deploy/appschema.sql": f"BEGIN;\n{PLAIN}COMMIT;",
        "deploy/users.sql": "select 1;",
        "revert/users.sql": DOWN,
    },
    "yoyo": {
        "0001.a.py": f"from yoyo import step\nsteps = [step('''{PLAIN}''', '''{DOWN}''')]\n",
        "0002.b.sql": "create index i on a (b);\n",
        "0002.b.rollback.sql": "drop index i;\n",
    },
}
