"""A fault at every single transfer of a read: no exception, no wrong value, and well again after.

What a driver raises becomes a missing reading in hal.sensors, so the drivers are read through it,
as they stand. A fault at the first transfer alone would not do: what is checked before the values
are fetched says nothing of what happens in between.
"""

from driver_rig import Rig, module, truth

from hal.sensors import Part

TANK = {"height": 10.0}
# driver, bus, args, field, faults of the bus, what else can befall the part in between
CASES = (
    ("bme280", "i2c", {}, "temperature"),
    ("bme280", "i2c", {}, "humidity"),
    ("sht", "i2c", {}, "humidity"),
    ("sht", "i2c", {"family": 3}, "temperature"),
    ("bh1750", "i2c", {}, ""),
    ("ina219", "i2c", {}, "current"),
    ("ina226", "i2c", {}, "current"),
    ("ads1115", "i2c", {"input": 1}, ""),
    ("fdc1004", "i2c", TANK, "level"),
    ("max17048", "i2c", {}, "charge"),
    ("mpu6050", "i2c", {}, "rms"),
    ("lis3dh", "i2c", {}, "rms"),
    ("ds18b20", "onewire", {}, ""),
    ("ds18b20", "onewire", {"rom": "28ff641d921604a3"}, ""),
)
FAULTS = {"i2c": ("nak", "stuck"), "onewire": ("absent", "stuck", "noise")}
READS = 4  # within which a part must give its value again
PLACES = 60  # of a read, the last of which comes back every time


def part_of(rig, name, args):
    return Part(module("hal.drivers." + name).Driver, rig.bus, args)


def value(part, field, turn):
    values = part.read(turn)
    return None if values is None else values.get(field)


def settled(part, field, before, turn):
    """Read until there is a value; what comes must be right."""
    for _ in range(READS):
        turn += 1
        found = value(part, field, turn)
        if found is not None:
            assert near(found, before), (field, found, before)
            return turn
    raise AssertionError("no value again: " + field)


def near(found, before):
    return before is None or abs(found - before) <= 0.05 * abs(before) + 1e-3


def places(count):
    """Every place of a short read; of a long one the beginning, the end, and some between."""
    if count <= PLACES:
        return list(range(count))
    return list(range(20)) + list(range(20, count - 10, (count - 30) // 20)) + [count - 1]


def through_every_place(name, kind, args, field, fault, times):
    """Read once with `fault(rig)` at each place in turn; every value that comes is right."""
    rig = Rig(name, kind, args, truth())
    part = part_of(rig, name, args)
    turn = settled(part, field, None, 0)
    before = value(part, field, turn)
    began = rig.bus.transfers
    turn = settled(part, field, before, turn)
    missed = 0
    for place in places(rig.bus.transfers - began):
        rig.bus.fail(fault(rig), times, place)
        turn += 1
        found = value(part, field, turn)
        assert found is None or near(found, before), (name, place, found, before)
        missed += found is None
        rig.bus.mend()
        turn = settled(part, field, before, turn)
    return missed


def always(fault):
    return lambda rig: fault


def test_a_bus_that_fails_anywhere_in_a_read():
    for name, kind, args, field in CASES:
        for fault in FAULTS[kind]:
            for times in (1, -1):
                missed = through_every_place(name, kind, args, field, always(fault), times)
                assert missed, (name, fault)


def test_a_part_that_was_cut_off_in_the_middle_of_a_byte_lets_go_of_its_bus():
    for name, kind, args, field in CASES:
        if kind == "i2c":
            rig = Rig(name, kind, args, truth())
            part = part_of(rig, name, args)
            turn = settled(part, field, None, 0)
            before = value(part, field, turn)
            rig.bus.fail("cut off", -1)
            assert value(part, field, turn + 1) is None and part.problem.kind == "timeout"
            settled(part, field, before, turn + 1)


def test_a_brown_out_anywhere_in_a_read():
    for name, kind, args, field in CASES:
        missed = through_every_place(name, kind, args, field, lambda rig: rig.chip.brown_out, 1)
        assert missed or name == "ads1115", name


def test_a_part_that_loses_its_power_anywhere_in_a_read_and_gets_it_back():
    for name, kind, args, field in CASES:

        def off(rig):
            def cut():
                rig.chip.powered = False

            return cut

        rig = Rig(name, kind, args, truth())
        part = part_of(rig, name, args)
        turn = settled(part, field, None, 0)
        before = value(part, field, turn)
        for place in (0, 1, 2, 5):
            rig.bus.fail(off(rig), 1, place)
            turn += 1
            found = value(part, field, turn)
            assert found is None or near(found, before), (name, place, found)
            rig.bus.mend()
            rig.chip.powered = True
            rig.chip.brown_out()
            turn = settled(part, field, before, turn)


def test_a_clock_that_is_held_from_anywhere_in_a_read():
    for name, kind, args, field in CASES:
        if kind != "i2c":
            continue

        def hold(rig):
            def stretch():
                rig.chip.stretch_us = 60_000

            return stretch

        rig = Rig(name, kind, args, truth())
        part = part_of(rig, name, args)
        turn = settled(part, field, None, 0)
        before = value(part, field, turn)
        for place in (0, 1, 3):
            rig.bus.fail(hold(rig), 1, place)
            turn += 1
            found = value(part, field, turn)
            assert found is None or near(found, before), (name, place, found)
            rig.bus.mend()
            rig.chip.stretch_us = 0
            turn = settled(part, field, before, turn)


def test_garbage_from_a_bus_without_checksums_is_a_number_or_nothing():
    for name, kind, args, _ in CASES:
        rig = Rig(name, kind, args, truth())
        part = part_of(rig, name, args)
        part.read(0)
        noise = Noise()
        rig.bus.transfer = rig.bus.present = noise.transfer
        rig.bus.readbyte = noise.byte
        for turn in range(1, 60):
            values = part.read(turn)
            for found in (values or {}).values():
                assert found is None or abs(found) < 1e9, (name, values)


class Noise:
    """Bytes that follow from nothing but their number."""

    def __init__(self):
        self.state = 1

    def byte(self):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return self.state >> 16 & 255

    def transfer(self, address=0, data=b"", count=1):
        return bytes([self.byte() for _ in range(count)])
