"""Disputes at the desk: raised once, answered by sellers, settled, withdrawn, decided; and the gap
between what sellers say and what things measure."""

import pytest
from fastapi.testclient import TestClient

from sim.desk import documents, perception
from sim.desk.market import KINDS
from sim.desk.models import Dispute, DisputeState, Event, Order, OrderState, Statement
from sim.desk.rest.app import application
from sim.desk.suppliers import DAY_S, HonestSupplier, PeopleSupplier
from sim.desk.testing import ORDER_STATUS, TestThing, World, ack, seller
from sim.desk.work import Refused

EVENT, DISPUTE, EXPERIENCE = 6, 9, 10
WEEK = 7 * DAY_S


def world(kind=HonestSupplier, **options):
    return World(suppliers=[seller("roaster", 1, kind)], **options)


def delivered(one, cycle=0):
    """An order that its seller says it delivered; returns its id."""
    one.order(cycle)
    one.run(WEEK)
    return one.thing.need("beans", cycle)


def dispute(one, order, reason, state=documents.RAISED, change=None):
    """Send a signed dispute; returns the acknowledgement."""
    content = {0: "dispute", 1: order, 2: one.thing.name, 3: reason, 4: state, 10: 9, 11: bytes(16)}
    return ack(one.send(DISPUTE, {1: one.thing.sign(content | (change or {}))}))


def only(one, model):
    (row,) = one.rows(model)
    return row


def history(one, source=None):
    return [event.word for event in one.rows(Event)
            if event.dispute_number and source in (None, event.source)]  # fmt: skip


def test_a_dispute_has_a_number_marks_its_order_and_asks_the_seller():
    one = world()
    order = delivered(one)
    said = dispute(one, order, documents.NEVER_CAME, change={6: 2606, 8: 1, 9: 0})
    assert (said[2], said[4]) == (0, "D-000001")
    row = only(one, Dispute)
    assert (row.state, row.seller, row.order_number) == (DisputeState.OPEN, "roaster", 1)
    assert only(one, Order).state == OrderState.DISPUTED
    statement = only(one, Statement)
    assert statement.kind == "dispute" and statement.order_number == 1


def test_an_honest_seller_gives_the_money_back_and_that_settles_it():
    one = world()
    order = delivered(one)
    assert only(one, Order).charged_minor > 0
    dispute(one, order, documents.NEVER_CAME)
    told = [p[6] for p in one.run(2 * DAY_S) if p[2] == ORDER_STATUS]
    assert [(body[2], body[7]) for body in told] == [(OrderState.CANCELLED, 0)]
    assert only(one, Order).charged_minor == 0
    row = only(one, Dispute)
    assert (row.state, row.answer, row.agreed) == (DisputeState.SETTLED, "refunded", True)
    assert history(one) == ["raised", "agrees", "settled"]


def test_the_money_of_an_order_that_was_cancelled_comes_back_and_the_thing_hears_of_it():
    one = world()
    one.order()
    order = one.thing.need("beans", 0)
    one.desk.set_order(1, OrderState.CANCELLED, charged_minor=2606)
    one.run(60)
    dispute(one, order, documents.NEVER_CAME)
    told = [p[6] for p in one.run(2 * DAY_S) if p[2] == ORDER_STATUS]
    assert [(body[2], body[7]) for body in told] == [(OrderState.CANCELLED, 0)]
    assert only(one, Order).charged_minor == 0
    assert only(one, Dispute).state == DisputeState.SETTLED


def test_one_dispute_is_open_for_an_order_and_reason():
    one = world(PeopleSupplier)
    one.order()
    order = one.thing.need("beans", 0)
    first = dispute(one, order, documents.SHORT)
    again = dispute(one, order, documents.SHORT)
    assert (again[2], again[4]) == (1, first[4])
    other = dispute(one, order, documents.PRICE_CHANGED)
    assert (other[2], other[4]) == (0, "D-000002")
    assert one.count(Dispute) == 2


