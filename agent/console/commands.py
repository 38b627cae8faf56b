"""The commands of the console, a table of words: `function(agent, words, at) -> answer`."""

from agent import loan
from agent.console import grammar
from agent.console.grammar import CommandError, Pairs, Rows, later, one
from agent.sense import findings
from agent.service import cases as services


def obey(agent, line, at, remote=False):
    """Yield the answers to a line, and None where one is worked on; remote: the desk says it."""
    lent = None if remote else getattr(agent, "ports", None)

    def find(word):
        if lent and word in lent.words:
            return lent.words[word]
        for room, words, owners in _rooms(agent):
            if word in words.split() or (not remote and word in owners.split()):
                return room()[word]
        return None

    return grammar.obey(agent, line, at, find, lent and lent.refuses)


def _rooms(agent):
    return ROOMS + OF_TRADE if agent.trade else ROOMS


def _help(agent, words, at):
    rows = []
    for room, _, _ in _rooms(agent):
        table = room()
        rows += [[word, table[word][1]] for word in table]
    lent = getattr(agent, "ports", None)
    rows += [[word, lent.words[word][1]] for word in lent.words] if lent else []
    return Rows(("command", "does"), sorted(rows))


def _status(agent, words, at):
    utc, port = agent.clock.utc(at), agent.journal.port
    return Pairs([
        ("thing", agent.identity.thing),
        ("product", "%s %s" % (agent.product.name, agent.product.version)),
        ("mode", ("run", "safe")[agent.mode]),
        ("buying", _buying(agent, utc)),
        ("age_s", at),
        ("utc", utc),
        ("boots", agent.boots),
        ("findings", len(agent.senses.open_watches())),
        ("orders", len(agent.trade.orders.open) if agent.trade else 0),
        ("cases", len(agent.cases.open)),
        ("waiting", agent.outbox.waiting()),
        ("dropped", agent.outbox.dropped),
        ("rejected", agent.inbox.rejected),
        ("reason", agent.inbox.reason),
        ("journal_bytes", agent.journal.size),
        ("rotten_bytes", agent.journal.rotten),
        ("flash_writes", port.appends + port.replaces),  # since the start, and how much they wrote
        ("flash_bytes", port.bytes_written),
    ])


def _buying(agent, utc):
    if not agent.trade:
        return "no: nothing of this product runs out"
    return agent.trade.mandate.refusal(utc) or ("yes" if agent.may_buy() else "not yet")


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


def _cases(agent, words, at):
    rows = []
    for case in agent.cases.open:
        tried, asked = loan.call("agent.service.asking", "history", agent.cases, case,
                                 agent.senses)
        rows.append([case.ref(), case.mode, services.STATES[case.state], case.number, case.updates,
                     ", ".join(tried) or None, " ".join(asked) or None])
    return Rows(("case", "mode", "state", "number", "updates", "tried", "asks_for"), rows)


def _why(agent, words, at):
    word = one(words, "a monitor, a consumable or an order")
    watch = agent.senses.find(word)
    if watch:
        rows = watch.why(at)
        if watch.remedies:
            rows += loan.call("agent.service.remedies", "told", agent, watch, at)
        return Pairs(rows)
    answer = None
    if agent.trade:
        from agent.console import stock

        answer = stock.why(agent, word, at)
        if answer is None:
            from agent.console import story

            answer = yield from story.why(agent, word)
    if answer is None:
        raise CommandError("%r is no monitor, consumable or order" % word)
    return answer


COMMANDS = {
    "help": (_help, "what can be said here; any command takes --json, several are joined by ;"),
    "status": (_status, "how the thing is"),
    "channels": (_channels, "the last reading of every channel"),
    "read": (later("looks", "read", False), "read CHANNEL: its latest readings"),
    "findings": (_findings, "what the monitors hold against the machine"),
    "cases": (_cases, "open service cases"),
    "outbox": (later("looks", "outbox", False), "what the desk has not acknowledged"),
    "messages": (later("looks", "messages", False), "what came of late, and what became of it"),
    "time": (later("looks", "time", False), "what time it is, as far as the desk has told"),
    "log": (later("looks", "log", False), "what the owner was told of late"),
    "selftest": (later("selftest", "selftest", False),
                 "examine sensors, flash, keys, record and the way to the desk"),
    "why": (_why, "why NAME: the numbers behind a monitor, a consumable or an order"),
}


def _here():
    return COMMANDS


def _onsite():
    from agent.console import onsite

    return onsite.COMMANDS


def _stock():
    from agent.console import stock

    return stock.COMMANDS


def _money():
    from agent.console import money

    return money.COMMANDS


def _mandate():
    from agent.console import mandate

    return mandate.COMMANDS


def _ledger():
    from agent.console import ledger

    return ledger.COMMANDS


# Where a word is, so that only its room is loaded: what gives the room's {word: (function, help)};
# words that anybody may say; words for whoever stands before the thing, as the desk must not say
# them for the owner.
ROOMS = (
    (_here, " ".join(COMMANDS), ""),
    (_onsite, "crash link", "provision config pin update wifi restart reboot reset"),
)
OF_TRADE = (
    (_stock, "consumables needs usage privacy", "refill"),
    (_money, "orders deny disputes experience", "approve cancel received test-order"),
    (_mandate, "mandate pause", "resume"),
    (_ledger, "ledger", ""),
)
