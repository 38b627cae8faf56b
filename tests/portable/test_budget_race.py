"""Two consumables run out at once, and the budget is enough for one of them."""

import kit
from market_bench import SELLERS, Market

from agent.money.orders import hex_of
from agent.wire import messages as wire

MILK = 2


def two():
    """The kit's product with a second tank."""
    product = dict(kit.PRODUCT)
    tank = dict(product["channels"][kit.BEANS])
    tank["name"] = "milk_ml"
    product["channels"] = product["channels"] + [tank]
    milk = dict(product["consumables"][0])
    milk.update({"name": "milk", "channel": MILK,
                 "items": [{"sku": "MILK-1", "name": "Milk", "pack": 1000.0, "price_minor": 900}]})
    product["consumables"] = product["consumables"] + [milk]
    return product


class Race(kit.Bench):
    """Milk runs low together with beans."""

    def tick(self, seconds=600):
        self.thing.feed_reading(MILK, self.beans, 0, self.up() + seconds)
        return super().tick(seconds)


def raced(cut=0, **limits):
    """Have both quoted at once; return the orders that left, and what may have been spent."""
    bench = Race(two())
    bench.serve(4)
    terms = {"k13": SELLERS[:1]}
    terms.update(limits)
    bench.say(wire.MANDATE, {1: kit.mandate(1, **terms)}, 900)
    bench.serve(2)
    needs = {}
    while len(needs) < 2:
        bench.beans -= 20
        for asked in kit.of_kind(bench.serve(), wire.RFQ):
            needs[asked[wire.BODY][2]] = asked[wire.BODY][1]
    bench.serve()
    for number, (name, sku) in enumerate((("beans", "BEAN-1"), ("milk", "MILK-1"))):
        document = kit.offer(needs[name], k1=b"offer--" + bytes([number]), k4=sku)
        bench.say(wire.OFFER, {1: needs[name], 2: document}, 910 + number)
    sent = []
    for number in range(6):
        if cut and number == 0:
            bench.store.cut_at = bench.store.operations + cut
        try:
            sent += bench.serve()
        except kit.PowerCut:
            bench.boot()
    return kit.of_kind(sent, wire.ORDER), bench.thing.trade.budget.committed(None, "EUR")


def test_a_budget_that_is_enough_for_both_buys_both():
    orders, spent = raced()
    assert len({bytes(order[wire.BODY][1]) for order in orders}) == 2 and spent == (3400, 3400)


def test_one_of_two_gets_what_is_left_of_any_budget():
    seller = [SELLERS[0][:2] + [3399]]
    for limits in ({"k9": 3399}, {"k10": 3399}, {"k11": 1}, {"k12": 1}, {"k13": seller},
                   {"k29": {"roaster": 1}}):
        orders, spent = raced(**limits)
        assert len({bytes(order[wire.BODY][1]) for order in orders}) == 1, limits
        assert spent == (1700, 1700)


def test_nor_does_a_power_cut_between_them_spend_twice():
    for cut in (1, 2):
        orders, spent = raced(cut, k9=3399)
        assert len({bytes(order[wire.BODY][1]) for order in orders}) <= 1 and spent[0] <= 1700


def bought_in(bench, currency, sequence, **limits):
    """Put a mandate of this currency in force, empty the tank, offer; return what was said."""
    bench.say(wire.MANDATE, {1: kit.mandate(sequence, k5=currency, **limits)}, 940 + sequence)
    bench.serve(2)
    need = bench.needs()
    asked = [m for m in kit.of_kind(bench.desk.seen, wire.RFQ) if m[wire.BODY][1] == need]
    assert asked[-1][wire.BODY][9] == currency
    bench.decline(need)
    bench.offer(need, k1=b"offer-%02d" % sequence, k11=currency)
    return need, kit.of_kind(bench.serve(4), wire.ORDER)


def verify(bench, need):
    bench.status(need, 6)
    bench.status(need, 7)
    for level in (1000.0, 800.0, 600.0):
        bench.beans = level
        bench.serve(6, 3600)


def test_another_currency_has_its_own_budget_and_the_old_one_waits_with_what_was_spent():
    bench = Market()
    limits = {"k10": 3000, "k13": [SELLERS[0][:2] + [3000]]}
    for sequence, currency, bought in ((2, "EUR", 1), (3, "USD", 1), (4, "EUR", 0), (5, "USD", 0)):
        need, orders = bought_in(bench, currency, sequence, **limits)
        assert len(orders) == bought, sequence
        if bought:
            verify(bench, need)
        else:
            assert "budget of the month: 3400 of 3000" in bench.line("why " + hex_of(need))
            bench.thing.trade.orders.open.clear()
        budget = bench.thing.trade.budget
        assert budget.committed(None, "EUR")[1] == 1700
        assert budget.committed(None, "USD")[1] == (0 if sequence < 3 else 1700)
        assert "17.00 of 30.00" in bench.line("mandate")
        bench.boot()
        bench.serve(2)