def test_what_came_short_is_paid_for_as_far_as_it_came():
    one = world(KINDS["short"])
    order = delivered(one)
    placed = only(one, Order)
    dispute(one, order, documents.SHORT, change={8: 1, 9: 250})
    one.run(2 * DAY_S)
    row = only(one, Order)
    assert (row.state, row.charged_minor) == (OrderState.CANCELLED, placed.total_minor // 4)


def test_a_price_dispute_is_settled_without_ending_the_order():
    one = world(KINDS["overcharging"])
    order = delivered(one)
    row = only(one, Order)
    assert row.charged_minor == row.total_minor * 5 // 4
    assert ack(one.send(EVENT, {1: order, 2: 2, 3: 990}))[2] == 0
    dispute(one, order, documents.PRICE_CHANGED, change={7: row.charged_minor})
    told = [p[6] for p in one.run(2 * DAY_S) if p[2] == ORDER_STATUS]
    assert [(b[2], b[3], b[7]) for b in told] == [(OrderState.DELIVERED, 0, row.total_minor)]
    row = only(one, Order)
    assert (row.state, row.charged_minor) == (OrderState.VERIFIED, row.total_minor)
    assert only(one, Dispute).state == DisputeState.SETTLED


def test_what_its_owner_closed_is_over_though_the_price_was_put_right_meanwhile():
    """The thing buys anew then, and a desk that held the order for open would refuse all of it."""
    one = world()
    one.order()
    order = one.thing.need("beans", 0)
    one.run(DAY_S // 8)
    dispute(one, order, documents.PRICE_CHANGED, change={6: 2606, 7: 9999})
    one.run(2 * DAY_S)
    assert only(one, Order).state == OrderState.DELIVERED
    assert ack(one.send(EVENT, {1: order, 2: 1, 4: "the owner said no"}))[2] == 0
    assert only(one, Order).state == OrderState.CANCELLED
    assert ack(one.send(5, one.thing.order("beans", 1, one.offer(1))))[2] == 0


def test_what_was_delivered_without_a_dispute_is_not_cancelled():
    one = world()
    order = delivered(one)
    one.send(EVENT, {1: order, 2: 1})
    assert only(one, Order).state == OrderState.DELIVERED


def test_a_price_dispute_before_the_goods_are_seen_leaves_them_to_be_seen():
    one = world(KINDS["overcharging"])
    order = delivered(one)
    dispute(one, order, documents.PRICE_CHANGED)
    one.run(2 * DAY_S)
    assert only(one, Order).state == OrderState.DELIVERED
    one.send(EVENT, {1: order, 2: 2, 3: 990})
    assert only(one, Order).state == OrderState.VERIFIED


def test_what_the_thing_takes_back_is_withdrawn_and_its_order_verified():
    one = world(PeopleSupplier)
    one.order()
    order = one.thing.need("beans", 0)
    dispute(one, order, documents.NEVER_CAME)
    dispute(one, order, documents.SHORT)
    dispute(one, order, documents.NEVER_CAME, documents.WITHDRAWN)
    assert only(one, Order).state == OrderState.DISPUTED
    dispute(one, order, documents.SHORT, documents.WITHDRAWN)
    assert only(one, Order).state == OrderState.VERIFIED
    assert [row.state for row in one.rows(Dispute)] == [DisputeState.WITHDRAWN] * 2
    late = dispute(one, order, documents.SHORT, documents.SETTLED)
    assert late[2] == 1


@pytest.mark.parametrize("forgotten", [False, True])
def test_what_the_owner_closes_is_over_and_the_next_one_can_be_bought(forgotten):
    """A thing that lost its memory has no dispute to settle, only the order to cancel."""
    one = world(KINDS["absent"])
    order = delivered(one)
    dispute(one, order, documents.NEVER_CAME)
    if forgotten:
        assert ack(one.send(EVENT, {1: order, 2: 1}))[2] == 0
    else:
        dispute(one, order, documents.NEVER_CAME, documents.SETTLED)
    assert only(one, Order).state == OrderState.CANCELLED
    assert only(one, Dispute).state == DisputeState.SETTLED
    assert one.order(1)[2] == 0


def test_a_seller_that_insists_leaves_it_open_for_people():
    one = world(KINDS["absent"])
    order = delivered(one)
    dispute(one, order, documents.NEVER_CAME)
    one.run(30 * DAY_S)
    row = only(one, Dispute)
    assert (row.state, row.agreed) == (DisputeState.ANSWERED, False)
    assert history(one) == ["raised", "insists"]
    assert only(one, Order).state == OrderState.DISPUTED


def test_a_desk_that_decides_does_so_for_the_thing_when_the_time_is_up():
    one = world(KINDS["absent"], decides_s=5 * DAY_S)
    order = delivered(one)
    dispute(one, order, documents.NEVER_CAME)
    one.run(4 * DAY_S)
    assert only(one, Dispute).state == DisputeState.ANSWERED
    told = [p[6] for p in one.run(2 * DAY_S) if p[2] == ORDER_STATUS]
    assert [(body[2], body[7]) for body in told] == [(OrderState.CANCELLED, 0)]
    assert only(one, Dispute).state == DisputeState.SETTLED
    assert history(one, "desk") == ["settled"]


def test_nothing_is_decided_twice():
    one = world(decides_s=5 * DAY_S)
    order = delivered(one)
    dispute(one, order, documents.NEVER_CAME)
    one.run(30 * DAY_S)
    assert history(one) == ["raised", "agrees", "settled"]


def test_a_denial_of_an_order_that_the_desk_never_saw_is_kept():
    one = world()
    said = dispute(one, bytes(range(16)), documents.UNKNOWN_ORDER, change={7: 500})
    assert (said[2], said[4]) == (0, "D-000001")
    row = only(one, Dispute)
    assert (row.order_number, row.seller, row.charged_minor) == (None, None, 500)
    one.run(WEEK)
    assert only(one, Dispute).state == DisputeState.OPEN


def test_a_denied_order_is_stopped_and_the_denial_waits_for_a_person():
    one = world()
    one.order()
    order = one.thing.need("beans", 0)
    dispute(one, order, documents.UNKNOWN_ORDER)
    assert only(one, Order).state == OrderState.DISPUTED
    one.run(WEEK)
    assert one.told == []  # nothing was brought
    assert only(one, Order).state == OrderState.CANCELLED
    assert only(one, Dispute).state == DisputeState.ANSWERED
    one.desk.settle_dispute(1, "a stolen key", 0)
    assert only(one, Dispute).state == DisputeState.SETTLED


@pytest.mark.parametrize("change, reason", [
    ({2: "thing-2"}, "names another thing"),
    ({3: 9}, "not of its form"),
    ({4: 4}, "not of its form"),
    ({10: None}, "missing"),
])  # fmt: skip
def test_a_dispute_that_is_not_right_changes_nothing(change, reason):
    one = world()
    order = delivered(one)
    said = dispute(one, order, documents.SHORT, change=change)
    assert said[2] == 2 and reason in said[3]
    assert one.count(Dispute) == one.count(Statement) == 0
    assert only(one, Order).state == OrderState.DELIVERED


def test_nobody_can_dispute_another_thing_s_order_or_sign_for_it():
    one = world()
    order = delivered(one)
    stranger = TestThing("thing-2", seed=9).admit(one.desk)
    content = {0: "dispute", 1: order, 2: "thing-2", 3: 3, 4: 1, 10: 9, 11: bytes(16)}
    said = ack(stranger.send(one.desk, DISPUTE, {1: stranger.sign(content)}))
    assert said[2] == 2 and "another thing's" in said[3]
    forged = ack(one.send(DISPUTE, {1: stranger.sign(content | {2: one.thing.name})}))
    assert forged[2] == 2 and "signature" in forged[3]
    assert one.count(Dispute) == 0


def test_receipts_and_experiences_are_kept_if_the_thing_signed_them():
    one = world()
    order = delivered(one)
    receipt = {0: "receipt", 1: order, 2: one.thing.name, 3: "roaster", 4: "beans-1kg", 5: 1,
               6: 990, 7: 2606, 8: "EUR", 9: False, 10: bytes(12), 11: bytes(12)}  # fmt: skip
    assert ack(one.send(EVENT, {1: order, 2: 2, 3: 990, 5: one.thing.sign(receipt)}))[2] == 0
    other = TestThing("thing-2").sign(receipt)
    assert ack(one.send(EVENT, {1: order, 2: 2, 3: 990, 5: other}))[2] == 2
    assert [row.kind for row in one.rows(Statement)] == ["receipt"]


def experienced(one, order, kept, trust):
    content = {0: "experience", 1: order, 2: one.thing.name, 3: "roaster", 4: [200_000, 300_000],
               6: kept, 7: trust}  # fmt: skip
    assert ack(one.send(EXPERIENCE, {1: one.thing.sign(content)}))[2] == 0


def test_the_gap_between_claim_and_measurement():
    one = world(KINDS["short"])
    first = delivered(one)
    one.send(EVENT, {1: first, 2: 3, 3: 500})
    dispute(one, first, documents.SHORT, change={9: 500})
    experienced(one, first, {"in full": 50, "price": 100}, 40)
    one.run(3 * DAY_S)
    second = delivered(one, 1)
    one.send(EVENT, {1: second, 2: 2, 3: 1000})
    (row,) = one.desk.act(lambda work: perception.perceived(work.session))
    assert (row["orders"], row["delivered"], row["verified"]) == (2, 2, 1)
    assert (row["packs_delivered"], row["packs_seen"]) == (2, 1.5)
    assert (row["quality_offered"], row["quality_experienced"], row["trust"]) == (80, 75, 40)
    assert (row["disputes"], row["disputes_open"]) == ({"partial": 1}, 0)
    both = 2 * one.rows(Order)[0].total_minor
    sums = {"currency": "EUR", "offered_minor": both, "charged_minor": both}
    assert row["money"] == [sums]
    assert one.desk.act(lambda work: perception.perceived(work.session, "nobody")) == []
    assert perception.table([row]).row_count == 1


@pytest.fixture
def served():
    one = world(PeopleSupplier)
    one.order()
    order = one.thing.need("beans", 0)
    dispute(one, order, documents.NEVER_CAME)
    return one, TestClient(application(one.desk), base_url="http://localhost"), order


def test_rest_lists_shows_answers_and_settles(served):
    one, client, _order = served
    (listed,) = client.get("/disputes", params={"open": True, "reason": "not_received"}).json()[
        "items"
    ]
    assert (listed["number"], listed["order"], listed["state"]) == ("D-000001", "O-000001", "open")
    assert client.get("/disputes", params={"reason": "nonsense"}).status_code == 422
    assert client.get("/disputes", params={"seller": "other"}).json()["items"] == []
    shown = client.get("/disputes/D-000001").json()
    assert [event["word"] for event in shown["history"]] == ["raised"]
    assert [row["kind"] for row in shown["statements"]] == ["dispute"]

    insists = {"text": "it was left at the door", "agrees": False}
    assert client.post("/disputes/1/answer", json=insists).json()["state"] == "answered"
    settled = {"text": "no proof of it", "charged_minor": 0}
    assert client.post("/disputes/1/settle", json=settled).json()["state"] == "settled"
    assert only(one, Order).state == OrderState.CANCELLED
    assert client.post("/disputes/1/settle", json=settled).status_code == 409
    assert client.post("/disputes/7/settle", json=settled).status_code == 404
    assert client.get("/disputes/7").status_code == 404


def test_a_seller_s_staff_that_cancels_the_order_settles_the_dispute(served):
    one, client, _order = served
    told = client.post("/orders/1/status", json={"state": "cancelled", "charged_minor": 0})
    assert told.status_code == 200
    assert only(one, Dispute).state == DisputeState.SETTLED


def test_rest_shows_the_gap(served):
    _, client, _ = served
    (row,) = client.get("/perception").json()
    assert (row["seller"], row["orders"], row["disputes"]) == ("roaster", 1, {"not_received": 1})
    (one,) = client.get("/disputes").json()["items"]
    assert (one["order"], one["currency"]) == ("O-000001", "EUR")


def test_what_a_sellers_staff_says_is_the_sellers_word():
    one = world(PeopleSupplier)
    one.order()
    for told in ({"packs": 1, "charged_minor": 1_000}, {"packs": 1, "charged_minor": 2_606}):
        one.desk.set_order(1, OrderState.DELIVERED, **told)
    with pytest.raises(Refused, match="an order that is delivered cannot be that"):
        one.desk.set_order(1, OrderState.DELIVERED)  # the same once more, and no parcel
    (row,) = one.desk.act(lambda work: perception.perceived(work.session))
    assert (row["delivered"], row["packs_delivered"]) == (1, 2)
    sums = {"currency": "EUR", "offered_minor": 2_606, "charged_minor": 2_606}
    assert row["money"] == [sums]
    with one.desk.database.transaction() as session:  # as another mandate would have it
        order = session.get(Order, 1)
        same = {column.key: getattr(order, column.key) for column in Order.__table__.columns}
        there = {"number": 2, "order_id": bytes(16), "currency": "USD", "total_minor": 900}
        session.add(Order(**same | there | {"state": OrderState.VERIFIED}))
        session.flush()
        session.add(Event(order_number=2, at=order.placed_at, source="roaster", word="delivered",
                          detail={"charged_minor": 800}))  # fmt: skip
    (row,) = one.desk.act(lambda work: perception.perceived(work.session))
    assert row["money"] == [sums, {"currency": "USD", "offered_minor": 900, "charged_minor": 800}]


def test_a_dispute_on_a_verified_order_is_settled_by_the_word_cancelled():
    one = world()
    order = delivered(one)
    one.send(EVENT, {1: order, 2: 2, 3: 990})
    total = only(one, Order).total_minor
    dispute(one, order, documents.SHORT, change={9: 500})
    told = [p[6] for p in one.run(2 * DAY_S) if p[2] == ORDER_STATUS]
    assert [(body[2], body[7]) for body in told] == [(OrderState.CANCELLED, total // 2)]
    row = only(one, Order)
    assert (row.state, row.charged_minor) == (OrderState.VERIFIED, total // 2)
    assert only(one, Dispute).state == DisputeState.SETTLED


def test_what_came_twice_may_stay():
    one = world()
    order = delivered(one)
    dispute(one, order, documents.DOUBLE)
    one.run(2 * DAY_S)
    assert only(one, Dispute).answer == "keep it"
