"""Approvals at the desk: shows what things ask, carries what owners sign, decides nothing."""

import cbor2
import pytest
from fastapi.testclient import TestClient

from sim.desk import approvals
from sim.desk.approvals import Question, QuestionState
from sim.desk.rest.app import application
from sim.desk.testing import SKU, START, TestThing, World, ack

ORDER, UP_ACK, QUESTION, FAREWELL, APPROVAL = 5, 11, 16, 19, 12
DAY_S = 86_400
OWNER = TestThing("owner", 11)


@pytest.fixture
def asked():
    """A world in which one question waits, and its REST."""
    world = World()
    offer = world.offer()
    world.asks = body(world, offer)
    world.document_of_offer = offer
    assert ack(world.send(QUESTION, world.asks))[2] == 0
    return world, TestClient(application(world.desk), base_url="http://localhost")


def body(world, offer, change=None):
    """A question about an offer."""
    terms = cbor2.loads(cbor2.loads(offer).value[2])
    words = {1: "beans", 2: terms[4], 3: terms[6], 4: terms[5], 5: terms[3], 6: terms[10],
             7: terms[11], 8: terms[12], 9: 3 * DAY_S, 11: False} | (change or {})  # fmt: skip
    names = {"seller": words[5], "sku": words[2], "pack_units": words[4], "packs": words[3],
             "currency": words[7]}  # fmt: skip
    return {1: terms[2], 2: words | {10: approvals.terms_of(terms[2], names)}}


def signed(world, yes=True, **change):
    """The owner's answer to the world's question, as hexadecimal."""
    order, asks = world.asks[1], world.asks[2]
    said = {0: "approval", 1: order, 2: "thing-1", 3: asks[10], 4: asks[6], 5: yes}
    return OWNER.sign(said | {int(key[1:]): value for key, value in change.items()}).hex()


def post(client, world, document, thing="thing-1", order=None):
    """Hand an answer to the desk."""
    path = f"/things/{thing}/approvals/{order or world.asks[1].hex()}"
    return client.post(path, json={"document": document})


def carried(world):
    """The answer that the desk hands to the thing, and its message id."""
    (payload,) = [one for one in world.thing.collect(world.desk) if one[2] == APPROVAL]
    return payload[6][1], payload[3]


def heard(world, message, outcome=None, reason=None):
    """The thing acknowledges a message."""
    words = {1: message, 2: outcome, 3: reason}
    said = {key: value for key, value in words.items() if value is not None}
    world.send(UP_ACK, said, message=0)


def state(world):
    """The state and reason of the latest question."""
    row = max(world.rows(Question), key=lambda one: one.id)
    return QuestionState(row.state).name.lower(), row.reason


def test_a_question_is_shown_with_all_that_an_owner_must_see(asked):
    world, client = asked
    (row,) = client.get("/approvals?state=waiting").json()["items"]
    words = world.asks[2]
    assert row["order"] == world.asks[1].hex() and row["thing"] == "thing-1"
    assert (row["consumable"], row["sku"], row["packs"]) == ("beans", SKU, words[3])
    assert (row["seller"], row["currency"], row["total_minor"]) == ("roaster", "EUR", words[6])
    assert row["terms"] == words[10].hex() and row["until"] == row["asked_at"] + 3 * DAY_S
    assert row["needed_by"] == START + 432_000 and row["yes"] is None
    assert client.get(f"/approvals/{row['id']}").json() == row
    assert client.get("/approvals?thing=thing-2").json()["items"] == []
    assert client.get("/approvals?state=asleep").status_code == 422


@pytest.mark.parametrize("yes, came", [(True, "approved"), (False, "denied")])
def test_an_answer_is_carried_as_it_is_and_the_thing_s_word_is_what_came_of_it(asked, yes, came):
    world, client = asked
    document = signed(world, yes)
    row = post(client, world, document)
    assert row.status_code == 202
    assert (row.json()["state"], row.json()["yes"]) == ("waiting", yes)
    brought, message = carried(world)
    assert brought.hex() == document
    heard(world, message)
    assert state(world) == (came, None)
    assert post(client, world, document).status_code == 409


def test_a_refusal_says_why_and_the_owner_may_answer_again(asked):
    world, client = asked
    post(client, world, signed(world))
    heard(world, carried(world)[1], 2, "budget of a day: 300 left")
    assert state(world) == ("refused", "budget of a day: 300 left")
    assert len(client.get("/approvals?open=true").json()["items"]) == 1
    assert post(client, world, signed(world, False)).status_code == 202
    heard(world, carried(world)[1])
    assert state(world) == ("denied", None)


