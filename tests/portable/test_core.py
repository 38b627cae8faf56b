"""The main job, room by room: a low level becomes one verified order, a fault one closed case."""

import kit

from agent.money import orders as ordering
from agent.sense import findings
from agent.service import cases as services
from agent.wire import cbor, cose
from agent.wire import messages as wire


def test_low_beans_become_one_verified_order():
    bench = kit.Bench()
    identifier = bench.ordered()
    orders = kit.of_kind(bench.desk.seen, wire.ORDER)
    assert len({m[wire.ID] for m in orders}) == 1
    document = cbor.decode(cose.sign1_peek(orders[0][wire.BODY][1])[1])
    assert document[1] == identifier and document[7] == 1700 and document[6] == "roaster"
    for state in (5, 6, 7):
        bench.say(wire.ORDER_STATUS, {1: identifier, 2: state}, 910 + state)
        bench.serve()
    assert bench.thing.trade.orders.find(identifier).state == ordering.DELIVERED
    bench.beans = 1000.0
    events = kit.of_kind(bench.serve(6), wire.ORDER_EVENT)
    assert [e[wire.BODY][2] for e in events] == [2]
    assert bench.thing.trade.orders.find(identifier) is None
    assert bench.thing.feed_line("ledger verify", bench.up()).endswith("verified")


def test_the_next_need_gets_the_next_id():
    bench = kit.Bench()
    first = bench.ordered()
    for state in (6, 7):
        bench.say(wire.ORDER_STATUS, {1: first, 2: state}, 910 + state)
        bench.serve()
    for level in (1000.0, 700.0, 920.0):  # the second time from what was left in the bag
        bench.beans = level
        bench.serve(6)
    asked = []
    while not asked and bench.beans > 20:
        bench.beans -= 20
        asked = kit.of_kind(bench.serve(), wire.RFQ)
    assert asked and asked[0][wire.BODY][1] != first


def test_nothing_is_bought_without_a_mandate():
    bench = kit.Bench()
    bench.serve(4)
    bench.beans = 100.0
    sent = bench.serve(60)
    assert not kit.of_kind(sent, wire.RFQ) and not kit.of_kind(sent, wire.ORDER)
    assert "no mandate" in bench.thing.feed_line("status", bench.up())


def test_a_person_sees_what_flash_has_been_written():
    bench = kit.Bench()
    bench.serve(4)
    status = bench.thing.feed_line("status", bench.up())
    rows = dict(line.split(None, 1) for line in status.splitlines() if " " in line)
    assert int(rows["flash_writes"]) == bench.store.appends + bench.store.replaces > 0
    assert int(rows["flash_bytes"]) == bench.store.bytes_written


def test_nothing_is_bought_before_the_desk_has_reconciled():
    bench = kit.Bench()
    bench.beans = 100.0
    for _ in range(20):
        bench.tick()
    assert bench.thing.trade.orders.open == []


def test_an_offer_from_a_stranger_or_with_a_wrong_sum_is_refused():
    bench = kit.Bench()
    need = bench.quoted()
    for document in (kit.offer(need, private=b"x" * 32), kit.offer(need, k10=1600),
                     kit.offer(b"n" * 16), kit.offer(need, k5=0), b"junk"):
        bench.say(wire.OFFER, {1: need, 2: document}, 950)
        answer = kit.of_kind(bench.serve(), wire.UP_ACK)[0][wire.BODY]
        assert answer[1] == 950 and answer[2] == wire.REFUSED and answer[3]
    assert bench.thing.trade.orders.find(need).offers == []


def test_an_offer_above_the_cap_is_not_taken_and_the_need_rests():
    bench = kit.Bench()
    need = bench.quoted()
    bench.say(wire.OFFER, {1: need, 2: kit.offer(need, k7=9000, k10=9200)}, 901)
    sent = bench.serve(12)
    assert not kit.of_kind(sent, wire.ORDER) and not kit.of_kind(sent, wire.RFQ)
    assert bench.thing.trade.orders.open == []


def test_a_restart_while_quoting_asks_again_for_the_same_need():
    bench = kit.Bench()
    need = bench.quoted()
    bench.boot()
    asked = kit.of_kind(bench.serve(3), wire.RFQ)
    assert [m[wire.BODY][1] for m in asked] == [need]


