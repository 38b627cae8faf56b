"""The gap in perception: what suppliers say they did against what things measured.

A supplier's word is an event of its order (delivered, so many packs, so much charged) and the
terms of its offer. A thing's word is its own: verified by a sensor, disputed, or an experience that
its owner lets it share. Test orders count for neither.
"""

from collections import Counter, defaultdict
from statistics import fmean

from rich.table import Table
from sqlalchemy import select

from sim.desk.disputes import REASONS
from sim.desk.models import (
    OPEN_DISPUTE,
    Dispute,
    DisputeState,
    Event,
    Offer,
    Order,
    OrderState,
    Statement,
)

SEEN_WORDS = ("verified", "partial", "double")


def perceived(session, seller: str | None = None) -> list[dict]:
    """One row per seller, by name: the fields of sim/desk/rest/views.py's Perception."""
    query = select(Order).where(Order.test.is_(False)).order_by(Order.number)
    if seller is not None:
        query = query.where(Order.seller == seller)
    orders: dict[str, list[Order]] = defaultdict(list)
    for order in session.scalars(query):
        orders[order.seller].append(order)
    return [_row(session, name, orders[name]) for name in sorted(orders)]


def _row(session, seller: str, orders: list[Order]) -> dict:
    numbers = [order.number for order in orders]
    offers = {
        row.id: row.terms for row in session.scalars(select(Offer).where(Offer.seller == seller))
    }
    events = session.scalars(select(Event).where(Event.order_number.in_(numbers))).all()
    shared = session.scalars(
        select(Statement).where(Statement.kind == "experience", Statement.order_number.in_(numbers))
    ).all()
    said = [event for event in events if event.source == seller and event.word == "delivered"]
    charged = _charged(events)
    measured = _experience([row.content for row in shared])
    chosen = [offers[order.offer_id] for order in orders if order.offer_id in offers]
    return {
        "seller": seller,
        "orders": len(orders),
        "delivered": len({event.order_number for event in said}),
        "verified": sum(order.state == OrderState.VERIFIED for order in orders),
        "packs_delivered": sum(event.detail.get("packs", 0) for event in said),
        "packs_seen": _packs_seen(orders, offers, events),
        "offered_minor": sum(order.total_minor for order in orders if charged[order.number]),
        "charged_minor": sum(charged.values()),
        "quality_offered": _mean([terms["quality"] for terms in chosen]),
        "lead_offered_s": _mean([terms["lead_s"] for terms in chosen]),
        "experiences": len(shared),
        **measured,
        **_disputes(session, numbers),
    }


def _packs_seen(orders: list[Order], offers: dict, events) -> float | None:
    """What the things' own sensors saw, in packs; None when no thing said."""
    pack = {
        order.number: offers[order.offer_id]["pack_units"]
        for order in orders
        if order.offer_id in offers
    }
    seen: dict[int, int] = {}
    for event in events:
        if event.source == "thing" and event.word in SEEN_WORDS and "quantity" in event.detail:
            seen[event.order_number] = event.detail["quantity"]
    packs = [seen[number] / pack[number] for number in seen if pack.get(number)]
    return round(sum(packs), 2) if packs else None


def _charged(events) -> Counter:
    """The most that each order was ever charged: what was given back only later was taken."""
    most: Counter = Counter()
    for event in events:
        minor = event.detail.get("charged_minor") or 0
        most[event.order_number] = max(most[event.order_number], minor)
    return most


def _experience(contents: list[dict]) -> dict:
    kept = [share for content in contents for share in (content["kept"] or {}).values()]
    leads = [content["lead_s"][1] for content in contents if content.get("lead_s")]
    return {
        "quality_experienced": _mean(kept),
        "lead_measured_s": _mean(leads),
        "trust": contents[-1]["trust"] if contents else None,
    }


def _disputes(session, numbers: list[int]) -> dict:
    rows = session.scalars(select(Dispute).where(Dispute.order_number.in_(numbers))).all()
    standing = [row for row in rows if row.state != DisputeState.WITHDRAWN]
    return {
        "disputes": dict(Counter(REASONS[row.reason] for row in standing)),
        "disputes_open": sum(row.state in OPEN_DISPUTE for row in rows),
    }


def _mean(values: list[int]) -> int | None:
    return round(fmean(values)) if values else None


COLUMNS = (
    ("orders", lambda row: str(row["orders"])),
    ("delivered, verified", lambda row: f"{row['delivered']}, {row['verified']}"),
    ("packs said, seen", lambda row: f"{row['packs_delivered']}, {_or_dash(row['packs_seen'])}"),
    ("offered, charged", lambda row: f"{_money(row['offered_minor'])}, "
                                     f"{_money(row['charged_minor'])}"),
    ("quality said, kept", lambda row: f"{_or_dash(row['quality_offered'])}, "
                                       f"{_or_dash(row['quality_experienced'])}"),
    ("trust", lambda row: _or_dash(row["trust"])),
    ("disputes", lambda row: ", ".join(
        f"{count} {word}" for word, count in sorted(row["disputes"].items())) or "-"),
)  # fmt: skip


def table(rows: list[dict]) -> Table:
    """The rows for a terminal, what is said and what was measured side by side."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("seller")
    for heading, _ in COLUMNS:
        shown.add_column(heading, justify="left" if heading == "disputes" else "right")
    for row in rows:
        gap = row["delivered"] > row["verified"] or row["disputes"]
        cells = [value(row) for _, value in COLUMNS]
        shown.add_row(row["seller"], *cells, style="yellow" if gap else None)
    return shown


def _money(minor: int) -> str:
    return f"{minor / 100:.2f}"


def _or_dash(value) -> str:
    return "-" if value is None else f"{value:g}"
