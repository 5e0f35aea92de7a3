"""Parquet export: a file for each table, for pandas, polars and DuckDB, and summary.json."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from s2studio.session.columns import arrow_array, arrow_schema
from s2studio.session.export.json import write_json
from s2studio.session.export.part import SUMMARY, Exported, Rows, arrow_table
from s2studio.session.run import Progress
from s2studio.session.tables import Table


def write_parquet(part: Exported, folder: Path, progress: Progress) -> None:
    """Write the channels of `part`, a row group for each block of ticks; units stand in the fields' metadata."""
    for name in part.tables:
        table = arrow_table(name, part)
        with pq.ParquetWriter(folder / f"{name}.parquet", arrow_schema(table), compression="zstd") as writer:
            for rows in part.blocks(name, progress):
                writer.write_table(_arrow(table, rows))
    if SUMMARY in part.channels:
        write_json(part, folder / "summary.json", progress)


def _arrow(table: Table, rows: Rows) -> pa.Table:
    arrays = []
    for column in table.columns:
        found = rows[column.name]
        texts, values = found if isinstance(found, tuple) else ((), found)
        arrays.append(arrow_array(column, values, {column.name: texts}))
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table))
