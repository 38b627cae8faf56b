"""Engine and transactions: the same code on SQLite, in memory or in a file, and on PostgreSQL.

A transaction of the desk writes almost always, so on SQLite it begins with BEGIN IMMEDIATE: two
desk workers on one file queue up for the write lock instead of failing half way. On PostgreSQL
the row of the thing is locked instead (`SELECT … FOR UPDATE`), which serialises per thing.
"""

import contextlib
import os
import threading
from typing import TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from sim.desk import access, schema
from sim.desk.models import Case, Dispute, Order, Table, Thing

Row = TypeVar("Row")
Owned = TypeVar("Owned", Order, Case, Dispute)

BUSY_S = 30  # how long a worker waits for another's write lock; one transaction takes milliseconds
ATTEMPTS = 4  # of a transaction that another worker got in the way of


class Database:
    """Sessions on one database; `url` as SQLAlchemy writes it (`sqlite://` is in memory).

    SchemaError for a database that has the tables of another version.
    """

    def __init__(self, url: str):
        self.in_memory = url in ("sqlite://", "sqlite:///:memory:")
        self.engine = create_engine(url, **self._options(url))
        if self.engine.dialect.name == "sqlite":
            if self.engine.url.database and not self.in_memory:
                _keep_to_ourselves(self.engine.url.database)
            _prepare_sqlite(self.engine)
        if self.in_memory:
            Table.metadata.create_all(self.engine)
        else:
            schema.prepare(self.engine)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        reader = self.engine.execution_options(sqlite_begin="BEGIN")
        self._readers = sessionmaker(reader, expire_on_commit=False)
        event.listen(self._readers, "do_orm_execute", access.narrow)
        # One connection holds a database in memory, so its users take turns.
        self._turn = threading.RLock() if self.in_memory else contextlib.nullcontext()

    @contextlib.contextmanager
    def transaction(self):
        """A session that is committed at the end, or rolled back when anything is raised."""
        with self._turn, self._sessions.begin() as session:
            yield session

    @contextlib.contextmanager
    def reading(self):
        """A session that only reads: on SQLite in a file it waits for no writer."""
        with self._turn, self._readers.begin() as session:
            yield session

    def run(self, work):
        """`work(session)` in a transaction of its own, again when another worker was faster.

        Returns what work returns. Raises OperationalError when the database is out of reach.
        """
        for attempt in range(ATTEMPTS):
            try:
                with self.transaction() as session:
                    return work(session)
            except (IntegrityError, OperationalError):
                if attempt == ATTEMPTS - 1:
                    raise
        return None

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    def _options(self, url: str) -> dict:
        if self.in_memory:
            return {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        if url.startswith("sqlite"):
            return {"connect_args": {"timeout": BUSY_S}}
        return {"pool_pre_ping": True}


def lock(session: Session, model: type[Row], key) -> Row | None:
    """The row of `model` with primary key `key`, held until the transaction ends; or None."""
    return session.get(model, key, with_for_update=session.get_bind().dialect.name != "sqlite")


def lock_with_thing(session: Session, model: type[Owned], key) -> Owned:
    """The row of an order or case, held together with its thing; NoResultFound when there is none.

    Whoever changes an order or case holds its thing, so that a seller's word and the thing's own,
    taken in by two workers, cannot overwrite each other.
    """
    row = session.get_one(model, key)
    if session.get_bind().dialect.name != "sqlite":
        session.get_one(Thing, row.thing_id, with_for_update=True)
        session.refresh(row)
    return row


def _keep_to_ourselves(path: str) -> None:
    """Make a file that only its user may read, before SQLite makes one: root keys are in it."""
    with contextlib.suppress(OSError):  # it is there already, or SQLite will say what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _prepare_sqlite(engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection, _record):
        # The driver's own idea of when a transaction begins is switched off: `begin` below says it.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # committed means on disk: we send a PUBACK

    @event.listens_for(engine, "begin")
    def begin(connection):
        options = connection.get_execution_options()
        connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN IMMEDIATE"))
