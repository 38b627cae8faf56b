"""A compiled board with its drivers on simulated chips: what it reads, in peace and in a storm.

Runs on both runtimes; as the main program of MicroPython it takes a JSON file with `board`, the
`names` of the channels, `truth` and `slack` by name, `minutes`, and `storm` (minutes of it), and
prints the readings and what the storm made wrong.
"""

import json
import sys

from hal.simulated.bench import Bench
from hal.wiring import wire

CALM = 8  # minutes after a fault within which all must be well; medians of five among them
# Nothing tells a meter or a contact that has died from one at which nothing happens.
QUIET = ("contact", "pulse_meter", "ntc")
WIRES = {"I2c": ("nak", "stuck"), "OneWire": ("absent", "stuck", "noise"), "Spi": ("open",)}
FLAGS = ("deaf", "shorted", "open", "torn", "noise")  # attributes by which a chip is broken


class Thing:
    """The board on its bench, in time that a turn makes pass."""

    def __init__(self, job):
        self.job = job
        self.now = 0
        truth = job["truth"]
        self.bench = Bench(job["board"], job["names"], lambda name: truth[name], lambda: self.now)
        self.sensors = wire(job["board"], [60] * len(job["names"]), self.bench.open_bus)

    def minutes(self, count):
        values = {}
        for _ in range(count):
            self.now += 60
            read = self.sensors.read(self.now)
            values = {self.job["names"][channel]: value for channel, value in read}
        return values


class Weather:
    """Breaks one thing after another, always the same ones for the same seed."""

    def __init__(self, bench, seed=1):
        self.state = seed
        self.buses = [bus for bus in bench._buses.values() if type(bus).__name__ in WIRES]
        self.chips = [(name, chip) for name, chips in bench.chips.items() for chip in chips]

    def draw(self, count):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 8) % count

    def strike(self):
        """Break something; returns (what, the call that mends it)."""
        if self.buses and self.draw(2):
            bus = self.buses[self.draw(len(self.buses))]
            faults = WIRES[type(bus).__name__]
            fault, after = faults[self.draw(len(faults))], self.draw(40)
            bus.fail(fault, self.draw(5) - 1, after)
            return "%s %s after %d" % (type(bus).__name__, fault, after), bus.mend
        name, chip = self.chips[self.draw(len(self.chips))]
        return self._break(name, chip)

    def _break(self, name, chip):
        ways = [flag for flag in FLAGS if hasattr(chip, flag)]
        ways += ["brown_out"] + ([] if name in QUIET else ["powered"])
        ways += ["stretch_us"] if hasattr(chip, "stretch_us") else []
        way = ways[self.draw(len(ways))]
        if way == "brown_out":
            chip.brown_out()
            return name + " brown-out", lambda: None
        whole = getattr(chip, way)
        setattr(chip, way, {"powered": False, "stretch_us": 80_000}.get(way, True))

        def mend():
            setattr(chip, way, whole)
            chip.brown_out()

        return name + " " + way, mend


def storm(thing, minutes):
    """Strike and mend; returns (how often a reading was missing, what was wrong)."""
    weather, missing, wrong = Weather(thing.bench), 0, []
    thing.minutes(CALM)
    while minutes > 0:
        what, mend = weather.strike()
        for turn in range(2 + CALM):
            if turn == 2:
                mend()
            values = thing.minutes(1)
            missing += judge(thing.job, values, what, turn == 1 + CALM, wrong)
        minutes -= 2 + CALM
    return missing, wrong


def judge(job, values, what, well, wrong):
    """Count what is missing; note what is wrong, or missing when all should be well."""
    missing = 0
    for name, value in values.items():
        slack = job["slack"].get(name)
        if value is None:
            missing += 1
        if (value is None and well) or (
            value is not None and slack is not None and abs(value - job["truth"][name]) > slack
        ):
            wrong.append([what, name, value])
    return missing


def main(job):
    values = Thing(job).minutes(job["minutes"])
    missing, wrong = storm(Thing(job), job["storm"])
    print(json.dumps({"values": values, "missing": missing, "wrong": wrong}))


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        main(json.load(file))
