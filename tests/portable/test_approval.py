"""The owner's signed answer, carried by the desk: to one question, once, and by nobody else."""

import hashlib

import kit
from kit import DAY, START_UTC
from market_bench import HOUR, SELLERS, Market, control, ledger

from agent.money import orders as ordering
from agent.wire import cbor, cose
from agent.wire import messages as wire


def asking(**changes):
    """A thing that asks its owner about everything; returns bench, order id, question."""
    bench = Market(k6=2, **changes)
    return (bench,) + question(bench)


def question(bench, **changes):
    need = bench.needs()
    bench.decline(need)
    bench.offer(need, **changes)
    (asked,) = kit.of_kind(bench.serve(3), wire.QUESTION)
    assert bench.order(need).state == ordering.AWAITING
    return need, asked[wire.BODY]


def answer(asked, yes=True, private=kit.OWNER, **changes):
    """The owner's document; changes: key numbers as k6=1 for key 6."""
    said = {0: "approval", 1: asked[1], 2: kit.THING, 3: asked[2][10], 4: asked[2][6], 5: yes}
    for key in changes:
        said[int(key[1:])] = changes[key]
    return cose.sign1_seal(lambda message: kit.SIGNER.sign(private, message), b"ownr",
                           cbor.encode(said))


def hand(bench, document):
    """The desk hands a document to the thing; returns all that it sends, and its word on it."""
    bench.tell(wire.APPROVAL, {1: document})
    number = bench.number
    sent = bench.serve(2)
    (body,) = [message[wire.BODY] for message in kit.of_kind(sent, wire.UP_ACK)
               if message[wire.BODY][1] == number]
    return sent, body.get(3) if body.get(2) else None


def test_a_question_holds_all_that_the_owner_must_see_and_a_digest_of_it():
    bench, need, asked = asking()
    words = asked[2]
    assert asked[1] == need
    assert [words[key] for key in range(1, 10)] == [
        "beans", "BEAN-1", 1, 1000, "roaster", 1700, "EUR", DAY, 3 * DAY]
    bound = cbor.encode([need, "roaster", "BEAN-1", 1000, 1, "EUR"])
    assert words[10] == hashlib.sha256(bound).digest()[:12] and words[11] is False
    assert not kit.of_kind(bench.serve(30), wire.QUESTION)  # once
    assert len(cbor.encode(asked)) < 110


def test_a_yes_places_the_order_and_is_in_the_ledger():
    bench, need, asked = asking()
    sent, refusal = hand(bench, answer(asked))
    assert refusal is None and kit.of_kind(sent, wire.ORDER)
    assert "approved: 17.00" in [row[5] for row in ledger(bench, 3, need)]


def test_a_no_cancels_it_and_the_need_rests():
    bench, need, asked = asking()
    sent, refusal = hand(bench, answer(asked, False))
    assert refusal is None and bench.order(need) is None
    assert [message[wire.BODY] for message in kit.of_kind(sent, wire.QUESTION)] == [{1: need}]
    assert not kit.of_kind(bench.serve(20), wire.RFQ)


def test_an_answer_touches_no_sequence_and_no_control():
    bench, _, asked = asking()
    bench.tell(wire.MANDATE, {1: control(5, 1)})  # paused
    bench.serve(2)
    assert hand(bench, answer(asked))[1] == "mandate paused"
    assert bench.thing.trade.mandate.sequence() == 5
    bench.tell(wire.MANDATE, {1: control(6, 0)})
    bench.serve(2)
    assert hand(bench, answer(asked))[1] is None  # the same yes: the question still stood
    assert bench.thing.trade.mandate.sequence() == 6


def test_what_is_not_the_owner_s_answer_to_this_question_is_refused_and_changes_nothing():
    bench, need, asked = asking()
    bad = [
        (answer(asked, private=b"d" * 32), "signature"),  # the desk's, or the maker's
        (answer(asked, private=kit.SELLER), "signature"),
        (answer(asked, k0="mandate"), "no approval"),
        (answer(asked, k1=bytes(16)), "no such order"),
        (answer(asked, k2="kit-2"), "it is for kit-2"),
        (answer(asked, k3=bytes(12)), "the terms are others now"),
        (answer(asked, k4=1699), "the terms are others now"),
        (answer(asked, False, k3=bytes(12)), "the terms are others now"),
        (answer(asked, k5=1), "key 5"),
        (answer(asked, k4=True), "key 4"),
        (kit.mandate(9), "no approval"),
        (answer(asked)[:-1], "not CBOR"),
        (b"", "not CBOR"),
    ]
    entries = bench.thing.trade.ledger.count
    for document, reason in bad:
        sent, refusal = hand(bench, document)
        assert refusal and reason in refusal, (reason, refusal)
        assert not kit.of_kind(sent, wire.ORDER)
    assert bench.order(need).state == ordering.AWAITING
    assert bench.thing.trade.ledger.count == entries
    # Nor is an answer a mandate.
    bench.tell(wire.MANDATE, {1: answer(asked)})
    bench.serve(2)
    assert bench.thing.trade.mandate.sequence() == 1 and bench.order(need)


