"""Orders at the desk: once for life, as offered, forward only, whoever misbehaves."""

import pytest

from sim.desk.messages import FAREWELL
from sim.desk.models import Case, Event, Order, OrderState, Outgoing, Report, Thing
from sim.desk.suppliers import HonestSupplier, Parcel, Step
from sim.desk.testing import (
    DECLINE,
    OFFER,
    ORDER_STATUS,
    RECONCILE,
    SKU,
    TestThing,
    World,
    ack,
    case_body,
    seller,
)
from sim.desk.work import Delivery

DAY_S = 86_400


# ---- orders -------------------------------------------------------------------------------------


def test_an_order_goes_from_request_to_verified():
    world = World()
    answer = world.order()
    assert answer == {1: answer[1], 2: 0, 4: "O-000001"}
    states = [p[6][2] for p in world.run(4 * DAY_S) if p[2] == ORDER_STATUS]
    assert states == [5, 6, 7]
    order = world.rows(Order)[0]
    parcel = Delivery("thing-1", order.order_id, "O-000001", "beans", SKU, 1)
    assert world.told == [parcel]
    assert order.charged_minor == order.total_minor
    assert ack(world.send(6, {1: order.order_id, 2: 2, 3: 1000}))[2] == 0
    assert world.rows(Order)[0].state == 11
    words = [event.word for event in world.rows(Event)]
    assert words == ["placed", "confirmed", "shipped", "delivered", "parcel", "verified"]


def test_same_order_again_exists_whether_the_message_or_only_the_order_is_the_same():
    world = World()
    body = world.thing.order("beans", 0, world.offer())
    first = ack(world.send(5, body))
    assert (first[2], first[4]) == (0, "O-000001")
    same_message = ack(world.send(5, body, message=world.thing.message))
    assert (same_message[2], same_message[4]) == (1, "O-000001")
    new_message = ack(world.send(5, body))
    assert (new_message[2], new_message[4]) == (1, "O-000001")
    assert world.count(Order) == 1


def test_same_order_id_with_other_content_is_refused_for_life():
    world = World()
    offer = world.offer()
    world.send(5, world.thing.order("beans", 0, offer))
    for change in ({5: 2}, {7: 1}, {14: 1}):
        answer = ack(world.send(5, world.thing.order("beans", 0, offer, change)))
        assert (answer[2], answer[3]) == (2, "order id was used with other content")
    world.run(5 * DAY_S)
    world.send(6, {1: world.thing.need("beans", 0), 2: 2})
    answer = ack(world.send(5, world.thing.order("beans", 0, offer, {14: 2})))
    assert answer[2] == 2


def test_second_open_order_for_a_consumable_is_refused_until_the_first_is_settled():
    world = World()
    world.order(0)
    answer = world.order(1)
    assert (answer[2], answer[3]) == (2, "order O-000001 is open for this consumable")
    world.run(5 * DAY_S)
    world.send(6, {1: world.thing.need("beans", 0), 2: 2})
    answer = world.order(2)
    assert (answer[2], answer[4]) == (0, "O-000002")


def test_an_order_that_a_later_one_overtook_is_refused():
    """The outbox of an old flash still has it, and the later one is not open any more."""
    world = World()
    old = world.offer(0)
    world.order(1)
    world.run(5 * DAY_S)
    world.send(6, {1: world.thing.need("beans", 1), 2: 2})
    answer = ack(world.send(5, world.thing.order("beans", 0, old)))
    assert (answer[2], answer[3]) == (2, "order O-000001 came after this one")


def test_database_itself_refuses_a_second_open_order():
    world = World()
    world.order()
    row = world.rows(Order)[0]
    columns = {c.name: getattr(row, c.name) for c in Order.__table__.columns if c.name != "number"}

    def insert(work):
        work.session.add(Order(**columns | {"order_id": bytes(16)}))

    with pytest.raises(Exception, match="UNIQUE constraint"):
        world.desk.act(insert)


