"""Money, rule by rule: what the mandate forbids is not bought, what goes wrong is disputed."""

import hashlib

import kit
from kit import DAY, START_UTC
from market_bench import HOUR, SELLERS, Market, control, learn_price, ledger, signed

from agent.money import orders as ordering
from agent.wire import messages as wire


def refused(word, offer=None, **mandate):
    """Nothing is bought on this offer under this mandate, and the ledger says this word."""
    bench = Market(**mandate)
    need = bench.needs()
    bench.decline(need)
    changes = {}
    changes.update(offer or {})
    bench.offer(need, **changes)
    sent = bench.serve(20)
    assert not kit.of_kind(sent, wire.ORDER), word
    assert "roaster: " + word in bench.line("why " + ordering.hex_of(need)), bench.line(
        "why " + ordering.hex_of(need))
    assert bench.thing.trade.budget.committed(None, "EUR") == (0, 0)
    return sent


# -- the mandate -------------------------------------------------------------------------------


def test_every_value_of_the_mandate_refuses_with_its_word():
    refused("currency", {"k11": "USD"})
    refused("not the item asked for", {"k4": "BEAN-2"})
    refused("pack size", {"k5": 4000})
    refused("quality", k22=81)
    refused("carbon", k23=499)
    refused("label", k24=["organic"])
    refused("delivery", k25=[0, DAY - 1])
    refused("delivery", k25=[DAY + 1, 5 * DAY])
    refused("above the cap", k8=1699)
    refused("above the cap", k14={"beans": [1699, 30000]})
    refused("price", k27={"beans": 1699})
    refused("budget of the day", k9=1699)
    refused("budget of the month", k10=1699)
    refused("orders of the day", k11=0)
    refused("orders of the month", k12=0)
    refused("budget of beans", k14={"beans": [5000, 1699]})
    refused("orders of beans", k29={"beans": 0})
    refused("orders of roaster", k29={"roaster": 0})
    refused("budget of roaster", k13=[[SELLERS[0][0], SELLERS[0][1], 1699], SELLERS[1]])


def test_one_minor_unit_decides_and_no_amount_is_told():
    sent = refused("budget of the day", k9=1699)
    assert kit.of_kind(sent, wire.REJECTION)[0][wire.BODY][2] == {"roaster": "budget of the day"}
    bench = Market(k9=1700, k10=1700, k8=1700, k22=80, k23=500, k25=[DAY, DAY], k27={"beans": 1700})
    bench.bought()
    assert bench.thing.trade.budget.committed(None, "EUR") == (1700, 1700)


def test_labels_and_substitutes_are_taken_when_the_owner_says_so():
    bench = Market(k21={"beans": ["BEAN-2"]}, k24=["organic"])
    need = bench.needs()
    assert kit.of_kind(bench.desk.seen, wire.RFQ)[-1][wire.BODY][3] == ["BEAN-1", "BEAN-2"]
    bench.decline(need)
    bench.offer(need, k4="BEAN-2", k5=900, k16=["fair", "organic"])
    assert signed(kit.of_kind(bench.serve(3), wire.ORDER)[0])[4] == "BEAN-2"


def test_blocked_sellers_and_items_are_not_bought():
    bench = Market(k20=["roaster"])
    need = bench.needs()
    bench.offer(need)
    bench.serve()
    assert "not allowed" in bench.thing.inbox.reason and bench.order(need).offers == []
    bench = Market(k20=["BEAN-1"])
    assert not kit.of_kind(bench.low() + bench.serve(20), wire.RFQ)
    assert bench.thing.trade.orders.open == []
    assert "no item is allowed" in bench.thing.take_effect()[1]
    bench = Market(k20=["BEAN-1"], k21={"beans": ["BEAN-2"]})
    bench.needs()
    assert kit.of_kind(bench.desk.seen, wire.RFQ)[-1][wire.BODY][3] == ["BEAN-2"]


def test_a_mandate_that_breaks_its_form_changes_nothing():
    bench = Market()
    wrong = ({"k6": 3}, {"k8": -1}, {"k8": True}, {"k8": "5"}, {"k5": "EURO"}, {"k13": []},
             {"k13": [["a", b"x" * 63, 1]]}, {"k13": [["a", b"x" * 64]]}, {"k14": {"b": [1]}},
             {"k14": {"b": [1, -1]}}, {"k15": {"price": 101}}, {"k16": {"x": "desk"}},
             {"k17": -1}, {"k18": [1]}, {"k18": [0, 1441]}, {"k19": 1}, {"k20": "all"},
             {"k21": {"beans": [1]}}, {"k22": 101}, {"k25": [1, 2, 3]}, {"k26": None},
             {"k27": {"beans": 2 ** 48}}, {"k28": 5}, {"k29": []}, {"k2": "another"}, {"k1": True},
             {"k20": ["a"] * 33})
    before = bench.thing.trade.mandate.hash
    for number, change in enumerate(wrong):
        bench.install(2 + number, **change)
        answer = kit.of_kind(bench.serve(), wire.UP_ACK)[-1][wire.BODY]
        assert answer[2] == wire.REFUSED and answer[3], change
        assert bench.thing.trade.mandate.hash == before
        assert bench.thing.trade.mandate.sequence() == 1
    for document in (b"", b"junk", kit.offer(bytes(16))):
        bench.tell(wire.MANDATE, {1: document})
        assert kit.of_kind(bench.serve(), wire.UP_ACK)[-1][wire.BODY][2] == wire.REFUSED


