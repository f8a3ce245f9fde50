"""A logbook in plain Python: what was done to each row of one table, beside any journal.

It makes statements from a seed, and writes down what each does to the rows, by its own
reckoning. No journal and no code of Clew's is asked.
"""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

import msgspec

from tests.histories.model import quoted

Row = dict[str, Any]
Change = tuple[Row | None, Row | None]
NAMES = ("person", 'p "x"', "select", "Zürich 🙂")


class State(msgspec.Struct):
    """The table: its name, its columns beside the key, and rows by key with their line."""

    name: str
    columns: list[str]
    rows: dict[int, Row]
    lines: dict[int, int]


class Logbook:
    """The table now, what each line of rows went through, and states to go back to."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.state = State("person", ["name", "note"], {}, {})
        self.log: dict[int, list[Change]] = {}
        self.number = 0
        self.deleted: dict[int, int] = {}
        self.saved: dict[int, State] = {}

    # --- statements -----------------------------------------------------------------------

    def statements(self, count: int) -> list[str]:
        """Return statements for a migration, and write down what they do."""
        return [self.statement() for _ in range(count)]

    def statement(self) -> str:
        """Return one statement of a migration."""
        kinds = [self.insert, self.insert, self.update, self.update, self.delete, self.rekey]
        kinds += [self.add_column, self.rename_column, self.drop_column, self.rename_table]
        kinds += [self.permute]
        return self.chance.choice(kinds)()

    def beside(self) -> str:
        """Return a statement that an application runs, which no journal sees.

        A row that goes unseen may be missed for long, so its key is not used again.
        """
        done = self.chance.choice([self.insert, self.update, self.delete])()
        self.deleted.clear()
        return done

    def touch(self) -> str:
        """Write every row as it is: its image tells what was done to it unseen."""
        return f"UPDATE {self.table} SET id = id"

    @property
    def table(self) -> str:
        return quoted(self.state.name)

    def fresh(self) -> int:
        self.number += 1
        return self.number

    def insert(self) -> str:
        """Two rows; now and then with a key that was deleted."""
        keys = [self.fresh(), self.fresh()]
        if self.deleted and self.chance.random() < 0.5:
            keys[0] = self.chance.choice(sorted(self.deleted))
        rows = [{"id": key} | {c: self.value() for c in self.state.columns} for key in keys]
        for row in rows:
            line = self.deleted.pop(row["id"], None) or self.fresh()
            self.state.rows[row["id"]] = row
            self.state.lines[row["id"]] = line
            self.write(line, None, row)
        names = ", ".join(quoted(c) for c in ("id", *self.state.columns))
        values = ", ".join(f"({', '.join(map(literal, row.values()))})" for row in rows)
        return f"INSERT INTO {self.table} ({names}) VALUES {values}"

    def update(self) -> str:
        """Some rows get another value."""
        if not self.state.rows or not self.state.columns:
            return self.insert()
        column, value = self.chance.choice(self.state.columns), self.value()
        half = self.chance.randint(0, 1)
        for key in [key for key in self.state.rows if key % 2 == half]:
            self.change(key, {column: value})
        return f"UPDATE {self.table} SET {quoted(column)} = {literal(value)} WHERE id % 2 = {half}"

    def delete(self) -> str:
        """One row goes."""
        if not self.state.rows:
            return self.insert()
        key = self.chance.choice(sorted(self.state.rows))
        line = self.state.lines.pop(key)
        self.write(line, self.state.rows.pop(key), None)
        self.deleted[key] = line
        return f"DELETE FROM {self.table} WHERE id = {key}"

    def rekey(self) -> str:
        """One row takes a key that no row ever had, and another value with it."""
        if not self.state.rows or not self.state.columns:
            return self.insert()
        key, new = self.chance.choice(sorted(self.state.rows)), self.fresh()
        column, value = self.chance.choice(self.state.columns), self.value()
        self.move(key, new, {column: value})
        return f"UPDATE {self.table} SET id = {new}, {quoted(column)} = {literal(value)} WHERE id = {key}"

    def permute(self) -> str:
        """Every row takes a key that no row ever had; no two rows are alike."""
        if not self.state.rows or not self.state.columns:
            return self.insert()
        others = [tuple(v for c, v in row.items() if c != "id") for row in self.state.rows.values()]
        if len(set(map(str, others))) != len(others):
            return self.update()
        shift = max(self.number, *self.state.rows) + 1
        for key in list(self.state.rows):
            self.move(key, key + shift, {})
        self.number = 2 * shift
        return f"UPDATE {self.table} SET id = id + {shift}"

    # --- the table ------------------------------------------------------------------------

    def add_column(self) -> str:
        """A column with a default comes."""
        column, default = f"c{self.fresh()}", self.chance.choice([None, "7", "it's"])
        self.state.columns.append(column)
        for key in self.state.rows:
            self.change(key, {column: default})
        text = "" if default is None else f" DEFAULT {literal(default)}"
        return f"ALTER TABLE {self.table} ADD COLUMN {quoted(column)} text{text}"

    def rename_column(self) -> str:
        """A column takes another name, and its values with it."""
        if not self.state.columns:
            return self.add_column()
        old, new = self.chance.choice(self.state.columns), f"n {self.fresh()}"
        self.state.columns[self.state.columns.index(old)] = new
        for key, row in list(self.state.rows.items()):
            after = {new if name == old else name: value for name, value in row.items()}
            self.put(key, after)
        return f"ALTER TABLE {self.table} RENAME COLUMN {quoted(old)} TO {quoted(new)}"

    def drop_column(self) -> str:
        """A column goes."""
        if len(self.state.columns) < 2:
            return self.add_column()
        column = self.chance.choice(self.state.columns)
        self.state.columns.remove(column)
        for key, row in list(self.state.rows.items()):
            self.put(key, {name: value for name, value in row.items() if name != column})
        return f"ALTER TABLE {self.table} DROP COLUMN {quoted(column)}"

    def rename_table(self) -> str:
        """The table takes another name; that is no change of a row."""
        old = self.state.name
        self.state.name = self.chance.choice([name for name in NAMES if name != old])
        return f"ALTER TABLE {quoted(old)} RENAME TO {self.table}"

    # --- going back -----------------------------------------------------------------------

    def save(self, position: int) -> None:
        """Remember the table at a position."""
        self.saved[position] = deepcopy(self.state)

    def back(self, position: int) -> None:
        """Everything is as it was there; a line's row went straight to what it was."""
        then = deepcopy(self.saved[position])
        now = {line: self.state.rows[key] for key, line in self.state.lines.items()}
        once = {line: then.rows[key] for key, line in then.lines.items()}
        for line in now.keys() | once.keys():
            self.write(line, now.get(line), once.get(line))
        for key, line in self.state.lines.items():
            if line not in once:
                self.deleted[key] = line
        for key in then.rows:
            self.deleted.pop(key, None)
        self.state = then

    # --- writing down ---------------------------------------------------------------------

    def change(self, key: int, values: Row) -> None:
        self.put(key, self.state.rows[key] | values)

    def put(self, key: int, after: Row) -> None:
        self.write(self.state.lines[key], self.state.rows[key], after)
        self.state.rows[key] = after

    def move(self, key: int, new: int, values: Row) -> None:
        before, line = self.state.rows.pop(key), self.state.lines.pop(key)
        after = before | values | {"id": new}
        self.state.rows[new], self.state.lines[new] = after, line
        self.write(line, before, after)

    def write(self, line: int, before: Row | None, after: Row | None) -> None:
        if before != after or (before or {}).keys() != (after or {}).keys():
            self.log.setdefault(line, []).append((deepcopy(before), deepcopy(after)))

    def value(self) -> Any:
        texts = ["it's", "100%", "🙂", "", "a=b", f"text {self.fresh()}"]
        return self.chance.choice([*texts, None])


def literal(value: Any) -> str:
    """Return a value as SQL."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
