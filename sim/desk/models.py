"""The desk's tables.

Rules that money hangs on are constraints of the database, not habits of the code: an order id is
unique for life, one order is open per thing, consumable and test mark, one case is open per thing
and failure mode, a message id is applied once. Times are unix seconds of the desk's clock,
amounts integer minor units.
"""

import enum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class OrderState(enum.IntEnum):
    """States of an order that a desk can see; the integers are the wire's."""

    PLACED = 4
    CONFIRMED = 5
    SHIPPED = 6
    DELIVERED = 7
    CANCELLED = 8
    REFUSED = 9
    EXPIRED = 10
    VERIFIED = 11
    DISPUTED = 12


class CaseState(enum.IntEnum):
    """States of a case; the integers are the wire's."""

    OPEN = 1
    ACCEPTED = 2
    SCHEDULED = 3
    DONE = 4
    REFUSED = 5
    CLOSED = 6


class DisputeState(enum.IntEnum):
    """States of a dispute at the desk; the thing's own are raised, withdrawn and settled."""

    OPEN = 1
    ANSWERED = 2
    WITHDRAWN = 3
    SETTLED = 4


class FindingState(enum.IntEnum):
    """States of a finding; the integers are the wire's."""

    RAISED = 1
    CONFIRMED = 2
    CLEARED = 3


# A disputed order still holds its consumable's place: nothing more is bought, lest both come.
OPEN_ORDER = (*range(OrderState.PLACED, OrderState.DELIVERED + 1), OrderState.DISPUTED)
OPEN_CASE = tuple(range(CaseState.OPEN, CaseState.DONE + 1))
OPEN_DISPUTE = (DisputeState.OPEN, DisputeState.ANSWERED)


class Table(DeclarativeBase):
    """Column types shared by all tables."""

    type_annotation_map: ClassVar = {int: BigInteger, bytes: LargeBinary, Any: JSON}


# SQLite counts rows by itself only in a column of type INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


def serial() -> Mapped[int]:
    """A primary key that the database counts; never reused, so a number names one thing only."""
    return mapped_column(Serial, primary_key=True, autoincrement=True)


def thing_key(**options) -> Mapped[str]:
    """A column that names the thing a row belongs to."""
    return mapped_column(ForeignKey("things.id", ondelete="CASCADE"), **options)


def subject(column: str) -> Mapped[int | None]:
    """A column that says whose history a row is in, which goes when that goes."""
    return mapped_column(ForeignKey(column, ondelete="CASCADE"), index=True)


class Thing(Table):
    """One connected product: its keys, sequence numbers and what it last said about itself."""

    __tablename__ = "things"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    root_key: Mapped[bytes]
    public_key: Mapped[bytes]
    product: Mapped[str]
    owner: Mapped[str]
    provisioned_at: Mapped[int]
    up_seq: Mapped[int] = mapped_column(default=0)
    down_seq: Mapped[int] = mapped_column(default=0)
    online: Mapped[bool] = mapped_column(default=False)
    broker: Mapped[str | None]  # that it was heard through last, as its desk calls it
    heard_at: Mapped[int | None]
    age_s: Mapped[int] = mapped_column(default=0)
    born_at: Mapped[int | None]  # unix seconds at which its age was nought, once it knew the time
    hello: Mapped[Any] = mapped_column(default=dict)


class Message(Table):
    """An up message that was answered: what a repetition of it is answered with."""

    __tablename__ = "messages"
    thing_id: Mapped[str] = thing_key(primary_key=True)
    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[int]
    digest: Mapped[bytes]
    outcome: Mapped[int]
    reason: Mapped[str | None]
    number: Mapped[str | None]
    received_at: Mapped[int] = mapped_column(index=True)


