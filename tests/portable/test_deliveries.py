"""What is delivered, what is not, and what the thing says to it: no way ends in a blind reorder."""

import kit
from kit import DAY
from market_bench import HOUR, Market, disputes, events, learn_price, quiet, signed, two_packs

from agent.money import disputes as disputing
from agent.money import ledger as books
from agent.money import orders as ordering
from agent.wire import cbor, cose
from agent.wire import messages as wire

RAISED, WITHDRAWN, SETTLED = disputing.RAISED, disputing.WITHDRAWN, disputing.SETTLED


def test_a_receipt_is_signed_for_what_was_seen():
    bench = Market()
    need = bench.bought()
    bench.status(need, 6)
    bench.status(need, 7, k7=1700)
    bench.beans = 1000.0
    event = kit.of_kind(bench.serve(6), wire.ORDER_EVENT)[0][wire.BODY]
    receipt = cbor.decode(cose.sign1_peek(event[5])[1])
    assert event[2] == 2 and receipt[0] == "receipt" and receipt[1] == need
    assert receipt[6] >= 700 and receipt[7] == 1700 and receipt[9] is False
    assert receipt[11] == ledger_link(bench, need)


def ledger_link(bench, need):
    """The link of the entry in which an order was verified."""
    for record in books.entries(bench.thing.journal.transactions()):
        entry = cbor.decode(record[1]) if record[0] == books.ENTRY else [0, 0, 0]
        if entry[2] == books.ORDER and entry[3] == need and entry[4] == ordering.VERIFIED:
            return record[2][:12]
    return None


def test_late_is_told_once_and_never_is_disputed():
    bench = Market()
    need = bench.bought()
    bench.status(need, 6, k4=DAY)
    sent = quiet(bench, 30)
    assert disputes(sent) == []
    sent = quiet(bench, 20)
    assert len([text for text in bench.told() if "late; if nothing comes" in text]) == 1
    sent = quiet(bench, 60)
    assert disputes(sent) == [(disputing.NEVER, RAISED)] and events(sent) == [4]
    assert bench.order(need).state == ordering.DISPUTED
    assert bench.thing.trade.experience.trust("roaster", bench.up()) < 50
    quiet(bench, 100)


def test_what_comes_after_all_withdraws_the_dispute():
    bench = Market()
    need = bench.bought()
    bench.status(need, 6, k4=HOUR)
    bench.serve(80, HOUR)
    bench.status(need, 7)
    bench.beans = 1000.0
    sent = bench.serve(6)
    assert disputes(sent) == [(disputing.NEVER, WITHDRAWN)] and events(sent) == [2]
    assert bench.order(need) is None
    assert "withdrawn" in bench.line("disputes")


def test_money_back_settles_the_dispute_and_the_need_goes_to_the_other_seller():
    bench = Market()
    need = bench.bought()
    bench.status(need, 6, k4=HOUR)
    quiet(bench, 80)
    sent = bench.status(need, 8, k7=0)
    assert disputes(sent) == [(disputing.NEVER, SETTLED)]
    assert bench.thing.trade.budget.committed(None, "EUR")[1] == 0
    sent += bench.serve(2)
    again = kit.of_kind(sent, wire.RFQ)[0][wire.BODY][1]
    assert again != need
    bench.offer(again)
    assert not kit.of_kind(bench.serve(15), wire.ORDER)
    assert "roaster: failed before" in bench.line("why " + ordering.hex_of(again))


def test_a_dispute_that_nobody_answers_waits_for_the_owner_and_stays_paid():
    bench = Market()
    need = bench.bought()
    bench.status(need, 6, k4=HOUR)
    quiet(bench, 24 * 19)
    while bench.thing.take_effect():
        pass
    quiet(bench, 24)
    ref = bench.order(need).ref()
    assert "error" in bench.line("deny " + ref)  # which the desk may say too
    assert "error" not in bench.line("cancel " + ref)
    assert disputes(bench.serve()) == [(disputing.NEVER, SETTLED)]
    assert bench.order(need) is None and bench.thing.trade.budget.committed(None, "EUR")[1] == 1700