@pytest.mark.parametrize(
    "change, reason",
    [
        ({2: "thing-2"}, "order names another thing"),
        ({13: 5}, "order id does not follow from thing, consumable and cycle"),
        ({3: "milk"}, "order id does not follow from thing, consumable and cycle"),
        ({6: "nobody"}, "seller is not served here"),
        ({9: bytes(12)}, "no such offer"),
        ({5: 3}, "packs differs from the offer"),
        ({7: 1}, "total_minor differs from the offer"),
        ({15: 1}, "price_minor differs from the offer"),
        ({8: "USD"}, "currency differs from the offer"),
        ({4: "tea"}, "sku differs from the offer"),
        ({12: True}, "order id does not follow from thing, consumable and cycle"),
        ({0: "offer"}, "document is not of type order"),
    ],
)
def test_an_order_that_is_not_what_was_offered_is_refused(change, reason):
    world = World()
    answer = ack(world.send(5, world.thing.order("beans", 0, world.offer(), change)))
    assert (answer[2], answer[3]) == (2, reason)
    assert world.count(Order) == 0


def test_an_order_signed_by_another_key_is_refused():
    world = World()
    body = TestThing("thing-1", seed=8).order("beans", 0, world.offer())
    answer = ack(world.send(5, body))
    assert (answer[2], answer[3]) == (2, "signature does not match the signer's key")


def test_a_test_order_runs_the_whole_path_and_brings_nothing():
    world = World()
    world.order(0)  # a real one is open meanwhile
    offer = world.offer(0, change={7: True})
    body = world.thing.order("beans", 0, offer, {12: True})
    assert ack(world.send(5, body))[2] == 0
    world.run(5 * DAY_S)
    real, test = world.rows(Order)
    assert (test.test, test.state, test.charged_minor) == (True, 7, 0)
    assert [told.order for told in world.told] == [real.order_id]


def test_cancel_before_shipping_and_too_late():
    world = World()
    world.order()
    order_id = world.thing.need("beans", 0)
    assert ack(world.send(6, {1: order_id, 2: 1, 4: "owner"}))[2] == 0
    states = [p[6][2] for p in world.run(5 * DAY_S) if p[2] == ORDER_STATUS]
    assert states == [8]
    assert world.told == []
    world.order(1)
    world.run(DAY_S + 8000)
    world.send(6, {1: world.thing.need("beans", 1), 2: 1})
    states = [p[6] for p in world.run(5 * DAY_S) if p[2] == ORDER_STATUS]
    assert states[0][5] == "too late to cancel" or states[-1][2] == 7
    assert len(world.told) == 1


def test_a_thing_that_is_reset_leaves_nothing_open_that_can_be_ended():
    world = World()
    world.order()
    world.send(7, case_body())
    assert ack(world.send(FAREWELL, {}))[2] == 0
    world.run(5 * DAY_S)
    assert world.rows(Order)[0].state == 8 and world.told == []
    assert world.rows(Case)[0].state == 6
    [thing] = world.rows(Thing)
    assert thing.hello["left_at"] and [row.kind for row in world.rows(Report)] == ["farewell"]


@pytest.mark.parametrize("before, after, left", [
    ("anna", "bert", True), ("anna", None, True), ("", "bert", True), ("anna", "anna", False),
    ("", None, False)])  # fmt: skip
def test_a_thing_that_was_reset_off_line_leaves_nothing_open_to_its_next_owner(
        before, after, left):  # fmt: skip
    world, new = World(), TestThing("thing-1", 99)
    old = world.thing
    world.desk.provision("thing-1", old.root_key, old.public_key, "coffee-machine", before)
    world.order()
    world.send(7, case_body())
    world.clock.now += 60
    since = world.rows(Thing)[0].provisioned_at
    world.desk.provision("thing-1", new.root_key, new.public_key, "coffee-machine", after)
    world.thing = new
    new.send(world.desk, 1, new.hello())
    world.run(5 * DAY_S)
    assert (world.rows(Order)[0].state == OrderState.CANCELLED) == left
    assert (world.rows(Case)[0].state == 6) == left
    assert (world.rows(Thing)[0].provisioned_at > since) == left


def test_what_is_under_way_to_a_thing_that_is_reset_is_left_to_people():
    world = World()
    world.order()
    world.run(DAY_S + 8000)
    assert world.rows(Order)[0].state == 6
    world.send(FAREWELL, {})
    assert [event.word for event in world.rows(Event)][-1] == "handed over"


