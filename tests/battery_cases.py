"""Tests of a thing on a battery, written for both runtimes, on a clock that only sleep moves.

pytest runs them through tests/test_battery.py, which also runs them in MicroPython.
"""

from fake_ticks import PERIOD, FakeTicks

from firmware.esp32 import duty
from firmware.esp32.battery import Battery
from firmware.loop import Loop
from hal.clock import Clock

POWER = {"channel": 1, "listen": 6 * 3600, "low": 25.0, "flat": 5.0}
PERIODS = (600, 3600)
DAY = 86_400
CONNECT_MS = 8000  # Wi-Fi, TLS
BEFORE_WRAP_MS = PERIOD - 20_000
TURN_MS = 300  # a round of sensors and a step of the agent, on a slow chip


class FakeChip:
    """hal.esp32.board of which only the sleep is real."""

    def __init__(self, ticks, link, cause="power on"):
        self.asleep_s = 0
        self.deep = []
        self._ticks = ticks
        self._link = link
        self._cause = cause

    def cause(self):
        return self._cause

    def light_sleep(self, duration_s):
        assert self._link is None or self._link.asleep, "the radio must be off"
        assert 0 < duration_s <= duty.NAP_S
        self.asleep_s += duration_s
        self._ticks.now += 1000 * duration_s

    def deep_sleep(self, duration_s):
        self.deep.append(duration_s)


class FakeSensors:
    """Two channels, the second one of which is the battery."""

    def __init__(self):
        self.charge = 80.0
        self.sensors = []
        self.read_at = []
        self._due = [0, 0]

    @property
    def due(self):
        return min(self._due)

    def read(self, now):
        for channel in (0, 1):
            if self._due[channel] <= now:
                self._due[channel] = max(self._due[channel] + PERIODS[channel], now + 1)
                self.read_at.append((channel, now))
                yield channel, self.charge if channel else 20.0


class FakeLink:
    """Online: connects a while after it was woken, if the network is there."""

    def __init__(self, ticks):
        self.asleep = False
        self.reachable = True
        self.times = 0
        self._ticks = ticks
        self._woken = ticks.now

    def poll(self, now_ms):
        assert 0 <= now_ms < PERIOD

    def ready(self):
        return not self.asleep and self.reachable and self._ticks.now - self._woken > CONNECT_MS

    def wake(self):
        self.asleep = False
        self.times += 1
        self._woken = self._ticks.now

    def sleep(self):
        self.asleep = True

    def received(self):
        return None

    def acknowledge(self):
        """Nothing ever came."""

    def publish(self, frame):
        return True


class FakeAgent:
    """An outbox with so many messages, which the desk answers at once when there is a link."""

    trade = updates = None

    def __init__(self):
        self.outbox = self
        self.unanswered = 1
        self.fed = []
        self._linked = False

    def waiting(self):
        return self.unanswered

    def feed_reading(self, channel, value, quality, now):
        self.fed.append((channel, value, now))

    def answers(self, line, now):
        yield "good"

    def feed_link(self, up, now):
        self._linked = up

    def think(self, now):
        if self._linked:
            self.unanswered = 0
        return now + 300

    def take_message(self):
        return None

    def take_effect(self):
        return None


class FakeConsole:
    def __init__(self):
        self.lines = []

    def read(self):
        return self.lines.pop(0) if self.lines else None

    def write(self, text):
        assert text


class FakeWatchdog:
    def __init__(self, ticks):
        self._ticks = ticks
        self._fed = ticks.now

    def feed(self):
        assert self._ticks.now - self._fed <= 60_000, "it would have bitten"
        self._fed = self._ticks.now


class BatteryLoop(Loop):
    """As firmware/esp32/main.py rests."""

    battery = None

    def rest(self, due):
        if not self.battery.rest(due):
            super().rest(due)


class Bench:
    """A thing on a battery; `run(seconds)`."""

    def __init__(self, cause="power on", linked=True):
        self.ticks = FakeTicks(BEFORE_WRAP_MS)
        self.link = FakeLink(self.ticks) if linked else None
        self.chip = FakeChip(self.ticks, self.link, cause)
        self.sensors = FakeSensors()
        self.agent = FakeAgent()
        self.console = FakeConsole()
        self.online_ms = 0
        battery = Battery(POWER, self.sensors, self.link, min(PERIODS), self.chip)
        clock = Clock(self.ticks)
        watchdog = FakeWatchdog(self.ticks)
        self.loop = BatteryLoop(
            self.agent, self.sensors, clock, self.link, (self.console,), {}, watchdog
        )
        self.loop.battery = battery
        battery.take_over(self.loop)

    def run(self, seconds):
        end = self.ticks.now + 1000 * seconds
        while self.ticks.now < end and not self.chip.deep:
            before, asleep = self.ticks.now, self.chip.asleep_s
            online = self.link is not None and not self.link.asleep
            due = self.loop.turn()
            self.ticks.now += TURN_MS
            self.loop.rest(due)
            if online:
                self.online_ms += self.ticks.now - before - 1000 * (self.chip.asleep_s - asleep)

    def facts(self):
        return dict(self.loop.battery.facts())


