"""The commands of the console, a table of words: `function(agent, words, at) -> answer`."""

from agent.console import grammar, money, ports
from agent.console.grammar import CommandError, Pairs, Rows, one
from agent.sense import findings
from agent.service import cases as services
from agent.stock import pattern


def obey(agent, line, at, remote=False):
    """Carry out one line and return its answer, a text; remote: the desk says it."""
    table = COMMANDS
    if remote:
        table = {word: COMMANDS[word] for word in COMMANDS if word not in OWNERS}
    lent = None if remote else getattr(agent, "ports", None)
    return grammar.obey(agent, line, at, table, lent and lent.refuses)


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


def _cases(agent, words, at):
    return Rows(("case", "mode", "state", "number", "updates"), [
        [case.ref(), case.mode, services.STATES[case.state], case.number, case.updates]
        for case in agent.cases.open])


def _why(agent, words, at):
    word = one(words, "a monitor, a consumable or an order")
    watch = agent.senses.find(word)
    if watch:
        return Pairs(watch.why())
    index = agent.shelf.index(word)
    if index is not None:
        return Pairs(agent.shelf.items[index].why(at))
    answer = money.why(agent, word)
    if answer is None:
        raise CommandError("%r is no monitor, consumable or order" % word)
    return answer


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
    "cases": (_cases, "open service cases"),
    "why": (_why, "why NAME: the numbers behind a monitor, a consumable or an order"),
    "usage": (_usage, "the pattern of use: how much, when most, when quiet (hours of UTC)"),
    "privacy": (_privacy, "who got what beyond the running of the thing, for what, and when"),
    "refill": (_refill, "refill CONSUMABLE: it was filled or changed by hand"),
}
COMMANDS.update(money.COMMANDS)
COMMANDS.update(ports.COMMANDS)
# For whoever stands before the thing; the desk cannot say these for the owner.
OWNERS = money.OWNERS + ports.OWNERS + ("refill",)