def buying(bench):
    return bench.thing.trade.mandate.refusal(bench.thing.clock.utc(bench.up()))


def test_the_owner_pauses_resumes_and_revokes_by_higher_numbers_only():
    bench = Market()
    for sequence, state, word in ((2, 1, "mandate paused"), (2, 0, "mandate paused"),
                                  (3, 0, None), (1, 1, None), (7, 2, "mandate revoked"),
                                  (5, 0, "mandate revoked")):
        bench.tell(wire.MANDATE, {1: control(sequence, state)})
        bench.serve()
        assert buying(bench) == word, (sequence, state)
        bench.boot()
        bench.serve(2)
        assert buying(bench) == word
    bench.install(6)
    bench.serve()
    assert buying(bench) == "mandate revoked"
    bench.install(8, k13=SELLERS)
    bench.serve()
    assert buying(bench) is None and bench.thing.trade.mandate.sequence() == 8
    bench.tell(wire.MANDATE, {1: control(9, 1, kit.SELLER)})
    bench.serve()
    assert buying(bench) is None


def test_a_mandate_and_its_control_outlive_a_rewritten_journal():
    bench = Market()
    bench.tell(wire.MANDATE, {1: control(2, 1)})
    bench.serve()
    bench.thing.journal.rewrite(bench.up(), bench.thing._dump())
    bench.boot()
    assert buying(bench) == "mandate paused" and bench.thing.trade.mandate.sequence() == 2


def test_the_console_pauses_and_only_the_console_lets_go():
    bench = Market()
    bench.line("pause")
    bench.serve()
    bench.boot()
    bench.serve(2)
    assert buying(bench) == "paused on the console"
    bench.tell(wire.MANDATE, {1: control(2, 0)})
    bench.tell(wire.EXEC, {1: 1, 2: "resume"})
    bench.serve()
    assert buying(bench) == "paused on the console"
    assert "goes on" in bench.line("resume")


def test_a_mandate_can_be_given_on_the_console():
    bench = Market()
    assert "sequence 2" in bench.line("mandate " + ordering.hex_of(kit.mandate(2, k13=SELLERS)))
    assert "error" in bench.line("mandate " + ordering.hex_of(kit.mandate(2)))
    assert "error" in bench.line("mandate zz")


def test_the_desk_cannot_speak_for_the_owner():
    bench = Market(k6=2)
    need = bench.needs()
    bench.decline(need)
    bench.offer(need)
    bench.serve(3)
    ref = bench.order(need).ref()
    for line in ("approve " + ref, "received %s 1" % ref, "test-order beans", "resume"):
        bench.tell(wire.EXEC, {1: 7, 2: line})
        reply = kit.of_kind(bench.serve(), wire.REPLY)[0][wire.BODY]
        assert "no command" in reply[2], line
    assert bench.order(need).state == ordering.AWAITING


def test_quiet_hours_wait_and_tell_nobody():
    bench = Market(k18=[0, 1430])
    sent = bench.low() + bench.serve(10)
    assert not kit.of_kind(sent, wire.RFQ) and bench.thing.take_effect() is None
    for _ in range(150):
        sent += bench.serve()
    assert kit.of_kind(sent, wire.RFQ)  # in the ten minutes before midnight


# -- approval ----------------------------------------------------------------------------------


def awaiting(**changes):
    bench = Market(k6=1, k7=1600, **changes)
    need = bench.needs()
    bench.decline(need)
    bench.offer(need)
    bench.serve(3)
    assert bench.order(need).state == ordering.AWAITING
    return bench, need


def test_above_the_sum_the_owner_is_asked_with_product_price_seller_and_delivery():
    bench, need = awaiting()
    question = bench.told()[-1]
    for word in ("approve", "1 x BEAN-1", "roaster", "17.00 EUR", "24 h"):
        assert word in question, question
    assert "error" in bench.line("approve %s beef" % bench.order(need).ref())
    bench.line("approve " + bench.order(need).ref())
    assert kit.of_kind(bench.serve(), wire.ORDER)


def test_an_approval_of_expired_terms_holds_for_the_same_terms_or_less():
    for total, state in ((1700, ordering.PLACED), (1699, ordering.PLACED),
                         (1701, ordering.AWAITING)):
        bench = Market(k6=2)
        need = bench.needs()
        bench.decline(need)
        bench.offer(need, k13=START_UTC + bench.now + 2 * HOUR)
        bench.serve(3)
        bench.serve(13)
        bench.line("approve " + bench.order(need).ref())
        assert bench.order(need).state == ordering.QUOTING
        bench.serve(2)
        bench.decline(need)
        bench.offer(need, k1=b"offer-02", k7=total - 200, k10=total)
        bench.serve(3)
        assert bench.order(need).state == state, total


