"""A project with Knex, the Node query builder with migrations, written into a directory.

Its packages are installed once from the npm registry, into a directory that is kept. The driver
for SQLite comes built, under the name that Knex asks for, so that nothing is compiled here.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

PACKAGES = {
    "better-sqlite3": "npm:libsql@^0.5.0",
    "knex": "^3.1.0",
    "pg": "^8.11.0",
}

KNEXFILE = """\
const url = process.env.DATABASE_URL;
const sqlite = url.startsWith('sqlite:///');
module.exports = {
  client: sqlite ? 'better-sqlite3' : 'pg',
  connection: sqlite ? { filename: url.slice('sqlite:///'.length) } : url,
  useNullAsDefault: true,
};
"""

FIRST = """\
exports.up = async (knex) => {
  await knex.schema.createTable('carts', (t) => {
    t.increments('id');
    t.string('owner', 40).notNullable().unique();
    t.timestamp('made');
  });
  await knex.schema.createTable('items', (t) => {
    t.increments('id');
    t.integer('cart_id').notNullable().references('carts.id').onDelete('CASCADE');
    t.string('what');
    t.decimal('price', 8, 2);
  });
};
exports.down = async (knex) => {
  await knex.schema.dropTable('items');
  await knex.schema.dropTable('carts');
};
"""

SECOND = """\
exports.up = async (knex) => {
  const carts = [...Array(30).keys()].map((n) => ({ owner: `owner ${n}` }));
  await knex('carts').insert(carts);
  for (const cart of await knex('carts').orderBy('id')) {
    const items = [1, 2, 3].map((n) => ({ cart_id: cart.id, what: `${n} of ${cart.owner}`, price: n }));
    await knex('items').insert(items);
  }
  await knex('carts').where('id', 7).del();
};
exports.down = async (knex) => {
  await knex('items').del();
  await knex('carts').del();
};
"""

THIRD = """\
exports.up = async (knex) => {
  await knex.schema.alterTable('items', (t) => {
    t.renameColumn('what', 'label');
    t.integer('number').notNullable().defaultTo(1);
  });
  await knex('items').update({ number: knex.ref('id') });
  await knex.schema.alterTable('items', (t) => {
    t.dropColumn('price');
    t.index(['number'], 'by_number');
  });
};
exports.down = async () => {
  throw new Error('the prices are gone');
};
"""

FAILING = """\
exports.config = { transaction: false };
exports.up = async (knex) => {
  await knex.schema.createTable('half', (t) => t.increments('id'));
  await knex('items').update({ number: 0 });
  await knex('carts').update({ owner: 'everybody' });
};
exports.down = async () => {};
"""

MIGRATIONS = {"0001_carts": FIRST, "0002_fill": SECOND, "0003_shape": THIRD}


def installed(home: Path) -> str:
    """Install the packages into ``home`` once; return why that cannot be, or nothing."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node is not here"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers start together
        return _install(home)


def _install(home: Path) -> str:
    done = home / "node_modules" / ".done"
    if done.exists():
        return ""
    package = {"name": "shop", "private": True, "dependencies": PACKAGES}
    (home / "package.json").write_text(json.dumps(package))
    words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        ran = subprocess.run(
            words, cwd=home, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return "npm took too long"
    if ran.returncode:
        return f"npm cannot install: {ran.stderr[-200:]}"
    done.touch()
    return ""


class NodeProject:
    """A directory with a knexfile and migrations; ``packages`` is where Knex is installed."""

    def __init__(self, home: Path, packages: Path, url: str) -> None:
        self.home = home
        self.url = url
        (home / "migrations").mkdir(parents=True)
        (home / "node_modules").symlink_to(packages / "node_modules")
        (home / "knexfile.js").write_text(KNEXFILE)
        for name, text in MIGRATIONS.items():
            self.migration(name, text)

    def migration(self, name: str, text: str) -> None:
        """Write a migration."""
        (self.home / "migrations" / f"{name}.js").write_text(text)

    def command(self, *words: str) -> list[str]:
        """Return the command line of Knex, fit for any directory."""
        program = self.home / "node_modules" / "knex" / "bin" / "cli.js"
        return ["node", str(program), "--cwd", str(self.home), *words]

    def knex(self, *words: str, code: int = 0) -> str:
        """Run Knex without us, and return what it said."""
        done = subprocess.run(
            self.command(*words),
            env={**os.environ, "DATABASE_URL": self.url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout
