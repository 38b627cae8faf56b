"""The words that tell how the thing is: its channels, its findings, its cases, and why."""

from agent import loan
from agent.console.grammar import CommandError, Pairs, Rows, one
from agent.sense import findings
from agent.service import cases as services


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
    return Rows("channel value unit quality age_s", [
        [signal.channel.name, None if signal.at is None else signal.value, signal.channel.unit,
         agent.senses.quality_word(signal.channel.index),
         None if signal.at is None else at - signal.at] for signal in agent.senses.signals])


def _findings(agent, words, at):
    return Rows("monitor mode state severity confidence since_s", [
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
    return Rows("case mode state number updates tried asks_for", rows)


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
    "status": (_status, "how the thing is"),
    "channels": (_channels, "the last reading of every channel"),
    "read": ("looks", "read CHANNEL: its latest readings"),
    "findings": (_findings, "what the monitors hold against the machine"),
    "cases": (_cases, "open service cases"),
    "outbox": ("looks", "what the desk has not acknowledged"),
    "messages": ("looks", "what came of late, and what became of it"),
    "notices": ("butler", "what others sent that was kept, and why"),
    "privacy": ("privacy", "privacy [show]: who got what, and for what"),
    "time": ("looks", "what time it is, as far as the desk has told"),
    "log": ("looks", "what the owner was told of late"),
    "assist": ("butler", "assist WORDS: ask service for help"),
    "why": (_why, "why NAME: the numbers behind a monitor, a consumable or an order"),
}
