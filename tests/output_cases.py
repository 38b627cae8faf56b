"""Tests of what a thing switches, written for both runtimes.

pytest runs them through tests/test_firmware_parts.py, which also runs them in MicroPython.
"""

from agent.console.grammar import CommandError
from agent.wire import cbor
from firmware import outputs, start
from hal import HalError
from hal.simulated.bench import Bench
from hal.simulated.pins import Pins
from hal.wiring import wire


class Some:
    """An agent of which only these states are known."""

    def __init__(self):
        self.mode = 0
        self.cases = self.trade = None
        self.open = []
        self.cases = self


LAMPS = [
    {"name": "lamp", "driver": "relay", "args": {"output": 14}, "when": "case open"},
    {"name": "alarm", "driver": "relay", "args": {"output": 15, "active": 0}, "when": "safe mode"},
    {"name": "fan", "driver": "dimmer", "args": {"output": 16}},
]


def lamps(pins):
    return outputs.Outputs(LAMPS, lambda kind, ident, wires, hz: pins)


def test_an_output_follows_the_state_that_it_is_bound_to():
    pins, thing = Pins(), Some()
    board = lamps(pins)
    board.follow(thing, 0, 60)
    assert (pins.level(14), pins.level(15)) == (0, 1), "off, each in its way"
    thing.open.append("C-1")
    board.follow(thing, 0, 60)
    assert (pins.level(14), pins.level(15)) == (1, 1)
    thing.mode = 1
    thing.open.clear()
    board.follow(thing, 0, 60)
    assert (pins.level(14), pins.level(15)) == (0, 0)


def test_an_output_is_set_by_hand_and_let_go():
    pins, thing = Pins(), Some()
    board = lamps(pins)
    assert "100 %" in board.command(None, ["lamp", "on"], 0)
    board.follow(thing, 0, 60)
    assert pins.level(14) == 1, "no case, but somebody said so"
    assert "case open" in board.command(None, ["lamp", "auto"], 0)
    board.follow(thing, 0, 60)
    assert pins.level(14) == 0
    board.command(None, ["fan", "40"], 0)
    shown = {row[0]: row[1:3] for row in board.command(None, [], 0).rows}
    assert shown == {"lamp": [0, "state"], "alarm": [0, "state"], "fan": [40, "hand"]}
    for words in (["lamp"], ["lamp", "101"], ["lamp", "-1"], ["lamp", "on", "on"], ["door", "on"],
                  ["lamp", "\u00b2"], ["lamp", "9" * 30]):  # fmt: skip
        try:
            board.command(None, words, 0)
        except CommandError as error:
            assert "lamp" in str(error) or "100" in str(error), error
            continue
        raise AssertionError(words)


def test_an_output_that_fails_is_named_and_stops_nothing():
    class Bank(Pins):
        def output(self, number, level=0):
            if number == 14:
                raise HalError("absent", "no such pin")
            return Pins.output(self, number, level)

    thing = Some()
    board = lamps(Bank())
    thing.open.append("C-1")
    board.follow(thing, 0, 60)
    assert "no such pin" in board.command(None, [], 0).rows[0][4]
    try:
        board.command(None, ["lamp", "on"], 0)
    except CommandError as error:
        assert "no such pin" in str(error)
        return
    raise AssertionError("it did not say so")


def test_a_driver_that_switches_nothing_is_named_and_stops_nothing():
    specs = [{"name": "lamp", "driver": "contact", "args": {"pin": 14}, "when": "case open"}]
    board = outputs.Outputs(specs, lambda kind, ident, wires, hz: Pins())
    thing = Some()
    thing.open.append("C-1")
    board.follow(thing, 0, 60)
    assert "switches nothing" in board.command(None, [], 0).rows[0][4]


SUPPLY = [
    {"name": "heater", "driver": "relay", "args": {"output": 14, "active": 0}, "when": "always",
     "safe": 30},
    {"name": "valve", "driver": "relay", "args": {"output": 15}, "safe": 4},
    {"name": "lamp", "driver": "relay", "args": {"output": 16}, "when": "case open"},
]  # fmt: skip


def supply(pins):
    return outputs.Outputs(SUPPLY, lambda kind, ident, wires, hz: pins)


def test_a_remedy_has_an_output_the_other_way_for_as_long_as_is_safe():
    pins, thing = Pins(), Some()
    board = supply(pins)
    assert (pins.level(14), pins.level(15)) == (0, 0), "the supply is on from the first moment"
    assert board.safe() == ["heater", "valve"]
    board.switch("heater", 10)
    board.switch("valve", 10)
    assert board.follow(thing, 100, 160) == 104
    assert (pins.level(14), pins.level(15)) == (1, 1)
    assert board.follow(thing, 104, 160) == 110
    assert (pins.level(14), pins.level(15)) == (1, 0), "no longer than the board calls safe"
    assert board.follow(thing, 110, 160) == 160
    assert (pins.level(14), pins.level(15)) == (0, 0)