def test_a_pack_from_the_cupboard_is_not_the_parcel_that_is_under_way():
    """It was called verified, what came later was nobody's, and more was ordered within minutes."""
    bench = Market()
    need = two_packs(bench)
    bench.status(need, 6)
    bench.beans = 1000.0
    sent = bench.serve(6)
    assert events(sent) == [] and not kit.of_kind(sent, wire.RFQ)
    assert bench.order(need).state == ordering.SHIPPED
    sent = bench.status(need, 7, k3=2)
    assert events(sent + bench.serve(40)) == [2] and bench.order(need) is None


def test_part_of_it_waits_for_the_rest_and_then_is_short():
    bench = Market()
    need = two_packs(bench)
    bench.status(need, 6, k4=HOUR)
    bench.status(need, 7, k3=1)
    bench.beans = 1000.0
    sent = bench.serve(6)
    assert events(sent) == [] and bench.order(need).state == ordering.DELIVERED
    sent = quiet(bench, 90)
    assert disputes(sent) == [(disputing.SHORT, RAISED)] and events(sent) == [3]
    dispute = signed(kit.of_kind(sent, wire.DISPUTE)[0])
    assert dispute[5] == "roaster" and dispute[6] == 3200 and dispute[8] == 2
    assert dispute[12][0] == [bench.order(need).decided, bench.order(need).decision]
    sent = bench.status(need, 7, k3=1)
    assert disputes(sent) == [(disputing.SHORT, WITHDRAWN)] and bench.order(need) is None


def test_a_refill_is_counted_once_though_the_power_fails_right_after_it():
    bench = Market()
    need = bench.bought()
    bench.status(need, 6)
    bench.status(need, 7)
    bench.beans += 300.0
    while not bench.order(need).seen:
        bench.tick()
    seen = bench.order(need).seen
    bench.boot()
    assert bench.order(need).seen == seen
    bench.serve(12)
    assert bench.order(need).seen == seen  # else two thirds of it were there, and it verified


def test_two_parcels_that_are_all_of_it_are_fine():
    bench = Market()
    need = two_packs(bench)
    bench.status(need, 6)
    bench.status(need, 7, k3=1)
    bench.status(need, 7, k3=1)
    bench.beans = 1000.0
    assert events(bench.serve(6)) == [2] and bench.thing.trade.disputes.all == []


def test_a_message_that_is_sent_again_is_no_second_parcel():
    bench = Market()
    need = two_packs(bench)
    for _ in range(3):
        bench.say(wire.ORDER_STATUS, {1: need, 2: 7, 3: 1}, 4711)
        bench.serve()
    assert bench.order(need).arrived == 1 and bench.thing.trade.disputes.all == []


def test_wrong_goods_are_the_owners_word_and_a_refill_does_not_explain_them():
    bench = Market()
    need = bench.bought()
    bench.status(need, 7)
    assert "noted" in bench.line("received %s wrong" % bench.order(need).ref())
    sent = bench.serve(2)
    assert disputes(sent) == [(disputing.WRONG, RAISED)] and events(sent) == [5]
    bench.beans = 1000.0  # from the shop round the corner
    sent = bench.serve(6)
    assert disputes(sent) == [] and bench.order(need).state == ordering.DISPUTED
    sent = bench.status(need, 8, k7=0)
    assert disputes(sent) == [(disputing.WRONG, SETTLED)]


def test_the_owner_counts_what_came():
    bench = Market()
    need = two_packs(bench)
    ref = bench.order(need).ref()
    for words in ("", ref, ref + " many", ref + " -1", "beef 1"):
        assert "error" in bench.line("received " + words), words
    bench.line("received %s 1" % ref)
    sent = bench.serve(2)
    assert disputes(sent) == [(disputing.SHORT, RAISED)] and events(sent) == [3]
    bench.line("received %s 2" % ref)
    sent = bench.serve(2)
    assert disputes(sent) == [(disputing.SHORT, WITHDRAWN)] and events(sent) == [2]
    bench.beans = 1000.0
    assert events(bench.serve(6)) == []
    bench.line("received %s 4" % ref)
    assert disputes(bench.serve(2)) == [(disputing.DOUBLE, RAISED)]


