"""The owner's word that a level which the thing doubts is true, however it came about."""

from agent import const
from agent.console.grammar import CommandError, consumable
from agent.sense.channels import GOOD
from agent.sense.senses import LEARNED
from agent.stock import gauge

_MOST = const(1.25)  # times the capacity: agent/stock/gauge.py takes no more for a level


def believe(agent, words, at):
    """Take what the sensor of a consumable says now for what is in it, and forget all doubts."""
    shelf, index, name = agent.trade.shelf, consumable(agent, words), words[0]
    item, signal = shelf.items[index], agent.senses.find("stock_" + name).signals[0]
    _settle(name, item, signal, at)
    agent.journal.note(shelf.record(index))
    for habit in agent.senses.habits:
        if habit and habit.signals[0] is signal:
            habit.relearn(at)
            agent.journal.note([LEARNED, habit.name, bytes(habit.state)])
    return "noted: %s is at %g %s" % (name, item.level(), shelf.specs[index]["unit"])


def _settle(name, item, signal, at):
    """Let its gauge begin anew at what is read; a few readings must still agree with that."""
    state, level = item.gauge.state, signal.value
    if not item.measured:
        raise CommandError("%r is only counted: say refill" % name)
    if signal.quality != GOOD or signal.sick or level > _MOST * item.capacity:
        raise CommandError("%r: its sensor says nothing that could be true" % name)
    if state[gauge.ABSENT]:
        raise CommandError("%r is not in place" % name)
    if level > (item.level() or 0.0) + item.gauge.step():
        item.refill(at, level)
    state[gauge.LEVEL], state[gauge.BEFORE] = max(0.0, level), -1.0
    state[gauge.SETTLED] = state[gauge.AGREED] = state[gauge.STRANGE] = 0.0
    state[gauge.VANISHED] = 0.0
    gauge.mark(state, gauge.CHANGED_AT, at)
    item.settle()
