"""A product in which nothing runs out: it senses, reports, asks for service, and buys nothing."""

import kit

from agent.wire import messages as wire

PLAIN = dict(kit.PRODUCT)
PLAIN["consumables"] = []


def test_faults_become_cases_and_no_word_of_money_is_known():
    bench = kit.Bench(PLAIN)
    bench.serve(4)
    assert bench.thing.trade is None
    bench.boiler = 140.0
    sent = bench.serve(10)
    assert kit.of_kind(sent, wire.FINDING) and kit.of_kind(sent, wire.CASE)
    words = bench.thing.feed_line("help", bench.up())
    assert "findings" in words and "consumables" not in words and "mandate" not in words
    assert "is no command" in bench.thing.feed_line("orders", bench.up())
    assert "nothing of this product runs out" in bench.thing.feed_line("status", bench.up())
    assert "no monitor" in bench.thing.feed_line("why beans", bench.up())
    bench.boot()
    assert bench.thing.cases.of_mode("boiler_overheat")


def test_what_only_a_buyer_can_do_is_refused_with_the_reason():
    bench = kit.Bench(PLAIN)
    bench.serve(4)
    bench.say(wire.MANDATE, {1: kit.mandate()}, 900)
    bench.say(wire.OFFER, {1: bytes(16), 2: kit.offer(bytes(16))}, 901)
    answers = kit.of_kind(bench.serve(), wire.UP_ACK)
    assert [answer[wire.BODY][2] for answer in answers] == [wire.REFUSED] * 2
    assert "buys nothing" in answers[0][wire.BODY][3]


def test_every_day_it_says_how_it_is():
    bench = kit.Bench(PLAIN)
    sent = bench.serve(150)
    [health] = kit.of_kind(sent, wire.HEALTH)
    assert health[wire.BODY][2] == {}
    assert bench.thing.step(bench.up()) > bench.up()