class Request(Table):
    """One round of a thing's request for quotations."""

    __tablename__ = "requests"
    __table_args__ = (UniqueConstraint("thing_id", "need_id", "round"),)
    id: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key()
    need_id: Mapped[bytes]
    round: Mapped[int]
    consumable: Mapped[str]
    skus: Mapped[Any]
    quantity: Mapped[int]
    need_by_s: Mapped[int]
    test: Mapped[bool]
    best_total_minor: Mapped[int | None]
    currency: Mapped[str | None]
    received_at: Mapped[int]


class Offer(Table):
    """A seller's answer to a request that was passed on: a signed offer, or why there is none."""

    __tablename__ = "offers"
    __table_args__ = (Index("offers_of_need", "thing_id", "need_id"),)
    id: Mapped[int] = serial()
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id", ondelete="CASCADE"))
    thing_id: Mapped[str] = thing_key()
    need_id: Mapped[bytes]
    seller: Mapped[str]
    sent_at: Mapped[int]
    declined: Mapped[str | None]
    hash: Mapped[bytes | None]
    document: Mapped[bytes | None]
    terms: Mapped[Any]


class Order(Table):
    """A purchase: the thing's signed order and how far it has come."""

    __tablename__ = "orders"
    __table_args__ = (
        Index(
            "one_open_order",
            "thing_id",
            "consumable",
            "test",
            unique=True,
            sqlite_where=text("state IN (4, 5, 6, 7, 12)"),
            postgresql_where=text("state IN (4, 5, 6, 7, 12)"),
        ),
        {"sqlite_autoincrement": True},
    )
    number: Mapped[int] = serial()
    order_id: Mapped[bytes] = mapped_column(unique=True)
    thing_id: Mapped[str] = thing_key(index=True)
    consumable: Mapped[str]
    cycle: Mapped[int]
    sku: Mapped[str]
    packs: Mapped[int]
    seller: Mapped[str]
    price_minor: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str]
    test: Mapped[bool]
    need_by_s: Mapped[int]
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offers.id"))
    document: Mapped[bytes]
    content_hash: Mapped[bytes]
    state: Mapped[int] = mapped_column(index=True)
    packs_delivered: Mapped[int] = mapped_column(default=0)
    charged_minor: Mapped[int] = mapped_column(default=0)
    eta_at: Mapped[int | None]
    placed_at: Mapped[int]
    changed_at: Mapped[int]


