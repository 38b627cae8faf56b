"""Which version of its tables a database has, and how it gets to the one that this desk wants.

An empty database is made as it should be. One that is older is left alone until somebody runs
`steward desk migrate`, with no desk running: an older desk beside this one could not go on with
the new tables. One that is newer is refused, because this desk would write what it does not
understand. A database from before there were versions has the tables of the first one.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from sim.desk.models import Table

STEPS = Path(__file__).with_name("migrations")
FIRST = "0001"
VERSIONS = "alembic_version"  # Alembic's table
ADVISORY_LOCK = 7_301_944  # any number, the same for all desks on one PostgreSQL


class SchemaError(ValueError):
    """A database that this desk cannot work with as it is."""


def prepare(engine: Engine) -> None:
    """Make the tables of an empty database; SchemaError for one that has other than ours."""
    with alone(engine) as connection:
        found, wanted = version_of(connection), head()
        if found is None:
            Table.metadata.create_all(connection)
            stamp(connection, wanted)
        elif found != wanted:
            raise SchemaError(why_not(found, wanted))


def version_of(connection: Connection) -> str | None:
    """The version of the tables; None for an empty database, "" from before there were versions."""
    tables = inspect(connection).get_table_names()
    if VERSIONS in tables:
        return connection.scalar(text(f"SELECT version_num FROM {VERSIONS}")) or ""
    if not tables:
        return None
    if "things" not in tables:
        raise SchemaError(f"this is not a desk's database: it has the table {tables[0]}")
    return ""


def head() -> str:
    """The version that this desk wants."""
    return versions()[0]


def versions() -> list[str]:
    """All versions that this desk knows, the newest first: the numbers of the steps' files."""
    steps = (STEPS / "versions").glob("v*.py")
    return sorted((step.name[1:].partition("_")[0] for step in steps), reverse=True)


def stamp(connection: Connection, version: str) -> None:
    """Note that the tables have a version."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    MigrationContext.configure(connection).stamp(ScriptDirectory(str(STEPS)), version)


def why_not(found: str, wanted: str) -> str:
    """Why a desk cannot work with tables of version `found`."""
    if found and found not in versions():
        return (f"the database has version {found}, which is newer than this desk's {wanted}: "
                "it was made by a newer steward, which it needs")  # fmt: skip
    return (f"the database has {f'version {found}' if found else 'no version yet'}, this desk "
            f"wants {wanted}: stop all its desks and run `steward desk migrate`")  # fmt: skip


@contextlib.contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """A transaction beside which no other desk makes or changes tables."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        yield connection