def test_refused_event_for_an_order_nobody_placed():
    world = World()
    assert ack(world.send(6, {1: bytes(16), 2: 2}))[3] == "no such order"


# ---- sellers that do not keep their word --------------------------------------------------------


class Silent(HonestSupplier):
    """Quotes, and is never heard of again."""

    def order(self, order, now):
        return []


class Twice(HonestSupplier):
    """Brings everything twice, the second time after the end."""

    def order(self, order, now):
        steps = super().order(order, now)
        again = Step(steps[-1].delay_s + DAY_S, parcel=Parcel(order.sku, order.packs))
        return [*steps, again]


def test_order_that_its_seller_never_confirms_expires():
    world = World(suppliers=[seller("ghost", 3, Silent)])
    world.order()
    states = [p[6] for p in world.run(3 * DAY_S) if p[2] == ORDER_STATUS]
    assert [(body[2], body[5]) for body in states] == [(10, "seller did not answer")]


def test_second_parcel_arrives_physically_and_changes_no_state():
    world = World(suppliers=[seller("twice", 3, Twice)])
    world.order()
    world.run(3 * DAY_S + 7200)
    world.send(6, {1: world.thing.need("beans", 0), 2: 2})
    world.run(3 * DAY_S)
    assert [told.packs for told in world.told] == [1, 1]
    assert world.rows(Order)[0].state == 11


def test_not_received_is_disputed_then_refunded():
    world = World(suppliers=[seller("ghost", 3)])
    world.order()
    world.send(6, {1: world.thing.need("beans", 0), 2: 4})
    assert world.rows(Order)[0].state == 12
    states = [p[6] for p in world.run(4 * DAY_S) if p[2] == ORDER_STATUS]
    assert (states[-1][2], states[-1][7]) == (8, 0)
    assert world.told == []


def test_request_goes_to_all_that_carry_and_a_round_must_be_better():
    world = World(suppliers=[seller("roaster", 1), seller("shop", 2)])
    world.send(4, world.thing.rfq("beans", 0, [SKU]))
    got = [p for p in world.run(900) if p[2] == OFFER]
    assert len(got) == 2
    best = 2606
    world.send(4, world.thing.rfq("beans", 0, [SKU], change={6: 2, 8: best}))
    second = [p for p in world.run(900) if p[2] in (OFFER, DECLINE)]
    assert [p[2] for p in second] == [OFFER, OFFER]
    world.send(4, world.thing.rfq("beans", 0, [SKU], change={6: 3, 8: 1}))
    third = [p[6] for p in world.run(900) if p[2] == DECLINE]
    assert sorted((body[2], body[3]) for body in third) == [
        ("roaster", "no better price"),
        ("shop", "no better price"),
    ]


def test_request_for_what_nobody_sells_is_declined_at_once():
    world = World()
    world.send(4, world.thing.rfq("filter", 0, ["filter-3"]))
    declines = [p[6] for p in world.run(1) if p[2] == DECLINE]
    assert [(body[2], body[3]) for body in declines] == [("desk", "nobody sells these items")]


def test_repeated_request_after_a_restart_is_answered_with_the_standing_offers():
    world = World()
    offer = world.offer()
    assert world.offer() == offer
    world.clock.now += 5 * DAY_S
    assert world.offer() != offer


def test_an_offer_that_still_waits_is_not_queued_again():
    world = World()
    world.offer()
    rfq = world.thing.rfq("beans", 0, [SKU])
    world.send(4, rfq)
    for _ in range(5):  # restarts in a row, before any acknowledgement
        world.send(4, rfq)
    waiting = [row for row in world.rows(Outgoing) if row.kind == OFFER]
    assert len(waiting) == 1


def test_a_memory_that_is_lost_hears_of_no_greater_sum_than_was_agreed_whatever_was_charged():
    """Its budget is about what it agreed to: no seller's word may use it up."""
    world = World()
    world.order()
    world.desk.set_order(1, OrderState.CANCELLED, charged_minor=1 << 40)
    told = world.send(1, world.thing.hello())
    (row,) = next(payload[6][1] for payload in told if payload[2] == RECONCILE)
    assert row[5] == world.rows(Order)[0].total_minor
