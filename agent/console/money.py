"""The console's words about money: orders, mandate, ledger, disputes, experience."""

from agent import limits, needs
from agent.console import slowly
from agent.console.grammar import CommandError, Pairs, Rows, lent, one
from agent.money import disputes as disputing
from agent.money import experience as learned
from agent.money import ledger as books
from agent.money import mandate as term
from agent.money import offers as quotes
from agent.money import orders as ordering
from agent.money.orders import terms_digest
from agent.money.rooms import money
from agent.wire import cbor, cose

# Characters of one answer of `ledger export`, which an auditor asks for piece by piece.
_EXPORT_CHARACTERS = 800
_SLICE = 2  # transactions of the journal that are read between two pauses
_RULES = ("auto", "ask above", "ask always")


def orders(agent, words, at):
    rows = []
    for order in agent.trade.orders.open:
        rows.append([order.ref(), order.consumable, ordering.STATES[order.state]] + (
            [order.seller, order.sku, order.packs, order.total,
             ordering.hex_of(terms_digest(order)[:4])]
            if order.terms else [None] * 5) + [order.number or None, order.test])
    return Rows(("order", "consumable", "state", "seller", "item", "packs", "total_minor", "terms",
                 "number", "test"), rows)


def _called(agent, word):
    order = agent.trade.orders.called(word)
    if order is None:
        raise CommandError("%r is no order that is open or was the last" % word)
    return order


def _or_error(refusal, answer):
    if refusal:
        raise CommandError(refusal)
    return answer


def _sure(agent):
    if not agent.may_buy():
        raise CommandError("not yet: the desk has not told what this thing may have forgotten")


def approve(agent, words, at):
    if not 1 <= len(words) <= 2:
        raise CommandError("say: approve ORDER [TERMS], as `orders` shows them")
    order = _called(agent, words[0])
    digest = ordering.hex_of(terms_digest(order)) if order.terms else ""
    if words[1:] and not digest.startswith(words[1]):
        raise CommandError("the terms are not %s any more" % words[1])
    _sure(agent)
    refusal = agent.trade.buyer.approve(order, at, agent.clock.utc(at))
    return _or_error(refusal, "%s is %s" % (order.ref(), ordering.STATES[order.state]))


def cancel(agent, words, at):
    order = _called(agent, one(words, "an order, as `orders` shows it"))
    _sure(agent)
    refusal = agent.trade.buyer.cancel(order, at, agent.clock.utc(at), "the owner said no")
    return _or_error(refusal, "cancelled, or the seller was asked to: " + order.ref())


def deny(agent, words, at):
    if words and _called(agent, words[0]).state == ordering.DISPUTED:
        raise CommandError("it is disputed; `cancel` closes it")
    return cancel(agent, words, at)


def received(agent, words, at):
    if len(words) != 2 or not (words[1].isdigit() or words[1] in ("wrong", "nothing", "back")):
        raise CommandError("say: received ORDER PACKS, or wrong, nothing or back")
    order = _called(agent, words[0])
    refusal = agent.trade.buyer.delivery.received(order, words[1], at, agent.clock.utc(at))
    return _or_error(refusal, "noted: " + order.ref())


def test_order(agent, words, at):
    index = agent.trade.shelf.index(one(words, "a consumable"))
    if index is None:
        raise CommandError("%r is no consumable" % words[0])
    if [order for order in agent.trade.orders.open if order.consumable == words[0] and order.test]:
        raise CommandError("a test order is under way")
    packs = agent.trade.shelf.items[index].reorder.packs
    need = needs.of(agent.trade.shelf, index, packs[0][0] if packs else 1, [], at)
    return "test order %s" % agent.trade.orders.begin(words[0], need, at, True).ref()


def pause(agent, words, at):
    agent.trade.mandate.hold(True)
    return "nothing is bought until `resume`"


def resume(agent, words, at):
    agent.trade.mandate.hold(False)
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
    today, month = agent.trade.budget.committed(utc)
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
        document = parts.take(lent(agent), "mandate", words[1:], limits.PAYLOAD_BYTES)
        if document is None:
            return "part %s" % words[1]
    else:
        document = parts.unhex(one(words, "a signed mandate or control in hex"), "the document")
    try:
        if agent.identity.owner_key:
            yield from agent.identity.verify_ahead(
                slowly.signer, agent.identity.owner_key, *cose.sign1_signed(document))
        agent.trade.install_mandate(document, at)
    except (term.MessageError, cose.CoseError) as error:
        raise CommandError(str(error))
    return "in force: sequence %d" % agent.trade.mandate.sequence()


