"""Each kind of bad seller does its one bad thing, and everything else honestly."""

import dataclasses
import random

import pytest

from sim.desk import codec, messages
from sim.desk.models import OrderState
from sim.desk.suppliers import DAY_S, Article, Placed, Quote, Request
from sim.sellers import BRINGS_TWICE, KINDS

NOW = 1_767_571_200
REQUEST = Request(bytes(16), ("MILK",), 4000, DAY_S, 1, False, None, "EUR")


def seller(kind):
    key = codec.new_private_key(12345)
    return KINDS[kind]("shop", [Article("MILK", 100, 1000)], None, random.Random(1), key)


def placed(kind):
    one = seller(kind)
    quote = seller("honest").quote(REQUEST, NOW)[0]
    terms = messages.read(messages.OFFER_DOCUMENT, codec.peek_document(quote.document))
    order = Placed(bytes(16), "O-1", "t", "MILK", terms["packs"], terms["total_minor"],
                   terms["price_minor"], "EUR", False, OrderState.PLACED, terms, b"")
    return one.order(order, NOW), terms


def parcels(steps):
    return [(step.delay_s, step.parcel.packs) for step in steps if step.parcel]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_seller_says_that_it_delivered(kind):
    steps, _ = placed(kind)
    assert [step.state for step in steps if step.state] == [
        OrderState.CONFIRMED, OrderState.SHIPPED, OrderState.DELIVERED,
    ]  # fmt: skip


def test_what_is_brought_differs():
    (honest_at, packs), = parcels(placed("honest")[0])
    assert packs == 4
    assert parcels(placed("late")[0]) == [(honest_at + 5 * DAY_S, 4)]
    assert parcels(placed("absent")[0]) == []
    assert parcels(placed("short")[0]) == [(honest_at, 2)]
    assert parcels(placed("double")[0]) == [(honest_at, 4), (honest_at + DAY_S, 4)]
    assert "double" in BRINGS_TWICE


def test_a_greedy_seller_charges_more_than_it_quoted():
    steps, terms = placed("greedy")
    assert steps[-1].charged_minor == terms["total_minor"] * 5 // 4
    assert placed("honest")[0][-1].charged_minor == terms["total_minor"]


def test_a_silent_seller_does_not_answer():
    assert seller("silent").quote(REQUEST, NOW) == []


def test_a_forged_offer_does_not_verify_with_the_key_of_the_mandate():
    offers = {}
    for kind in ("honest", "forging"):
        one = seller(kind)
        answer = one.quote(REQUEST, NOW)[0]
        assert isinstance(answer, Quote)
        offers[kind] = (one.public_key, answer.document)
    assert offers["honest"][0] == offers["forging"][0]
    codec.open_document(offers["honest"][1], offers["honest"][0], "offer")
    with pytest.raises(codec.CodecError, match="signature"):
        codec.open_document(offers["forging"][1], offers["forging"][0], "offer")


def test_a_short_delivery_of_one_pack_is_none():
    one = seller("short")
    _, terms = placed("honest")
    order = Placed(bytes(16), "O-1", "t", "MILK", 1, 1, 1, "EUR", False, OrderState.PLACED,
                   terms, b"")
    assert parcels(one.order(order, NOW)) == []
    assert parcels(one.order(dataclasses.replace(order, packs=3), NOW))[0][1] == 1