def test_it_stays_awake_for_whoever_switched_it_on_and_then_naps():
    bench = Bench()
    bench.run(duty.AWAKE_S - 1)
    assert bench.chip.asleep_s == 0
    bench.run(3600)
    assert bench.chip.asleep_s > 0.9 * 3600
    assert bench.facts()["naps"] >= 3600 // 300


def test_a_line_on_the_console_keeps_it_awake():
    bench = Bench()
    bench.run(3600)
    asleep = bench.chip.asleep_s
    bench.console.lines.append("status")
    bench.run(duty.AWAKE_S - 10)
    assert bench.chip.asleep_s == asleep
    bench.run(600)
    assert bench.chip.asleep_s > asleep + 200


def test_readings_keep_their_beat_through_the_naps():
    bench = Bench()
    bench.run(6 * 3600)
    times = [at for channel, at in bench.sensors.read_at if channel == 0]
    gaps = [times[index + 1] - times[index] for index in range(len(times) - 1)]
    assert min(gaps) >= 600 and max(gaps) <= 602
    assert len(bench.agent.fed) == len(bench.sensors.read_at)


def test_it_goes_online_to_speak_to_listen_and_for_no_longer():
    bench = Bench()
    bench.run(DAY)
    assert bench.agent.unanswered == 0
    assert 4 <= bench.facts()["times_online"] <= 5
    assert bench.online_ms <= 5 * 1000 * 15
    bench.agent.unanswered = 1
    bench.run(600)
    assert bench.agent.unanswered == 0, "a finding does not wait for the next time"


def test_a_network_that_is_gone_costs_little():
    bench = Bench()
    bench.link.reachable = False
    bench.run(DAY)
    assert bench.agent.unanswered == 1
    assert bench.link.times <= 12, "waits double"
    bench.link.reachable = True
    bench.run(6 * 3600 + 600)
    assert bench.agent.unanswered == 0
    assert bench.facts()["times_unanswered"] >= 5


def test_on_a_low_battery_everything_happens_a_quarter_as_often():
    full, low = Bench(), Bench()
    low.sensors.charge = 20.0
    full.run(DAY)
    low.run(DAY)
    assert low.facts()["battery"] == "low"
    assert low.facts()["times_online"] * 2 <= full.facts()["times_online"]
    times = [at for channel, at in low.sensors.read_at if channel == 0]
    gaps = [times[index + 1] - times[index] for index in range(len(times) - 1)]
    assert min(gaps) >= 4 * 600
    assert max(gaps) < 5 * 600, "or every reading would count as missing"


def test_an_update_waits_from_low_until_well_above_it():
    power = {"channel": 0, "listen": 3600, "low": 20, "flat": 5}
    rest = duty.Duty(power)
    assert not rest.low(), "a gauge that has said nothing yet holds nothing up"
    found = []
    for charge in (25.0, 20.0, 19.0, 22.0, 29.0, 30.0, 22.0, 3.0):
        rest.charge = charge
        found.append(rest.low())
    assert found == [False, False, True, True, True, False, False, True]


def test_on_a_flat_battery_it_tells_and_lets_go():
    bench = Bench(cause="sleep")
    bench.sensors.charge = 3.0
    bench.run(3600)
    assert bench.chip.deep == [duty.DAY_S]
    assert bench.agent.unanswered == 0 and bench.link.asleep
    assert bench.ticks.now - BEFORE_WRAP_MS < 60_000, "woken for nothing else"


def test_on_a_flat_battery_nobody_who_switched_it_on_is_left_alone():
    bench = Bench()
    bench.sensors.charge = 3.0
    bench.run(duty.AWAKE_S - 1)
    assert bench.chip.deep == []
    bench.run(60)
    assert bench.chip.deep == [duty.DAY_S]


def test_a_thing_that_works_alone_sleeps_as_well():
    bench = Bench(linked=False)
    bench.run(3600)
    assert bench.chip.asleep_s > 3000
    bench.sensors.charge = 1.0
    bench.run(4000)
    assert bench.chip.deep == [duty.DAY_S]


def test_a_gauge_that_says_nothing_counts_as_full():
    bench = Bench()
    bench.sensors.charge = None
    bench.run(DAY // 4)
    facts = bench.facts()
    assert (facts["battery"], facts["battery_pct"]) == ("full", None)
    assert bench.chip.deep == []


def test_while_sellers_are_asked_it_listens_more_often():
    class Order:
        state = 2

    class Trade:
        def __init__(self):
            self.orders = self
            self.open = [Order()]

    trade = Trade()
    calm, busy = Bench(), Bench()
    busy.agent.trade = trade
    calm.run(6 * 3600)
    busy.run(6 * 3600)
    assert busy.facts()["times_online"] >= 4 * calm.facts()["times_online"]
