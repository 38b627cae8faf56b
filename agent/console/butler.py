"""Words between people: what others sent to the thing, and what somebody before it has to say."""

from agent import limits, loan
from agent.console.grammar import CommandError, Rows
from agent.console.looks import date
from agent.wire import messages as wire


def notices(agent, words, at):
    """What the butler kept; what it turned away is told by `messages`."""
    rows = loan.call("agent.terms.butler", "kept", agent, at)
    for row in rows:
        row[4] = date(row[4])
    return Rows("notice from says age_s until rating became", rows)


def assist(agent, words, at):
    """Open a case in a person's own words, or add them to the one that is open."""
    text = " ".join(words)
    if not 0 < len(text) <= limits.TEXT_CHARACTERS:
        raise CommandError("assist WORDS: at most %d characters" % limits.TEXT_CHARACTERS)
    if len([m for m in agent.outbox.pending() if m.kind == wire.CASE]) >= limits.WORDS_WAITING:
        raise CommandError("the desk has not heard the last words yet")
    case = loan.call("agent.service.asking", "by_word", agent.cases, "assistance", "assistance", 2,
                     text, at, agent.senses)
    return "case %s %s" % (case.ref(), case.number or "is on its way to the desk")
