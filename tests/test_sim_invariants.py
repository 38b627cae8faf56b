"""Every invariant check can fail: each is shown a world in which its rule is broken."""

import hashlib
from types import SimpleNamespace

import cbor2
import pytest

from sim.desk import codec, messages
from sim.desk.models import OrderState
from sim.world import invariants
from sim.world.clock import DAY, HOUR, World
from sim.world.observer import Injected, Observer, Seen
from sim.world.scenario import Mandate

ORDER = bytes(range(16))


def observer():
    return Observer(World(1), "t", bytes(32))


def row(**changes):
    values = {"order_id": ORDER, "consumable": "milk", "cycle": 0, "state": OrderState.VERIFIED,
              "test": False, "total_minor": 500, "changed_at": 0, "seller": "corner"}
    return SimpleNamespace(**(values | changes))


def journal(*entries):
    """Transactions with a sound chain over these entries, each [at, kind, ...]."""
    head, transactions = bytes(32), []
    for count, entry in enumerate(entries):
        data = cbor2.dumps([count, *entry])
        head = hashlib.sha256(head + data).digest()
        transactions.append([entry[0], [invariants.ENTRY, data, head[:16]]])
    return transactions


def need(at=0, consumable="milk"):
    return [at, invariants.NEED, ORDER, consumable, 0, 1000, [], False]


def moved(state, at=0, reason=""):
    return [at, invariants.ORDER, ORDER, state, reason]


def book(*entries):
    return invariants.read_book(journal(*entries))


def test_nothing_to_look_at_is_not_the_same_as_held():
    checks = invariants.check(observer(), [], book(), None, 0, 0)
    assert {check.state for check in checks.values()} == {"not exercised"}


def test_one_sound_order_holds_everywhere():
    seen = observer()
    seen.parcel("O-1", ORDER, 1)
    seen.told = {(ORDER, 5), (ORDER, 7)}
    seen.orders[ORDER] = (10, {"test": False, "total_minor": 500})
    seen.sequences["up"] = [(0, 1), (0, 2), (9, 5)]
    life = book(need(), moved(2), moved(4), moved(5), moved(7), moved(11))
    checks = invariants.check(seen, [row()], life, Mandate(), 9 * DAY, 0)
    assert {checks[name].state for name in ("I1", "I2", "I3", "I4", "I5", "I6")} == {"held"}


def test_a_second_parcel_breaks_i1():
    seen = observer()
    seen.parcel("O-1", ORDER, 1)
    seen.parcel("O-1", ORDER, 1)
    assert "brought 2 times" in invariants.one_fulfilment(seen, []).broken[0]
    assert not invariants.one_fulfilment(seen, [row()], twice=("corner",)).broken


def test_two_orders_of_one_cycle_break_i1():
    assert invariants.one_fulfilment(observer(), [row(), row()]).broken
    refused = row(state=OrderState.REFUSED)
    assert not invariants.one_fulfilment(observer(), [row(), refused]).broken


def test_two_open_orders_break_i1():
    orders = [row(state=OrderState.PLACED), row(state=OrderState.SHIPPED, cycle=1)]
    assert invariants.one_fulfilment(observer(), orders).broken


def test_a_need_that_waits_for_ever_breaks_i2_unless_escalated():
    waiting = book(need(), moved(2))
    assert invariants.every_need_decided(waiting, 3 * DAY, 0).broken
    assert not invariants.every_need_decided(waiting, 3 * DAY, 3 * DAY - HOUR).broken
    told = book(need(), moved(2), moved(2, reason="no offer"))
    assert not invariants.every_need_decided(told, 3 * DAY, 0).broken
    assert not invariants.every_need_decided(book(need(), moved(2), moved(9)), 3 * DAY, 0).broken


@pytest.mark.parametrize(
    "mandate",
    [Mandate(cap=499), Mandate(day_budget=999), Mandate(month_budget=999), None],
)
def test_too_much_money_breaks_i3(mandate):
    seen = observer()
    seen.orders[b"a"] = (10, {"test": False, "total_minor": 500})
    seen.orders[b"b"] = (20, {"test": False, "total_minor": 500})
    assert invariants.within_budget(seen, [], mandate).broken
    assert not invariants.within_budget(seen, [], Mandate()).broken


def test_what_was_refused_before_is_not_spent():
    seen = observer()
    seen.orders[b"a"] = (10, {"test": False, "total_minor": 500})
    seen.orders[b"b"] = (20, {"test": False, "total_minor": 500})
    ended = row(order_id=b"a", state=OrderState.REFUSED, changed_at=seen.world.start_unix + 15)
    assert not invariants.within_budget(seen, [ended], Mandate(day_budget=999)).broken


def test_a_state_that_nobody_said_breaks_i4():
    assert invariants.only_verified_words(observer(), book(need(), moved(5))).broken


