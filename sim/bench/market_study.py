"""What each kind of seller costs a thing that has two honest ones besides it.

One run per kind: the same kitchen, people and honest sellers, and one seller of the kind that
undercuts them. The rows are for people who set weights and rounds in a mandate.
"""

from collections.abc import Iterator

from sim.desk.market import SELLERS
from sim.world import scenario as scenarios
from sim.world.run import run

HONEST = [
    {"name": "corner", "price_percent": 105, "shipping_minor": 0,
     "ships_after": ["1h", "6h"], "travels": ["2h", "12h"]},
    {"name": "grocer", "shipping_minor": 290,
     "ships_after": ["2h", "12h"], "travels": ["6h", "1d"]},
]  # fmt: skip
UNDERCUTS = {"price_percent": 85, "shipping_minor": 0, "ships_after": ["1h", "6h"],
             "travels": ["2h", "12h"]}  # fmt: skip


def scenario_of(kind: str, days: int, seed: int = 1, **mandate) -> scenarios.Scenario:
    """The kitchen with one seller of a kind; more terms of the mandate by their words."""
    content = {
        "title": f"Two honest sellers and one {kind} one",
        "product": "coffee_machine",
        "plant": "coffee_machine",
        "duration": f"{days}d",
        "seed": seed,
        "plant_settings": {"customers_per_day": 30.0},
        "people": {"refill_after": ["30min", "4h"], "checks": 1.0},
        "service": {"decides_after": "3d"},
        "sellers": [*HONEST, {"name": "third", "kind": kind, **UNDERCUTS}],
        "mandate": {"rounds": 3, **mandate},
    }
    return scenarios.parse(content, f"market_{kind}.toml")


def study(days: int, seed: int = 1, kinds: list[str] | None = None, **mandate) -> Iterator[dict]:
    """One row a kind: what was ordered where, paid, disputed, and served."""
    for kind in kinds or list(SELLERS):
        numbers = run(scenario_of(kind, days, seed, **mandate), seed).figures
        market = numbers["market"]
        of_kind = market["kinds"].get(kind, {})
        # Where the third one is honest too it cannot be told from the others by its kind.
        yield {
            "kind": kind,
            "habit": SELLERS[kind].habit,
            "orders": sum(row["orders"] for row in market["kinds"].values()),
            "orders_of_kind": of_kind.get("orders", 0),
            "verified": sum(row["verified"] for row in market["kinds"].values()),
            "paid_minor": market["paid_minor"],
            "cost_percent": market["cost_percent"],
            "wrongs": market["wrongs"],
            "wrongs_disputed": market["wrongs_disputed"],
            "false_disputes": market["false_disputes"],
            "served_percent": round(100 * numbers["served"] / max(1, numbers["demand"])),
        }
