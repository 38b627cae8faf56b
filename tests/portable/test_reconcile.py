"""What a thing does with the desk's answer to its greeting, whatever flash it started from."""

import binascii

import kit
from market_bench import control
from test_amnesia import reconcile, row

from agent.money import orders as ordering
from agent.wire import messages as wire


def test_an_order_that_is_remembered_catches_up_and_never_goes_back():
    for state, after in ((ordering.SHIPPED, ordering.SHIPPED), (ordering.PLACED, ordering.PLACED),
                         (ordering.VERIFIED, None), (ordering.CANCELLED, None)):
        bench = kit.Bench()
        identifier = bench.ordered()
        bench.boot()
        bench.tick()
        reconcile(bench, [row(identifier, state)])
        order = bench.thing.trade.orders.find(identifier)
        assert (order and order.state) == after
        spent = 0 if state == ordering.CANCELLED else 1700
        assert bench.thing.trade.budget.committed(None, "EUR")[1] == spent


def test_what_the_thing_saw_before_the_desk_heard_of_it_stays_at_its_end():
    bench = kit.Bench()
    identifier = bench.ordered()
    bench.say(wire.ORDER_STATUS, {1: identifier, 2: ordering.SHIPPED}, 77)
    bench.serve(2)
    bench.beans = 900.0
    while bench.thing.trade.orders.open:
        bench.tick()  # and nobody hears of it
    bench.boot()
    bench.tick()
    reconcile(bench, [row(identifier, ordering.SHIPPED)])
    assert bench.thing.may_buy() and bench.thing.trade.orders.open == []


def test_an_order_that_another_memory_placed_and_this_one_gave_up_is_open():
    """Else the desk would refuse every later one for it, and nobody would see it come."""
    bench = kit.Bench()
    need = bench.quoted()
    bench.thing.feed_line("cancel " + bench.thing.trade.orders.open[0].ref(), bench.up())
    bench.boot()
    bench.tick()
    reconcile(bench, [row(need, ordering.SHIPPED)])
    bench.thing.journal.rewrite(bench.up(), bench.thing._dump())
    bench.boot()
    bench.serve(2)
    assert [order.id for order in bench.thing.trade.orders.open] == [need]
    bench.beans = 1000.0
    bench.serve(12)
    assert bench.thing.trade.orders.open == []
    bench.thing.feed_line("refill beans", bench.up())
    asked = []
    while bench.beans > 0 and not asked:  # step by step: a leap is not bought on
        bench.beans -= 20
        asked = kit.of_kind(bench.serve(), wire.RFQ)
    assert asked[0][wire.BODY][1] == ordering.order_id(kit.THING, "beans", 1, False)


def test_a_reconciliation_that_is_said_again_is_no_news():
    """What has come to its end since does not begin anew."""
    bench = kit.Bench()
    identifier = bench.ordered()
    bench.boot()
    bench.tick()
    reconcile(bench, [row(identifier, ordering.SHIPPED)])
    bench.beans = 900.0
    bench.serve(12)
    assert bench.thing.trade.orders.open == []
    reconcile(bench, [row(identifier, ordering.SHIPPED)])
    assert bench.thing.trade.orders.open == []


def test_a_greeting_that_comes_late_does_not_make_the_desk_deaf_for_good():
    """It moved its mark up once more: what a greeted thing takes of the answer is the number."""
    bench = kit.Bench().ready()
    reconcile(bench, [], 90000)
    bench.thing.outbox.put(wire.CASE_EVENT, {1: bytes(16), 2: 1}, 0)
    assert bench.thing.may_buy() and kit.of_kind(bench.tick(), wire.CASE_EVENT)[0][wire.SEQ] > 90000


def test_what_is_told_at_every_start_changes_nothing_for_a_good_memory():
    """Neither ledger nor budget, also when the last order is a month old."""
    bench = kit.Bench()
    identifier = bench.ordered()
    bench.say(wire.ORDER_STATUS, {1: identifier, 2: ordering.SHIPPED}, 77)
    bench.serve(2)
    bench.beans = 1000.0
    bench.serve(40, 86400)
    bench.thing.trade.budget.commit(bytes(16), "beans", "roaster", 1, "EUR",
                                    kit.START_UTC + bench.now, bench.up())
    bench.serve()
    count = bench.thing.trade.ledger.count
    for _ in range(3):
        bench.boot()
        bench.tick()
        reconcile(bench, [row(identifier, ordering.VERIFIED)])
        assert bench.thing.may_buy() and bench.thing.trade.ledger.count == count
        assert bench.thing.trade.budget.committed(None, "EUR") == (1, 1)