def test_another_seller_or_quantity_is_asked_about_again():
    bench = Market(k6=2)
    need = bench.needs()
    bench.decline(need)
    bench.offer(need, k13=START_UTC + bench.now + 2 * HOUR)
    bench.serve(16)
    bench.line("approve " + bench.order(need).ref())
    bench.serve(2)
    bench.decline(need, "roaster")
    bench.second(need, 1600)
    sent = bench.serve(3)
    assert bench.order(need).state == ordering.AWAITING and not kit.of_kind(sent, wire.ORDER)


def test_a_mandate_that_changed_meanwhile_is_looked_at_again():
    bench, need = awaiting()
    bench.install(2, k13=SELLERS, k6=1, k7=1600, k22=90)
    bench.serve()
    bench.line("approve " + bench.order(need).ref())
    sent = bench.serve(2)
    bench.decline(need)
    bench.offer(need)
    sent += bench.serve(20)
    assert not kit.of_kind(sent, wire.ORDER)
    bench, need = awaiting()
    bench.install(2, k13=SELLERS[1:], k6=1, k7=1600)
    bench.serve()
    assert "not allowed" in bench.line("approve " + bench.order(need).ref())


def test_nobody_approves_and_the_need_comes_back_later():
    bench, need = awaiting()
    bench.serve(80, HOUR)
    assert bench.order(need) is None
    states = [row[4] for row in ledger(bench, 3, need)]
    assert states[-1] == ordering.EXPIRED


def test_cancel_is_asked_for_within_its_window_only():
    for window, asked in ((HOUR, False), (DAY, True)):
        bench = Market(k17=window)
        need = bench.bought()
        bench.serve(12)
        answer = bench.line("cancel " + bench.order(need).ref())
        assert ("too late" not in answer) == asked, answer
        assert bool(kit.of_kind(bench.serve(), wire.ORDER_EVENT)) == asked
        assert bench.order(need).state == ordering.PLACED
    bench.status(need, 8)
    assert bench.order(need) is None and bench.thing.trade.budget.committed(None, "EUR") == (0, 0)
    assert bench.thing.trade.experience.trust("roaster", bench.up()) == 50  # it was not its fault


def test_a_no_never_overtakes_the_order_that_it_is_about():
    """Arriving first, it would be about an order that the desk does not know, and be lost."""
    bench = Market()
    need = bench.needs()
    bench.decline(need)
    bench.offer(need)
    sent = bench.tick()  # placed, and the desk is silent
    placed = kit.of_kind(sent, wire.ORDER)[0]
    ref = bench.order(need).ref()
    assert "has not taken it yet" in bench.line("received %s nothing" % ref)
    assert "error" not in bench.line("cancel " + ref)
    assert kit.of_kind(bench.tick(3600), wire.ORDER_EVENT) == []
    bench.say(wire.DOWN_ACK, {1: placed[wire.ID], 2: 0})
    assert kit.of_kind(bench.serve(), wire.ORDER_EVENT)[0][wire.BODY][2] == 1


# -- memory ------------------------------------------------------------------------------------


def test_a_thing_that_forgot_waits_for_what_it_forgot():
    bench = Market()
    bench.boot()
    hello = kit.of_kind(bench.tick(), wire.HELLO)[0]
    bench.say(wire.DOWN_ACK, kit.answer(hello, wire.EXISTS))
    bench.tick()
    assert not bench.thing.may_buy()
    bench.tell(wire.RECONCILE, {1: [], 2: hello[wire.SEQ], 3: hello[wire.BODY][13]})
    bench.tick()
    assert bench.thing.may_buy()


def test_a_later_order_than_it_knows_ends_the_one_that_it_remembers():
    bench = Market()
    need = bench.needs()
    bench.boot()
    hello = kit.of_kind(bench.tick(), wire.HELLO)[0]
    later = ordering.order_id(kit.THING, "beans", 1, False)
    row = [later, "beans", 1, ordering.SHIPPED, "second", 1600, kit.START_UTC]
    bench.tell(wire.RECONCILE, {1: [row], 2: hello[wire.SEQ], 3: hello[wire.BODY][13]})
    bench.tick()
    assert bench.order(need) is None and [o.id for o in bench.thing.trade.orders.open] == [later]


def test_an_auditor_can_check_what_is_exported():
    bench = Market()
    learn_price(bench)
    rows, start = [], 0
    while True:
        text = bench.line("ledger export %d" % start)
        if text == "none":
            break
        rows += [line.split() for line in text.split("\n")]
        start = int(rows[-1][0]) + 1
    number, head = 0, bytes(32)
    for index, entry, link in rows:
        if entry == "checkpoint":
            number, head = int(index), bytes.fromhex(link)
            continue
        head = hashlib.sha256(head + bytes.fromhex(entry)).digest()
        assert int(index) == number and link == ordering.hex_of(head[:16])
        number += 1
    assert number == bench.thing.trade.ledger.count and head == bench.thing.trade.ledger.head
    assert len(ledger(bench, 6)) == 2