def test_a_replayed_frame_changes_nothing():
    bench = kit.Bench()
    identifier = bench.ordered()
    frame = bench.desk.frame(wire.ORDER_STATUS, {1: identifier, 2: 5}, bench.now, 960)
    rejected = bench.thing.inbox.rejected
    for _ in range(3):
        bench.thing.feed_message(frame, bench.up())
    bench.serve()
    assert bench.thing.inbox.rejected == rejected + 2
    assert bench.thing.trade.orders.find(identifier).state == ordering.CONFIRMED


def test_garbage_from_the_wire_is_counted_and_changes_nothing():
    bench = kit.Bench().ready()
    accepted, rejected = bench.thing.inbox.accepted, bench.thing.inbox.rejected
    for size in (0, 1, 40, 600, 5000):
        bench.thing.feed_message(bytes(size), bench.up())
    bench.thing.step(bench.up())
    assert bench.thing.inbox.rejected == rejected + 5
    assert bench.thing.inbox.accepted == accepted


def test_an_overheating_boiler_becomes_one_case_and_the_monitor_closes_it():
    bench = kit.Bench().ready()
    bench.boiler = 130.0
    raised = kit.of_kind(bench.serve(8), wire.CASE)
    assert len(raised) == 1
    body = raised[0][wire.BODY]
    assert body[2] == "boiler_overheat" and body[3] == "repair" and body[7][0][0] == "boiler_c"
    bench.say(wire.CASE_STATUS, {1: body[1], 2: 3, 3: 3600, 5: "C-1"}, 970)
    bench.serve()
    assert bench.thing.cases.open[0].state == services.SCHEDULED
    bench.say(wire.CASE_STATUS, {1: body[1], 2: 4}, 971)
    bench.serve()
    assert bench.thing.cases.open[0].state == services.DONE
    bench.boiler = 92.0
    events = kit.of_kind(bench.serve(8), wire.CASE_EVENT)
    assert [e[wire.BODY][2] for e in events] == [services.RECOVERED]
    assert bench.thing.cases.open == []


def test_a_case_comes_back_when_the_monitor_does_not_agree():
    bench = kit.Bench().ready()
    bench.boiler = 130.0
    body = kit.of_kind(bench.serve(8), wire.CASE)[0][wire.BODY]
    bench.say(wire.CASE_STATUS, {1: body[1], 2: 4}, 971)
    events = kit.of_kind(bench.serve(50, 3600), wire.CASE_EVENT)
    assert [e[wire.BODY][2] for e in events] == [services.CAME_BACK]
    assert bench.thing.cases.open[0].state == services.OPEN


def test_done_twice_makes_the_monitor_learn_anew():
    bench = kit.Bench().ready()
    bench.boiler = 130.0
    body = kit.of_kind(bench.serve(8), wire.CASE)[0][wire.BODY]
    detector = bench.thing.senses.watches[0].detector
    relearned = []
    detector.relearn = relearned.append
    bench.say(wire.CASE_STATUS, {1: body[1], 2: 4}, 971)
    bench.serve(50, 3600)
    assert relearned == []
    bench.say(wire.CASE_STATUS, {1: body[1], 2: 4}, 972)
    bench.serve()
    assert len(relearned) == 1


def test_sick_sensors_are_one_case_and_never_an_order():
    bench = kit.Bench().ready()
    bench.beans = float("nan")
    bench.boiler = 900.0
    sent = bench.serve(100)
    assert len(kit.of_kind(sent, wire.CASE)) == 2  # the second is an update of the first
    assert len({m[wire.BODY][1] for m in kit.of_kind(sent, wire.CASE)}) == 1
    assert not kit.of_kind(sent, wire.RFQ)


def test_a_month_without_the_desk_loses_nothing_and_orders_once():
    bench = kit.Bench().ready()
    for _ in range(31 * 24):
        bench.beans -= 1
        bench.tick(3600)
        bench.desk.seen = []  # what nobody heard is not to be kept here either
    assert bench.store.bytes_written < 400 * 1024
    bench.thing.feed_link(True, bench.up())
    asked = kit.of_kind(bench.serve(4), wire.RFQ)
    assert len({m[wire.BODY][1] for m in asked}) == 1


