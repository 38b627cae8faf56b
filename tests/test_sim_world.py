"""The world keeps its promises: total order, independent streams, pacing that can be held."""

import pytest

from sim.world.clock import RealTime, World
from sim.world.entropy import Entropy
from sim.world.memory import MemoryStore, PowerCut
from sim.world.network import Network, Weather


def test_events_of_one_second_happen_in_the_order_asked_for():
    world, seen = World(1), []
    for name in "abc":
        world.at(5, seen.append, name)
    world.at(3, seen.append, "first")
    world.run_until(5)
    assert seen == ["first", "a", "b", "c"]
    assert world.now == 5


def test_an_event_may_ask_for_another_in_the_same_second():
    world, seen = World(1), []
    world.at(5, lambda: world.at(1, seen.append, world.now))
    world.run_until(5)
    assert seen == [5]


def test_cancelled_events_do_not_happen_and_are_not_next():
    world, seen = World(1), []
    world.at(5, seen.append, "no").cancel()
    world.at(9, seen.append, "yes")
    assert world.next_at() == 9
    world.run_until(20)
    assert seen == ["yes"]


def test_a_new_stream_leaves_the_others_as_they_were():
    alone, crowded = World(7), World(7)
    first = [alone.stream("people").random() for _ in range(5)]
    crowded.stream("weather").random()
    second = []
    for _ in range(5):
        second.append(crowded.stream("people").random())
        crowded.stream("weather").random()
    assert first == second
    assert World(8).stream("people").random() != first[0]


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += max(seconds, 0.001)


def test_real_time_keeps_to_its_speed():
    world, clock, seen = World(1), Clock(), []
    for at in (100, 200, 300):
        world.at(at, lambda: seen.append((world.now, round(clock.now, 1))))
    RealTime(world, 100.0, clock, clock.wait).run(300)
    assert seen == [(100, 1.0), (200, 2.0), (300, 3.0)]


def test_real_time_stands_still_while_paused_and_does_not_catch_up():
    world, clock = World(1), Clock()
    paced = RealTime(world, 10.0, clock, clock.wait)
    clock.now = 2.0
    paced.pump(10_000)
    assert world.now == 20
    paced.pause()
    clock.now = 50.0
    paced.pump(10_000)
    assert world.now == 20
    paced.resume()
    clock.now = 51.0
    paced.pump(10_000)
    assert world.now == 30
    paced.speed = 100.0
    clock.now = 52.0
    paced.pump(10_000)
    assert world.now == 130


def test_real_time_refuses_to_run_backwards():
    with pytest.raises(ValueError, match="above 0"):
        RealTime(World(1)).speed = 0


def test_entropy_repeats_for_a_seed_and_not_for_a_boot():
    assert Entropy(b"s", 1)(100) == Entropy(b"s", 1)(100)
    assert Entropy(b"s", 1)(32) != Entropy(b"s", 2)(32)
    drawn = Entropy(b"s", 1)
    assert drawn(8) != drawn(8)


def _carried(weather, count=400, seed=3):
    world, arrived = World(seed), []
    network = Network(world, weather)
    network.attach("t", arrived.append, arrived.append)
    for number in range(count):
        world.at(number * 10, network.send, "t", "up", number.to_bytes(4, "big"))
    world.run_until(count * 10 + 1_000)
    return network, [int.from_bytes(frame, "big") for frame in arrived]


def test_a_fair_network_carries_everything_in_order():
    _, arrived = _carried(Weather())
    assert arrived == list(range(400))


def test_a_bad_network_loses_doubles_and_reorders_by_the_seed():
    weather = Weather(loss=0.1, duplication=0.1, reordering=0.2)
    network, arrived = _carried(weather)
    counts = network.counts("t", "up")
    assert 20 < counts.lost < 70
    assert counts.doubled > 20
    assert len(arrived) == 400 - counts.lost + counts.doubled == counts.delivered
    assert arrived != sorted(arrived)
    assert arrived == _carried(weather)[1]
    assert arrived != _carried(weather, seed=4)[1]


def test_corruption_changes_one_bit():
    world, arrived = World(1), []
    network = Network(world, Weather(corruption=1.0))
    network.attach("t", arrived.append, arrived.append)
    network.send("t", "down", bytes(8))
    world.run_until(10)
    assert sum(byte.bit_count() for byte in arrived[0]) == 1


def test_a_cut_network_lets_nothing_through_until_it_ends():
    world, arrived, changes = World(1), [], []
    network = Network(world)
    network.attach("t", arrived.append, arrived.append)
    network.attach("u", arrived.append, arrived.append)
    network.watch(lambda: changes.append((world.now, network.up("t"))))
    network.cut(100, "t")
    network.send("t", "up", b"lost")
    network.send("u", "up", b"other")
    world.run_until(100)
    network.send("t", "up", b"after")
    world.run_until(200)
    assert arrived == [b"other", b"after"]
    assert changes == [(0, False), (100, True)]


def test_a_power_cut_tears_an_append_and_not_a_replacement():
    store = MemoryStore()
    store.append(b"whole")
    store.cut_after(1)
    with pytest.raises(PowerCut):
        store.append(b"torn")
    assert b"".join(store.blocks()) == b"wholeto"
    for share, kept in ((0.2, b"wholeto"), (0.8, b"new")):
        store.cut_after(1, share)
        with pytest.raises(PowerCut):
            store.replace([b"n", b"ew"])
        assert b"".join(store.blocks()) == kept
