"""Tests of firmware/esp32 that need no chip, written for both runtimes.

pytest runs them through tests/test_firmware_parts.py, which also runs them in MicroPython.
"""

import gc
import json
import struct

from fake_ticks import PERIOD, FakeTicks

from firmware import guard
from firmware.esp32 import sntp, wifi
from hal import HalError
from hal.console import LONGEST, Console


class FakeStore:
    """Named files in memory; `full`: nothing can be saved any more."""

    def __init__(self):
        self.files = {}
        self.full = False
        self.saves = 0

    def load(self, name):
        return self.files.get(name)

    def save(self, name, data):
        if self.full:
            raise HalError("full")
        self.saves += 1
        self.files[name] = data


class FakeWlan:
    """network.WLAN with the moods of a radio."""

    def __init__(self):
        self.reachable = True  # whether a connect works
        self.connected = False
        self.why = 200  # what it says of a connect that did not work
        self.dead = False  # so does switching it on or off
        self.broken = False  # connect raises, as "Wifi Internal Error" does
        self.powered = []
        self.asked = []

    def active(self, wanted):
        if self.dead:
            raise OSError("WiFi Out of Memory")
        self.powered.append(wanted)
        if not wanted:
            self.connected = False

    def connect(self, name, password):
        self.asked.append((name, password))
        if self.broken:
            raise OSError("Wifi Internal Error")
        self.connected = self.reachable

    def disconnect(self):
        self.connected = False

    def isconnected(self):
        return self.connected

    def status(self, what=None):
        if what and not self.connected:
            raise OSError("WiFi Not Connected")
        return -60 if what else self.why


class FakeLink:
    """A link that counts how often it was polled."""

    error = None
    sessions = polls = failures = 0
    up = False
    received = acknowledge = publish = close = redirect = None

    def poll(self, now_ms):
        self.polls += 1

    def ready(self):
        return self.up


class FakeClock:
    known = False
    source = error = None
    polls = doubts = 0

    def poll(self, now_ms):
        self.polls += 1

    def doubt(self):
        self.known, self.doubts = False, self.doubts + 1


def entropy(count):
    return bytes([255] * count)


def supervised(networks=(("home", "secret-1"),)):
    ticks, wlan = FakeTicks(PERIOD - 5_000), FakeWlan()
    one = wifi.Wifi(wlan, list(networks), entropy, ticks)

    def run(seconds, heard=False):
        for _ in range(seconds * 2):
            ticks.now += 500
            one.poll(ticks.ticks_ms(), heard)

    return one, wlan, run


# -- counting starts ---------------------------------------------------------------------------


def starts(store, causes):
    found = None
    for cause in causes:
        found = guard.Guard(store, cause)
    return found


def test_after_five_starts_that_did_not_last_comes_safe_mode():
    store = FakeStore()
    assert not starts(store, ["power on"] * guard.BAD_BOOTS).safe
    assert starts(store, ["watchdog"]).safe


def test_ten_good_minutes_end_the_row():
    store = FakeStore()
    last = starts(store, ["restart"] * (guard.BAD_BOOTS + 1))
    assert last.safe and not last.watch(guard.HEALTHY_S - 1)
    assert last.watch(guard.HEALTHY_S) and not last.safe
    assert not last.watch(guard.HEALTHY_S + 1)
    assert not starts(store, ["restart"] * guard.BAD_BOOTS).safe


def test_waking_up_is_no_bad_start():
    assert not starts(FakeStore(), [guard.ASLEEP] * 50).safe


def test_a_healthy_run_writes_flash_once():
    store = FakeStore()
    one = starts(store, ["power on"])
    saves = store.saves
    for now in range(0, 100_000, 60):
        one.watch(now)
    assert store.saves == saves + 1