def test_a_power_cut_at_any_flash_operation_leaves_one_order():
    cut = 1
    while True:
        bench = kit.Bench()
        need = bench.quoted()
        bench.store.cut_at = bench.store.operations + cut
        bench.say(wire.OFFER, {1: need, 2: kit.offer(need)}, 901)
        try:
            bench.serve(3)
        except kit.PowerCut:
            bench.boot()
            bench.serve(3)
            bench.say(wire.OFFER, {1: need, 2: kit.offer(need)}, 902)
            bench.serve(4)
        orders = kit.of_kind(bench.desk.seen, wire.ORDER)
        assert {cbor.decode(cose.sign1_peek(m[wire.BODY][1])[1])[1] for m in orders} == {need}
        utc = bench.thing.clock.utc(bench.up())
        assert bench.thing.trade.budget.committed(utc, "EUR")[1] == 1700
        if bench.store.operations < bench.store.cut_at:
            return
        cut += 1


def test_a_full_flash_hands_nothing_out_and_recovers():
    bench = kit.Bench()
    need = bench.quoted()
    bench.say(wire.OFFER, {1: need, 2: kit.offer(need)}, 901)
    bench.store.full = True
    for _ in range(3):
        try:
            bench.tick()
        except OSError:
            continue
    assert not kit.of_kind(bench.desk.seen, wire.ORDER)
    bench.store.full = False
    assert len({m[wire.ID] for m in kit.of_kind(bench.serve(3), wire.ORDER)}) == 1


def test_lost_flash_buys_nothing_until_reconciled_and_keeps_cycle_and_budget():
    bench = kit.Bench()
    identifier = bench.ordered()
    bench.store = kit.Store()
    bench.boot()
    bench.beans = 100.0
    sent = [m for _ in range(10) for m in bench.tick()]
    assert not kit.of_kind(sent, wire.RFQ)
    nonce = kit.of_kind(bench.desk.seen, wire.HELLO)[-1][wire.BODY][13]
    bench.say(wire.RECONCILE, {1: [[identifier, "beans", 0, 4, "roaster", 1700, kit.START_UTC]],
                               2: 500, 3: nonce}, 980)
    sent = bench.serve(2)
    assert sent[0][wire.KIND] == wire.UP_ACK and sent[0][wire.SEQ] == 501
    assert bench.thing.trade.orders.find(identifier).state == ordering.PLACED
    assert bench.thing.trade.budget.committed(None, "EUR")[1] == 1700


def test_goods_that_are_there_before_the_word_of_them_are_verified_and_no_spare():
    bench = kit.Bench()
    identifier = bench.ordered()
    bench.beans = 1000.0
    bench.serve(6)
    assert bench.thing.trade.orders.find(identifier).state == ordering.PLACED
    bench.say(wire.ORDER_STATUS, {1: identifier, 2: 7}, 917)
    events = kit.of_kind(bench.serve(2), wire.ORDER_EVENT)
    assert [e[wire.BODY][2] for e in events] == [2]
    assert bench.thing.trade.orders.find(identifier) is None
    assert bench.thing.trade.shelf.items[0].spares() < 500


def test_a_refill_from_a_spare_verifies_no_order():
    bench = kit.Bench()
    identifier = bench.ordered()
    bench.thing.trade.shelf.items[0].delivered(1000.0, 0)
    bench.beans = 1000.0
    bench.serve(6)
    bench.say(wire.ORDER_STATUS, {1: identifier, 2: 7}, 917)
    bench.serve(2)
    assert bench.thing.trade.orders.find(identifier).state == ordering.DELIVERED


def test_a_refill_while_the_thing_has_no_power_is_seen_after_the_boot():
    bench = kit.Bench()
    identifier = bench.ordered()
    for state in (6, 7):
        bench.say(wire.ORDER_STATUS, {1: identifier, 2: state}, 910 + state)
        bench.serve()
    bench.now += 3600
    bench.beans = 1000.0
    bench.boot()
    events = kit.of_kind(bench.serve(8), wire.ORDER_EVENT)
    assert [e[wire.BODY][2] for e in events] == [2]
    assert bench.thing.trade.orders.find(identifier) is None


