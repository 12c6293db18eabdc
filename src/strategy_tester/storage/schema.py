"""Numbered migrations: each one a file, a transaction and a checkpoint."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from strategy_tester.domain.errors import SchemaTooNew
from strategy_tester.storage.connection import Connection, fetch_one

_FOLDER = Path(__file__).resolve().parent / "migrations"


@dataclass(frozen=True)
class Migration:
    """One step of the schema. `number` counts from 1 without gaps."""

    number: int
    name: str
    statements: tuple[str, ...]


def all_migrations() -> list[Migration]:
    """Every migration shipped with the program, in order."""
    found = [_read(path) for path in sorted(_FOLDER.glob("[0-9]*.sql"))]
    numbers = [migration.number for migration in found]
    if not found or numbers != list(range(1, len(found) + 1)):
        raise FileNotFoundError(f"the program's migrations are incomplete: {numbers} in {_FOLDER}")
    return found


def newest_schema() -> int:
    """The schema this program writes."""
    return len(all_migrations())


def schema_of(connection: Connection, database: str) -> int:
    """Number of the last migration applied to an attached database; 0 for an empty one."""
    known = fetch_one(
        connection,
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = 'schema_migrations'",
        [database],
    )
    if not known or not known[0]:
        return 0
    row = fetch_one(connection, f'SELECT max(number) FROM "{database}".schema_migrations')  # noqa: S608 - ours
    return int(row[0]) if row and row[0] is not None else 0


def refuse_newer(schema: int, path: Path) -> None:
    """Raise SchemaTooNew when the file was made by a program that knows more migrations."""
    if schema > newest_schema():
        raise SchemaTooNew(
            f"{path} was written by a newer version of this program "
            f"(schema {schema}, this one knows {newest_schema()}).",
            hint="Install the newer version, or move the file aside. Nothing was changed.",
        )


def migrate(connection: Connection, database: str) -> list[Migration]:
    """Bring the attached database to the newest schema; returns what was applied.

    Each migration is one transaction followed by a checkpoint, because replaying a schema change out of the
    write-ahead file is where DuckDB has failed before.
    """
    done = schema_of(connection, database)
    missing = all_migrations()[done:]
    for migration in missing:
        connection.execute("BEGIN")
        try:
            connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER, name VARCHAR)")
            for statement in migration.statements:
                connection.execute(statement)
            connection.execute("INSERT INTO schema_migrations VALUES (?, ?)", [migration.number, migration.name])
            connection.execute("COMMIT")
        except duckdb.Error:
            _roll_back(connection)
            raise
        connection.execute(f'CHECKPOINT "{database}"')
    return missing


def _roll_back(connection: Connection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:  # already rolled back by the engine, or dead: the caller's error is the one to tell
        return


def _read(path: Path) -> Migration:
    number, _, name = path.stem.partition("_")
    lines = [line.partition("--")[0] for line in path.read_text("utf-8").splitlines()]
    statements = tuple(part.strip() for part in "\n".join(lines).split(";") if part.strip())
    return Migration(int(number), name, statements)
