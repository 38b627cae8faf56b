"""For the next owner: everything goes but what the thing is, and with the keys what they opened.

The store does it when it is opened next, all or nothing whatever the power does meanwhile.
"""

from agent.console.grammar import CommandError
from agent.console.setup import identity


def reset(agent, words, at):
    """reset THING [forced]: the id again, for there is no way back."""
    try:
        thing = identity(agent.ports.store)["thing"]
    except (OSError, TypeError):  # they are damaged, or there are none
        thing = "blank"
    if words not in ([thing], [thing, "forced"]):
        raise CommandError("it erases keys, mandate, orders and history: reset %s" % thing)
    trade = getattr(agent, "trade", None)
    placed = [order.ref() for order in trade.orders.open if order.placed] if trade else []
    if placed and not words[1:]:
        raise CommandError("under way: %s; cancel, or wait, or leave them to the desk: reset %s"
                           " forced" % (" ".join(placed), thing))
    agent.ports.store.erase()
    if agent.ports.restart is None:
        return "all is erased with the next start"
    agent.ports.restart()
    return "erasing all, and starting anew"
