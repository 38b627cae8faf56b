"""The market: who is asked, how it bargains, what it waits for, and to whom it turns next."""

import kit
from kit import DAY
from market_bench import HOUR, Market, learn_price, signed

from agent.money import orders as ordering
from agent.wire import messages as wire


def test_the_best_score_wins_and_the_other_hears_why():
    bench = Market()
    need = bench.needs()
    bench.offer(need)
    bench.second(need, 1600)
    sent = bench.serve(3)
    order = signed(kit.of_kind(sent, wire.ORDER)[0])
    assert order[6] == "second" and order[7] == 1600
    assert kit.of_kind(sent, wire.REJECTION)[0][wire.BODY] == {1: need, 2: {"roaster": "price"}}
    why = bench.line("why " + ordering.hex_of(need[:4]))
    for word in ("forecast", "level", "offer", "second: 16.00 in 24 h, score", "choice", "placed"):
        assert word in why, why


def test_bargaining_tells_the_best_total_and_ends_when_nothing_improves():
    bench = Market(k26=4, k27={"beans": 1650})
    need = bench.needs()
    bench.offer(need)
    bench.second(need, 1800)
    asked = kit.of_kind(bench.serve(), wire.RFQ)[0][wire.BODY]
    assert asked[6] == 2 and asked[8] == 1700 and 1650 not in asked.values()
    bench.serve()
    bench.second(need, 1640, k1=b"offer--3", k17=2)
    bench.offer(need, k1=b"offer--4", k7=1550, k10=1750, k17=2)  # worse than its own: ignored
    sent = bench.serve()
    assert kit.of_kind(sent, wire.UP_ACK)[-1][wire.BODY][3] == "no better than the offer before"
    bench.decline(need, "roaster")
    asked = kit.of_kind(bench.serve(), wire.RFQ)[0][wire.BODY]
    assert asked[6] == 3 and asked[8] == 1640
    bench.serve()
    bench.decline(need, "roaster")
    bench.decline(need, "second")
    order = signed(kit.of_kind(bench.serve(2), wire.ORDER)[0])
    assert order[6] == "second" and order[7] == 1640


def test_bargaining_never_has_more_rounds_than_allowed():
    bench = Market(k26=1000)
    need, total = bench.needs(), 1700
    rounds = []
    for number in range(1, 12):
        bench.decline(need)
        bench.offer(need, k1=b"offer%03d" % number, k7=total - 200, k10=total, k17=number)
        total -= 50
        sent = bench.serve(2)
        rounds += [m[wire.BODY][6] for m in kit.of_kind(sent, wire.RFQ)]
        if kit.of_kind(sent, wire.ORDER):
            break
    assert rounds == [2, 3, 4]


def test_who_is_silent_is_not_waited_for_for_ever():
    bench = Market()
    need = bench.needs()
    bench.offer(need)
    assert not kit.of_kind(bench.serve(10), wire.ORDER)
    assert kit.of_kind(bench.serve(4), wire.ORDER)


def test_a_refused_order_falls_back_to_the_other_seller_without_rest():
    bench = Market()
    first = bench.bought()
    bench.status(first, 9, k5="sold out")
    asked = kit.of_kind(bench.desk.seen, wire.RFQ)[-1][wire.BODY]
    assert asked[1] != first
    assert bench.thing.trade.budget.committed(None, "EUR") == (0, 0)
    bench.offer(asked[1])
    bench.second(asked[1])
    order = signed(kit.of_kind(bench.serve(3), wire.ORDER)[0])
    assert order[6] == "second" and order[1] == asked[1]
    bench.status(asked[1], 10)
    sent = bench.serve(20)
    assert not kit.of_kind(sent, wire.RFQ), "nobody is left: rest"
    assert kit.of_kind(bench.serve(30, HOUR), wire.RFQ)


def test_a_surge_is_waited_out_as_long_as_the_stock_lasts():
    bench = Market()
    learn_price(bench)
    assert bench.thing.trade.experience.usual("beans", "EUR") == 1700
    need = bench.needs()
    bench.order(need).need_by = bench.up() + 6 * DAY
    bench.decline(need)
    bench.offer(need, k7=2300, k10=2500)
    sent = bench.serve(30)
    assert not kit.of_kind(sent, wire.ORDER)
    assert "waits: 2500 for 1000, usually 1700" in bench.line("why " + ordering.hex_of(need))
    bench.boot()
    sent = bench.serve(60)
    asked = [m for m in kit.of_kind(sent, wire.RFQ) if m[wire.BODY][1] == need]
    assert asked
    bench.decline(need)
    bench.offer(need, k1=b"offer--9", k17=asked[-1][wire.BODY][6])
    assert kit.of_kind(bench.serve(3), wire.ORDER)


def test_a_surge_that_stays_is_paid_in_the_end_and_at_once_when_nothing_is_left():
    bench = Market(k28=[25, DAY])
    learn_price(bench)
    need = bench.needs()
    bench.order(need).need_by = bench.up() + 9 * DAY
    waits = 0
    while bench.order(need).state == ordering.QUOTING:
        bench.decline(need)
        bench.offer(need, k7=2300, k10=2500)
        bench.serve(75)
        waits += 1
        assert waits < 5
    assert waits == 3 and bench.order(need).total == 2500
    bench = Market()
    learn_price(bench)
    need = bench.needs()
    bench.order(need).need_by = bench.up() + DAY
    bench.decline(need)
    bench.offer(need, k7=2300, k10=2500)
    assert kit.of_kind(bench.serve(3), wire.ORDER)


def test_a_need_that_somebody_filled_is_no_need_any_more():
    bench = Market(k6=2)
    need = bench.needs()
    bench.beans = 1000.0
    sent = bench.serve(30)
    assert bench.order(need) is None and not kit.of_kind(sent, wire.ORDER)


def test_who_tries_an_order_waits_a_minute_for_silent_sellers_and_not_two_hours():
    bench = Market()
    bench.line("test-order beans")
    asked = kit.of_kind(bench.serve(2, 5), wire.RFQ)[0][wire.BODY]
    bench.offer(asked[1])
    assert not kit.of_kind(bench.serve(6, 5), wire.ORDER)
    sent = bench.serve(8, 5)
    assert signed(kit.of_kind(sent, wire.ORDER)[0])[12] is True


def test_no_word_of_a_seller_puts_off_for_good_that_nothing_came():
    """An order due in 34,000 years would be awaited until then; a random schedule found it."""
    bench = Market()
    need = bench.bought()
    for state, eta in ((6, 1 << 40), (6, 9 * DAY), (5, 1 << 40)):
        bench.status(need, state, k4=eta)
    assert bench.order(need).promised - bench.up() <= 30 * DAY
