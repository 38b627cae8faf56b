"""What the desk hears by asking: no more than reports tell, but what the owner agreed that it may.

A word that tells more needs a consent of the mandate for its purpose.  Every such answer is counted
under it, which `privacy` shows; without, the answer is as coarse as a report, or names what is
missing.  A thing that buys nothing has no mandate: there a setting of its console lets readings go.
"""

from agent.console.grammar import CommandError, Rows
from agent.console.settings import DESK_READS, settings

PURPOSES = ("readings", "usage", "experience", "ledger")
COUNTED = 100  # the first purpose among the kinds of messages of which the outbox counts
_WORDS = ("channels read", "usage consumables", "experience notices", "ledger mandate log why")


def instead(agent, words):
    """Return the coarse command for a word of the desk, None where it may have its answer.

    Raises CommandError, which names the consent that is missing.
    """
    purpose = _purpose(agent, *words[:2])
    if purpose is None:
        return None
    name = PURPOSES[purpose]
    if (agent.trade.mandate.allows(name) if agent.trade else
            not purpose and settings(agent.journal.port).get(DESK_READS) == "yes"):
        agent.outbox.count(COUNTED + purpose, agent.age())
        return None
    if words[0] == "consumables":
        return _bands, ""
    raise CommandError("%s: the owner has not agreed that the desk hears of %s" % (words[0], name))


def _purpose(agent, word, about=""):
    """Return for which of the purposes an answer is, None for what every report may tell."""
    if about == "verify" or (word == "mandate" and about):  # it brings one
        return None
    if word == "why":
        if agent.senses.find(about):
            return 0
        if agent.trade and agent.trade.shelf.index(about) is not None:
            return 1
    for purpose, words in enumerate(_WORDS):
        if word in words.split():
            return purpose
    return None


def _bands(agent, words, at):
    bands = agent.trade.stock_bands(at)
    return Rows("consumable fifths days_left", [
        [name, bands[name] // 1000, bands[name] % 1000] for name in sorted(bands)])
