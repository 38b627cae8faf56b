"""The gap in perception: what suppliers say they did against what things measured.

A supplier's word is an event of its order (delivered, so many packs, so much charged) and the
terms of its offer. A thing's word is its own: verified by a sensor, disputed, or an experience that
its owner lets it share. Test orders count for neither.
"""

from collections import Counter, defaultdict
from statistics import fmean
from typing import Any

from rich.table import Table
from sqlalchemy import BigInteger, case, cast, func, select

from firmware.mandate.currency import shown
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
from sim.desk.trade import PERSON

SEEN_WORDS = ("verified", "partial", "double")


def perceived(session, seller: str | None = None) -> list[dict]:
    """One row per seller, by name: the fields of sim/desk/rest/views.py's Perception.

    The database counts; there may be orders of many years.
    """
    sold = [Order.test.is_(False)] + ([Order.seller == seller] if seller is not None else [])
    parts = [count(session, sold) for count in (_orders, _said, _seen, _charged, _offered)]
    shared, held = _experience(session, sold), _disputes(session, sold)
    return [
        {"seller": name}
        | {key: value for part in parts for key, value in (part.get(name) or part[""]).items()}
        | (shared.get(name) or _shared([]))
        | _held(held.get(name) or {})
        for name in sorted(parts[0])
        if name
    ]


def _by_seller(session, query, *names: str) -> dict[str, dict[str, Any]]:
    """Rows (seller, values …) as {seller: {name: value}}; under "" what there is of none."""
    found = {row[0]: dict(zip(names, row[1:], strict=True)) for row in session.execute(query)}
    return {"": dict.fromkeys(names, None)} | found


def _number(column, key: str):
    """A number in a JSON column; null where there is none."""
    return cast(column[key].as_string(), BigInteger)


def _orders(session, sold: list) -> dict[str, dict[str, Any]]:
    verified = func.sum(case((Order.state == OrderState.VERIFIED, 1), else_=0))
    query = select(Order.seller, func.count(), verified).where(*sold).group_by(Order.seller)
    return _by_seller(session, query, "orders", "verified")


def _said(session, sold: list) -> dict[str, dict[str, Any]]:
    """What was said to be delivered, by the seller or its staff; all packs where none are named."""
    packs = func.coalesce(_number(Event.detail, "packs"), Order.packs)
    query = (
        select(Order.seller, func.count(Event.order_number.distinct()), func.sum(packs))
        .join(Event, Event.order_number == Order.number)
        .where(Event.word == "delivered", Event.source.in_((Order.seller, PERSON)), *sold)
        .group_by(Order.seller)
    )
    found = _by_seller(session, query, "delivered", "packs_delivered")
    return found | {"": {"delivered": 0, "packs_delivered": 0}}


def _seen(session, sold: list) -> dict[str, dict[str, Any]]:
    """What the things' own sensors saw last, in packs; None when no thing said."""
    last = (
        select(func.max(Event.id))
        .where(Event.order_number.is_not(None), Event.source == "thing",
               Event.word.in_(SEEN_WORDS), Event.detail["quantity"].as_string().is_not(None))
        .group_by(Event.order_number)
    )  # fmt: skip
    pack = func.nullif(_number(Offer.terms, "pack_units"), 0)
    query = (
        select(Order.seller, func.sum(_number(Event.detail, "quantity") * 1.0 / pack))
        .join(Event, Event.order_number == Order.number)
        .join(Offer, Offer.id == Order.offer_id)
        .where(Event.id.in_(last), *sold)
        .group_by(Order.seller)
    )
    found = _by_seller(session, query, "packs_seen")
    for row in found.values():
        seen = row["packs_seen"]
        row["packs_seen"] = None if seen is None else round(float(seen), 2)
    return found


def _charged(session, sold: list) -> dict[str, dict[str, Any]]:
    """The most that each order was ever charged: what was given back only later was taken.

    In every currency by itself, for nothing can be added across two.
    """
    most = (
        select(Order.seller, Order.currency, Order.total_minor.label("total"),
               func.max(_number(Event.detail, "charged_minor")).label("charged"))
        .join(Event, Event.order_number == Order.number)
        .where(*sold)
        .group_by(Order.number, Order.seller, Order.currency, Order.total_minor)
        .subquery()
    )  # fmt: skip
    query = (
        select(most.c.seller, most.c.currency, func.sum(most.c.total), func.sum(most.c.charged))
        .where(most.c.charged > 0)
        .group_by(most.c.seller, most.c.currency)
        .order_by(most.c.currency)
    )
    found: dict[str, dict[str, Any]] = {"": {"money": []}}
    for seller, currency, offered, charged in session.execute(query):
        sums = {"currency": currency, "offered_minor": offered, "charged_minor": charged}
        found.setdefault(seller, {"money": []})["money"].append(sums)
    return found


