"""A project with Alembic as people have it, written into a directory."""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command
from alembic.config import Config

ENV = """\
from alembic import context
from sqlalchemy import create_engine, pool

from commands import journaled

config = context.config
url = config.get_main_option("sqlalchemy.url")


def offline():
    context.configure(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"})
    with journaled(context):
        context.run_migrations()


def online():
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with journaled(context):
            context.run_migrations()


if context.is_offline_mode():
    offline()
else:
    online()
"""

FIRST = '''\
"""people and their letters"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "a1f0", None


def upgrade():
    op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("mood", sa.Enum("glad", "sad", name="mood"), nullable=False),
        sa.UniqueConstraint("name", name="person_name"),
    )
    letters = op.create_table(
        "letter",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id", name="writer"), nullable=False),
        sa.Column("body", sa.Text),
    )
    op.execute("INSERT INTO person VALUES (1, 'ann', 'glad'), (2, 'bob 100%', 'sad')")
    op.bulk_insert(letters, [{"id": n, "person_id": 1 + n % 2, "body": f"{n}:x"} for n in range(50)])


def downgrade():
    op.drop_table("letter")
    op.drop_table("person")
    sa.Enum(name="mood").drop(op.get_bind(), checkfirst=False)
'''

SECOND = '''\
"""mail addresses, computed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

revision, down_revision = "b2e1", "a1f0"
person = sa.table("person", sa.column("id"), sa.column("name"), sa.column("mail"))


def upgrade():
    op.add_column("person", sa.Column("mail", sa.String(80), server_default="?", nullable=False))
    op.create_index("letter_body", "letter", ["body"])
    with Session(bind=op.get_bind()) as session:
        for row in session.execute(sa.select(person)).all():
            session.execute(
                sa.update(person).where(person.c.id == row.id).values(mail=row.name + "@example.org")
            )
        session.commit()


def downgrade():
    op.drop_index("letter_body", "letter")
    with op.batch_alter_table("person") as batch:
        batch.drop_column("mail")
'''

THIRD = '''\
"""letters have a size and no body"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "c3d2", "b2e1"


def upgrade():
    with op.batch_alter_table("letter") as batch:
        batch.add_column(sa.Column("size", sa.Integer))
    op.execute("UPDATE letter SET size = length(body)")
    op.drop_index("letter_body", "letter")
    with op.batch_alter_table("letter") as batch:
        batch.alter_column("size", nullable=False, type_=sa.BigInteger, existing_type=sa.Integer)
        batch.drop_column("body")
        batch.alter_column("person_id", new_column_name="writer_id", existing_type=sa.Integer)


def downgrade():
    raise NotImplementedError("the bodies are gone")
'''

FAILING = '''\
"""fails after it did much"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "d4c3", "c3d2"


def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO half VALUES (1), (2)")
    op.execute("UPDATE person SET name = 'x' || name")
    op.execute("INSERT INTO half VALUES (2)")


def downgrade():
    pass
'''

NAMES = ("a1f0", "b2e1", "c3d2")


class AlembicProject:
    """A directory with ``env.py`` and revisions, and the commands that one types at it."""

    def __init__(self, home: Path, url: str, *, env: str = ENV) -> None:
        self.versions = home / "versions"
        self.versions.mkdir(parents=True)
        (home / "env.py").write_text(env)
        (home / "script.py.mako").write_text(
            '"""${message}"""\n\nrevision = ${repr(up_revision)}\n'
            "down_revision = ${repr(down_revision)}\n\n\ndef upgrade():\n    pass\n"
        )
        for name, text in zip(NAMES, (FIRST, SECOND, THIRD), strict=True):
            self.revision(name, text)
        self.url = url.replace("postgresql:", "postgresql+psycopg:")
        self.home = home

    def revision(self, name: str, text: str) -> None:
        """Write a revision."""
        (self.versions / f"{name}.py").write_text(text)

    def config(self) -> Config:
        """Return Alembic's configuration, which says what it prints into ``said``."""
        self.said = io.StringIO()
        config = Config(stdout=self.said, output_buffer=self.said)
        config.set_main_option("script_location", str(self.home))
        config.set_main_option("path_separator", "os")
        config.set_main_option("sqlalchemy.url", self.url.replace("%", "%%"))
        return config

    def upgrade(self, to: str = "head", *, sql: bool = False) -> str:
        """Run ``alembic upgrade``, and return what it said."""
        command.upgrade(self.config(), to, sql=sql)
        return self.said.getvalue()

    def downgrade(self, to: str) -> None:
        """Run ``alembic downgrade``."""
        command.downgrade(self.config(), to)

    def stamp(self, to: str) -> None:
        """Run ``alembic stamp``."""
        command.stamp(self.config(), to)

    def current(self) -> str:
        """Run ``alembic current``, and return what it said."""
        command.current(self.config())
        return self.said.getvalue().strip()


def plain(env: str = ENV) -> str:
    """Return ``env.py`` as it is without us."""
    lines = [line for line in env.splitlines() if "import journaled" not in line]
    return "\n".join(lines).replace("journaled(context)", "context.begin_transaction()")
