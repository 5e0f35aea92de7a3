"""What runs of ticks and runs of layers have in common: a folder of tables, of which each is read when it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from s2studio.chip.machine import Machine
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.session.columns import arrow_schema
from s2studio.session.manifest import RunEntry, State
from s2studio.session.stored import StoredTable
from s2studio.session.tables import TABLES, Table


class StoredRun:
    """A run of a session; `path` is its folder."""

    def __init__(self, path: Path, number: int, entry: RunEntry, state: State, machine: Machine, session: Path) -> None:
        self.path, self.number, self.state, self.machine, self.session = path, number, state, machine, session
        self._entry = entry
        self._stored: dict[str, StoredTable] = {}

    @property
    def content(self) -> Mapping[str, str]:
        """The content hash of each table; empty where the run came to no end."""
        return {name: content.sha256 for name, content in self._entry.tables.items()}

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that are there."""
        return tuple(name for name in TABLES if (self.path / name).is_dir())

    def has(self, table: Table) -> bool:
        """Whether the session stores `table`: counts and links may follow from the rest."""
        return table.name in self._entry.tables or any((self.path / table.name).glob("*.parquet"))

    def stored(self, name: str) -> StoredTable:
        """Return the table `name`, one of `tables`."""
        if name not in TABLES:
            raise UsageError(f"table '{name}'", "no such table", hint=nearest(name, TABLES))
        if name not in self._stored:
            self._stored[name] = StoredTable(self.path / name, TABLES[name], self._is_whole)
        return self._stored[name]

    def table(self, name: str) -> Any:
        """Return the whole table `name` as a pyarrow.Table, for pandas, polars or DuckDB."""
        import pyarrow as pa

        stored = self.stored(name)
        empty = arrow_schema(stored.table).empty_table()
        return pa.concat_tables([empty, *self._arrow(stored)]).unify_dictionaries()

    def _arrow(self, stored: StoredTable) -> Iterator[Any]:
        return (chunk.arrow() for chunk in stored.chunks)

    @property
    def _is_whole(self) -> bool:
        """Whether the run came to an end at which everything was written."""
        return self.state in ("complete", "cancelled")