def test_what_is_not_safe_is_not_switched_for_a_remedy():
    pins, thing = Pins(), Some()
    board = supply(pins)
    board.switch("lamp", 10)
    board.switch("door", 10)
    assert board.follow(thing, 0, 60) == 60 and pins.level(16) == 0


def test_a_start_in_the_middle_of_a_remedy_finds_everything_as_its_state_has_it():
    pins, thing = Pins(), Some()
    board = supply(pins)
    board.switch("heater", 10)
    board.follow(thing, 5, 60)
    assert pins.level(14) == 1
    board = supply(pins)
    assert pins.level(14) == 0
    board.follow(thing, 0, 60)
    assert pins.level(14) == 0


class Built:
    """A loop that is being put together, its agent, and a store with settings, all in one."""

    def __init__(self, mode):
        self.agent = self.cases = self.ports = self.senses = self.product = self
        self.words, self.effects, self.switches = {}, {}, ()
        self.watches = self.sensors = ()
        self.try_first = None
        self.files = {"board": {"outputs": SUPPLY}, "config": {"remedies.mode": mode}}

    def load(self, name):
        return cbor.encode(self.files[name])

def test_the_owner_can_keep_remedies_from_switching_anything():
    for mode, lent in (("auto", ["heater", "valve"]), ("ask", [])):
        pins, built = Pins(), Built(mode)
        start.start_outputs(built, built, lambda kind, ident, wires, hz: pins)  # noqa: B023
        assert list(built.switches) == lent, mode
        assert "output" in built.words, "by hand still"


AIR = {"buses": [{"name": "i2c0", "kind": "i2c", "id": 0, "pins": {}, "hz": 100_000}], "sensors": [
    {"channel": 0, "driver": "bme280", "bus": "i2c0", "field": "temperature", "args": {}},
    {"channel": 1, "driver": "bme280", "bus": "i2c0", "field": "humidity", "args": {}},
    {"channel": 2, "driver": "contact", "field": "closed", "args": {"pin": 4}},
]}  # fmt: skip


class Hanging:
    """A thing on whose bus a chip hangs: it says what it said until it is set up anew."""

    def __init__(self, wanted):
        self.agent = self.cases = self.ports = self.senses = self
        self.words, self.effects, self.switches, self.watches = {}, {}, (), ()
        self.try_first = True
        tries = [{"name": "restart_sensor", "output": name} for name in wanted]
        self.product = Built("auto")
        self.product.sensors = [{"channel": 0, "tries": tries}]
        self.truth = {"temperature": 20.0, "humidity": 40.0, "door": 1.0}
        self.bench = Bench(AIR, ["temperature", "humidity", "door"], self.truth.get, lambda: 0)
        (self.chip,) = self.bench.chips["bme280"]
        self.sensors = wire(AIR, [60, 60, 60], self.bench.open_bus)
        self.outputs = None

    def load(self, name):
        return cbor.encode({"board": AIR}.get(name, {}))

    def read(self, now):
        return dict(self.sensors.read(now))


def test_a_chip_that_hangs_is_set_up_anew_on_its_bus():
    thing = Hanging(["sensor 0", "sensor 2", "sensor 7"])
    start.start_outputs(thing, thing, thing.bench.open_bus)
    assert thing.switches == ["sensor 0"], "a contact is on no bus, and there is no channel 7"
    assert abs(thing.read(60)[0] - 20) < 0.1
    measure, put = thing.chip._measure, thing.chip.put
    thing.chip._measure = lambda: None  # it answers, and measures no more

    def revive(register, value):
        thing.chip._measure = measure
        put(register, value)

    thing.chip.put = revive
    thing.truth["temperature"] = 25.0
    assert abs(thing.read(120)[0] - 20) < 0.1
    thing.effects["switch"]("sensor 0", 0)
    values = thing.read(180)
    assert abs(values[0] - 25) < 0.1 and abs(values[1] - 40) < 1, "both channels of the chip"


def test_a_hand_at_the_console_goes_before_a_remedy():
    pins, thing = Pins(), Some()
    board = supply(pins)
    board.switch("valve", 4)
    board.follow(thing, 0, 60)
    board.command(None, ["valve", "off"], 1)
    board.follow(thing, 1, 60)
    board.command(None, ["valve", "auto"], 2)
    board.follow(thing, 2, 60)
    assert pins.level(15) == 0