def test_a_repeated_number_breaks_i5():
    seen = observer()
    seen.sequences["down"] = [(0, 1), (0, 2), (1, 2)]
    assert invariants.sequences_rise(seen).broken


def test_a_thing_that_forgot_what_it_heard_breaks_i5():
    seen = observer()
    seen.hellos = [(0, {7: 9}), (9, {7: 4})]
    assert invariants.sequences_rise(seen).broken


def test_a_thing_whose_flash_was_lost_may_count_anew():
    seen = observer()
    seen.sequences["up"] = [(0, 9), (9, 1)]
    seen.hellos = [(0, {7: 9}), (9, {7: 0})]
    assert len(invariants.sequences_rise(seen).broken) == 2
    seen.damaged = [5]
    assert not invariants.sequences_rise(seen).broken


def test_a_new_chain_must_begin_with_a_reconciliation():
    begun = [[0, [invariants.CHECKPOINT, 7, bytes(32)]]]
    for kind, sound in ((invariants.RECONCILED, True), (invariants.NEED, False)):
        data = cbor2.dumps([7, 0, kind, ORDER, "milk", 0])
        link = hashlib.sha256(bytes(32) + data).digest()[:16]
        anew = [*journal(need()), *begun, [0, [invariants.ENTRY, data, link]]]
        assert bool(invariants.read_book(anew).faults) is not sound


def test_an_order_that_goes_back_breaks_i6():
    life = book(need(), moved(4), moved(7), moved(5))
    assert "went back" in invariants.ledger_forward(observer(), life).broken[0]


def test_a_changed_entry_breaks_i6():
    transactions = journal(need(), moved(4))
    forged = cbor2.dumps([0, *need(consumable="gold")])
    transactions[0][1][1] = forged
    assert invariants.ledger_forward(observer(), invariants.read_book(transactions)).broken


def test_an_entry_taken_out_breaks_i6():
    transactions = journal(need(), moved(4), moved(5))
    del transactions[1]
    assert invariants.ledger_forward(observer(), invariants.read_book(transactions)).broken


def test_a_chain_other_than_the_one_told_breaks_i6():
    seen = observer()
    seen.hellos = [(0, {8: 1, 9: bytes(16)})]
    assert invariants.ledger_forward(seen, book(need())).broken


def test_a_checkpoint_vouches_for_what_was_left_behind():
    whole = journal(need(), moved(4), moved(5))
    links = invariants.read_book(whole)
    head = hashlib.sha256(bytes(32) + whole[0][1][1]).digest()
    kept = [[0, [invariants.CHECKPOINT, 1, head]], *whole[1:]]
    assert not invariants.read_book(kept).faults
    assert invariants.read_book(kept).links[3] == links.links[3]
    wrong = [[0, [invariants.CHECKPOINT, 1, bytes(32)]], *whole[1:]]
    assert invariants.read_book(wrong).faults


def test_a_crash_or_a_silent_boot_breaks_i7():
    seen = observer()
    seen.boots = [0]
    assert invariants.every_boot_arrives(seen, DAY).broken
    seen.hellos = [(5, {})]
    assert not invariants.every_boot_arrives(seen, DAY).broken
    seen.crashed("boom")
    assert invariants.every_boot_arrives(seen, DAY).broken


def test_a_boot_without_network_may_be_silent():
    seen = observer()
    seen.boots = [0]
    seen.cuts = [(0, DAY)]
    assert not invariants.every_boot_arrives(seen, 2 * DAY).broken


def test_a_fault_found_only_after_the_cut_breaks_i8():
    seen = observer()
    seen.cuts = [(0, DAY)]
    seen.injected = [Injected(HOUR, "jam", ("jam",), 0, True)]
    seen.findings = [Seen(2 * DAY, "m", "jam", 2)]
    assert invariants.detection_without_cloud(seen).broken
    seen.findings = [Seen(2 * HOUR, "m", "jam", 2)]
    check = invariants.detection_without_cloud(seen)
    assert check.state == "held"


def test_an_order_verified_before_it_came_is_told():
    seen = observer()
    seen.verified = {ORDER: 10}
    assert seen.verified_unseen() == [ORDER]
    seen.parcels = [(20, "O-1", ORDER, 1)]
    assert seen.verified_unseen() == [ORDER]
    seen.parcels = [(5, "O-1", ORDER, 1)]
    assert seen.verified_unseen() == []


def test_a_document_that_breaks_the_wire_is_counted_and_told():
    seen = observer()
    signed = codec.sign({0: "order", 1: b"short"}, codec.new_private_key(1))
    payload = {1: 1, 2: messages.ORDER, 3: 1, 4: 0, 6: {1: signed}}
    seen.up(codec.seal(payload, bytes(32), "t", codec.UP))
    assert seen.unreadable == 1
    assert "breaks the wire's rules" in seen.timeline[-1].text
