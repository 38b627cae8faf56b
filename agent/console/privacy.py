"""The word that tells what has left the thing: for what, to whom, how often, and how long ago.

Nothing but what running the thing needs leaves it without its owner's consent, which the mandate
gives for a purpose and a recipient (Mandate.allows).  The outbox counts; docs/owner.md has every
field, and a test holds it to wire.cddl.
"""

from agent.console.grammar import Rows

# Purpose, recipient, and the kinds of messages, as in wire.cddl; from 100 on, as remote.py counts.
_LEAVES = (
    ("running", "desk", (1, 2, 11, 14)), ("service", "desk, service", (3, 7, 8)),
    ("buying", "desk, sellers", (4, 15)), ("buying", "desk, its seller", (5, 6, 9)),
    ("approval", "desk", (16,)), ("experience", "desk", (10, 102)), ("usage", "desk", (13, 101)),
    ("software", "desk", (17, 18)), ("asked by the desk", "desk", (12,)), ("reset", "desk", (19,)),
    ("readings", "desk", (100,)), ("ledger", "desk", (103,)),
)
# What each kind is about.
_WHAT = ("", "versions, starts, ledger head, what is open", "levels in fifths, days left",
         "what a monitor found", "item, quantity, needed by when", "item, packs, price",
         "what came, or did not", "fault, a few readings, what was tried",
         "that it went or came back", "what is held against whom", "how a seller kept its word",
         "that it heard the desk, or refuses", "what its console lines ask", "use of a week",
         "how many reports were dropped", "why an offer was not taken",
         "what the owner is asked to buy", "how far an update is", "what of it is missing",
         "that it leaves its owner", "exact answers to its console lines")


def privacy(agent, words, at):
    """What was said of each kind of message."""
    said = agent.outbox.said
    return Rows("purpose recipient what times ago_s", [
        [purpose, recipient, _WHAT[min(kind, 20)], said[kind][0], at - said[kind][1]]
        for purpose, recipient, kinds in _LEAVES for kind in kinds if kind in said], "nothing")