class Case(Table):
    """A service request under one number, from first word to verified recovery."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "one_open_case",
            "thing_id",
            "mode",
            unique=True,
            sqlite_where=text("state BETWEEN 1 AND 4"),
            postgresql_where=text("state BETWEEN 1 AND 4"),
        ),
        {"sqlite_autoincrement": True},
    )
    number: Mapped[int] = serial()
    case_id: Mapped[bytes] = mapped_column(unique=True)
    thing_id: Mapped[str] = thing_key(index=True)
    mode: Mapped[str]
    service: Mapped[str]
    severity: Mapped[int]
    confidence: Mapped[int]
    eta_s: Mapped[int | None]
    evidence: Mapped[Any]
    tried: Mapped[Any]
    advice: Mapped[str | None]
    monitor: Mapped[str | None]
    remedy: Mapped[str | None]
    part: Mapped[str | None]
    update: Mapped[int]
    state: Mapped[int] = mapped_column(index=True)
    escalated: Mapped[bool] = mapped_column(default=False)
    visit_at: Mapped[int | None]
    opened_at: Mapped[int]
    changed_at: Mapped[int]


class Dispute(Table):
    """What a thing holds against a seller, or, of an order that it denies, against the desk."""

    __tablename__ = "disputes"
    __table_args__ = (
        Index(
            "one_open_dispute",
            "thing_id",
            "order_id",
            "reason",
            unique=True,
            sqlite_where=text("state IN (1, 2)"),
            postgresql_where=text("state IN (1, 2)"),
        ),
        {"sqlite_autoincrement": True},
    )
    number: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key(index=True)
    order_id: Mapped[bytes]
    order_number: Mapped[int | None] = mapped_column(ForeignKey("orders.number"), index=True)
    reason: Mapped[int]
    state: Mapped[int] = mapped_column(index=True)
    seller: Mapped[str | None]
    total_minor: Mapped[int | None]
    charged_minor: Mapped[int | None]
    packs: Mapped[int | None]
    quantity: Mapped[int | None]
    answer: Mapped[str | None]
    agreed: Mapped[bool | None]
    opened_at: Mapped[int]
    changed_at: Mapped[int]


class Event(Table):
    """A line in the history of an order, a case or a dispute: who said what, when."""

    __tablename__ = "events"
    id: Mapped[int] = serial()
    order_number: Mapped[int | None] = subject("orders.number")
    case_number: Mapped[int | None] = subject("cases.number")
    dispute_number: Mapped[int | None] = subject("disputes.number")
    at: Mapped[int]
    source: Mapped[str]
    word: Mapped[str]
    detail: Mapped[Any] = mapped_column(default=dict)


class Finding(Table):
    """What one monitor saw, from raised to cleared."""

    __tablename__ = "findings"
    __table_args__ = (Index("findings_of_monitor", "thing_id", "monitor"),)
    id: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key()
    monitor: Mapped[str]
    mode: Mapped[str]
    state: Mapped[int] = mapped_column(index=True)
    severity: Mapped[int]
    confidence: Mapped[int]
    score: Mapped[int]
    eta_s: Mapped[int | None]
    mended_by: Mapped[str | None]
    raised_at: Mapped[int]
    changed_at: Mapped[int]


class Report(Table):
    """A periodic report: health, usage or what the outbox shed."""

    __tablename__ = "reports"
    __table_args__ = (Index("reports_of_thing", "thing_id", "kind"),)
    id: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key()
    kind: Mapped[str]
    age_s: Mapped[int]
    made_at: Mapped[int]
    received_at: Mapped[int] = mapped_column(index=True)
    content: Mapped[Any]


class Statement(Table):
    """A dispute, a receipt or an experience that a thing signed."""

    __tablename__ = "statements"
    id: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key(index=True)
    kind: Mapped[str]
    order_number: Mapped[int | None] = mapped_column(ForeignKey("orders.number"))
    document: Mapped[bytes]
    content: Mapped[Any]
    received_at: Mapped[int]


class Command(Table):
    """A console line sent to a thing, and its reply."""

    __tablename__ = "commands"
    id: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key(index=True)
    line: Mapped[str]
    sent_at: Mapped[int]
    text: Mapped[str | None]
    replied_at: Mapped[int | None]


class Outgoing(Table):
    """A down message that waits: to be sent, or for the thing's acknowledgement."""

    __tablename__ = "outgoing"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = serial()
    thing_id: Mapped[str] = thing_key(index=True)
    kind: Mapped[int]
    body: Mapped[bytes]
    wants_ack: Mapped[bool]
    tries: Mapped[int] = mapped_column(default=0)
    due: Mapped[int] = mapped_column(index=True)
    expires: Mapped[int | None]


class Task(Table):
    """Work of the desk that is due at a time: a seller's answer, a visit, a silence to notice."""

    __tablename__ = "tasks"
    id: Mapped[int] = serial()
    due: Mapped[int] = mapped_column(index=True)
    what: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    content: Mapped[Any]


class Reject(Table):
    """A frame that was turned away, cut short."""

    __tablename__ = "rejects"
    id: Mapped[int] = serial()
    thing_id: Mapped[str]
    reason: Mapped[str]
    frame: Mapped[bytes]
    received_at: Mapped[int]


class Seller(Table):
    """A supplier that the desk passes requests and orders to."""

    __tablename__ = "suppliers"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    public_key: Mapped[bytes]
    since: Mapped[int]


# The tables of the busiest path, for statements that need no tracked objects.
MESSAGES = Table.metadata.tables["messages"]
OUTGOING = Table.metadata.tables["outgoing"]
THINGS = Table.metadata.tables["things"]
