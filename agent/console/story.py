"""What `why ORDER` tells: how an order came about and went on, from the ledger."""

from agent import needs
from agent.console.grammar import Rows
from agent.console.ledger import collected, text_of
from agent.money import disputes as disputing
from agent.money import offers as quotes
from agent.money import orders as ordering
from agent.money.rooms import money


def why(agent, word):
    """Return how an order came about and went on, in words and numbers, or None."""
    def told(row):
        if isinstance(row[3], bytes) and ordering.hex_of(row[3]).startswith(word):
            return [[row[1], kind, text] for kind, text in _TOLD[row[2]](row)]
        return ()

    rows = yield from collected(agent, told)
    return Rows("age_s what why", rows) if rows else None


def _need(row):
    _, _, _, _, name, cycle, quantity, reason, test = row
    numbers = ["%s %s" % (word, _thousandths(value)) for word, value in reason]
    return [("need", "%s%s: %d wanted, cycle %d" % ("test of " if test else "", name, quantity,
                                                   cycle)),
            ("forecast", ", ".join(numbers) or "asked for on the console")]


def _decision(row):
    told = [("offer", "%s: %s in %d h, score %d (%s)" % (
        seller, money(total), lead_s // 3600, score,
        ", ".join(["%s %d" % pair for pair in zip(quotes.VALUES, parts)])))
        for seller, total, lead_s, score, _, parts in row[4]]
    told += [("no", "%s: %s" % (seller, reason)) for seller, reason in row[5]]
    return told + [("choice", row[4][0][0] if row[4] else "none")]


def _moved(row):
    return [(ordering.STATES[row[4]], text_of(row[5]))]


def _disputed(row):
    return [("dispute", "%s, %s" % (disputing.REASONS[row[4]], disputing.STATES[row[5]]))]


def _learned(row):
    words = ["%s %d" % (word, row[5][word]) for word in sorted(row[5])]
    return [("experience", "%s: %s, trust %d" % (row[4], ", ".join(words), row[6]))]


def _nothing(row):
    return []


# What `why` tells of each kind of entry, in the order of books.KINDS.
_TOLD = (_nothing, _need, _decision, _moved, _nothing, _disputed, _learned, _nothing)


def _thousandths(value):
    sign, value = ("-", -value) if value < 0 else ("", value)
    return "%s%d.%03d" % (sign, value // needs.REASON_SCALE, value % needs.REASON_SCALE)
