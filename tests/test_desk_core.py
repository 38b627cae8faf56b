"""The desk's promises on the wire: verified, in order, answered, never half done."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.desk import codec, messages
from sim.desk.core import REJECTS_KEPT
from sim.desk.models import Case, Order, Outgoing, Reject, Report, Thing
from sim.desk.testing import (
    ACK,
    HEALTH,
    TestThing,
    World,
    ack,
    case_body,
)

DAY_S = 86_400


# ---- the wire -----------------------------------------------------------------------------------


def reasons(world):
    return [reject.reason for reject in world.rows(Reject)]


def test_replayed_frame_is_dropped_and_counted():
    world = World()
    frame = world.thing.frame(2, HEALTH)
    for _ in range(3):
        world.desk.receive("thing-1", frame)
    assert world.count(Report) == 1
    assert reasons(world) == ["sequence number does not rise"] * 2


def test_forged_and_foreign_frames_are_dropped_and_counted():
    world = World()
    frame = world.thing.frame(2, HEALTH)
    forged = frame[:-1] + bytes([frame[-1] ^ 1])
    other = TestThing("thing-2").admit(world.desk)
    world.desk.receive("thing-1", forged)
    world.desk.receive("thing-1", other.frame(2, HEALTH))
    world.desk.receive("thing-2", frame)
    world.desk.receive("nobody", frame)
    world.desk.receive("x" * 99, frame)
    down = world.thing.seal(b"\xa0", "down")
    world.desk.receive("thing-1", down)
    assert world.count(Report) == 0
    assert reasons(world) == [
        "MAC does not match",
        "key id is not this thing's",
        "key id is not this thing's",
        "unknown thing",
        "unknown thing",
        "MAC does not match",
    ]
    world.desk.receive("thing-1", frame)
    assert world.count(Report) == 1


def test_a_thousand_random_frames_change_nothing():
    world = World()
    rng = random.Random(5)
    good = world.thing.frame(2, HEALTH)
    for number in range(1000):
        if number % 2:
            frame = rng.randbytes(rng.randrange(200))
        else:
            frame = bytearray(good)
            frame[rng.randrange(len(frame))] ^= rng.randrange(1, 256)
        world.desk.receive("thing-1", bytes(frame))
    assert world.rows(Thing)[0].up_seq == 0
    assert world.count(Report) == world.count(Outgoing) == 0
    assert world.count(Reject) == 1000
    world.desk.receive("thing-1", b"")
    assert world.count(Reject) == REJECTS_KEPT


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.binary(max_size=20)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 20), inner),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 16), st.dictionaries(st.integers(0, 18), PLAIN, max_size=14))
def test_authentic_nonsense_is_answered_and_leaves_nothing_half_done(kind, body):
    world = FUZZED
    before = {model: world.count(model) for model in (Order, Case)}
    payloads = [p for p in world.send(kind, body) if p[2] == ACK]
    assert [p[6][1] for p in payloads] == [world.thing.message]
    after = {model: world.count(model) for model in (Order, Case)}
    if payloads[0][6][2] == messages.REFUSED:
        assert after == before


FUZZED = World()


@pytest.mark.parametrize("damage", range(40))
def test_authentic_bodies_with_one_field_damaged_are_refused_or_harmless(damage):
    world = World()
    rng = random.Random(damage)
    body = dict(rng.choice([case_body(), HEALTH, world.thing.hello()]))
    body[rng.choice(list(body))] = rng.choice([None, -1, "x" * 300, b"", [[]], {1: 2}, True])
    for kind in (1, 2, 7):
        assert ack(world.send(kind, body))[1] == world.thing.message


def test_unknown_kind_is_refused_and_unknown_keys_are_ignored():
    world = World()
    assert ack(world.send(99, {1: 1})) == {1: 1, 2: 2, 3: "unknown kind"}
    assert ack(world.send(2, HEALTH | {77: "new"}))[2] == 0
    frame = world.thing.seal(
        codec.encode(world.thing.payload(2, HEALTH) | {9: "new"}),
    )
    world.desk.receive("thing-1", frame)
    assert world.count(Report) == 2


def test_message_that_wants_no_answer_gets_none():
    world = World()
    assert world.send(2, HEALTH, message=0) == []
    assert world.count(Report) == 1


def test_a_repeated_message_is_answered_again_and_applied_once():
    world = World()
    for outcome in (0, 1, 1):
        assert ack(world.send(2, HEALTH, message=5))[2] == outcome
    assert world.count(Report) == 1
    for _ in range(2):
        assert ack(world.send(99, {1: 1}, message=6)) == {1: 6, 2: 2, 3: "unknown kind"}


def test_same_message_id_with_other_content_is_another_message():
    world = World()
    world.send(2, HEALTH, message=5)
    assert ack(world.send(2, HEALTH | {3: 1}, message=5))[2] == 0
    assert world.count(Report) == 2


def test_new_keys_start_both_directions_afresh():
    world = World()
    world.send(2, HEALTH)
    fresh = TestThing("thing-1", seed=9).admit(world.desk)
    world.thing = fresh
    assert ack(world.send(2, HEALTH))[2] == 0
    assert fresh.down_seq == 1


# ---- the way down -------------------------------------------------------------------------------


def test_down_messages_are_repeated_with_back_off_until_acknowledged():
    world = World()
    world.desk.send("thing-1", messages.NOTICE, document=b"check the hose")
    times, last = [], None
    for _ in range(12):
        payload = world.thing.collect(world.desk)[0]
        times.append(world.clock.now)
        last = payload
        world.clock.now = world.desk.tick()
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600]
    world.send(11, {1: last[3]}, message=0)
    assert world.count(Outgoing) == 0


def test_another_things_acknowledgement_counts_for_nothing():
    world = World()
    other = TestThing("thing-2").admit(world.desk)
    world.desk.send("thing-1", messages.NOTICE, document=b"check the hose")
    waiting = world.rows(Outgoing)[0].id
    world.desk.receive("thing-2", other.frame(11, {1: waiting}, message=0))
    assert world.count(Outgoing) == 1


def test_message_that_expired_is_not_sent():
    world = World()
    world.desk.command("thing-1", "status")
    world.clock.now += DAY_S
    assert world.desk.take() is None
    assert world.count(Outgoing) == 0


def test_command_and_reply():
    world = World()
    request = world.desk.command("thing-1", "status")
    exec_body = world.thing.collect(world.desk)[0][6]
    assert exec_body == {1: request, 2: "status"}
    assert ack(world.send(12, {1: request, 2: "all well"}))[2] == 0
    assert ack(world.send(12, {1: 99, 2: "?"}))[3] == "no such request"


def test_back_on_line_is_written_to_at_once():
    world = World()
    world.desk.send("thing-1", messages.NOTICE, document=b"check the hose")
    for _ in range(6):
        world.thing.collect(world.desk)
        world.clock.now = world.desk.tick()
    assert len(world.thing.collect(world.desk)) == 1
    assert world.desk.take() is None
    world.desk.status("thing-1", True)
    assert len(world.thing.collect(world.desk)) == 1