@pytest.mark.parametrize(
    "change, fault",
    [
        ({"k0": "control"}, "no approval"),
        ({"k1": bytes(16)}, "another order"),
        ({"k2": "thing-2"}, "another thing"),
        ({"k3": bytes(12)}, "other terms"),
        ({"k4": 5}, "agrees to 5 of"),
        ({"k5": 1}, "yes"),
    ],
)
def test_a_slip_is_named_at_once(asked, change, fault):
    world, client = asked
    answer = post(client, world, signed(world, **change))
    assert answer.status_code in (409, 422) and fault in answer.json()["detail"]
    assert world.thing.collect(world.desk) == [] and state(world) == ("waiting", None)


def test_what_is_no_document_or_no_question_is_refused(asked):
    world, client = asked
    assert post(client, world, "d284").status_code == 422
    assert post(client, world, "beans").status_code == 422
    assert post(client, world, signed(world), order="beans").status_code == 422
    assert post(client, world, signed(world), order="00" * 16).status_code == 404
    assert post(client, world, signed(world), thing="thing-2").status_code == 404


def test_the_last_word_replaces_what_the_thing_has_not_heard(asked):
    world, client = asked
    post(client, world, signed(world))
    no = signed(world, False)
    post(client, world, no)
    brought, message = carried(world)
    assert brought.hex() == no
    heard(world, message)
    assert state(world) == ("denied", None)


def test_an_order_that_comes_was_approved_whatever_became_of_the_acknowledgement(asked):
    world, client = asked
    post(client, world, signed(world))
    _, message = carried(world)
    world.send(ORDER, world.thing.order("beans", 0, world.document_of_offer))
    assert state(world) == ("approved", None)
    heard(world, message, 2, "it is placed")  # the answer to one sent again
    assert state(world) == ("approved", None)


def test_an_order_that_comes_by_itself_settles_the_question(asked):
    world, client = asked
    world.send(ORDER, world.thing.order("beans", 0, world.document_of_offer))
    assert state(world) == ("settled", approvals.ORDERED)
    assert post(client, world, signed(world)).status_code == 409
    # And a question that was overtaken by its order is none.
    assert ack(world.send(QUESTION, world.asks))[2] == 1
    assert len(world.rows(Question)) == 1


@pytest.mark.parametrize("said, came", [(None, "settled"), (True, "settled"), (False, "denied")])
def test_a_thing_that_takes_its_question_back_ends_it(asked, said, came):
    world, client = asked
    if said is not None:
        post(client, world, signed(world, said))
    world.send(QUESTION, {1: world.asks[1]})
    assert state(world)[0] == came


@pytest.mark.parametrize("asks_again", [False, True])
def test_what_was_approved_and_given_up_does_not_stay_approved(asked, asks_again):
    world, client = asked
    post(client, world, signed(world))
    heard(world, carried(world)[1])
    assert state(world)[0] == "approved"
    again = body(world, world.document_of_offer, {6: 9900})
    world.send(QUESTION, again if asks_again else {1: world.asks[1]})
    first = min(world.rows(Question), key=lambda row: row.id)
    said = approvals.ANEW if asks_again else approvals.GIVEN_UP
    assert (first.state, first.reason) == (QuestionState.SETTLED, said)


def test_other_terms_are_another_question(asked):
    world, client = asked
    world.send(QUESTION, body(world, world.document_of_offer, {6: 9900}))
    old, new = sorted(world.rows(Question), key=lambda row: row.id)
    assert (old.state, old.reason) == (QuestionState.SETTLED, approvals.ANEW)
    assert new.total_minor == 9900 and new.state == QuestionState.WAITING
    answer = post(client, world, signed(world))
    assert answer.status_code == 409 and "of 9900" in answer.json()["detail"]


def test_terms_that_are_not_what_is_asked_are_refused(asked):
    world, _ = asked
    wrong = body(world, world.document_of_offer)
    wrong[2][5] = "mallory"
    assert ack(world.send(QUESTION, wrong))[2] == 2
    assert len(world.rows(Question)) == 1


def test_a_question_that_nobody_answers_expires(asked):
    world, client = asked
    world.run(3 * DAY_S + 60)
    assert state(world) == ("expired", None)
    assert post(client, world, signed(world)).status_code == 409
    world.send(ORDER, world.thing.order("beans", 0, world.document_of_offer))
    assert state(world)[0] in ("expired", "settled")  # the offer may be over, too


