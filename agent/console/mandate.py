"""The console's words about what the owner allows: the mandate, and a pause of all buying."""

from agent import limits
from agent.console.grammar import CommandError, Pairs, one
from agent.money import mandate as term
from agent.money.rooms import money
from agent.wire import messages as wire

_RULES = ("auto", "ask above", "ask always")


def pause(agent, words, at):
    agent.trade.mandate.hold(True)
    _greet(agent, at)
    return "nothing is bought until `resume`"


def resume(agent, words, at):
    agent.trade.mandate.hold(False)
    _greet(agent, at)
    refusal = agent.trade.mandate.refusal(agent.clock.utc(at))
    return "buying goes on" if refusal is None else "let go here, but: " + refusal


def mandate(agent, words, at):
    if words:
        return _install(agent, words, at)
    terms = agent.trade.mandate.terms
    utc = agent.clock.utc(at)
    if terms is None:
        return Pairs([("sequence", agent.trade.mandate.sequence()),
                      ("buying", agent.trade.mandate.refusal(utc))])
    today, month = agent.trade.budget.committed(utc, terms[term.CURRENCY])
    return Pairs([
        ("sequence", agent.trade.mandate.sequence()),
        ("buying", agent.trade.mandate.refusal(utc) or "yes"),
        ("from_utc", terms[term.FROM]), ("until_utc", terms[term.UNTIL]),
        ("approval", "%s %s" % (_RULES[terms[term.APPROVAL]], money(terms[term.ASK_FROM]))),
        ("currency", terms[term.CURRENCY]),
        ("order", money(terms[term.CAP])),
        ("day", "%s of %s" % (money(today), money(terms[term.DAY_BUDGET]))),
        ("month", "%s of %s" % (money(month), money(terms[term.MONTH_BUDGET]))),
        ("sellers", " ".join([row[0] for row in terms[term.SELLERS]])),
        ("blocked", " ".join(terms.get(term.BLOCKED, []))),
    ])


def _install(agent, words, at):
    """HEX, or put PART/PARTS HEX: nothing is in force before all of it is there and verified."""
    from agent.console import parts

    if words[0] == "put":
        if getattr(agent, "ports", None) is None:
            raise CommandError("put: not on this console")
        document = parts.take(agent, "mandate", words[1:], limits.PAYLOAD_BYTES)
        if document is None:
            return "part %s" % words[1]
    else:
        document = parts.unhex(one(words, "a signed mandate or control in hex"), "the document")
    yield from agent.identity.acting(agent.trade.install_mandate, document, at)
    _greet(agent, at)
    return "in force: sequence %d" % agent.trade.mandate.sequence()


def _greet(agent, at):
    """The desk knows what its owner said here by nothing else, and shows it.

    The answer to what the thing said when it started does not take this one back.
    """
    agent.outbox.put(wire.HELLO, agent.hello(), at, b"mandate")


COMMANDS = {
    "pause": (pause, "buy nothing until `resume`"),
    "resume": (resume, "let go of what `pause` holds"),
    "mandate": (mandate, "mandate [HEX | put PART/PARTS HEX]: what is allowed; or take it anew"),
}
