"""What is said to have come and is not seen: when it is missed, who is asked, who is accused."""

from kit import DAY
from market_bench import HOUR, Market, disputes, events, quiet, two_packs

from agent.money import disputes as disputing
from agent.money import orders as ordering

RAISED, WITHDRAWN = disputing.RAISED, disputing.WITHDRAWN


def test_a_delivery_that_lies_beside_the_machine_is_no_dispute():
    bench = Market()
    need = bench.bought()
    bench.order(need).need_by = bench.up() + 10 * DAY
    bench.status(need, 6, k4=HOUR)
    bench.status(need, 7)
    sent = quiet(bench, 24 * 9)
    assert disputes(sent) == [] and bench.order(need).state == ordering.DELIVERED
    sent = quiet(bench, 24 * 5)
    assert disputes(sent) == [(disputing.NEVER, RAISED)]


def topped_up_and_idle(days):
    """A delivery of which too little was filled in to see it, and then nothing is used for days."""
    bench = Market()
    need = bench.bought()
    bench.status(need, 6, k4=HOUR)
    bench.status(need, 7)
    bench.beans += 400.0
    bench.serve(6)
    assert 300 < bench.order(need).seen < 500
    return bench, need, bench.serve(4 * days, 6 * HOUR)


def test_what_came_is_not_missed_where_nothing_is_used():
    bench, need, sent = topped_up_and_idle(15)
    assert disputes(sent) == [] and bench.order(need).state == ordering.DELIVERED
    while bench.beans > 20.0:  # it is used again, and nobody fills in what is said to have come
        bench.beans -= 20.0
        sent += bench.serve(1, HOUR)
    assert disputes(sent) == []
    assert disputes(quiet(bench, 24 * 7)) == [(disputing.SHORT, RAISED)]  # some of it was seen


def test_nobody_waits_for_ever_for_what_is_said_to_have_come():
    bench, need, sent = topped_up_and_idle(29)
    assert disputes(sent) == [] and bench.order(need).state == ordering.DELIVERED
    assert disputes(bench.serve(30, 6 * HOUR)) == [(disputing.SHORT, RAISED)]


def said_to_have_come():
    """One pack, by the seller's word; the container has run dry meanwhile."""
    bench = Market()
    need = bench.bought()
    while bench.beans > 20.0:
        bench.beans -= 20.0
        bench.serve(1, HOUR)
    bench.status(need, 6, k4=HOUR)
    bench.status(need, 7)
    bench.told()
    return bench, need


def test_the_owner_is_asked_to_look_when_it_runs_dry_and_may_answer():
    bench, need = said_to_have_come()
    assert disputes(quiet(bench, 5)) == [] and bench.told() == []
    assert disputes(quiet(bench, 24)) == []
    ref = bench.order(need).ref()
    assert bench.told() == ["beans (%s): empty, but roaster says that 1 x BEAN-1 came: fill it in, "
                           "or say: received %s PACKS, or nothing" % (ref, ref)]
    assert bench.thing.trade._buyer is None, "what waits is looked after now and then"
    bench.line("received %s nothing" % ref)
    assert disputes(bench.serve(2)) == [(disputing.NEVER, RAISED)]
    bench.line("received %s 1" % ref)  # it was found after all, and had been used
    sent = bench.serve(2)
    assert disputes(sent) == [(disputing.NEVER, WITHDRAWN)] and events(sent) == [2]
    assert bench.order(need) is None and bench.thing.trade.orders.ended(need)
    bench.line("received %s 1" % ref)  # said again
    assert events(bench.serve(2)) == []


def test_a_seller_is_not_accused_by_a_sensor_that_is_not_believed():
    bench, need = said_to_have_come()
    doubt, item = "level contradicts usage", bench.thing.trade.shelf.items[0]
    item.plausible = lambda at: doubt
    sent = quiet(bench, 24 * 12)
    assert disputes(sent) == [] and bench.order(need).state == ordering.DELIVERED
    doubt = None
    assert disputes(quiet(bench, 24 * 5)) == [(disputing.NEVER, RAISED)]


def test_a_refill_while_it_is_switched_off_is_seen_whole():
    bench = Market()
    bench.thing.journal.outgrown = lambda: False  # its rewrites would keep anything
    need = bench.bought()
    bench.beans += 500.0
    bench.serve(6)
    bench.status(need, 6)
    bench.status(need, 7)
    before = bench.order(need).seen
    for _ in range(18):  # within the six hours in which what is learned is kept once
        bench.beans -= 20.0
        bench.serve(1, 600)
    bench.beans += 300.0  # no power meanwhile
    bench.boot()
    bench.serve(6)
    seen = bench.order(need).seen if bench.order(need) else 1000
    assert seen >= before + 200


def test_packs_are_counted_of_an_order_that_only_the_desk_remembers():
    for count, expected in (("1", []), ("0", [(disputing.SHORT, RAISED)])):
        bench, need = said_to_have_come()
        order = bench.order(need)
        ordering._fill(order, ("roaster", 1700, "EUR"), bench.up())
        bench.line("received %s %s" % (order.ref(), count))
        assert disputes(bench.serve(2)) == expected
        assert (bench.order(need) is None) == (not expected)


def test_what_was_topped_up_with_is_not_missed_while_it_lasts():
    bench = Market()
    need = two_packs(bench)
    bench.status(need, 6)
    bench.status(need, 7)
    bench.thing.trade.shelf.items[0].days_left = lambda at: (3.0, 4.0, 5.0)
    bench.thing.journal.outgrown = lambda: False  # its rewrites would keep anything
    bench.beans += 350.0  # a third of a pack: too little to call the order verified
    bench.serve(6)
    assert bench.order(need).state == ordering.DELIVERED and bench.order(need).seen > 300
    assert disputes(quiet(bench, 24 * 10)) == []
    bench.beans = 20.0
    assert disputes(quiet(bench, 24)) == []
    bench.boot()  # it is not forgotten that there was something left until yesterday
    assert disputes(quiet(bench, 24)) == []
    bench.beans = 1000.0
    assert events(bench.serve(6)) == [2]


def test_no_seller_is_accused_for_what_nothing_here_can_see_any_more():
    """A newer product file has no beans: their order is still on its way."""
    bench = Market()
    need = bench.bought()
    bench.status(need, 6, k4=HOUR)
    bench.status(need, 7)
    beans = bench.product["consumables"][0]
    bench.product = dict(bench.product, consumables=[dict(beans, name="coffee")])
    bench.boot()
    assert disputes(bench.serve(4 * 40, 6 * HOUR)) == []
    order = bench.order(need)
    assert order.state == ordering.DELIVERED
    told = [effect[1] for effect in bench.thing.effects if "nobody here sees" in effect[1]]
    assert len(told) == 1
    assert bench.thing.feed_line("received %s 1" % order.ref(), bench.up()).startswith("noted")
    bench.serve()
    assert bench.thing.trade.orders.find(need) is None
