"""The data set of all figures: 1,000,000 rows of 8 columns, the same every time."""

from pathlib import Path

import duckdb

ROWS = 1_000_000

_SQL = """
    SELECT i::INTEGER AS id,
           (hash(i) % 10000000) / 1000.0 AS amount,
           'customer ' || (hash(i * 7) % 5000) AS customer,
           TIMESTAMP '2024-01-01' + to_seconds((i * 37) % 60000000) AS created,
           i % 3 = 0 AS is_paid,
           CASE WHEN i % 4 = 0 THEN NULL
                ELSE 'note "' || (i % 1000) || '", second line' END AS note,
           ((hash(i * 13) % 100000000) / 100.0)::DECIMAL(12, 2) AS price,
           DATE '2020-01-01' + (i % 2000)::INTEGER AS day
    FROM range({rows}) AS numbers(i)
"""


def make(path: Path, rows: int = ROWS) -> Path:
    """Write the data set as Parquet, unless it is there."""
    if not path.exists():
        sql = _SQL.format(rows=rows)
        duckdb.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return path
