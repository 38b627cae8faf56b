"""The commands of the console, a table of words: `function(agent, words, at) -> answer`."""

from agent.console import grammar
from agent.console.grammar import CommandError, Pairs, Rows, one
from agent.money import ledger as books
from agent.money import orders as ordering
from agent.sense import findings
from agent.service import cases as services
from agent.stock import pattern
from agent.wire import cbor


def obey(agent, line, at):
    """Carry out one line and return its answer, a text."""
    return grammar.obey(agent, line, at, COMMANDS)


def _help(agent, words, at):
    return Rows(("command", "does"), [[word, COMMANDS[word][1]] for word in sorted(COMMANDS)])


def _status(agent, words, at):
    utc = agent.clock.utc(at)
    return Pairs([
        ("thing", agent.identity.thing),
        ("product", "%s %s" % (agent.product.name, agent.product.version)),
        ("mode", ("run", "safe")[agent.mode]),
        ("buying", agent.mandate.refusal(utc) or ("yes" if agent.may_buy() else "not yet")),
        ("age_s", at),
        ("utc", utc),
        ("boots", agent.boots),
        ("findings", len(agent.senses.open_watches())),
        ("orders", len(agent.orders.open)),
        ("cases", len(agent.cases.open)),
        ("waiting", agent.outbox.waiting()),
        ("dropped", agent.outbox.dropped),
        ("rejected", agent.inbox.rejected),
        ("reason", agent.inbox.reason),
        ("journal_bytes", agent.journal.size),
        ("rotten_bytes", agent.journal.rotten),
    ])


def _channels(agent, words, at):
    return Rows(("channel", "value", "unit", "quality", "age_s"), [
        [signal.channel.name, None if signal.at is None else signal.value, signal.channel.unit,
         agent.senses.quality_word(signal.channel.index),
         None if signal.at is None else at - signal.at] for signal in agent.senses.signals])


def _findings(agent, words, at):
    return Rows(("monitor", "mode", "state", "severity", "confidence", "since_s"), [
        [watch.name, watch.mode, findings.STATES[watch.finding.state], watch.severity,
         watch.finding.confidence(), at - watch.finding.since]
        for watch in agent.senses.open_watches()])


def _consumables(agent, words, at):
    rows = []
    for spec, item in zip(agent.shelf.specs, agent.shelf.items):
        days = item.days_left(at) or (None, None, None)
        rows.append([spec["name"], item.level(), spec["unit"], item.rate_per_day(), days[1],
                     days[0], days[2], item.plausible(at)])
    return Rows(("consumable", "level", "unit", "per_day", "days_left", "low", "high", "doubt"),
                rows)


def _orders(agent, words, at):
    rows = []
    for order in agent.orders.open:
        seller, sku, packs, total = [None] * 4 if not order.terms else (
            order.terms[2], order.terms[3], order.terms[5], order.terms[7])
        rows.append([order.ref(), order.consumable, ordering.STATES[order.state], seller, sku,
                     packs, total, order.test])
    return Rows(("order", "consumable", "state", "seller", "item", "packs", "total_minor", "test"),
                rows)


def _cases(agent, words, at):
    return Rows(("case", "mode", "state", "number", "updates"), [
        [case.ref(), case.mode, services.STATES[case.state], case.number, case.updates]
        for case in agent.cases.open])


def _order_called(agent, words):
    word = one(words, "an order, as `orders` shows it")
    order = agent.orders.called(word)
    if order is None:
        raise CommandError("%r is no open order" % word)
    return order


def _approve(agent, words, at):
    order = _order_called(agent, words)
    refusal = agent.buyer.approve(order, at, agent.clock.utc(at))
    if refusal:
        raise CommandError(refusal)
    return "placed " + order.ref()


def _deny(agent, words, at):
    order = _order_called(agent, words)
    refusal = agent.buyer.cancel(order, at, agent.clock.utc(at), "the owner said no")
    if refusal:
        raise CommandError(refusal)
    return "cancelled, or the seller was asked to: " + order.ref()


def _why(agent, words, at):
    word = one(words, "a monitor, a consumable or an order")
    watch = agent.senses.find(word)
    if watch:
        return Pairs(watch.why())
    index = agent.shelf.index(word)
    if index is not None:
        return Pairs(agent.shelf.items[index].why(at))
    rows = [row for row in _entries(agent) if len(row) > 3 and _text(row[3]).startswith(word)]
    if not rows:
        raise CommandError("%r is no monitor, consumable or order" % word)
    return _entry_table(rows)


def _ledger(agent, words, at):
    if not words:
        return _entry_table(_entries(agent))
    if words != ["verify"]:
        raise CommandError("%r is not `verify`" % words[0])
    count, wrong = books.verify(agent.journal.transactions())
    if wrong:
        raise CommandError(wrong)
    return "%d entries verified" % count


def _entries(agent):
    return [cbor.decode(record[1]) for record in books.entries(agent.journal.transactions())
            if record[0] == books.ENTRY]


def _entry_table(rows):
    return Rows(("entry", "age_s", "kind", "content"), [
        [row[0], row[1], books.KINDS[row[2]], " ".join([_text(field) for field in row[3:]])]
        for row in rows])


def _text(field):
    if isinstance(field, bytes):
        return "".join(["%02x" % byte for byte in field[:4]])
    if isinstance(field, list):
        return "[" + " ".join([_text(item) for item in field]) + "]"
    return str(field)


def _usage(agent, words, at):
    return Rows(("consumable", "per_day", "busiest_hour", "quiet_from", "quiet_hours"),
                pattern.insight(agent.shelf, agent.clock, at), "not learned yet")


def _privacy(agent, words, at):
    return Rows(("purpose", "recipient", "what", "times", "last_s"), agent.privacy.rows(),
                "nothing has left but what running the thing needs")


def _refill(agent, words, at):
    index = agent.shelf.index(one(words, "a consumable"))
    if index is None:
        raise CommandError("%r is no consumable" % words[0])
    agent.shelf.items[index].refill(at)
    return "noted: %s is full" % words[0]


COMMANDS = {
    "help": (_help, "what can be said here; any command takes --json, several are joined by ;"),
    "status": (_status, "how the thing is"),
    "channels": (_channels, "the last reading of every channel"),
    "findings": (_findings, "what the monitors hold against the machine"),
    "consumables": (_consumables, "what is left and how long it lasts"),
    "orders": (_orders, "open orders"),
    "cases": (_cases, "open service cases"),
    "why": (_why, "why NAME: the numbers behind a monitor, a consumable or an order"),
    "approve": (_approve, "approve ORDER: buy on the terms shown"),
    "deny": (_deny, "deny ORDER: do not buy, or ask the seller to cancel"),
    "usage": (_usage, "the pattern of use: how much, when most, when quiet (hours of UTC)"),
    "privacy": (_privacy, "who got what beyond the running of the thing, for what, and when"),
    "refill": (_refill, "refill CONSUMABLE: it was filled or changed by hand"),
    "ledger": (_ledger, "ledger [verify]: the record of money and decisions"),
}