def test_nothing_and_back_are_disputed_too():
    for word, event, reason in (("nothing", 4, disputing.NEVER), ("back", 7, disputing.BACK)):
        bench = Market()
        need = bench.bought()
        bench.status(need, 7)
        bench.line("received %s %s" % (bench.order(need).ref(), word))
        sent = quiet(bench)
        assert disputes(sent) == [(reason, RAISED)] and events(sent) == [event]


def test_a_second_parcel_is_disputed_whether_the_order_is_open_or_not():
    bench = Market()
    need = bench.bought()
    bench.status(need, 7)
    assert disputes(bench.status(need, 7, k3=1)) == [(disputing.DOUBLE, RAISED)]
    bench = Market()
    need = bench.bought()
    bench.status(need, 7)
    bench.beans = 1000.0
    bench.serve(6)
    assert bench.order(need) is None
    sent = bench.status(need, 7, k3=1)
    assert disputes(sent) == [(disputing.DOUBLE, RAISED)] and events(sent) == [6]
    assert disputes(bench.status(need, 8, k7=0)) == [(disputing.DOUBLE, SETTLED)]


def test_a_refill_that_no_order_explains_is_told_and_not_disputed():
    bench = Market()
    need = bench.bought()
    bench.status(need, 7)
    sent = []
    for level in (1000.0, 200.0, 1000.0):
        bench.beans = level
        sent += bench.serve(10)
    assert events(sent) == [2, 6] and bench.thing.trade.disputes.all == []
    assert bench.order(need) is None


def test_a_refill_that_an_earlier_delivery_explains_is_no_second_parcel():
    for lies_there, expected in ((0.0, [2, 6]), (1000.0, [2])):
        bench = Market()
        bench.status(bench.bought(), 7)
        bench.thing.trade.shelf.items[0].delivered(lies_there, DAY)
        sent = []
        for level in (1000.0, 200.0, 1000.0):
            bench.beans = level
            sent += bench.serve(10)
        assert events(sent) == expected


def test_nothing_is_needed_before_the_desk_has_heard_that_the_last_order_came():
    bench = Market()
    bench.status(bench.bought(), 7)
    bench.beans, sent = 1000.0, []
    while bench.beans > 100.0:  # the word of it is lost, again and again
        sent += bench.tick()
        heard = [message for message in sent if message[wire.KIND] != wire.ORDER_EVENT]
        bench.desk.acknowledge(bench.thing, bench.up(), heard)
        bench.beans -= 10.0
        bench.thing.trade.shelf.items[0].reorder.state[3] = 0.0  # no spares
    assert events(sent)[0] == 2 and not kit.of_kind(sent, wire.RFQ)
    assert kit.of_kind(bench.serve(40), wire.RFQ)


def test_a_cent_more_is_a_dispute_and_the_right_sum_withdraws_it():
    for charged, expected in ((1699, []), (1700, []), (1701, [(disputing.PRICE, RAISED)])):
        bench = Market()
        need = bench.bought()
        assert disputes(bench.status(need, 5, k7=charged)) == expected
        told = [text for text in bench.told() if "price" in text]
        assert [text[17:] for text in told] == [
            "from roaster: price changed: 17.01 EUR for 17.00" for _ in expected]
    assert disputes(bench.status(need, 6, k7=1700)) == [(disputing.PRICE, WITHDRAWN)]
    bench.beans = 1000.0
    sent = bench.status(need, 7)
    assert events(sent + bench.serve(6)) == [2] and bench.order(need) is None


