"""What REST shows: pydantic models and how rows become them.

Ids are hexadecimal, states are words, times unix seconds, amounts integer minor units. Root keys
are in no model, so that no answer can carry one.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import object_session

from sim.desk.disputes import REASONS
from sim.desk.models import (
    Case,
    CaseState,
    Command,
    Dispute,
    DisputeState,
    Event,
    Finding,
    FindingState,
    Offer,
    Order,
    OrderState,
    Reject,
    Report,
    Statement,
    Thing,
)
from sim.desk.work import case_number, dispute_number, order_number

Item = TypeVar("Item")


class View(BaseModel):
    """A model filled from a row's attributes."""

    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next` goes into `cursor` to get the following one."""

    items: list[Item]
    next: str | None = None


class Problem(BaseModel):
    """RFC 9457: why a request failed."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class ThingView(View):
    """A thing as lists show it."""

    id: str
    product: str
    owner: str
    online: bool
    heard_at: int | None
    age_s: int
    provisioned_at: int


class EventView(View):
    """One line of a history."""

    at: int
    source: str
    word: str
    detail: dict[str, Any]


class OrderView(View):
    """An order as lists show it."""

    number: str
    order_id: str
    thing: str
    consumable: str
    cycle: int
    sku: str
    packs: int
    seller: str
    price_minor: int
    total_minor: int
    currency: str
    test: bool
    state: str
    packs_delivered: int
    charged_minor: int
    eta_at: int | None
    placed_at: int
    changed_at: int


class OfferView(View):
    """An offer, or a refusal to make one, that was passed to the thing."""

    seller: str
    sent_at: int
    declined: str | None
    terms: dict[str, Any]


class OrderDetail(OrderView):
    """An order with its history, the offers it was chosen from, and the signed document."""

    document: str
    offers: list[OfferView]
    history: list[EventView]


class CaseView(View):
    """A case as lists show it."""

    number: str
    case_id: str
    thing: str
    mode: str
    service: str
    severity: int
    confidence: int
    eta_s: int | None
    state: str
    escalated: bool
    visit_at: int | None
    opened_at: int
    changed_at: int


class CaseDetail(CaseView):
    """A case with its evidence and history."""

    monitor: str | None
    advice: str | None
    tried: list[str]
    remedy: str | None
    part: str | None
    evidence: list[Any]
    history: list[EventView]


class FindingView(View):
    """What a monitor saw; `score` is hundredths, 100 is the border to abnormal."""

    thing: str
    monitor: str
    mode: str
    state: str
    severity: int
    confidence: int
    score: int
    eta_s: int | None
    mended_by: str | None
    raised_at: int
    changed_at: int


class ReportView(View):
    """A periodic report of a thing."""

    thing: str
    age_s: int
    made_at: int
    received_at: int
    content: dict[str, Any]


class CommandView(View):
    """A console line sent to a thing, or a way to the desk, and its reply when there is one."""

    id: int
    thing: str
    line: str
    sent_at: int
    text: str | None
    replied_at: int | None


class RejectView(View):
    """A frame that was turned away; `frame` is its beginning."""

    thing_id: str
    reason: str
    frame: str
    received_at: int


class StatementView(View):
    """A dispute or an experience that a thing signed."""

    id: int
    thing: str
    kind: str
    order_number: int | None
    content: dict[str, Any]
    document: str
    received_at: int


class DisputeView(View):
    """What a thing holds against a seller, or, as a denial, against the desk itself."""

    number: str
    thing: str
    order_id: str
    order: str | None
    seller: str | None
    reason: str
    state: str
    total_minor: int | None
    charged_minor: int | None
    currency: str | None  # of its order; of a denial there is none
    packs: int | None
    quantity: int | None
    answer: str | None
    agreed: bool | None
    opened_at: int
    changed_at: int


class DisputeDetail(DisputeView):
    """A dispute with its history, and what the thing signed on this order."""

    history: list[EventView]
    statements: list[StatementView]


class Charged(BaseModel):
    """What orders in one currency were offered for, and what was charged for them."""

    currency: str
    offered_minor: int
    charged_minor: int


class Perception(BaseModel):
    """A seller's word against what things measured, over its settled orders.

    Pairs are what was claimed and what was measured; null where nothing was. Quality is of 100:
    what the offers state, and how far what was promised was kept, by experience that was shared.
    """

    seller: str
    orders: int
    delivered: int
    verified: int
    packs_delivered: int
    packs_seen: float | None
    money: list[Charged]
    quality_offered: int | None
    quality_experienced: int | None
    lead_offered_s: int | None
    lead_measured_s: int | None
    trust: int | None
    experiences: int
    disputes: dict[str, int]
    disputes_open: int


class ThingDetail(ThingView):
    """A thing with its public key, what it last said and what is open for it."""

    public_key: str
    hello: dict[str, Any]
    mandate_ends_at: int | None
    orders: list[OrderView]
    cases: list[CaseView]
    findings: list[FindingView]
    health: ReportView | None


class NewThing(BaseModel):
    """A thing to admit, as the provisioning tool read it from the console."""

    id: str = Field(min_length=1, max_length=40)
    root_key: str = Field(pattern="^[0-9a-fA-F]{64}$", description="32 bytes, hexadecimal")
    public_key: str = Field(pattern="^[0-9a-fA-F]{128}$", description="X || Y, hexadecimal")
    product: str = Field(default="", max_length=40)
    owner: str | None = Field(default=None, max_length=80)  # left out: as it is with these keys


class Line(BaseModel):
    """One console line."""

    line: str = Field(min_length=1, max_length=200)


class Document(BaseModel):
    """A signed document, hexadecimal."""

    document: str = Field(pattern="^([0-9a-fA-F]{2}){1,1000}$")


class Note(BaseModel):
    """A remark or a reason."""

    text: str = Field(default="", max_length=200)


class Visit(Note):
    """When somebody comes, unix seconds."""

    at: int = Field(ge=0)


class DisputeAnswer(BaseModel):
    """What a seller's staff answers to a dispute; what it keeps, if it gives some back."""

    text: str = Field(min_length=1, max_length=200)
    agrees: bool
    charged_minor: int | None = Field(default=None, ge=0)


class Settlement(BaseModel):
    """A person's decision: what the seller keeps of the money."""

    text: str = Field(min_length=1, max_length=200)
    charged_minor: int = Field(ge=0)


class OrderStatus(BaseModel):
    """What a seller's staff says of an order."""

    state: str = Field(pattern="^(confirmed|shipped|delivered|cancelled|refused)$")
    packs: int | None = Field(default=None, ge=0)
    eta_s: int | None = Field(default=None, ge=0)
    reason: str | None = Field(default=None, max_length=200)
    charged_minor: int | None = Field(default=None, ge=0)


def columns(row) -> dict[str, Any]:
    """The row's columns with bytes in hexadecimal and `thing_id` also as `thing`."""
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    values = {key: v.hex() if isinstance(v, bytes) else v for key, v in values.items()}
    return values | {"thing": values.get("thing_id")}


def order_values(row: Order) -> dict[str, Any]:
    """What an OrderView shows."""
    state = OrderState(row.state).name.lower()
    return columns(row) | {"number": order_number(row), "state": state}


def case_values(row: Case) -> dict[str, Any]:
    """What a CaseView shows."""
    state = CaseState(row.state).name.lower()
    return columns(row) | {"number": case_number(row), "state": state}


def finding_values(row: Finding) -> dict[str, Any]:
    """What a FindingView shows."""
    return columns(row) | {"state": FindingState(row.state).name.lower()}


def dispute_values(row: Dispute) -> dict[str, Any]:
    """What a DisputeView shows."""
    session = object_session(row)
    order = session.get(Order, row.order_number) if session and row.order_number else None
    return columns(row) | {
        "number": dispute_number(row),
        "order": f"O-{row.order_number:06d}" if row.order_number else None,
        "currency": order.currency if order else None,
        "reason": REASONS[row.reason],
        "state": DisputeState(row.state).name.lower(),
    }


VALUES: dict[type, Callable[[Any], dict[str, Any]]] = {
    Order: order_values,
    Case: case_values,
    Finding: finding_values,
    Dispute: dispute_values,
}
VIEWS: dict[type, type[BaseModel]] = {
    Thing: ThingView,
    Order: OrderView,
    Case: CaseView,
    Finding: FindingView,
    Report: ReportView,
    Command: CommandView,
    Reject: RejectView,
    Statement: StatementView,
    Dispute: DisputeView,
    Offer: OfferView,
    Event: EventView,
}


def view(row, model: type[BaseModel] | None = None, **more) -> Any:
    """The model of a row, its table's own one unless another is named."""
    values = VALUES.get(type(row), columns)(row)
    return (model or VIEWS[type(row)]).model_validate(values | more)