def test_a_yes_is_good_once():
    bench, _, asked = asking()
    yes = answer(asked)
    hand(bench, yes)
    sent, refusal = hand(bench, yes)  # its acknowledgement was lost, or somebody replays it
    assert refusal == "it is placed" and not kit.of_kind(sent, wire.ORDER)
    assert hand(bench, answer(asked, False))[1] == "it is placed"  # and the no comes too late


def test_an_old_yes_is_none_for_a_new_order_with_the_same_terms():
    bench, need, asked = asking()
    yes = answer(asked)
    hand(bench, yes)
    bench.status(need, 6)
    bench.status(need, 7)
    for level in (1000.0, 800.0, 600.0):
        bench.beans = level
        bench.serve(6, HOUR)
    second, again = question(bench)
    assert second != need and [key for key in asked[2] if asked[2][key] != again[2][key]] == [10]
    assert hand(bench, yes)[1] == "it is verified"
    assert hand(bench, answer(asked, k1=second))[1] == "the terms are others now"
    assert bench.order(second).state == ordering.AWAITING


def test_what_the_console_has_answered_is_not_answered_again():
    bench, need, asked = asking()
    bench.line("deny " + bench.order(need).ref())
    (over,) = kit.of_kind(bench.serve(2), wire.QUESTION)
    assert over[wire.BODY] == {1: need}  # so the desk need not ask any more
    assert hand(bench, answer(asked))[1] == "it is cancelled"
    bench, need, asked = asking()
    bench.line("approve " + bench.order(need).ref())
    bench.serve(2)
    assert hand(bench, answer(asked, False))[1] == "it is placed"


def test_an_answer_that_comes_too_late_is_none():
    bench, need, asked = asking()
    bench.serve(80, HOUR)
    assert bench.order(need) is None
    assert hand(bench, answer(asked))[1] == "it is expired"


def test_the_question_outlives_a_restart_and_so_does_the_answer():
    bench, _, asked = asking()
    bench.boot()
    assert not kit.of_kind(bench.serve(6), wire.QUESTION)  # it was asked
    sent, refusal = hand(bench, answer(asked))
    assert refusal is None and kit.of_kind(sent, wire.ORDER)
    bench.boot()
    bench.serve(2)
    assert hand(bench, answer(asked))[1] == "it is placed"


def test_a_question_that_nobody_acknowledged_is_sent_again_after_a_restart():
    bench = Market(k6=2)
    need = bench.needs()
    bench.decline(need)
    bench.offer(need)
    assert kit.of_kind(bench.tick(), wire.QUESTION)
    bench.boot()
    (asked,) = kit.of_kind(bench.serve(4), wire.QUESTION)
    assert asked[wire.BODY][1] == need and asked[wire.BODY][2][6] == 1700


def test_a_power_cut_at_the_answer_leaves_all_of_it_or_nothing():
    cut = 0
    while True:
        bench, need, asked = asking()
        cut += 1
        bench.store.cut_at = bench.store.operations + cut
        try:
            hand(bench, answer(asked))
            break
        except kit.PowerCut:
            bench.store.cut_at = 0
        bench.boot()
        bench.serve(2)
        order = bench.order(need)
        placed = order.state == ordering.PLACED
        assert placed or (order.state == ordering.AWAITING and not order.approved)
        assert (hand(bench, answer(asked))[1] == "it is placed") == placed
    assert cut > 1


def test_the_budget_is_looked_at_when_the_answer_comes():
    bench, need, asked = asking()
    bench.install(2, k13=SELLERS, k6=2, k9=1699)
    bench.serve(2)
    assert "budget of the day" in hand(bench, answer(asked))[1]
    assert bench.order(need).state == ordering.AWAITING


def test_it_is_asked_again_only_if_a_term_changes_or_the_total_rises():
    for total, again in ((1700, False), (1650, False), (1701, True)):
        bench = Market(k6=2)
        need, asked = question(bench, k13=START_UTC + bench.now + 24 * HOUR)
        bench.serve(150)
        assert hand(bench, answer(asked))[1] is None  # but the offer is over
        assert bench.order(need).state == ordering.QUOTING
        bench.serve(2)
        bench.decline(need)
        bench.offer(need, k1=b"offer-02", k7=total - 200, k10=total)
        sent = bench.serve(3)
        assert bool(kit.of_kind(sent, wire.ORDER)) != again, total
        asks = [message[wire.BODY] for message in kit.of_kind(sent, wire.QUESTION)]
        assert bool(asks) == again
        if again:
            assert hand(bench, answer(asked))[1] == "the terms are others now"
            assert hand(bench, answer(asks[0]))[1] is None