def test_money_for_what_came_to_nothing_is_never_let_go():
    for charged in (1700, 1701):  # and not less for being more than was agreed
        bench = Market()
        need = bench.bought()
        bench.status(need, 8, k7=charged)
        assert bench.thing.trade.disputes.open_for(need) == [disputing.NEVER]
        assert bench.order(need) is None
        assert bench.thing.trade.budget.committed(None, "EUR")[1] == 1700
        bench.serve(3)
        assert disputes(bench.status(need, 8, k7=0)) == [(disputing.NEVER, SETTLED)]
    bench = Market()
    need = bench.bought()
    assert disputes(bench.status(need, 8)) == []
    assert disputes(bench.status(need, 8, k7=1700)) == [(disputing.NEVER, RAISED)]
    assert disputes(bench.status(need, 8, k7=1700)) == []  # said again, it is no money back
    assert disputes(bench.status(need, 8, k7=300)) == [(disputing.NEVER, SETTLED)]


def test_an_order_that_was_never_placed_is_denied_once_with_count_and_head():
    bench = Market()
    stranger = bytes(range(16))
    count, head = bench.thing.trade.ledger.count, bench.thing.trade.ledger.head
    sent = bench.status(stranger, 5, k7=9900)
    assert disputes(sent) == [(disputing.UNKNOWN, RAISED)]
    denial = signed(kit.of_kind(sent, wire.DISPUTE)[0])
    assert denial[1] == stranger and denial[7] == 9900 and 5 not in denial
    assert denial[10] == count + 1 and head != denial[11]
    assert disputes(bench.status(stranger, 7)) == []
    for number in range(30):
        bench.status(bytes([number]) * 16, 5)
    assert len(bench.thing.trade.disputes.all) == 8 and bench.thing.outbox.waiting() == 0


def test_the_need_that_is_not_placed_yet_and_an_old_order_are_told_apart():
    bench = Market()
    first = bench.bought()
    bench.status(first, 7)
    bench.beans = 1000.0
    bench.serve(6)
    learn_price(bench)
    assert disputes(bench.status(first, 8)) == []  # ended long ago, but its own
    need = bench.needs()
    assert disputes(bench.status(need, 5, k7=1700)) == [(disputing.UNKNOWN, RAISED)]
    assert bench.order(need).state == ordering.QUOTING


def test_nothing_is_denied_before_the_desk_has_greeted():
    bench = Market()
    need = bench.bought()
    bench.boot()
    bench.tell(wire.ORDER_STATUS, {1: bytes(16), 2: 5})
    bench.tick()
    assert bench.thing.trade.disputes.all == [] and bench.order(need)


def test_a_test_order_goes_the_whole_way_and_costs_nothing():
    bench = Market(k9=0, k10=0, k11=0)
    assert "test order" in bench.line("test-order beans")
    assert "error" in bench.line("test-order beans") and "error" in bench.line("test-order tea")
    sent = bench.serve(2)
    asked = kit.of_kind(sent, wire.RFQ)[0][wire.BODY]
    assert asked[7] is True and asked[4] == 1000  # one pack, whatever is left
    bench.offer(asked[1])
    bench.decline(asked[1])
    document = signed(kit.of_kind(bench.serve(3), wire.ORDER)[0])
    assert document[12] is True
    bench.status(asked[1], 5)
    event = kit.of_kind(bench.status(asked[1], 7), wire.ORDER_EVENT)[0][wire.BODY]
    assert cbor.decode(cose.sign1_peek(event[5])[1])[9] is True
    assert bench.thing.trade.budget.committed(None, "EUR") == (0, 0)
    assert bench.thing.trade.orders.open == []
    assert bench.thing.trade.experience.sellers == {}
    assert "test of beans" in bench.line("why " + ordering.hex_of(asked[1]))
    bench.line("test-order beans")
    again = kit.of_kind(bench.serve(2), wire.RFQ)[0][wire.BODY][1]
    assert again != asked[1]
    bench.offer(again)
    bench.decline(again)
    bench.serve(3)
    assert disputes(bench.status(again, 7, k7=1)) == [(disputing.PRICE, RAISED)]
