"""Keys of people and programs: made by hand, kept as digests, ended when they have to be.

A key is 32 random bytes, so its SHA-256 tells nobody what it is and needs no salt and no slowness.
The desk's own key (STEWARD_DESK_API_KEY) is an admin's that is in no table. As long as there is
neither, the desk serves whoever sits at its machine, and nobody else can reach it.

What an owner's or a seller's key may not see, no query finds: the condition is added to every one
that a reading session makes (`narrow`), so that a new endpoint cannot forget it.
"""

import contextlib
import contextvars
import dataclasses
import hashlib
import hmac
import secrets
from typing import Any

from sqlalchemy import String, false, or_, select
from sqlalchemy.orm import Mapped, mapped_column, with_loader_criteria

from sim.desk.models import (
    THINGS,
    Dispute,
    Event,
    Offer,
    Order,
    Seller,
    Statement,
    Table,
    Thing,
    serial,
)
from sim.desk.permissions import ADMIN, OWNER, ROLES, SELLER

# By which of its columns a row tells when it was made. What has none is gone with a thing's keys.
BEGAN = ("placed_at", "opened_at", "raised_at", "asked_at", "sent_at", "received_at")
PREFIX = "sdk_"  # by which programs that look for leaked secrets know one
SHOWN = 8  # characters of a key that are kept as they are, to know it by
USED_EVERY_S = 600  # so often at most is it noted that a key was used
NAME_CHARACTERS = 40


class Key(Table):
    """A key for the desk's REST and page: whose, for what, and until when it was good."""

    __tablename__ = "api_keys"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = serial()
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str | None]  # whose things an owner's key sees
    seller: Mapped[str | None]  # for whom a seller's key speaks
    shown: Mapped[str] = mapped_column(String(16))
    digest: Mapped[bytes] = mapped_column(unique=True)
    made_at: Mapped[int]
    used_at: Mapped[int | None]
    ended_at: Mapped[int | None]


@dataclasses.dataclass(frozen=True)
class Caller:
    """Who asks: `key` is the id in the table, 0 for the desk's own key or for this machine."""

    name: str
    role: str
    owner: str | None = None
    key: int = 0
    seller: str | None = None


DESK = Caller("desk", ADMIN)
_reader: contextvars.ContextVar[Caller] = contextvars.ContextVar("reader", default=DESK)


class Door:
    """Tells who a key belongs to. `own` is the desk's own key, if it has one."""

    def __init__(self, desk, own: str | None):
        self._desk = desk
        self._own = own
        # With which the page's cookies are sealed: several desks with one key know each other's.
        self.seal = hmac.digest((own or secrets.token_hex()).encode(), b"desk page", "sha256")

    def who(self, given: str) -> Caller | None:
        """The caller with this key, or None."""
        if self._own and hmac.compare_digest(given.encode(), self._own.encode()):
            return DESK
        row = self._find(Key.digest == digest(given))
        if row is not None:
            self._note_use(row)
            return caller_of(row)
        return DESK if not given and not self.guarded else None

    def still(self, key: int) -> Caller | None:
        """The caller with the key of this id, if it is still good."""
        if key == 0:
            return DESK
        row = self._find(Key.id == key)
        return caller_of(row) if row is not None else None

    @property
    def guarded(self) -> bool:
        """Whether a key is needed: also when all that there were have ended."""
        if self._own:
            return True
        with self._desk.database.reading() as session:
            return session.scalar(select(Key.id).limit(1)) is not None

    def _find(self, condition) -> Key | None:
        with self._desk.database.reading() as session:
            return session.scalars(select(Key).where(condition, Key.ended_at.is_(None))).first()

    def _note_use(self, row: Key) -> None:
        now = self._desk.now
        if row.used_at is None or now - row.used_at >= USED_EVERY_S:
            self._desk.act(lambda work: setattr(work.session.get(Key, row.id), "used_at", now))


def caller_of(row: Key) -> Caller:
    """Who a row of the table is."""
    return Caller(row.name, row.role, row.owner, row.id, row.seller)


def digest(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).digest()


