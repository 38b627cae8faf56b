"""Random schedules keep the invariants of money; tests/schedules.py says what they are."""

import contextlib

import pytest
import quick_cbor
import schedule_desk
import schedule_endpoint as parts
import schedule_words
import schedules

IN_TESTS = 150
IN_CI = 2_000  # by `make schedules`
NIGHTLY = 100_000
AT_A_DESK, AT_A_DESK_NIGHTLY = 6, 3_000


def test_no_schedule_breaks_an_invariant():
    assert schedules.run(IN_TESTS) == []


@pytest.mark.nightly
def test_no_schedule_of_very_many_breaks_an_invariant():
    assert schedules.run(NIGHTLY, IN_CI) == []


def test_no_schedule_at_the_real_desk_breaks_an_invariant():
    assert schedules.run(AT_A_DESK, kind=schedule_desk.DeskSchedule) == []


@pytest.mark.nightly
def test_no_schedule_of_many_at_the_real_desk_breaks_an_invariant():
    kind = schedule_desk.DeskSchedule
    assert schedules.run(AT_A_DESK_NIGHTLY, AT_A_DESK, kind) == []


def test_no_small_schedule_of_all_breaks_an_invariant():
    """Every pair of disturbances, in whichever of the first hours of an order it falls."""
    assert schedule_words.run_words(2, range(4)) == []


@pytest.mark.nightly
def test_no_longer_schedule_of_all_breaks_an_invariant():
    assert schedule_words.run_words(4, range(4)) == []


def test_a_seed_is_a_schedule_whoever_writes_the_bytes():
    """Searches use cbor2 in the place of the agent's own CBOR."""
    first = [schedules.Schedule(seed).run() for seed in (11, 12)]
    with quick_cbor.installed():
        assert first == [schedules.Schedule(seed).run() for seed in (11, 12)]
    assert first[0] != first[1]


def test_a_seed_is_a_schedule_at_the_real_desk_too():
    schedule_desk.prepared()
    one, again = [schedule_desk.DeskSchedule(4).run() for _ in range(2)]
    assert one == again


@pytest.mark.parametrize("change, broken", [
    ("UPDATE things SET hello = json_set(hello, '$.mandate_known', 7)", "mandate"),
    ("INSERT INTO outgoing (thing_id, kind, body, wants_ack, tries, due) "
     "SELECT id, 7, x'a0', 1, 0, 0 FROM things, (VALUES (1), (2), (3))", "not delivered"),
])  # fmt: skip
def test_a_desk_that_does_not_agree_with_its_thing_is_noticed(change, broken):
    schedule = schedule_desk.DeskSchedule(1)
    with contextlib.closing(schedule.endpoint):
        for _ in range(3):
            schedule.step(60, 0.0)
        schedule.check_agreement()
        schedule.endpoint.rows.execute(change)
        with pytest.raises(parts.Broken, match=broken):
            schedule.check_agreement()


@pytest.mark.parametrize("what", ["cap", "expired", "twice", "terms"])
def test_the_checks_can_fail(what):
    """An endpoint that is handed a bad order says so."""
    endpoint = parts.Endpoint(parts.random.Random(1), 0)
    asked = {1: bytes(16), 4: 900, 6: 1}
    endpoint.calm = True
    document = endpoint.offer("roaster", asked, 0)
    terms = parts.cbor.decode(parts.cose.sign1_peek(document)[1])
    order = {
        0: "order", 1: bytes(16), 2: parts.kit.THING, 3: "beans", 4: terms[4], 5: terms[6],
        6: "roaster", 7: terms[10], 8: "EUR", 9: parts.hashlib.sha256(document).digest()[:12],
        10: bytes(12), 11: bytes(12), 12: False, 13: 0, 14: parts.kit.START_UTC, 15: terms[7],
    }  # fmt: skip
    assert endpoint.place(sealed(order), 0) == 0
    change = {
        "cap": {7: 5001},
        "expired": {14: terms[13]},
        "twice": {1: bytes([1]) * 16},
        "terms": {5: 2},
    }[what]
    if what != "twice":
        endpoint.orders.clear()
    with pytest.raises(parts.Broken):
        endpoint.place(sealed(order | change), 0)


def test_an_order_that_nobody_approved_is_noticed():
    schedule = schedules.Schedule(1)
    thing = schedule.bench.thing
    schedule.check_approvals()
    thing.trade.ledger.add(
        thing._at, schedules.books.ORDER, bytes(16), schedules.ordering.AWAITING, "approved: 1.00"
    )
    thing.journal.commit(thing._at)
    with pytest.raises(parts.Broken, match="approved by nobody"):
        schedule.check_approvals()
    schedule.endpoint.agreed.add(bytes(16))
    schedule.check_approvals()


@pytest.mark.parametrize("again", [True, False])
def test_what_came_late_is_used_up_and_then_more_is_bought_or_it_is_noticed(again):
    """A seller puts an order off by a month and brings it at the end of the calm part."""
    schedule = schedules.Schedule(1)
    endpoint, orders = schedule.endpoint, schedule.bench.thing.trade.orders
    endpoint.calm = True
    while not endpoint.orders:
        schedule.step(600, 0.0)
    ((identifier, order),) = endpoint.orders.items()
    shipped, due = {2: 6, 4: 30 * parts.DAY}, schedule.bench.now + 10 * parts.DAY
    came = {2: 7, 3: order["content"][5], 7: order["content"][7]}
    endpoint.plans = [(0, identifier, shipped), (due, identifier, came)]
    schedule.step(600, 0.0)
    if again:
        schedule.settle()
        assert len(endpoint.orders) == 2
        return
    orders.begin = lambda *need: None
    with pytest.raises(parts.Broken, match="nothing bought"):
        schedule.settle()
    assert order["state"] == schedules.ordering.VERIFIED


def test_a_late_complaint_does_not_open_an_order_again():
    """The outbox may send one again whose answer was lost, after the goods came."""
    endpoint = parts.Endpoint(parts.random.Random(1), 0)
    endpoint.orders[bytes(16)] = {"state": parts.OPEN[0]}
    for word, state in ((4, 12), (2, 11), (4, 11)):
        endpoint.event({1: bytes(16), 2: word}, 0)
        assert endpoint.orders[bytes(16)]["state"] == state


def sealed(content: dict) -> bytes:
    return parts.cose.sign1_seal(
        lambda message: bytes(64), b"kid.", parts.cbor.encode(content)
    )
