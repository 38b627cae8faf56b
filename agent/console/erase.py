"""For the next owner: everything goes but what the thing is, and with the keys what they opened.

The store does it when it is opened next, all or nothing whatever the power does meanwhile. The desk
is told before, if it can be reached; it settles what is open.
"""

from agent.console.grammar import CommandError
from agent.console.setup import identity
from agent.wire import messages as wire

PATIENCE_S = 20  # for the desk's answer, while somebody stands there and waits
PAUSES = 20_000  # the same where no time passes


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
    told = "the desk knows; " if (yield from _take_leave(agent)) else "the desk was not told; "
    agent.ports.store.erase()
    if agent.ports.restart is None:
        return told + "all is erased with the next start"
    agent.ports.restart()
    return told + "erasing all, and starting anew"


def _take_leave(agent):
    """Tell the desk, and wait until it has acknowledged that; return whether it has."""
    if not getattr(agent, "linked", False):
        return False
    outbox, until = agent.outbox, agent.age() + PATIENCE_S
    outbox.put(wire.FAREWELL, {}, agent.age())
    for _ in range(PAUSES):
        if not [True for message in outbox.pending() if message.kind == wire.FAREWELL]:
            return True
        if agent.age() > until or not agent.linked:
            break
        yield
    outbox.withdraw(wire.FAREWELL, b"")
    return False
