"""The console's words about orders, disputes and sellers."""

from agent import needs
from agent.console.grammar import CommandError, Rows, consumable, natural, one
from agent.money import disputes as disputing
from agent.money import experience as learned
from agent.money import orders as ordering
from agent.money.orders import terms_digest


def orders(agent, words, at):
    rows = []
    for order in agent.trade.orders.open:
        rows.append([order.ref(), order.consumable, ordering.STATES[order.state]] + (
            [order.seller, order.sku, order.packs, order.total,
             ordering.hex_of(terms_digest(order)[:4])]
            if order.terms else [None] * 5) + [order.number or None, order.test])
    return Rows("order consumable state seller item packs total_minor terms number test", rows)


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
    if len(words) != 2 or (words[1] not in ("wrong", "nothing", "back") and natural(words[1]) < 0):
        raise CommandError("say: received ORDER PACKS, or wrong, nothing or back")
    order = _called(agent, words[0])
    refusal = agent.trade.buyer.delivery.received(order, words[1], at, agent.clock.utc(at))
    return _or_error(refusal, "noted: " + order.ref())


def test_order(agent, words, at):
    index = consumable(agent, words)
    if [order for order in agent.trade.orders.open if order.consumable == words[0] and order.test]:
        raise CommandError("a test order is under way")
    packs = agent.trade.shelf.items[index].reorder.packs
    need = needs.of(agent.trade.shelf, index, packs[0][0] if packs else 1, [], at)
    return "test order %s" % agent.trade.orders.begin(words[0], need, at, True).ref()


def disputes(agent, words, at):
    return Rows("order reason state seller total_minor charged_minor since_s", [
        [ordering.hex_of(d.order[:4]), disputing.REASONS[d.reason], disputing.STATES[d.state],
         d.seller, d.total, None if d.charged < 0 else d.charged, at - d.since]
        for d in agent.trade.disputes.all])


def experience(agent, words, at):
    known = agent.trade.experience
    return Rows(("seller", "trust", "times") + learned.ASPECTS, [
        [name, known.trust(name, at), known.sellers[name][1]]
        + [None if value < 0 else value // 10 for value in known.sellers[name][2:]]
        for name in sorted(known.sellers)])


COMMANDS = {
    "orders": (orders, "open orders"),
    "approve": (approve, "approve ORDER [TERMS]: buy on the terms shown"),
    "deny": (deny, "deny ORDER: do not buy, or ask the seller to cancel"),
    "cancel": (cancel, "cancel ORDER: ask the seller to cancel, or close a dispute"),
    "received": (received, "received ORDER PACKS|wrong|nothing|back: what came, as you see it"),
    "test-order": (test_order, "test-order CONSUMABLE: the whole way, marked, without money"),
    "disputes": (disputes, "what is held against sellers and the desk"),
    "experience": (experience, "how sellers kept their word, percent"),
}
