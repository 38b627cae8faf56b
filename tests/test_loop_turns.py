"""The one loop, with an agent and ports that write down what was asked of them."""

import types

import pytest
from fake_ticks import PERIOD, FakeTicks

from agent.sense.channels import GOOD, MISSING
from firmware.loop import LONGEST_SLEEP_MS, Loop
from hal import HalError
from hal.clock import Clock
from hal.wiring import wire


class Ticks(FakeTicks):
    """Sleeping is what makes time pass, and the loop sleeps little at a time."""

    def sleep_ms(self, duration):
        assert 0 < duration <= LONGEST_SLEEP_MS
        super().sleep_ms(duration)


class Agent:
    """Writes down every call; `outbox` and `effects` are what it hands out."""

    def __init__(self, log):
        self.log = log
        self.outbox = []
        self.effects = []
        self.failing = None
        self.wait = 60

    def feed_reading(self, channel, value, quality, now):
        self.log.append(("reading", channel, value, quality, now))

    def feed_message(self, frame, now):
        self.log.append(("message", frame))

    def answers(self, line, now):
        yield self.feed_line(line, now)

    def feed_line(self, line, now):
        self.log.append(("line", line))
        if self.failing:
            raise HalError(self.failing)
        return "answer to " + line

    def feed_link(self, up, now):
        self.log.append(("link", up))

    def think(self, now):
        self.log.append(("step", now))
        if self.failing:
            raise HalError(self.failing)
        return now + self.wait

    def take_message(self):
        return self.outbox.pop(0) if self.outbox else None

    def take_effect(self):
        return self.effects.pop(0) if self.effects else None


class Link:
    def __init__(self, log):
        self.log = log
        self.up = False
        self.room = 10
        self.inbox = []

    def poll(self, now_ms):
        assert 0 <= now_ms < PERIOD

    def ready(self):
        return self.up

    def received(self):
        return self.inbox.pop(0) if self.inbox else None

    def acknowledge(self):
        self.log.append("acknowledge")

    def publish(self, frame):
        if not self.room:
            return False
        self.room -= 1
        self.log.append(("publish", frame))
        return True


class Console:
    def __init__(self):
        self.typed = []
        self.shown = []

    def read(self):
        return self.typed.pop(0) if self.typed else None

    def write(self, text):
        self.shown.append(text)


class Watchdog:
    def __init__(self, log):
        self.log = log

    def feed(self):
        self.log.append("watchdog")


class Bench:
    """A loop on a bench: two channels, of which the second can be made to fail."""

    def __init__(self, start_ms=0):
        self.log = []
        self.ticks = Ticks(start_ms)
        self.agent = Agent(self.log)
        self.link = Link(self.log)
        self.console = Console()
        self.failing = None
        sensors = wire(
            {"sensors": [{"channel": 0, "driver": "sound"}, {"channel": 1, "driver": "moody"}]},
            (10, 60),
            None,
            lambda name: lambda bus, args: _Driver(self, name),
        )
        self.told = []
        self.loop = Loop(
            self.agent,
            sensors,
            Clock(self.ticks),
            self.link,
            [self.console],
            {"notify": self.told.append},
            Watchdog(self.log),
        )

    def turn(self):
        self.log.clear()
        due = self.loop.turn()
        return due, list(self.log)

    def run_until(self, second):
        while self.loop.clock.uptime() < second:
            self.loop.clock.sleep_until(self.loop.turn(), LONGEST_SLEEP_MS)


class _Driver:
    def __init__(self, bench, name):
        self.bench = bench
        self.name = name

    def read(self):
        if self.name == "moody" and self.bench.failing:
            raise HalError(self.bench.failing)
        return {"": 7.0}


@pytest.fixture
def bench():
    return Bench()


def test_a_turn_reads_steps_and_only_then_feeds_the_watchdog(bench):
    due, log = bench.turn()
    assert log == [
        ("reading", 0, 7.0, GOOD, 0),
        ("reading", 1, 7.0, GOOD, 0),
        ("step", 0),
        "acknowledge",
        "watchdog",
    ]
    assert due == 10, "the channel that is due next"


def test_a_sensor_that_fails_is_a_missing_reading(bench):
    bench.failing = "timeout"
    assert ("reading", 1, None, MISSING, 0) in bench.turn()[1]


def test_what_came_in_is_acknowledged_only_after_the_step(bench):
    bench.link.inbox = [b"frame"]
    log = bench.turn()[1]
    assert log.index(("message", b"frame")) < log.index(("step", 0)) < log.index("acknowledge")