def test_under_an_older_mandate_than_is_known_nothing_is_bought():
    """An old flash brings back what its owner has replaced, or revoked, or a replay does."""
    bench = kit.Bench().ready()
    bench.boot()
    bench.tick()
    nonce = kit.of_kind(bench.desk.seen, wire.HELLO)[-1][wire.BODY][13]
    bench.say(wire.RECONCILE, {1: [], 2: 500, 3: nonce, 6: 7}, 980)
    bench.tick()
    bench.beans = 100.0
    bench.serve(3)
    bench.thing.feed_line("believe beans", bench.up())
    assert not kit.of_kind(bench.serve(20), wire.RFQ) and bench.thing.may_buy()
    assert "newer mandate" in bench.thing.feed_line("ledger", bench.up())
    bench.say(wire.MANDATE, {1: kit.mandate(7)}, 981)
    assert kit.of_kind(bench.serve(20), wire.RFQ)


def test_parts_of_two_answers_do_not_make_a_whole():
    bench = kit.Bench()
    bench.tick()
    nonce = kit.of_kind(bench.desk.seen, wire.HELLO)[-1][wire.BODY][13]
    for part, parts, whole in ((2, 3, False), (0, 2, False), (1, 3, False), (1, 2, True)):
        bench.say(wire.RECONCILE, {1: [], 2: 500, 3: nonce, 4: part, 5: parts})
        bench.tick()
        assert bench.thing.may_buy() == whole


def test_an_acknowledged_greeting_is_not_yet_an_answered_one():
    """However much is remembered, for an old flash remembers as well."""
    bench = kit.Bench()
    bench.ordered()
    bench.boot()
    hello = kit.of_kind(bench.tick(), wire.HELLO)[0]
    bench.say(wire.DOWN_ACK, kit.answer(hello))
    bench.tick()
    assert not bench.thing.may_buy()
    reconcile(bench)
    assert bench.thing.may_buy()


def test_nothing_goes_out_beside_a_greeting():
    """The desk is deaf to numbers from before its answer, and this thing to what else it says."""
    bench = kit.Bench().ready()
    bench.thing.outbox.put(wire.CASE_EVENT, {1: bytes(16), 2: 1}, 0)
    bench.tick()
    bench.boot()
    assert {message[wire.KIND] for message in bench.tick() + bench.tick()} == {wire.HELLO}
    assert bench.thing.outbox.next_due() > 0
    assert kit.of_kind(reconcile(bench), wire.CASE_EVENT)


def test_a_used_reconcile_cannot_take_the_numbers_back():
    bench = kit.Bench()
    identifier = bench.ordered()
    bench.boot()
    bench.tick()
    nonce = kit.of_kind(bench.desk.seen, wire.HELLO)[-1][wire.BODY][13]
    body = {1: [], 2: 10, 3: nonce}
    bench.say(wire.RECONCILE, body, 980)
    used = bench.desk.frame(wire.RECONCILE, body, bench.now, 980, seq=bench.desk.seq)
    bench.serve(2)
    old = bench.desk.frame(wire.ORDER_STATUS, {1: identifier, 2: 5}, bench.now, 990)
    bench.thing.feed_message(old, bench.up())
    bench.serve(2)
    accepted = bench.thing.inbox.accepted
    for frame in (used, old):
        bench.thing.feed_message(frame, bench.up())
    bench.thing.step(bench.up())
    assert bench.thing.inbox.accepted == accepted


def test_nothing_is_bought_on_half_of_what_was_forgotten():
    """What the other part tells counts against the budget too, in whatever order they come."""
    bench = kit.Bench()
    bench.tick()
    hello = kit.of_kind(bench.desk.seen, wire.HELLO)[-1]
    ids = [ordering.order_id(kit.THING, "beans", cycle, False) for cycle in (0, 1)]
    bench.say(wire.RECONCILE, {1: [], 2: 500, 3: hello[wire.BODY][13], 4: 2, 5: 2}, 7)
    bench.tick()
    assert bench.thing.inbox.reason == "key 4 must be below key 5"
    for cycle, part in ((1, 1), (1, 1), (0, 0)):
        assert not bench.thing.may_buy()
        assert bench.thing.outbox.waiting()  # the greeting, for the desk may not say it again
        told = [ids[cycle], "beans", cycle, ordering.VERIFIED, "roaster", 1700,
                kit.START_UTC + bench.now]
        bench.say(wire.RECONCILE, {1: [told], 2: 500, 3: hello[wire.BODY][13], 4: part, 5: 2})
        bench.tick()
    assert bench.thing.may_buy()
    assert bench.thing.trade.budget.committed(None, "EUR") == (3400, 3400)


def test_an_order_that_a_later_one_overtook_is_not_placed_any_more():
    """The old flash has it in its outbox, and the desk has never heard of it."""
    bench = kit.Bench()
    need = bench.quoted()
    bench.say(wire.OFFER, {1: need, 2: kit.offer(need)}, 901)
    bench.tick()  # placed, and nobody acknowledges it
    bench.boot()
    bench.tick()
    hello = kit.of_kind(bench.desk.seen, wire.HELLO)[-1]
    later = ordering.order_id(kit.THING, "beans", 1, False)
    told = [later, "beans", 1, ordering.VERIFIED, "roaster", 1700, kit.START_UTC]
    bench.say(wire.RECONCILE, {1: [told], 2: 500, 3: hello[wire.BODY][13]})
    bench.tick()
    assert bench.thing.trade.orders.open == []
    assert kit.of_kind(bench.tick(3600) + bench.tick(3600), wire.ORDER) == []