def test_an_offer_that_comes_twice_is_verified_once():
    bench = kit.Bench()
    need = bench.quoted()
    kept, verified = kit.SIGNER.verify, []

    def verify(public, message, signature):
        verified.append(signature)
        return kept(public, message, signature)

    bench.thing.identity.signer = kit.PlainSigner()
    bench.thing.identity.signer.verify = verify
    for number in range(3):
        bench.say(wire.OFFER, {1: need, 2: kit.offer(need)}, 901 + number)
    while not bench.thing.inbox.step(bench.up()):
        pass
    assert len(verified) == 1
    assert len(bench.thing.trade.orders.find(need).offers) == 1


def test_without_a_link_a_waiting_message_is_no_reason_to_wake():
    bench = kit.Bench()
    bench.tick()
    bench.now += 4000  # every message is overdue
    assert bench.thing.step(bench.up()) == bench.up() + 1
    bench.thing.feed_link(False, bench.up())
    assert bench.thing.step(bench.up()) > bench.up() + 100


def test_what_a_full_flash_held_up_is_written_in_frames_that_can_be_read():
    bench = kit.Bench().ready()
    for number in range(60):
        bench.thing.journal.note([99, b"x" * 400, number])  # of a newer agent: left alone
    bench.tick()
    bench.boot()
    assert bench.thing.journal.rotten == bench.thing.journal.torn == 0
    assert bench.thing.trade.mandate.sequence() == 1


def test_a_flash_that_stays_full_does_not_fill_the_heap():
    bench = kit.Bench()
    bench.quoted()
    bench.store.full = True
    held = []
    for _ in range(60):
        try:
            bench.tick()
        except OSError:
            held.append(len(bench.thing.journal._open))
    assert len(set(held[len(held) // 2:])) == 1, held  # it stops with what it could not write
    bench.store.full = False
    bench.serve(3)
    assert bench.thing.journal._open == []


def test_the_console_shows_every_consumable_in_its_unit():
    bench = kit.Bench().ready()
    row = bench.thing.feed_line("consumables", bench.up()).split("\n")[1].split()
    assert row[0] == "beans" and row[2] == "g"

def test_hours_without_power_make_no_sensor_silent():
    """The age leaps when the desk tells the time; a part's first word was still awaited then."""
    bench = kit.Bench().ready()
    bench.now += 7200
    bench.boot()
    bench.thing.feed_reading(kit.BOILER, None, 4, 0)
    bench.thing.step(0)
    hello = kit.of_kind(bench.desk.read(bench.thing), wire.HELLO)[0]
    bench.now += 2
    bench.say(wire.RECONCILE, {1: [], 2: 0, 3: hello[wire.BODY][13]})
    bench.thing.step(bench.up())
    watch = bench.thing.senses.find("sensor_boiler_c")
    assert bench.thing.age() > 7200 and watch.finding.state == findings.RAISED
    told = bench.serve(2)
    assert not kit.of_kind(told, wire.FINDING) and watch.finding.state != findings.CONFIRMED


def test_what_is_switched_off_every_day_reports_every_day():
    bench = kit.Bench().ready()
    bench.serve(1, kit.DAY)
    told = []
    for day in range(11):
        told += bench.serve(29 - day)  # five hours, and every day ten minutes less
        bench.thing.journal.note([99, b"something is always written"])
        told += bench.serve()
        bench.now += kit.DAY - (30 - day) * 600
        bench.boot()
    assert len(kit.of_kind(told, wire.HEALTH)) == 10


def test_what_is_on_for_a_few_hours_a_day_keeps_what_it_learns():
    bench = kit.Bench().ready()
    for _ in range(3):
        learned = []
        for _ in range(30):
            bench.beans -= 2.0
            bench.serve()
            learned.append(known(bench.thing))
        bench.now += kit.DAY - 30 * 600
        bench.boot()
        assert known(bench.thing) in learned[-7:], "an hour of it at most is lost"


def known(thing):
    return cbor.encode([list(thing.senses.learned()), list(thing.trade.shelf.dump())])
