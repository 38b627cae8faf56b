"""Each kind of bad seller does its one bad thing, and everything else honestly."""

import dataclasses
import random

import pytest

from sim.desk import codec, messages
from sim.desk.market import BRINGS_TWICE, KINDS, SELLERS, SURGE_S, surges
from sim.desk.models import OrderState
from sim.desk.suppliers import DAY_S, Article, Placed, Quote, Request

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


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"refusing"}))
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


def test_an_overcharging_seller_charges_more_than_it_quoted():
    steps, terms = placed("overcharging")
    assert steps[-1].charged_minor == terms["total_minor"] * 5 // 4
    assert placed("honest")[0][-1].charged_minor == terms["total_minor"]


def test_a_switching_seller_brings_as_much_of_something_else():
    (parcel,) = [step.parcel for step in placed("switching")[0] if step.parcel]
    assert (parcel.sku, parcel.packs) == ("MILK-LIKE", 4)


def test_a_refusing_seller_takes_no_order():
    (step,) = placed("refusing")[0]
    assert step.state == OrderState.REFUSED and step.charged_minor is None


def price(kind, number=1, now=NOW):
    """What a pack costs in a round."""
    answer = seller(kind).quote(dataclasses.replace(REQUEST, round=number), now)[0]
    return codec.peek_document(answer.document)[7]


def test_a_greedy_seller_comes_down_in_every_round_to_below_an_honest_one():
    asked = [price("greedy", number) for number in (1, 2, 3, 4, 5, 6)]
    assert asked == [140, 125, 110, 95, 90, 90]
    assert [price("honest", number) for number in (1, 2, 3, 4)] == [100, 97, 94, 94]


def test_a_surging_seller_asks_its_high_price_for_a_part_of_every_week():
    weekly = [price("surging", now=NOW + hour * 3600) for hour in range(7 * 24)]
    assert set(weekly) == {100, 180}
    assert abs(weekly.count(180) * 3600 - SURGE_S) <= 3600
    assert surges(NOW) == surges(NOW + 7 * DAY_S)


def test_a_slow_seller_is_cheaper_and_says_that_it_is_slow():
    (slow,), (honest,) = (seller(kind).quote(REQUEST, NOW) for kind in ("slow", "honest"))
    slow, honest = (codec.peek_document(quote.document) for quote in (slow, honest))
    assert slow[7] < honest[7] and slow[12] > 2 * honest[12]
    (arrives, _), = parcels(placed("slow")[0])
    assert arrives <= slow[12]


def test_what_an_altering_seller_wrote_over_its_signature_does_not_verify():
    one = seller("altering")
    document = one.quote(REQUEST, NOW)[0].document
    lower, honest = codec.peek_document(document), seller("honest").quote(REQUEST, NOW)[0]
    assert lower[10] < codec.peek_document(honest.document)[10]
    assert lower[7] * lower[6] + lower[8] + lower[9] == lower[10]
    with pytest.raises(codec.CodecError, match="signature"):
        codec.open_document(document, one.public_key, "offer")


def test_an_absent_seller_insists_and_an_honest_one_gives_the_money_back():
    order = Placed(bytes(16), "O-1", "t", "MILK", 1, 1, 1, "EUR", False, OrderState.DELIVERED, {},
                   b"")
    (answer,) = seller("absent").complaint(order, "not_received", None, NOW)
    assert not answer.agrees and answer.charged_minor is None
    (refund,) = seller("honest").complaint(order, "not_received", None, NOW)
    assert refund.agrees and refund.charged_minor == 0


def test_every_character_says_what_its_wrong_shows_as():
    assert {one.wrong for one in SELLERS.values()} == {None, "offer", "award", "delivery"}


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
