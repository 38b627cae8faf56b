"""What is done to a desk's database by hand: steps to a new version, copies.

A copy is taken before the first step of every migration, because a step that was wrong is noticed
by whoever misses what it lost.
"""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select, text, update
from sqlalchemy.orm import Session

from sim.desk import core, schema
from sim.desk.database import Database
from sim.desk.models import Case, Dispute, Order, Outgoing

METADATA = core.Thing.metadata  # complete, now that the whole desk is loaded
NUMBERED = (Order, Case, Dispute, Outgoing)  # what others know by its number
SKIPPED = 1 << 16  # no desk gives out so many between two backups of one thing


def migrate(url: str) -> dict[str, Any]:
    """Bring a database to the version of this desk; tells `from`, `to` and the `backup` made.

    A SQLite file is copied first. All steps are one transaction: they are taken together or not at
    all. schema.SchemaError when the database is newer, or would not end as it should.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        _turn_off_foreign_keys(engine)
    try:
        return _migrate(engine)
    finally:
        engine.dispose()


def _migrate(engine: Engine) -> dict[str, Any]:
    wanted = schema.head()
    with engine.connect() as connection:
        before = schema.version_of(connection)
    told: dict[str, Any] = {"from": before, "to": wanted, "backup": None}
    if before and before not in schema.versions():
        raise schema.SchemaError(schema.why_not(before, wanted))
    if before == wanted:
        return told
    if before is not None and engine.url.database and engine.dialect.name == "sqlite":
        told["backup"] = str(copy_aside(Path(engine.url.database), wanted))
    with schema.alone(engine) as connection:
        if before == "":
            schema.stamp(connection, schema.FIRST)
        upgrade(connection)
        _check(connection)
    return told


def upgrade(connection: Connection, version: str = "head") -> None:
    """Take all steps up to a version, in the transaction of this connection."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(schema.STEPS).replace("%", "%%"))
    command.upgrade(config, version)


def copy_aside(path: Path, wanted: str) -> Path:
    """Copy a SQLite database before it is brought to version `wanted`; returns where to."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    return back_up(path, path.with_name(f"{path.name}.before-{wanted}-{now}"))


def back_up(path: Path, target: Path) -> Path:
    """Copy a SQLite database, also while desks work on it; FileExistsError if `target` is there.

    The file alone will not do: what was committed last may be in the -wal file beside it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such database")
    # Root keys are in it: nobody else on the machine may read the copy, from the first byte on.
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except BaseException:  # also of somebody who does not wait: half a copy is none
        target.unlink()
        raise
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return target


def restored(url: str) -> int:
    """Make an older copy of a database fit to go on with; returns how many things it has.

    What it has forgotten was told to things and people: numbers of frames and messages, of orders,
    cases and disputes go on above whatever may have been given out since. What things have under
    way is answered anew when they next greet.
    """
    database = Database(url)
    try:
        with database.transaction() as session:
            session.execute(update(core.Thing).values(down_seq=core.Thing.down_seq + SKIPPED))
            for table in NUMBERED:
                _skip(session, table)
            return session.scalar(select(func.count()).select_from(core.Thing)) or 0
    finally:
        database.close()


def _skip(session: Session, table: Any) -> None:
    """Have a table count on from further up."""
    name, column = table.__tablename__, table.__table__.primary_key.columns.values()[0].name
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(
            "UPDATE sqlite_sequence SET seq = seq + :skipped WHERE name = :name"
        ), {"skipped": SKIPPED, "name": name})  # fmt: skip
        return
    session.execute(text(
        "SELECT setval(pg_get_serial_sequence(:name, :column), nextval(pg_get_serial_sequence("
        ":name, :column)) + :skipped)"
    ), {"skipped": SKIPPED, "name": name, "column": column})  # fmt: skip


def differences(connection: Connection) -> list[Any]:
    """What a database has otherwise than this desk's models say, as Alembic tells it."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    return compare_metadata(MigrationContext.configure(connection), METADATA)


def _check(connection: Connection) -> None:
    """Nothing is committed that this desk could not work with."""
    wrong = differences(connection)
    if wrong:
        raise schema.SchemaError(f"nothing was done: the tables would differ in {wrong}")
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost:
            raise schema.SchemaError(f"nothing was done: a row of {lost[0]} has lost its {lost[2]}")


def _turn_off_foreign_keys(engine: Engine) -> None:
    """For the way in which SQLite changes tables: dropping the old one must not take others' rows.

    `_check` looks at them in the end.
    """

    @event.listens_for(engine, "connect")
    def connect(connection, _record):
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
