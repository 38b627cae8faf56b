"""Garbage in: no exception, no absurd need, and a restart nobody can tell."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.stock.consumables import Consumable

CAPACITY = 1000.0
SPECS = [
    {"name": "beans", "kind": "level", "capacity": CAPACITY, "per_use": 9.0, "lead_days": 2,
     "items": [{"sku": "a", "pack": 500.0, "price_minor": 900},
               {"sku": "b", "pack": 1000.0, "price_minor": 1600}]},
    {"name": "cups", "kind": "count", "capacity": CAPACITY, "per_use": 1.0, "spares": 0},
    {"name": "filter", "kind": "wear", "capacity": CAPACITY, "usage": 1, "lead_days": 7.0},
    {"name": "descaler", "kind": "wear", "capacity": CAPACITY, "items": []},
]
LEVELS = st.one_of(st.floats(), st.floats(0, CAPACITY), st.integers(-10**9, 10**9),
                   st.sampled_from([0.0, CAPACITY, CAPACITY * 1000, -1.0, math.nan, math.inf]))
STEPS = st.one_of(
    st.tuples(st.just("level"), LEVELS),
    st.tuples(st.just("usage"), LEVELS),
    st.tuples(st.just("place"), st.booleans()),
    st.tuples(st.just("delivered"), st.floats(0, 1e6)),
    st.tuples(st.just("refill"), st.floats(0, CAPACITY)),
    st.tuples(st.just("hold"), st.floats(0, CAPACITY)))
GAPS = st.sampled_from([0, 1, 60, 600, 3600, 86400, 7 * 86400, 400 * 86400])
STORY = st.lists(st.tuples(STEPS, GAPS), max_size=60)


def tell(item, story, at=0):
    """Play a story, checking every answer on the way; return the time at its end."""
    for (word, value), gap in story:
        at += gap
        if word == "level":
            item.feed_level(value, at)
        elif word == "usage":
            item.feed_usage(value, at)
        elif word == "place":
            item.feed_in_place(value, at)
        elif word == "delivered":
            item.delivered(value, gap)
        elif word == "refill":
            item.refill(at, value)
        else:
            for later in range(40):
                item.feed_level(max(0.0, value - 10.0 * later), at + later * 7200)
            at += 40 * 7200
        check(item, at)
    return at


def check(item, at):
    item.step(at)
    level = item.level()
    assert level is None or 0 <= level <= 1.25 * CAPACITY
    days = item.days_left(at)
    assert days is None or 0 <= days[0] <= days[1] <= days[2] < math.inf
    need = item.need(at)
    if need is not None:
        assert item.plausible(at) is None
        assert 0 < need[0] < math.inf
        assert all(math.isfinite(number) for _, number in need[1])
    event = item.take_event()
    assert event is None or (event[0] and event[1] >= 0 and 0 <= event[2] <= at)
    assert all(math.isfinite(number) for number in item.state)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SPECS), STORY)
def test_garbage_never_raises_and_never_buys_nothing(spec, story):
    tell(Consumable(spec), story)


@settings(max_examples=75, deadline=None)
@given(st.sampled_from(SPECS), STORY, STORY)
def test_a_restart_changes_nothing(spec, before, after):
    one, other = Consumable(spec), Consumable(spec)
    at = tell(one, before)
    assert other.restore(one.snapshot())
    tell(one, after, at)
    tell(other, after, at)
    assert one.snapshot() == other.snapshot()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31 - 1), st.floats(1, 300), st.integers(1, 9))
def test_one_need_for_one_depletion(seed, daily, lead):
    """Ordered goods count as soon as they are ordered: no second need until they are used up."""
    item = Consumable(dict(SPECS[0], spares=40, lead_days=lead))
    bought = used = 0.0
    level, coming = CAPACITY, []
    for at in range(0, 40 * 86400, 3600):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        use = min(level, daily * (seed >> 8) / (1 << 22) / 24)
        level -= use
        used += use
        if coming and coming[0][0] <= at and level + coming[0][1] <= CAPACITY:
            level += coming.pop(0)[1]
        item.feed_level(level + (seed >> 16) % 5 - 2, at)
        item.step(at)
        item.take_event()
        need = item.need(at, sum(amount for _, amount in coming))
        if need:
            bought += need[0]
            coming.append((at + lead * 86400, need[0]))
            assert item.need(at, sum(amount for _, amount in coming)) is None
    assert bought <= used + 41 * 500.0
