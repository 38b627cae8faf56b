"""The console's words about what runs out: consumables, the pattern of use, what was told of it."""

from agent.console.grammar import Pairs, Rows, consumable
from agent.stock import pattern


def consumables(agent, words, at):
    rows = []
    shelf = agent.trade.shelf
    for spec, item in zip(shelf.specs, shelf.items):
        days = item.days_left(at) or (None, None, None)
        rows.append([spec["name"], item.level(), spec["unit"], item.rate_per_day(), days[1],
                     days[0], days[2], item.plausible(at)])
    return Rows("consumable level unit per_day days_left low high doubt",
                rows)


def why(agent, word, at):
    """Return the numbers behind a consumable, or None when the word is none."""
    index = agent.trade.shelf.index(word)
    if index is None:
        return None
    item = agent.trade.shelf.items[index]
    doubt = item.plausible(at)
    way = "believe " + word if doubt and item.measured else None
    return Pairs([("doubt", doubt), ("if_it_is_true", way)]
                 + [(name, None if value < 0 else value)  # the record keeps the unknown as -1
                    for name, value in item.why(at)])


def needs(agent, words, at):
    """What would be bought now, and what holds it back."""
    trade, rows = agent.trade, []
    for spec, item in zip(trade.shelf.specs, trade.shelf.items):
        need = item.need(at)
        busy = need and trade.orders.busy(spec["name"], at)
        rows.append([spec["name"], need[0] if need else 0, spec["unit"],
                     item.plausible(at) or ("an open order, or a rest" if busy else None)])
    return Rows("consumable wanted unit held_by", rows)


def usage(agent, words, at):
    return Rows("consumable per_day busiest_hour quiet_from quiet_hours",
                pattern.insight(agent.trade.shelf, agent.clock, at), "not learned yet")


def refill(agent, words, at):
    index = consumable(agent, words)
    item = agent.trade.shelf.items[index]
    item.refill(at)
    agent.journal.note(agent.trade.shelf.record(index))
    text = "noted: %s is as full as its sensor says" if item.measured else "noted: %s is full"
    return text % words[0]


COMMANDS = {
    "consumables": (consumables, "what is left and how long it lasts"),
    "needs": (needs, "what would be bought now, and what holds it back"),
    "usage": (usage, "the pattern of use: how much, when most, when quiet (hours of UTC)"),
    "refill": (refill, "refill CONSUMABLE: it was filled or changed by hand"),
    "believe": ("believe",
                "believe CONSUMABLE: what its sensor says is true, whatever speaks against it"),
}
