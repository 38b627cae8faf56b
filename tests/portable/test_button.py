"""The owner's yes by a button on the thing: to the one question that stood when it was pressed."""

import kit
from kit import DAY
from market_bench import Market

from agent.money import orders as ordering
from agent.needs import Need
from agent.wire import messages as wire

BUTTON = 2
PRODUCT = dict(kit.PRODUCT)
PRODUCT["channels"] = kit.PRODUCT["channels"] + [
    {"name": "ok_presses", "unit": "count", "scale": 1, "low": 0.0, "high": 1000.0, "period": 600}]
PRODUCT["approve"] = BUTTON


class Panel(Market):
    """A bench with a button that counts how often it was pressed since the thing started."""

    presses = 0

    def tick(self, seconds=600):
        self.thing.feed_reading(BUTTON, self.presses, 0, self.up() + seconds)
        return super().tick(seconds)


def asking(presses=0):
    """A thing that asks its owner about everything, and a question that stands."""
    bench = Panel(PRODUCT, k6=2)
    bench.presses = presses
    need = bench.needs()
    bench.decline(need)
    bench.offer(need)
    bench.serve(2)
    assert bench.order(need).state == ordering.AWAITING
    return bench, need


def test_a_press_places_the_order_that_was_asked_about():
    bench, need = asking()
    assert not kit.of_kind(bench.serve(3), wire.ORDER)
    bench.presses += 1
    sent = bench.serve(2)
    assert kit.of_kind(sent, wire.ORDER) and bench.order(need).state >= ordering.PLACED
    assert "approved" in bench.line("why " + bench.order(need).ref())


def test_a_press_before_the_question_is_no_answer_to_it():
    bench, need = asking(presses=3)
    assert not kit.of_kind(bench.serve(5), wire.ORDER)
    bench.boot()  # the count begins again with the thing
    bench.presses = 2
    bench.serve(3)
    assert bench.order(need).state == ordering.AWAITING
    bench.presses = 3
    assert kit.of_kind(bench.serve(2), wire.ORDER)


def test_a_press_is_worth_no_more_than_the_mandate():
    bench, _ = asking()
    bench.told()
    bench.install(2, k13=[["second", kit.SIGNER.public_key(b"2" * 32), 30000]], k6=2, k8=100)
    bench.serve(2)
    bench.presses += 1
    assert not kit.of_kind(bench.serve(3), wire.ORDER)
    assert [words for words in bench.told() if "not bought" in words]


def test_a_press_with_nothing_to_answer_does_nothing():
    bench = Panel(PRODUCT, k6=2)
    for _ in range(3):
        bench.presses += 1
        bench.serve(2)
    assert bench.thing.trade.orders.open == [] and not bench.told()


def test_a_press_with_two_questions_answers_neither():
    bench, need = asking()
    bench.told()
    second = bench.thing.trade.orders.begin("grease", Need(0, 1000, DAY, []), bench.thing._at)
    second.state = ordering.AWAITING  # one that came up since the button was last read
    second.since = bench.thing._at + 1
    bench.presses += 1
    assert not kit.of_kind(bench.serve(1), wire.ORDER)
    assert bench.order(need).state == ordering.AWAITING
    assert [words for words in bench.told() if "several orders wait" in words]