def test_a_store_that_fails_acknowledges_and_publishes_nothing(bench):
    bench.agent.failing = "full"
    bench.link.up = True
    bench.link.inbox = [b"frame"]
    bench.agent.outbox = [b"out"]
    due, log = bench.turn()
    assert "acknowledge" not in log
    assert not [entry for entry in log if entry[0] == "publish"]
    assert due == 1, "it is tried again soon"
    assert (bench.loop.faults, bench.loop.error.kind) == (1, "full")
    bench.agent.failing = None
    log = bench.turn()[1]
    assert "acknowledge" in log and ("publish", b"out") in log


def test_a_frame_that_the_link_does_not_take_is_kept_for_the_next_turn(bench):
    bench.link.up = True
    bench.link.room = 1
    bench.agent.outbox = [b"one", b"two", b"three"]
    assert [entry for entry in bench.turn()[1] if entry[0] == "publish"] == [("publish", b"one")]
    bench.link.room = 5
    assert [entry[1] for entry in bench.turn()[1] if entry[0] == "publish"] == [b"two", b"three"]


def test_nothing_is_taken_from_the_agent_while_the_link_is_down(bench):
    bench.agent.outbox = [b"one"]
    bench.turn()
    assert bench.agent.outbox == [b"one"]


def test_the_agent_hears_of_the_link_once_per_change(bench):
    changes = []
    for up in (False, True, True, False, True):
        bench.link.up = up
        changes += [entry for entry in bench.turn()[1] if entry[0] == "link"]
    assert changes == [("link", True), ("link", False), ("link", True)]


def test_the_console_is_answered_and_effects_are_carried_out(bench):
    bench.console.typed = ["status"]
    bench.agent.effects = [("notify", "low on beans"), ("unheard of", 1)]
    bench.turn()
    assert bench.console.shown == ["answer to status"]
    assert bench.told == ["low on beans"]


def test_what_takes_long_is_done_a_slice_a_turn(bench):
    def answers(line, now):
        yield from (None, None, line + " is done")

    bench.agent.answers = answers
    bench.console.typed = ["one", "two"]
    due, log = bench.turn()
    assert due == 0 and ("step", 0) in log, "no sleep, but all that a turn does"
    assert bench.console.typed == ["two"] and bench.console.shown == []
    bench.turn()
    assert bench.turn()[0] > 0 and bench.console.shown == ["one is done"]
    for _ in range(3):
        bench.turn()
    assert bench.console.shown == ["one is done", "two is done"]


def test_what_is_switched_follows_the_agent_once_a_turn(bench):
    followed = []

    def follow(agent, now, due):
        followed.append(agent)
        return min(due, now + 3)

    bench.loop.outputs = types.SimpleNamespace(follow=follow)
    assert bench.turn()[0] <= 3, "it is wanted again when a remedy ends"
    bench.turn()
    assert followed == [bench.agent] * 2


def test_a_person_is_told_when_the_store_fails(bench):
    bench.agent.failing = "full"
    bench.console.typed = ["pause"]
    bench.turn()
    assert bench.console.shown == ["error: the store failed: full"]
    assert bench.loop.faults == 2


def test_after_a_message_the_loop_looks_for_the_next_one_at_once(bench):
    bench.link.inbox = [b"one", b"two"]
    assert [bench.turn()[0] for _ in range(3)] == [0, 0, 10]


def test_a_thing_without_a_link_works_alone():
    log = []
    sensors = wire({"sensors": []}, (), None)
    loop = Loop(Agent(log), sensors, Clock(Ticks()))
    assert loop.turn() == 1
    assert log == [("step", 0)]


def test_readings_keep_their_beat_through_a_wrap_of_the_ticks():
    bench = Bench(start_ms=PERIOD - 30_000)
    bench.run_until(120)
    read = [entry[4] for entry in bench.log if entry[:2] == ("reading", 0)]
    assert read == list(range(0, 120, 10))
    assert bench.ticks.now > PERIOD


def test_the_loop_stops_when_told(bench):
    bench.loop.effects["stop"] = lambda: setattr(bench.loop, "running", False)
    bench.agent.effects = [("stop",)]
    bench.loop.run()
    assert not bench.loop.running


def test_while_a_step_goes_on_nothing_goes_out_and_no_message_is_taken(bench):
    think, bench.agent.think = bench.agent.think, lambda now: None
    bench.link.up = True
    bench.link.inbox = [b"first", b"second"]
    bench.agent.outbox = [b"up"]
    for _ in range(3):
        assert bench.loop.turn() == bench.loop.clock.uptime()
    assert "acknowledge" not in bench.log and bench.agent.outbox
    assert ("message", b"first") in bench.log and ("message", b"second") not in bench.log
    bench.agent.think = think
    bench.loop.turn()
    bench.loop.turn()
    assert ("message", b"second") in bench.log and not bench.agent.outbox