def test_a_crash_is_kept_with_its_cause_and_the_end_of_the_trace():
    store = FakeStore()
    one = starts(store, ["power on", "watchdog"])
    try:
        raise ValueError("x" * 2000 + " the end")
    except ValueError as error:
        one.crashed(error, 77)
    kept = json.loads(store.files["crash"])
    assert (kept["boot"], kept["cause"], kept["uptime_s"]) == (2, "watchdog", 77)
    assert "the end" in kept["trace"] and len(kept["trace"]) <= guard.TRACE_CHARACTERS


def test_a_store_that_fails_or_holds_nonsense_stops_nobody():
    for rotten in (b"\xff\x00", b"{", b"[]", b'{"bad": "many"}', b'{"causes": 4}', b"null"):
        store = FakeStore()
        store.files["boots"] = rotten
        assert not guard.Guard(store, "power on").safe
        store.full = True
        one = guard.Guard(store, "power on")
        one.crashed(ValueError("so what"), 1)
        assert one.error


# -- Wi-Fi -------------------------------------------------------------------------------------


def test_it_joins_and_joins_again_when_the_network_is_gone():
    one, wlan, run = supervised()
    run(2)
    assert one.joined() and wlan.asked == [("home", "secret-1")]
    wlan.connected = False
    run(1)
    assert not one.joined() and one.error == "connection lost"
    run(4)
    assert one.joined() and one.joins == 2 and one.error is None


def test_waits_grow_and_the_radio_is_switched_off_and_on():
    one, wlan, run = supervised()
    wlan.reachable = False
    run(3600)
    assert 8 < len(wlan.asked) < 30
    assert one.restarts == one.failures // wifi.RADIO_ATTEMPTS > 0
    assert wlan.powered[-2:] == [False, True]
    wlan.reachable = True
    run(600)
    assert one.joined()


def test_a_radio_that_refuses_is_an_attempt_that_failed():
    one, wlan, run = supervised()
    wlan.broken = True
    run(60)
    assert one.failures > 2 and "Internal" in one.error


def test_a_wrong_password_is_known_at_once():
    one, wlan, run = supervised()
    wlan.reachable, wlan.why = False, 202
    run(2)
    assert one.failures == 1 and one.error.endswith("status 202")


def test_networks_take_turns():
    _one, wlan, run = supervised([("a", "1"), ("b", "2")])
    wlan.reachable = False
    run(300)
    assert [name for name, _ in wlan.asked[:4]] == ["a", "b", "a", "b"]