def test_a_need_that_was_filled_from_elsewhere_takes_its_question_back():
    bench, need, asked = asking()
    bench.beans = 1000.0
    sent = bench.serve(6)
    assert [m[wire.BODY] for m in kit.of_kind(sent, wire.QUESTION)] == [{1: need}]
    assert hand(bench, answer(asked))[1] == "it is cancelled"


def test_what_was_approved_and_is_given_up_is_told_to_the_desk():
    bench = Market(k6=2)
    need, asked = question(bench, k13=START_UTC + bench.now + 24 * HOUR)
    bench.serve(150)
    assert hand(bench, answer(asked))[1] is None  # but the offer is over
    sent = bench.serve(2)
    while bench.order(need):  # nobody offers any more
        assert bench.order(need).state == ordering.QUOTING
        sent += bench.serve(60)
    assert [m[wire.BODY] for m in kit.of_kind(sent, wire.QUESTION)] == [{1: need}]


def test_what_was_approved_and_the_desk_will_not_ask_again_about_is_told_to_it():
    bench = Market(k6=2)
    need, asked = question(bench, k13=START_UTC + bench.now + 24 * HOUR)
    bench.serve(150)
    bench.tell(wire.APPROVAL, {1: answer(asked)})  # but the offer is over
    (asks,) = kit.of_kind(bench.tick(), wire.RFQ)
    bench.desk.acknowledge(bench.thing, bench.up(), [asks], wire.REFUSED)
    sent = bench.serve(2)
    assert bench.order(need) is None
    assert [m[wire.BODY] for m in kit.of_kind(sent, wire.QUESTION)] == [{1: need}]


def test_nobody_s_owner_approves_nothing():
    bench, _, asked = asking()
    bench.thing.identity.owner_key = None
    assert hand(bench, answer(asked))[1] == "no owner is paired"


def cancel(order, private=kit.OWNER, **changes):
    """The owner's document against a placed order."""
    said = {0: "cancel", 1: order, 2: kit.THING}
    for key in changes:
        said[int(key[1:])] = changes[key]
    return cose.sign1_seal(lambda message: kit.SIGNER.sign(private, message), b"ownr",
                           cbor.encode(said))


def events(sent):
    return [message[wire.BODY][2] for message in kit.of_kind(sent, wire.ORDER_EVENT)]


def test_a_signed_cancel_asks_the_seller_once_and_what_it_cost_comes_back_by_the_seller_s_word():
    bench = Market()
    order = bench.bought()
    bench.serve(2)
    sent, refusal = hand(bench, cancel(order))
    assert refusal is None and events(sent) == [1]
    for _ in range(2):  # its acknowledgement was lost, or somebody kept it
        sent, refusal = hand(bench, cancel(order))
        assert refusal is None and not events(sent)
    assert bench.thing.trade.budget.committed(None, "EUR")[1] == 1700
    bench.status(order, 8)
    assert bench.order(order) is None and bench.thing.trade.budget.committed(None, "EUR")[1] == 0
    assert hand(bench, cancel(order))[1] is None
    assert [row[4] for row in ledger(bench, 3, order)].count(ordering.CANCELLED) == 1


def test_a_cancel_is_good_for_one_order_of_one_thing_in_its_window_and_by_its_owner():
    bench = Market(k17=DAY)
    order = bench.bought()
    bench.serve(2)
    bad = [
        (cancel(order, private=b"d" * 32), "signature"),
        (cancel(order, k2="kit-2"), "it is for kit-2"),
        (cancel(bytes(16)), "no such order"),
        (cancel(order, k1=b"short"), "key 1"),
        (cancel(order, k0="forget"), "no approval"),
    ]
    for document, words in bad:
        sent, refusal = hand(bench, document)
        assert words in refusal and not events(sent)
    bench.serve(30, HOUR)
    assert hand(bench, cancel(order))[1] == "too late, it is placed"
    bench.status(order, 6)
    assert hand(bench, cancel(order))[1] == "it is shipped"


def test_a_cancel_answers_no_question_and_a_no_cancels_nothing_that_is_placed():
    bench, need, asked = asking()
    assert hand(bench, cancel(need))[1] == "it is awaiting approval"
    assert hand(bench, answer(asked))[1] is None
    assert hand(bench, answer(asked, False))[1] == "it is placed"  # said before the yes, kept back
    assert bench.order(need).state == ordering.PLACED


def test_that_a_mandate_ends_is_told_before_something_is_needed():
    bench = kit.Bench()
    bench.serve(4)
    until = kit.START_UTC + 20 * kit.DAY
    bench.say(wire.MANDATE, {1: kit.mandate(k4=until)}, 900)
    told = []
    for day in range(25):
        bench.serve(4, 6 * 3600)
        told += [(day, effect[1]) for effect in bench.thing.effects]
        bench.thing.effects = []
    assert [day for day, words in told if "the mandate ends in" in words] == list(range(13, 20))
    assert told[-1] == (19, "the mandate ends in 5 hours")
