"""The commands of the console, a table of words; every answer is text a person can read.

A command is `function(agent, words, at) -> text`; what is wrong with a line comes back as a text
that names the word, and nothing has changed then.
"""

from agent.money import ledger as books
from agent.money import orders as ordering
from agent.sense import findings
from agent.service import cases as services
from agent.wire import cbor


class CommandError(Exception):
    """A line that cannot be obeyed; says which word and what is possible instead."""


def obey(agent, line, at):
    """Carry out one line and return its answer."""
    words = line.split()
    if not words:
        return ""
    command = COMMANDS.get(words[0])
    if command is None:
        return "error: %r is no command; help lists them" % words[0]
    try:
        return command[0](agent, words[1:], at)
    except CommandError as error:
        return "error: %s" % error


def _one(words, what):
    if len(words) != 1:
        raise CommandError("needs one word: %s" % what)
    return words[0]


def _help(agent, words, at):
    rows = ["%-14s %s" % (word, COMMANDS[word][1]) for word in sorted(COMMANDS)]
    return "\n".join(rows)


def _status(agent, words, at):
    utc = agent.clock.utc(at)
    rows = [
        ("thing", agent.identity.thing),
        ("product", "%s %s" % (agent.product.name, agent.product.version)),
        ("mode", ("run", "safe")[agent.mode]),
        ("buying", agent.mandate.refusal(utc) or ("yes" if agent.may_buy() else "not yet")),
        ("age", "%d s" % at),
        ("utc", "unknown" if utc is None else str(utc)),
        ("boots", str(agent.boots)),
        ("findings", str(len(agent.senses.open_watches()))),
        ("orders", str(len(agent.orders.open))),
        ("cases", str(len(agent.cases.open))),
        ("outbox", "%d waiting, %d dropped" % (agent.outbox.waiting(), agent.outbox.dropped)),
        ("inbox", "%d accepted, %d rejected %s" % (agent.inbox.accepted, agent.inbox.rejected,
                                                  agent.inbox.reason)),
        ("journal", "%d bytes, %d rotten" % (agent.journal.size, agent.journal.rotten)),
    ]
    return "\n".join("%-9s %s" % row for row in rows)


def _channels(agent, words, at):
    rows = []
    for signal in agent.senses.signals:
        channel = signal.channel
        value = "-" if signal.at is None else "%g %s" % (signal.value, channel.unit)
        rows.append("%-20s %-16s %s" % (channel.name, value,
                                        agent.senses.quality_word(channel.index)))
    return "\n".join(rows)


def _findings(agent, words, at):
    rows = ["%-20s %-18s %-10s severity %d confidence %d%%" % (
        watch.name, watch.mode, findings.STATES[watch.finding.state], watch.severity,
        watch.finding.confidence()) for watch in agent.senses.open_watches()]
    return "\n".join(rows) or "no findings"


def _consumables(agent, words, at):
    rows = []
    for spec, item in zip(agent.shelf.specs, agent.shelf.items):
        level, days = item.level(), item.days_left(at)
        rows.append("%-12s %-14s %s" % (
            spec["name"], "-" if level is None else "%g %s" % (level, spec["unit"]),
            "days left unknown" if days is None else "%.1f days left (%.1f to %.1f)" % (
                days[1], days[0], days[2])))
    return "\n".join(rows) or "no consumables"


def _orders(agent, words, at):
    rows = ["%s %-10s %-17s quantity %d%s" % (
        order.ref(), order.consumable, ordering.STATES[order.state], order.quantity,
        " test" if order.test else "") for order in agent.orders.open]
    return "\n".join(rows) or "no open orders"


def _cases(agent, words, at):
    rows = ["%s %-20s %-10s %s" % (case.ref(), case.mode, services.STATES[case.state],
                                   case.number) for case in agent.cases.open]
    return "\n".join(rows) or "no open cases"


def _order_called(agent, words):
    word = _one(words, "an order, as `orders` shows it")
    order = agent.orders.called(word)
    if order is None:
        raise CommandError("%r is no open order" % word)
    return order


def _approve(agent, words, at):
    order = _order_called(agent, words)
    refusal = agent.buyer.approve(order, at, agent.clock.utc(at))
    return "error: %s" % refusal if refusal else "placed %s" % order.ref()


def _deny(agent, words, at):
    order = _order_called(agent, words)
    if not agent.buyer.cancel(order, at, "the owner said no"):
        raise CommandError("it is %s: too late" % ordering.STATES[order.state])
    return "cancelled or being cancelled: %s" % order.ref()


def _why(agent, words, at):
    word = _one(words, "a monitor, a consumable or an order")
    watch = agent.senses.find(word)
    if watch:
        return "\n".join("%-16s %g" % row for row in watch.why())
    index = agent.shelf.index(word)
    if index is not None:
        return "\n".join("%-16s %g" % row for row in agent.shelf.items[index].why(at))
    rows = [row for row in _entries(agent) if len(row) > 3 and _hex(row[3]).startswith(word)]
    if not rows:
        raise CommandError("%r is no monitor, consumable or order" % word)
    return "\n".join(_entry_line(row) for row in rows)


def _ledger(agent, words, at):
    if words and words[0] == "verify":
        count, wrong = books.verify(agent.journal.transactions())
        return "error: %s" % wrong if wrong else "%d entries verified" % count
    return "\n".join(_entry_line(row) for row in _entries(agent)) or "empty"


def _entries(agent):
    return [cbor.decode(record[1]) for record in books.entries(agent.journal.transactions())
            if record[0] == books.ENTRY]


def _entry_line(row):
    fields = [_hex(field)[:8] if isinstance(field, bytes) else str(field) for field in row[3:]]
    return "%5d %10d %-10s %s" % (row[0], row[1], books.KINDS[row[2]], " ".join(fields))


def _hex(data):
    return "".join("%02x" % byte for byte in data) if isinstance(data, bytes) else str(data)


def _refill(agent, words, at):
    index = agent.shelf.index(_one(words, "a consumable"))
    if index is None:
        raise CommandError("%r is no consumable" % words[0])
    agent.shelf.items[index].refill(at)
    return "noted: %s is full" % words[0]


COMMANDS = {
    "help": (_help, "what can be said here"),
    "status": (_status, "how the thing is"),
    "channels": (_channels, "the last reading of every channel"),
    "findings": (_findings, "what the monitors hold against the machine"),
    "consumables": (_consumables, "what is left and how long it lasts"),
    "orders": (_orders, "open orders"),
    "cases": (_cases, "open service cases"),
    "why": (_why, "why NAME: the numbers behind a monitor, a consumable or an order"),
    "approve": (_approve, "approve ORDER: buy on the terms shown"),
    "deny": (_deny, "deny ORDER: do not buy, or ask the seller to cancel"),
    "refill": (_refill, "refill CONSUMABLE: it was filled or changed by hand"),
    "ledger": (_ledger, "ledger [verify]: the record of money and decisions"),
}