def disputes(agent, words, at):
    return Rows(("order", "reason", "state", "seller", "total_minor", "charged_minor", "since_s"), [
        [ordering.hex_of(d.order[:4]), disputing.REASONS[d.reason], disputing.STATES[d.state],
         d.seller, d.total, None if d.charged < 0 else d.charged, at - d.since]
        for d in agent.trade.disputes.all])


def experience(agent, words, at):
    known = agent.trade.experience
    return Rows(("seller", "trust", "times") + learned.ASPECTS, [
        [name, known.trust(name, at), known.sellers[name][1]]
        + [None if value < 0 else value // 10 for value in known.sellers[name][2:]]
        for name in sorted(known.sellers)])


def ledger(agent, words, at):
    if not words:
        rows = yield from _collected(agent, _line)
        return Rows(("entry", "age_s", "kind", "content"), rows)
    if words[0] == "export":
        return (yield from _export(agent, int(words[1]) if words[1:] and words[1].isdigit() else 0))
    if words != ["verify"]:
        raise CommandError("%r is not `verify` or `export [FROM]`" % words[0])
    book = yield from verified(agent)
    return _or_error(book.fault, "%d entries verified" % book.verified)


def _export(agent, number):
    """Return lines `number entry link` in hex from an entry on, for an auditor to check."""
    def begin():
        lines, room = [], _EXPORT_CHARACTERS

        def take(record):
            nonlocal room
            at = record[1] if record[0] == books.CHECKPOINT else cbor.decode(record[1])[0]
            if at < number:
                return
            entry = "" if record[0] == books.CHECKPOINT else ordering.hex_of(record[1])
            line = "%d %s %s" % (at, entry or "checkpoint", ordering.hex_of(record[2]))
            room -= len(line)
            if not lines or room >= 0:
                lines.append(line)

        return lines, take

    return "\n".join((yield from _reread(agent, begin))) or "none"


def verified(agent):
    """Read the ledger again, which verifies it, in slices; returns it."""
    def begin():
        book = books.Ledger(None)
        return book, book.apply

    return (yield from _reread(agent, begin))


def _collected(agent, rows_of):
    """Return what rows_of(entry) -> list makes of every entry that is kept, in slices."""
    def begin():
        rows = []

        def take(record):
            if record[0] == books.ENTRY:
                rows.extend(rows_of(cbor.decode(record[1])))

        return rows, take

    return (yield from _reread(agent, begin))


def _reread(agent, begin):
    """Have take(record) see the ledger, where begin() -> (found, take), and return found.

    In slices; it begins anew when the journal changed meanwhile, and the last time in one go.
    """
    journal = agent.journal
    port = journal.port
    for pauses in (True, True, False):
        (found, take), before, count = begin(), (port.appends, port.replaces), 0
        for transaction in journal.transactions():
            for record in books.entries((transaction,)):
                take(record)
            count += 1
            if pauses and not count % _SLICE:
                yield
                if before != (port.appends, port.replaces):
                    break
        else:
            break
    return found


def _line(row):
    return [[row[0], row[1], books.KINDS[row[2]], " ".join([_text(field) for field in row[3:]])]]


def why(agent, word):
    """Return how an order came about and went on, in words and numbers, or None."""
    def told(row):
        if isinstance(row[3], bytes) and ordering.hex_of(row[3]).startswith(word):
            return [[row[1], kind, text] for kind, text in _TOLD[row[2]](row)]
        return ()

    rows = yield from _collected(agent, told)
    return Rows(("age_s", "what", "why"), rows) if rows else None


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
    return [(ordering.STATES[row[4]], _text(row[5]))]


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


def _text(field):
    if isinstance(field, bytes):
        return ordering.hex_of(field[:4])
    if isinstance(field, list):
        return "[" + " ".join([_text(item) for item in field]) + "]"
    return str(field)


COMMANDS = {
    "orders": (orders, "open orders"),
    "approve": (approve, "approve ORDER [TERMS]: buy on the terms shown"),
    "deny": (deny, "deny ORDER: do not buy, or ask the seller to cancel"),
    "cancel": (cancel, "cancel ORDER: ask the seller to cancel, or close a dispute"),
    "received": (received, "received ORDER PACKS|wrong|nothing|back: what came, as you see it"),
    "test-order": (test_order, "test-order CONSUMABLE: the whole way, marked, without money"),
    "pause": (pause, "buy nothing until `resume`"),
    "resume": (resume, "let go of what `pause` holds"),
    "mandate": (mandate, "mandate [HEX | put PART/PARTS HEX]: what is allowed; or take it anew"),
    "disputes": (disputes, "what is held against sellers and the desk"),
    "experience": (experience, "how sellers kept their word, percent"),
    "ledger": (ledger, "ledger [verify | export [FROM]]: the record of money and decisions"),
}