def test_an_answer_that_never_reached_the_thing_is_dropped_with_the_question(asked):
    world, client = asked
    post(client, world, signed(world))
    carried(world)
    world.clock.now += 3 * DAY_S
    world.desk.tick()
    assert world.thing.collect(world.desk) == [] and state(world)[0] == "expired"


def test_another_thing_cannot_speak_for_it(asked):
    world, client = asked
    post(client, world, signed(world))
    _, message = carried(world)
    other = TestThing("thing-2").admit(world.desk)
    other.send(world.desk, UP_ACK, {1: message, 2: 2, 3: "no"}, message=0)
    other.send(world.desk, QUESTION, {1: world.asks[1]})
    assert state(world) == ("waiting", None)


def test_a_thing_that_is_reset_asks_nothing_any_more(asked):
    world, client = asked
    post(client, world, signed(world))
    world.send(FAREWELL, {})
    assert state(world) == ("settled", approvals.RESET)
    assert [one for one in world.thing.collect(world.desk) if one[2] == APPROVAL] == []


def test_new_keys_take_the_old_questions_along(asked):
    world, _ = asked
    TestThing(seed=8).admit(world.desk)
    assert world.rows(Question) == []


def placed(world, change=None):
    """The thing orders what was asked about; returns the desk's answer."""
    return ack(world.send(ORDER, world.thing.order("beans", 0, world.document_of_offer, change)))


def test_an_approved_order_that_the_desk_refuses_is_told_to_its_owner(asked):
    world, client = asked
    post(client, world, signed(world))
    heard(world, carried(world)[1])
    assert state(world) == ("approved", None)
    assert placed(world, {7: 1})[2] == 2
    assert state(world) == ("turned_away", "total_minor differs from the offer")
    (row,) = client.get("/approvals?open=false").json()["items"]
    assert (row["state"], row["yes"]) == ("turned_away", True)


def test_a_refused_copy_of_an_order_that_is_placed_turns_nothing_away(asked):
    world, client = asked
    post(client, world, signed(world))
    heard(world, carried(world)[1])
    placed(world)
    assert placed(world, {10: bytes([1]) * 12})[3] == "order id was used with other content"
    assert state(world) == ("approved", None)


def cancel_of(world, **change):
    said = {0: "cancel", 1: world.asks[1], 2: "thing-1"}
    return OWNER.sign(said | {int(key[1:]): value for key, value in change.items()}).hex()


def post_cancel(client, world, document):
    path = f"/things/thing-1/orders/{world.asks[1].hex()}/cancel"
    return client.post(path, json={"document": document})


def history(client):
    return [(one["source"], one["word"], one["detail"].get("reason"))
            for one in client.get("/orders/O-000001").json()["history"]]  # fmt: skip


def test_an_owner_s_cancel_is_carried_and_a_refusal_is_in_the_order_s_history(asked):
    world, client = asked
    assert post_cancel(client, world, cancel_of(world)).status_code == 404  # no order yet
    placed(world)
    cancel = cancel_of(world)
    row = post_cancel(client, world, cancel)
    assert (row.status_code, row.json()["state"]) == (202, "placed")
    document, message = carried(world)
    assert document.hex() == cancel
    heard(world, message, 2, "too late, it is placed")
    told = [("owner", "cancel", None), ("thing", "cancel_refused", "too late, it is placed")]
    assert history(client)[-2:] == told


@pytest.mark.parametrize("change, fault", [
    ({"k2": "thing-2"}, "another thing"), ({"k1": bytes(16)}, "another order"),
    ({"k0": "approval"}, "no cancel"), ({"k2": ""}, "thing (2)"),
])  # fmt: skip
def test_what_is_no_cancel_of_this_order_is_named(asked, change, fault):
    world, client = asked
    placed(world)
    answer = post_cancel(client, world, cancel_of(world, **change))
    assert answer.status_code in (409, 422) and fault in answer.json()["detail"]


def test_what_has_been_shipped_is_not_cancelled_any_more(asked):
    world, client = asked
    placed(world)
    client.post("/orders/O-000001/status", json={"state": "shipped"})
    answer = post_cancel(client, world, cancel_of(world))
    assert (answer.status_code, answer.json()["detail"]) == (409, "the order is shipped")