def test_joined_but_deaf_is_not_joined():
    one, _wlan, run = supervised()
    run(wifi.DEAF_MS // 1000 - 10, heard=True)
    run(wifi.DEAF_MS // 1000 - 10)
    assert one.joined() and not one.restarts
    run(20)
    assert one.restarts == 1


def test_without_a_network_nothing_is_tried():
    one, wlan, run = supervised(())
    run(60)
    assert not wlan.asked and one.network() == ""


def test_nothing_is_dialled_before_the_network_and_the_time():
    one, wlan, _ = supervised()
    wlan.reachable = False
    clock, link = FakeClock(), FakeLink()
    online = wifi.Online(one, clock, link)
    online.poll(0)
    assert (clock.polls, link.polls) == (0, 0)
    one.state, wlan.connected = wifi.JOINED, True
    online.poll(1)
    assert (clock.polls, link.polls) == (1, 0)
    clock.known = True
    online.poll(2)
    assert (clock.polls, link.polls) == (1, 1)
    assert next(name for name, _ in online.facts()) == "network"


def test_a_network_that_has_just_gone_has_no_strength_and_stops_nobody():
    one, wlan, run = supervised()
    run(2)
    assert one.signal_dbm() == -60
    wlan.connected = False
    assert one.joined() and one.signal_dbm() is None, "the next turn sees it"


def test_a_radio_that_cannot_be_switched_stops_nobody():
    one, wlan, run = supervised()
    wlan.broken = wlan.dead = True
    run(300)
    assert one.restarts > 0 and not one.joined()
    wlan.broken = wlan.dead = False
    run(400)
    assert one.joined()


def test_a_link_behind_a_network_tells_its_failures_also_while_it_sleeps():
    link = FakeLink()
    online = wifi.Online(supervised()[0], FakeClock(), link)
    for link.failures in (24, 0):
        online.asleep = not link.failures
        online.poll(0)
        assert online.failures == link.failures


def test_the_time_is_asked_for_again_where_no_session_comes_about():
    one, _, run = supervised()
    run(2)
    clock, link = FakeClock(), FakeLink()
    online = wifi.Online(one, clock, link)
    doubts = []
    for failures in (0, 1, 3, 4, 4, 5, 8, 0, 4):
        clock.known, link.failures = True, failures
        online.poll(0)
        doubts.append(clock.doubts)
    assert doubts == [0, 0, 0, 1, 1, 1, 2, 2, 3]


def test_while_it_sleeps_the_radio_is_off_and_then_it_joins_at_once():
    one, wlan, _ = supervised()
    clock, link = FakeClock(), FakeLink()
    clock.known = True
    said = []
    link.close = lambda: said.append("goodbye")
    online = wifi.Online(one, clock, link)
    for now in range(3):
        online.poll(now)
    assert one.joined() and link.polls > 0
    online.sleep()
    polls = link.polls
    assert said == ["goodbye"] and wlan.powered[-1] is False and not one.joined()
    online.poll(10)
    assert link.polls == polls and wlan.powered[-1] is False
    online.wake()
    for _ in range(3):
        online.poll(one._ticks.ticks_ms())
    assert wlan.powered[-1] is True and one.joined() and link.polls > polls
    assert one.failures == 0, "sleep is no failure"


# -- time --------------------------------------------------------------------------------------


def answer(first=0x24, stratum=2, seconds=sntp.SINCE_1900 + 1_800_000_000):
    return struct.pack(">BB38xI4x", first, stratum, seconds & 0xFFFFFFFF)


def test_an_answer_is_read_and_nonsense_is_not():
    assert sntp.parse(answer()) == 1_800_000_000
    for wrong in (b"", answer()[:-1], answer(stratum=0), answer(stratum=16), answer(first=0x23),
                  answer(seconds=sntp.SINCE_1900 + 1_000)):
        assert sntp.parse(wrong) is None


def test_the_counters_second_round_is_after_2036():
    assert sntp.parse(answer(seconds=5)) == (1 << 32) - sntp.SINCE_1900 + 5


def test_where_nobody_answers_the_last_known_time_is_taken():
    ticks, told = FakeTicks(PERIOD - 5_000), []
    clock = sntp.Clock("127.0.0.1", 1_790_000_000, told.append, entropy, ticks)
    for _ in range(400):
        ticks.now += 500
        clock.poll(ticks.ticks_ms())
    assert clock.known and told == [1_790_000_000] and clock.source == "last known"
    clock.doubt()
    assert not clock.known
    for _ in range(100):
        ticks.now += 500
        clock.poll(ticks.ticks_ms())
    assert clock.known and len(told) == 1, "nobody knows better: it is not put back to then"


# -- a console that anybody may type into ------------------------------------------------------


class FakeTyped(Console):
    """A console into which `count` times the same byte is typed, then a line end."""

    def __init__(self, byte, count):
        self._left = count
        self._typed = byte
        self._echo = False
        self._line = bytearray()
        self._too_long = False
        self.shown = b""
        self._write = self._keep

    def _keep(self, data):
        self.shown += data

    def _byte(self):
        self._left -= 1
        if self._left < -1:
            return None
        return b"\n" if self._left == -1 else self._typed


def test_a_line_of_a_million_characters_costs_no_memory():
    console = FakeTyped(b"x", 1_000_000)
    for _ in range(1000):
        console.read()
    gc.collect()
    before = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
    while console._left >= -1:
        assert console.read() is None
        assert len(console._line) <= LONGEST
    gc.collect()
    after = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
    assert after - before < 2_000
    assert console.shown.count(b"not obeyed") == 1
