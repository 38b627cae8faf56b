"""Needs: the decision that something must be got, with its reason.

Between stock and money: asks every consumable that has no open order and no rest whether it must
be bought, and hands the answer on once.  A level that cannot be trusted is never a need.
"""

from agent.product import quantise

# Numbers of a reason are kept as thousandths.
REASON_SCALE = 1000


class Need:
    """consumable: its index; quantity: units x scale; reason: [[word, thousandths], ...]."""

    def __init__(self, consumable, quantity, need_by_s, reason):
        self.consumable = consumable
        self.quantity = quantity
        self.need_by_s = need_by_s
        self.reason = reason


def arising(shelf, busy, at):
    """Return the needs that arise now.

    shelf: Shelf; busy(name, at) -> bool: an order is open or the consumable rests; at: age in s.
    """
    found = []
    for index, item in enumerate(shelf.items):
        if busy(shelf.specs[index]["name"], at):
            continue
        need = item.need(at)
        if need is None or need[0] <= 0:
            continue
        found.append(of(shelf, index, need[0], need[1], at))
    return found


def of(shelf, index, amount, reason, at):
    """Return the Need of an amount (base units) of one consumable."""
    days = shelf.items[index].days_left(at)
    left_s = 0 if days is None else max(0, int(days[0] * 86400))
    rows = [[word, quantise(number, REASON_SCALE)] for word, number in reason]
    quantity = quantise(amount, shelf.unit_scales[index])
    return Need(index, quantity, min(left_s, 365 * 86400), rows)
