"""Sellers of every character for the simulator: one that keeps its word, and those that do not.

Each is the desk's honest supplier with one habit of its own, so that a run shows what that habit
alone does to a thing. `KINDS` names them for scenario files.
"""

import dataclasses

from sim.desk import codec
from sim.desk.models import OrderState
from sim.desk.suppliers import DAY_S, Decline, HonestSupplier, Parcel, Placed, Quote, Request, Step


class Silent(HonestSupplier):
    """Never answers a request."""

    def quote(self, request: Request, now: int) -> list[Quote | Decline]:
        return []


class Late(HonestSupplier):
    """Brings everything five days after it promised to."""

    def order(self, order: Placed, now: int) -> list[Step]:
        return [
            dataclasses.replace(step, delay_s=step.delay_s + 5 * DAY_S)
            if step.state == OrderState.DELIVERED else step
            for step in super().order(order, now)
        ]  # fmt: skip


class Absent(HonestSupplier):
    """Says that it delivered and charges for it, and brings nothing."""

    def order(self, order: Placed, now: int) -> list[Step]:
        return [dataclasses.replace(step, parcel=None) for step in super().order(order, now)]


class Short(HonestSupplier):
    """Says that it delivered everything and brings half of it."""

    def order(self, order: Placed, now: int) -> list[Step]:
        return [_with_packs(step, order.packs // 2) for step in super().order(order, now)]


class Double(HonestSupplier):
    """Brings everything twice."""

    def order(self, order: Placed, now: int) -> list[Step]:
        steps = super().order(order, now)
        again = [Step(step.delay_s + DAY_S, parcel=step.parcel) for step in steps if step.parcel]
        return steps + again


class Greedy(HonestSupplier):
    """Charges a quarter more than it quoted."""

    def order(self, order: Placed, now: int) -> list[Step]:
        return [
            dataclasses.replace(step, charged_minor=step.charged_minor * 5 // 4)
            if step.charged_minor else step
            for step in super().order(order, now)
        ]  # fmt: skip


class Forging(HonestSupplier):
    """Signs its offers with a key that is not the one in the mandate."""

    def __init__(self, *arguments, **words):
        super().__init__(*arguments, **words)
        own = self._key.private_numbers().private_value
        self._key = codec.new_private_key(own + 1 if own % 2 else own - 1)


KINDS = {
    "honest": HonestSupplier,
    "silent": Silent,
    "late": Late,
    "absent": Absent,
    "short": Short,
    "double": Double,
    "greedy": Greedy,
    "forging": Forging,
}

BRINGS_TWICE = ("double",)
"""Whose second parcel is its own doing and no second order."""


def _with_packs(step: Step, packs: int) -> Step:
    if step.parcel is None:
        return step
    parcel = Parcel(step.parcel.sku, packs) if packs else None
    return dataclasses.replace(step, parcel=parcel)
