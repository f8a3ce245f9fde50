"""Programs as people write them with SQLAlchemy; each returns what it saw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

Program = Callable[[Connection], Any]

metadata = MetaData()
goods = Table(
    "goods",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("price", Numeric(10, 2)),
    Column("since", Date),
)


class Base(DeclarativeBase):
    """Mapped classes of these programs."""


class Person(Base):
    """Somebody who writes."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    letters: Mapped[list[Letter]] = relationship(
        back_populates="writer", cascade="all, delete-orphan"
    )


class Letter(Base):
    """What somebody wrote."""

    __tablename__ = "letter"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str]
    writer: Mapped[Person] = relationship(back_populates="letters")


FOUND = (
    "CREATE TABLE goods (id integer PRIMARY KEY, name varchar(40) NOT NULL UNIQUE,"
    " price numeric(10, 2), since date);\n"
    "INSERT INTO goods VALUES (1, 'salt', 1.50, '2020-01-01'), (2, '100%', NULL, NULL),"
    " (3, 'a ''quoted'' one', 3, NULL)"
)
"""A database as these programs find it."""


def bound_values(connection: Connection) -> Any:
    """Write and read with bound values, percent signs among them."""
    connection.execute(
        insert(goods).values(
            id=4, name="50% off :x ?", price=Decimal("9.99"), since=date(2024, 2, 29)
        )
    )
    changed = connection.execute(
        update(goods).where(goods.c.name == "100%").values(price=Decimal("0.10"))
    )
    gone = connection.execute(delete(goods).where(goods.c.id == 1))
    asked = select(goods).where(goods.c.name.like("%0%")).order_by(goods.c.id)
    return changed.rowcount, gone.rowcount, connection.execute(asked).all()


def many_rows(connection: Connection) -> Any:
    """Write many rows with one statement, by executemany and by insertmanyvalues."""
    rows = [{"id": n, "name": f"good {n}", "price": Decimal(n)} for n in range(10, 2510)]
    connection.execute(insert(goods), rows)
    dear = text("UPDATE goods SET price = :price WHERE id = :id")
    done = connection.execute(dear, [{"price": n * 2, "id": n} for n in range(10, 60)])
    asked = select(func.count(), func.sum(goods.c.price))
    return done.rowcount, connection.execute(asked).all()


def returning(connection: Connection) -> Any:
    """Have rows returned by statements that write, some of them left unread."""
    one = connection.execute(
        insert(goods).values(id=20, name="tea").returning(goods.c.id, goods.c.name)
    )
    more = connection.execute(
        insert(goods).returning(goods.c.id, sort_by_parameter_order=True),
        [{"id": n, "name": f"more {n}"} for n in (33, 31, 32)],
    )
    changed = connection.execute(
        update(goods).where(goods.c.id > 1).values(price=2).returning(goods.c.id)
    )
    first = changed.fetchone()
    gone = connection.execute(delete(goods).where(goods.c.id == 31).returning(goods.c.name))
    return one.all(), more.all(), first, sorted(changed.all()), gone.scalars().all()


def half_read(connection: Connection) -> Any:
    """Write while the rows of a query are still being read."""
    seen = []
    for row in connection.execute(select(goods).order_by(goods.c.id)):
        connection.execute(update(goods).where(goods.c.id == row.id).values(name=f"{row.id} now"))
        connection.execute(text("CREATE TABLE of_" + str(row.id) + " (id integer PRIMARY KEY)"))
        seen.append(row.name)
    return seen


def made_tables(connection: Connection) -> Any:
    """Make tables from metadata, drop one, and see them by the inspector."""
    Base.metadata.create_all(connection)
    metadata.create_all(connection)
    connection.execute(text("ALTER TABLE goods ADD COLUMN weight integer DEFAULT 5"))
    Letter.__table__.drop(connection)
    return sorted(set(inspect(connection).get_table_names()) - JOURNAL)


JOURNAL = {
    "clew_journal", "clew_head", "clew_entry", "clew_content", "clew_image", "clew_saved",
    "clew_row_index",
}  # fmt: skip


def mapped_objects(connection: Connection) -> Any:
    """Flush mapped objects: made, changed, deleted with what belongs to them."""
    Base.metadata.create_all(connection)
    with Session(bind=connection) as session:
        people = [
            Person(name=f"p{n}", letters=[Letter(body=f"{n}.{m}") for m in range(3)])
            for n in range(5)
        ]
        session.add_all(people)
        session.commit()
        people[0].name = "first"
        session.delete(people[1])
        session.commit()
        found = session.scalars(select(Person).order_by(Person.id)).all()
        return [(one.id, one.name, [letter.body for letter in one.letters]) for one in found]


def within_savepoints(connection: Connection) -> Any:
    """Try what fails within savepoints, nested ones too, and go on."""
    Base.metadata.create_all(connection)
    said = []
    with Session(bind=connection) as session:
        session.add(Person(name="ann"))
        session.flush()
        for name in ("bob", "ann", "cid"):
            try:
                with session.begin_nested():
                    session.add(Person(name=name))
                    session.flush()
            except IntegrityError as error:
                said.append(type(error.orig).__name__)
        session.commit()
    outer = connection.begin_nested()
    connection.execute(text("CREATE TABLE kept (id integer)"))
    inner = connection.begin_nested()
    connection.execute(text("CREATE TABLE dropped (id integer)"))
    connection.execute(text("INSERT INTO kept VALUES (1)"))
    inner.rollback()
    connection.execute(text("INSERT INTO kept VALUES (2)"))
    outer.commit()
    ids = connection.execute(select(Person.id, Person.name).order_by(Person.id)).all()
    return said, ids, connection.execute(text("SELECT id FROM kept")).all()


def by_driver(connection: Connection) -> Any:
    """Give the driver SQL as it is, with values and without."""
    named = connection.dialect.name == "postgresql"
    holder, percent = ("%s", "%%") if named else ("?", "%")
    found = connection.exec_driver_sql(f"SELECT id FROM goods WHERE name LIKE '1{percent}'").all()
    connection.exec_driver_sql(f"UPDATE goods SET name = {holder} WHERE id = {holder}", ("x%%y", 2))
    connection.exec_driver_sql(f"INSERT INTO goods (id, name) VALUES ({holder}, '{percent}')", (9,))
    plain = {"no_parameters": True}
    connection.exec_driver_sql(
        "INSERT INTO goods (id, name) VALUES (10, '%s ? %%')", execution_options=plain
    )
    return found, connection.execute(select(goods.c.name).order_by(goods.c.id)).all()


def by_word(connection: Connection) -> Any:
    """Set savepoints by word, go back to one of them twice, and release it."""
    name = text("INSERT INTO goods (id, name) VALUES (:id, :name)")
    connection.execute(text("SAVEPOINT one /* traced */"))
    connection.execute(name, {"id": 21, "name": "first"})
    connection.execute(text('SAVEPOINT "Two"'))
    for id_ in (22, 23):
        connection.execute(name, {"id": id_, "name": f"n{id_}"})
        connection.execute(text('rollback to "Two"'))
    connection.execute(name, {"id": 24, "name": "last"})
    connection.execute(text("RELEASE SAVEPOINT one"))
    return connection.execute(select(goods.c.id).order_by(goods.c.id)).all()


PROGRAMS: tuple[Program, ...] = (
    bound_values,
    many_rows,
    returning,
    half_read,
    made_tables,
    mapped_objects,
    within_savepoints,
    by_driver,
    by_word,
)
