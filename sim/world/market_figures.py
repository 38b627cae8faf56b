"""What a market did to a thing: costs against somebody who knows everything, wrongs and disputes.

The clairvoyant buys what the thing bought, at the same moments, knowing which sellers keep their
word: for every order it takes the lowest price of a unit that any fair seller offered for that
need in any round. What the thing paid, less what it was given back, is held against that, for the
goods that truly came, as far as they were ordered.
"""

from collections import Counter, defaultdict

from sim.desk.market import SELLERS
from sim.desk.models import Dispute, DisputeState, Offer, Order, OrderState
from sim.world.clock import DAY

RIPE_S = 14 * DAY
"""A wrong may take this long, after its promised delivery, to be found out and disputed."""

DELIVERY, OFFER = "delivery", "offer"


def figures(run, orders: list[Order]) -> dict:
    """The market's numbers of a run; amounts in minor units, tests left out."""
    kinds = {seller.name: seller.kind for seller in run.scenario.sellers}
    rows = [order for order in orders if not order.test]
    offers = run.endpoint.rows(Offer, run.name)
    disputes = run.endpoint.rows(Dispute, run.name)
    cheapest = _cheapest(offers, kinds)
    terms = {offer.id: offer.terms for offer in offers}
    brought = _brought(run.observer)
    sums: dict[str, Counter] = defaultdict(Counter)
    for order in rows:
        _count(sums[kinds[order.seller]], order, terms, brought, cheapest)
    return {
        "kinds": {kind: dict(sorted(sums[kind].items())) for kind in sorted(sums)},
        "paid_minor": sum(one["paid_minor"] for one in sums.values()),
        "clairvoyant_minor": sum(one["clairvoyant_minor"] for one in sums.values()),
        "cost_percent": _percent(sums),
        **_wrongs(run, rows, disputes, terms, kinds),
    }


def _cheapest(offers: list[Offer], kinds: dict[str, str]) -> dict[bytes, float]:
    """Need to the lowest price of a unit that a fair seller offered for it."""
    best: dict[bytes, float] = {}
    for offer in offers:
        if offer.document is None or SELLERS[kinds[offer.seller]].wrong is not None:
            continue
        terms = offer.terms
        price = terms["total_minor"] / (terms["pack_units"] * terms["packs"])
        best[offer.need_id] = min(price, best.get(offer.need_id, price))
    return best


def _brought(observer) -> Counter:
    """Order id to packs that came and were what was ordered."""
    packs: Counter = Counter()
    for _, _, order, count in observer.parcels:
        if order not in observer.wrong_goods:
            packs[order] += count
    return packs


def _count(sums: Counter, order: Order, terms: dict, brought: Counter, cheapest: dict) -> None:
    sums["orders"] += 1
    sums["verified"] += order.state == OrderState.VERIFIED
    sums["ordered_minor"] += order.total_minor
    sums["paid_minor"] += order.charged_minor
    pack = terms[order.offer_id]["pack_units"]
    units = pack * min(order.packs, brought[order.order_id])
    own = order.total_minor / (pack * order.packs)
    sums["clairvoyant_minor"] += round(units * cheapest.get(order.order_id, own))


def _percent(sums: dict[str, Counter]) -> int | None:
    """What was paid for what came, in percent of what the clairvoyant would have paid for it."""
    worth = sum(one["clairvoyant_minor"] for one in sums.values())
    return round(100 * sum(one["paid_minor"] for one in sums.values()) / worth) if worth else None


def _wrongs(run, orders: list[Order], disputes: list[Dispute], terms: dict, kinds: dict) -> dict:
    held = {row.order_id for row in disputes}
    standing = {row.order_id for row in disputes if row.state != DisputeState.WITHDRAWN}
    wrong = [order for order in orders if SELLERS[kinds[order.seller]].wrong == DELIVERY]
    ripe = [
        order for order in wrong
        if order.state not in (OrderState.EXPIRED, OrderState.REFUSED)
        and order.placed_at + terms[order.offer_id]["lead_s"] + RIPE_S <= run.world.unix
    ]  # fmt: skip
    fair = {order.order_id for order in orders} - {order.order_id for order in wrong}
    return {
        "wrongs": len(ripe),
        "wrongs_disputed": sum(order.order_id in held for order in ripe),
        "undisputed": sorted(
            f"O-{order.number:06d} {kinds[order.seller]}"
            for order in ripe if order.order_id not in held
        ),
        "false_disputes": len(fair & standing),
        "disputes": len(disputes),
        "disputes_open": sum(row.state in (1, 2) for row in disputes),
        "forged_taken": sum(SELLERS[kinds[order.seller]].wrong == OFFER for order in orders),
    }  # fmt: skip


def expectations(wanted, numbers: dict) -> list[tuple]:
    """(name, "at most" or "at least", wanted, is) of what a scenario expects of its market."""
    share = numbers["wrongs_disputed"] / numbers["wrongs"] if numbers["wrongs"] else 1.0
    rows = [
        ("cost_percent", "at most", wanted.cost_percent, numbers["cost_percent"] or 0),
        ("wrongs_disputed", "at least", wanted.wrongs_disputed, round(share, 3)),
        ("false_disputes", "at most", wanted.false_disputes, numbers["false_disputes"]),
        ("forged_taken", "at most", wanted.forged_taken, numbers["forged_taken"]),
    ]
    return [row for row in rows if row[2] is not None]
