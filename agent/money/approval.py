"""The owner's word on one order, signed, and passed on by the desk: yes, no, or no more of it.

An answer is bound to the thing, to the order, to the terms that were shown and to what they may
cost, so it needs no sequence and touches none: anywhere else it is no answer, and what was answered
does not wait any more.  Nor does a cancel, which is good for one order, whose id never comes again.
From there it is the word of the console.  On loan when such a document comes.
"""

from agent import const
from agent.money import forms, mandate
from agent.money.orders import AWAITING, CONFIRMED, PLACED, STATES, terms_digest
from agent.wire.messages import MessageError

# Keys of the document, as in wire.cddl.
_ORDER = const(1)
_THING = const(2)
_TERMS = const(3)
_MOST = const(4)
_YES = const(5)


def take(agent, document, at):
    """Approve or cancel the order as the document says; raises MessageError and changes nothing."""
    said = mandate.opened(document, agent.identity)
    cancels = isinstance(said, dict) and said.get(0) == "cancel"
    if cancels:
        forms.check(said, "cancel", "16 t", _THING)
    else:
        forms.check(said, "approval", "16 t 12 n ?", _YES)
    orders, buyer = agent.trade.orders, agent.trade.buyer
    order = orders.find(said[_ORDER]) or orders.ended(said[_ORDER])
    if said[_THING] != agent.identity.thing:
        refusal = "it is for " + said[_THING]
    elif order is None:
        refusal = "no such order"
    elif cancels and order.cancelling:
        return  # heard before, by whichever way
    elif order.state not in ((PLACED, CONFIRMED) if cancels else (AWAITING,)):
        refusal = "it is " + STATES[order.state]
    elif cancels:
        refusal = buyer.cancel(order, at, agent.clock.utc(at), "the owner said no")
    elif terms_digest(order) != said[_TERMS] or order.total > said[_MOST]:
        refusal = "the terms are others now"
    elif not agent.may_buy():
        refusal = "it does not buy now"
    elif said[_YES]:
        refusal = buyer.approve(order, at, agent.clock.utc(at))
    else:
        refusal = buyer.cancel(order, at, agent.clock.utc(at), "the owner said no")
    if refusal:
        raise MessageError(refusal)