def test_a_test_order_that_was_forgotten_is_taken_back_and_never_denied():
    bench = kit.Bench()
    bench.tick()
    identifier = ordering.order_id(kit.THING, "beans", 0, True)
    reconcile(bench, [row(identifier, ordering.CONFIRMED)])
    assert [order.test for order in bench.thing.trade.orders.open] == [True]
    assert bench.thing.trade.budget.committed(None, "EUR") == (0, 0)
    bench.say(wire.ORDER_STATUS, {1: identifier, 2: ordering.SHIPPED}, 77)
    assert kit.of_kind(bench.serve(), wire.DISPUTE) == []


def test_what_was_charged_for_nothing_still_counts():
    bench = kit.Bench()
    bench.tick()
    ids = [ordering.order_id(kit.THING, "beans", cycle, False) for cycle in (0, 1)]
    rows = [[ids[cycle], "beans", cycle, ordering.CANCELLED, "roaster", total, kit.START_UTC]
            for cycle, total in ((0, 900), (1, 0))]
    reconcile(bench, rows)
    assert bench.thing.trade.budget.committed(None, "EUR") == (900, 900)


def test_the_owner_closes_a_dispute_that_was_forgotten_at_the_desk_too():
    bench = kit.Bench()
    bench.tick()
    identifier = ordering.order_id(kit.THING, "beans", 0, False)
    reconcile(bench, [row(identifier, ordering.DISPUTED)])
    order = bench.thing.trade.orders.open[0]
    assert "error" not in bench.thing.feed_line("cancel " + order.ref(), bench.up())
    told = kit.of_kind(bench.serve(), wire.ORDER_EVENT)
    assert [(message[wire.BODY][1], message[wire.BODY][2]) for message in told] == [(identifier, 1)]


def test_an_old_answer_is_none_to_an_old_flash():
    """To restored numbers all that the desk has said since is new, message ids repeat, too."""
    bench = kit.Bench()
    bench.ordered()
    old_flash = list(bench.store.journal)
    for restored in (False, True):
        bench.store.journal = list(old_flash)
        bench.boot()
        hello = kit.of_kind(bench.tick(), wire.HELLO)[0]
        if not restored:
            body = {1: [], 2: 0, 3: hello[wire.BODY][13]}
            frame = bench.desk.frame(wire.RECONCILE, body, bench.now)
            later = bench.desk.frame(wire.ORDER_STATUS, {1: bytes(16), 2: 5}, bench.now, 91)
            before = hello[wire.ID]
        bench.thing.feed_message(frame, bench.up())
        bench.thing.feed_message(later, bench.up())
        assert hello[wire.ID] == before
        bench.tick()
        assert bench.thing.may_buy() == (not restored)
    assert bench.thing.inbox.rejected == 2 and bench.thing.inbox.accepted == 0


def test_what_another_memory_placed_is_not_denied():
    """Of two flashes that were swapped, the one gave the need up, the other had it ordered."""
    bench = kit.Bench()
    need = bench.quoted()
    bench.thing.feed_line("cancel " + bench.thing.trade.orders.open[0].ref(), bench.up())
    bench.boot()
    bench.tick()
    reconcile(bench, [row(need, ordering.CONFIRMED)])
    bench.say(wire.ORDER_STATUS, {1: need, 2: ordering.SHIPPED}, 77)
    assert kit.of_kind(bench.serve(), wire.DISPUTE) == []


def test_what_the_owner_says_while_the_desk_answers_a_start_is_told_all_the_same():
    bench = kit.Bench().ready()
    bench.boot()
    (first,) = kit.of_kind(bench.tick(), wire.HELLO)
    bench.thing.feed_line("pause", bench.up())
    bench.say(wire.RECONCILE, {1: [], 2: 0, 3: first[wire.BODY][13]})
    sent = kit.of_kind(bench.serve(8), wire.HELLO)
    assert [hello[wire.BODY].get(17) for hello in sent] == ["paused on the console"]


def test_what_the_owner_says_on_the_console_of_the_mandate_the_desk_is_told_once():
    bench = kit.Bench().ready()
    for line, number, refusal in (
            ("pause", 1, "paused on the console"), ("resume", 1, None),
            ("mandate " + binascii.hexlify(kit.mandate(2)).decode(), 2, None),
            ("mandate " + binascii.hexlify(control(3, 2)).decode(), 3, "mandate revoked")):
        bench.thing.feed_line(line, bench.up())
        (hello,) = kit.of_kind(bench.serve(8), wire.HELLO)
        assert (hello[wire.BODY][10], hello[wire.BODY].get(17)) == (number, refusal)
        assert bench.thing.may_buy()