def _offered(session, sold: list) -> dict[str, dict[str, Any]]:
    """What the offers that were taken state on the mean."""
    means = [func.avg(_number(Offer.terms, key)) for key in ("quality", "lead_s")]
    query = (
        select(Order.seller, *means)
        .join(Offer, Offer.id == Order.offer_id)
        .where(*sold)
        .group_by(Order.seller)
    )
    found = _by_seller(session, query, "quality_offered", "lead_offered_s")
    return {
        name: {key: None if mean is None else round(mean) for key, mean in row.items()}
        for name, row in found.items()
    }


def _experience(session, sold: list) -> dict[str, dict]:
    query = (
        select(Order.seller, Statement.content)
        .join(Order, Order.number == Statement.order_number)
        .where(Statement.kind == "experience", *sold)
        .order_by(Statement.id)
    )
    contents = defaultdict(list)
    for seller, content in session.execute(query):
        contents[seller].append(content)
    return {seller: _shared(told) for seller, told in contents.items()}


def _shared(contents: list[dict]) -> dict:
    kept = [share for content in contents for share in (content["kept"] or {}).values()]
    leads = [content["lead_s"][1] for content in contents if content.get("lead_s")]
    return {
        "experiences": len(contents),
        "quality_experienced": _mean(kept),
        "lead_measured_s": _mean(leads),
        "trust": contents[-1]["trust"] if contents else None,
    }


def _disputes(session, sold: list) -> dict[str, Counter]:
    """How many disputes a seller had, by reason and state."""
    query = (
        select(Order.seller, Dispute.reason, Dispute.state, func.count())
        .join(Dispute, Dispute.order_number == Order.number)
        .where(*sold)
        .group_by(Order.seller, Dispute.reason, Dispute.state)
    )
    found: dict[str, Counter] = defaultdict(Counter)
    for seller, reason, state, count in session.execute(query):
        found[seller][reason, state] = count
    return found


def _held(counts: dict) -> dict:
    standing: Counter = Counter()
    for (reason, state), count in counts.items():
        if state != DisputeState.WITHDRAWN:
            standing[REASONS[reason]] += count
    open_ = sum(count for (_, state), count in counts.items() if state in OPEN_DISPUTE)
    return {"disputes": dict(standing), "disputes_open": open_}


def _mean(values: list[int]) -> int | None:
    return round(fmean(values)) if values else None


COLUMNS = (
    ("orders", lambda row: str(row["orders"])),
    ("delivered, verified", lambda row: f"{row['delivered']}, {row['verified']}"),
    ("packs said, seen", lambda row: f"{row['packs_delivered']}, {_or_dash(row['packs_seen'])}"),
    ("offered, charged", lambda row: "; ".join(
        f"{shown(one['offered_minor'], one['currency'])}, "
        f"{shown(one['charged_minor'], one['currency'])}" for one in row["money"]) or "-"),
    ("quality said, kept", lambda row: f"{_or_dash(row['quality_offered'])}, "
                                       f"{_or_dash(row['quality_experienced'])}"),
    ("trust", lambda row: _or_dash(row["trust"])),
    ("disputes", lambda row: ", ".join(
        f"{count} {word}" for word, count in sorted(row["disputes"].items())) or "-"),
)  # fmt: skip


def table(rows: list[dict]) -> Table:
    """The rows for a terminal, what is said and what was measured side by side."""
    drawn = Table(box=None, pad_edge=False)
    drawn.add_column("seller")
    for heading, _ in COLUMNS:
        drawn.add_column(heading, justify="left" if heading == "disputes" else "right")
    for row in rows:
        gap = row["delivered"] > row["verified"] or row["disputes"]
        cells = [value(row) for _, value in COLUMNS]
        drawn.add_row(row["seller"], *cells, style="yellow" if gap else None)
    return drawn


def _or_dash(value) -> str:
    return "-" if value is None else f"{value:g}"