def make(
    session, now: int, name: str, role: str, owner: str | None = None, seller: str | None = None
) -> str:
    """A new key, which is never shown again. ValueError for what cannot be."""
    if role not in ROLES:
        raise ValueError(f"role: {role} is none of {', '.join(ROLES)}")
    if (role == OWNER) != bool(owner):
        raise ValueError("owner: an owner's key, and no other, says whose things it sees")
    if (role == SELLER) != bool(seller):
        raise ValueError("seller: a seller's key, and no other, says for whom it speaks")
    if seller and session.get(Seller, seller) is None:
        known = ", ".join(session.scalars(select(Seller.name).order_by(Seller.name)))
        raise ValueError(f"seller: {seller} is none of {known or 'this desk, which serves nobody'}")
    if not name.isprintable() or not 0 < len(name) <= NAME_CHARACTERS:
        raise ValueError(f"name: 1 to {NAME_CHARACTERS} characters that can be printed")
    if session.scalar(select(Key.id).where(Key.name == name)) is not None:
        raise ValueError(f"name: there is, or was, a key called {name}")
    key = PREFIX + secrets.token_urlsafe(32)
    session.add(Key(name=name, role=role, owner=owner or None, seller=seller or None,
                    shown=key[:SHOWN], digest=digest(key), made_at=now))  # fmt: skip
    return key


def end(session, now: int, name: str) -> None:
    """Nobody gets in with this key any more; ValueError when there is none of this name."""
    row = session.scalars(select(Key).where(Key.name == name)).first()
    if row is None:
        raise ValueError(f"name: there is no key called {name}")
    row.ended_at = row.ended_at or now


def listed(session) -> list[dict[str, Any]]:
    """All keys that there were, for people: never a key itself."""
    columns = ("name", "role", "owner", "seller", "shown", "made_at", "used_at", "ended_at")
    rows = session.scalars(select(Key).order_by(Key.id))
    return [{column: getattr(row, column) for column in columns} for row in rows]


@contextlib.contextmanager
def seen_by(caller: Caller):
    """As long as this lasts, reading sessions of this task find what the caller may see."""
    before = _reader.get()
    _reader.set(caller)
    try:
        yield
    finally:
        _reader.set(before)


def narrow(state) -> None:
    """Event `do_orm_execute` of reading sessions: an owner finds what is about its own things, a
    seller what it offered, sold and is held to."""
    reader = _reader.get()
    if not state.is_select or reader.role not in (OWNER, SELLER):
        return
    conditions = _owned(reader.owner) if reader.role == OWNER else _sold(reader.seller)
    limits = [with_loader_criteria(kind, condition) for kind, condition in conditions]
    state.statement = state.statement.options(*limits)


def _owned(owner: str | None):
    """(table, condition) for everything that is about an owner's things, since they are its own."""
    own = select(THINGS.c.id).where(THINGS.c.owner == owner)
    yield Thing, Thing.owner == owner
    for mapper in Table.registry.mappers:
        if "thing_id" not in mapper.columns:
            continue
        about = mapper.class_.thing_id
        condition = about.in_(own)
        began = next((mapper.columns[word] for word in BEGAN if word in mapper.columns), None)
        if began is not None:
            since = select(THINGS.c.provisioned_at).where(THINGS.c.id == about)
            condition &= began >= since.scalar_subquery()
        yield mapper.class_, condition


def _sold(seller: str | None):
    """(table, condition) for a seller: what is not named here, it does not find; nor what things
    tell of their experience, which owners let the desk know and nobody else."""
    orders, disputes = Order.__table__.c, Dispute.__table__.c
    sold = select(orders.number).where(orders.seller == seller)
    held = select(disputes.number).where(disputes.seller == seller)
    conditions = {
        Offer: Offer.seller == seller,
        Order: Order.seller == seller,
        Dispute: Dispute.seller == seller,
        Event: or_(Event.order_number.in_(sold), Event.dispute_number.in_(held)),
        Statement: (Statement.kind == "dispute") & Statement.order_number.in_(sold),
    }
    for mapper in Table.registry.mappers:
        if mapper.class_ is not Key:
            yield mapper.class_, conditions.get(mapper.class_, false())
