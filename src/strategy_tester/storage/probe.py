"""A child process that opens the database first: should the engine abort on a damaged file, only the child dies.

Run as a script it needs DuckDB and nothing else, because it stands between the user and the first window. A frozen
program calls `main` when its first argument is `--probe-database`.
"""

import contextlib
import json
import sys

import duckdb

PROBE_OPTION = "--probe-database"


def main(arguments: list[str]) -> int:
    """Look at a database (`PATH`), or copy what can be read of it into a new one (`PATH NEW_PATH`).

    Prints one JSON object: `schema` and, after a copy, `lost`; or `error`, `kind`.
    """
    path, *others = arguments
    try:
        answer = _salvage(path, others[0]) if others else {"schema": _schema_of(path)}
    except (duckdb.Error, OSError) as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return 0


def _schema_of(path: str) -> int:
    quoted = path.replace("'", "''")
    with contextlib.closing(duckdb.connect(":memory:", config={"memory_limit": "1GiB"})) as connection:
        connection.execute(f"ATTACH '{quoted}' AS looked_at (TYPE duckdb, READ_ONLY)")
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'looked_at'"
        ).fetchall()
        if ("schema_migrations",) not in tables:
            return 0
        newest = connection.execute("SELECT coalesce(max(number), 0) FROM looked_at.schema_migrations").fetchall()
        return int(newest[0][0])


def _salvage(path: str, new_path: str) -> dict[str, object]:
    from strategy_tester.storage.rescue import copy_readable  # noqa: PLC0415 - a mere look must start fast

    return {"lost": copy_readable(path, new_path)}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
