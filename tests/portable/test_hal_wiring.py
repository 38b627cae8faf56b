"""Sensors from a compiled board: sharing, dues, failures, and mistakes that are named."""

import errno

from hal import HalError
from hal.wiring import WiringError, wire


class Part:
    """A driver with two fields that can be made to fail."""

    made = 0
    reads = 0
    failing = None

    def __init__(self, bus, args):
        Part.made += 1
        self.bus = bus
        self.args = args

    def read(self):
        Part.reads += 1
        if Part.failing:
            raise HalError(Part.failing)
        return {"temp": 20.0 + Part.reads, "humid": 50.0, "odd": float("nan")}


def build(sensors, buses=(), periods=(10, 10, 60), find=lambda name: Part):
    Part.made = Part.reads = 0
    Part.failing = None
    board = {"buses": list(buses), "sensors": list(sensors)}
    return wire(board, periods, lambda kind, ident, pins, hz: (kind, ident), find)


def sensor(channel, field="temp", **more):
    spec = {"channel": channel, "driver": "part", "bus": "", "args": {}, "field": field}
    spec.update(more)
    return spec


def problems(sensors):
    """(channel, what is wrong) for every channel whose part failed when last read."""
    return [(one.channel, str(one.part.problem)) for one in sensors.sensors if one.part.problem]


def complaint(*arguments, **options):
    try:
        build(*arguments, **options)
    except WiringError as error:
        return str(error)
    raise AssertionError("taken without a complaint")


def test_channels_of_one_part_share_one_measurement():
    sensors = build([sensor(0), sensor(1, "humid")])
    assert list(sensors.read(0)) == [(0, 21.0), (1, 50.0)]
    assert (Part.made, Part.reads) == (1, 1)


def test_other_arguments_are_another_part():
    sensors = build([sensor(0, args={"address": 1}), sensor(1, args={"address": 2})])
    list(sensors.read(0))
    assert Part.made == 2


def test_each_channel_is_read_when_it_is_due():
    sensors = build([sensor(0), sensor(2, "humid")])
    read = [(now, [channel for channel, _ in sensors.read(now)]) for now in (0, 5, 10, 20, 60)]
    assert read == [(0, [0, 2]), (5, []), (10, [0]), (20, [0]), (60, [0, 2])]
    assert sensors.due == 70


def test_a_late_turn_does_not_make_up_for_lost_readings():
    sensors = build([sensor(0)])
    list(sensors.read(0))
    assert len(list(sensors.read(1000))) == 1
    assert list(sensors.read(1001)) == []
    assert sensors.due == 1010


def test_a_part_that_fails_has_no_value_and_is_tried_again():
    sensors = build([sensor(0), sensor(1, "humid")])
    list(sensors.read(0))
    Part.failing = "crc"
    assert list(sensors.read(10)) == [(0, None), (1, None)]
    assert problems(sensors) == [(0, "crc"), (1, "crc")]
    Part.failing = None
    assert list(sensors.read(20))[1] == (1, 50.0)
    assert problems(sensors) == []


def test_what_a_bus_of_the_board_itself_raises_is_told_in_our_words():
    raised = []

    class Bare(Part):
        def read(self):
            raise OSError(*raised)

    sensors = build([sensor(0)], find=lambda name: Bare)
    for number, kind in ((errno.ENODEV, "absent"), (errno.ETIMEDOUT, "timeout"), (errno.EIO, "io")):
        raised[:] = [number, "on the wire"]
        assert list(sensors.read(sensors.due)) == [(0, None)]
        assert problems(sensors)[0][1].startswith(kind + ": "), problems(sensors)


def test_a_part_that_is_absent_at_boot_is_looked_for_at_every_reading():
    present = []

    def make(bus, args):
        if not present:
            raise HalError("absent", "nobody at 0x76")
        return Part(bus, args)

    sensors = build([sensor(0)], find=lambda name: make)
    assert list(sensors.read(0)) == [(0, None)]
    assert problems(sensors) == [(0, "absent: nobody at 0x76")]
    present.append(True)
    assert list(sensors.read(10)) == [(0, 21.0)]


def test_a_field_that_is_no_number_or_not_there_is_no_value():
    sensors = build([sensor(0, "odd"), sensor(1, "unknown")])
    assert list(sensors.read(0)) == [(0, None), (1, None)]


def test_filters_are_applied_in_their_order():
    chain = [["clamp", 0.0, 20.0], ["points", [[0.0, 0.0], [20.0, 40.0]]]]
    assert list(build([sensor(0, filter=chain)]).read(0)) == [(0, 40.0)]


def test_a_filter_that_has_no_value_yet_gives_none():
    sensors = build([sensor(0, "humid", filter=[["debounce", 15]])])
    assert [list(sensors.read(now)) for now in (0, 10, 20)] == [
        [(0, None)],
        [(0, None)],
        [(0, 50.0)],
    ]


def test_a_bus_is_opened_once_and_handed_to_its_parts():
    buses = [{"name": "i2c0", "kind": "i2c", "id": 1, "pins": {}, "hz": 400_000}]
    seen = []
    sensors = build(
        [sensor(0, bus="i2c0")],
        buses,
        find=lambda name: lambda bus, args: seen.append(bus) or Part(bus, args),
    )
    list(sensors.read(0))
    assert seen == [("i2c", 1)]


def test_parts_on_no_bus_share_the_bank_of_pins():
    seen = []
    sensors = build(
        [sensor(0), sensor(1, args={"pin": 4})],
        find=lambda name: lambda bus, args: seen.append(bus) or Part(bus, args),
    )
    list(sensors.read(0))
    assert seen == [("pins", 0), ("pins", 0)]
    assert seen[0] is seen[1]


def test_mistakes_are_named_with_their_sensor():
    assert "sensor of channel 9" in complaint([sensor(9)])
    told = complaint([sensor(1, bus="spi7")])
    assert "channel 1" in told and "spi7" in told
    told = complaint([sensor(1, filter=[["mediam", 5]])])
    assert "mediam" in told and "median" in told
    assert "clamp" in complaint([sensor(1, filter=[["clamp", 5]])])


def test_a_driver_that_does_not_exist_is_named():
    assert "no driver warp_core" in complaint([sensor(0, driver="warp_core")], find=None)


def test_a_driver_with_a_mistake_in_it_costs_its_own_channels_and_no_others():
    def of_fields(self):
        return 5.0

    def of_nought(self):
        return {"temp": 1 // (Part.made - Part.made)}

    class Wrong(Part):
        def __init__(self, bus, args):
            Part.__init__(self, bus, args)
            self.pin = args["pin"]

    for read, word in ((of_fields, "no fields"), (of_nought, "ero"), (None, "pin")):
        Bad = type("Bad", (Part if read else Wrong,), {"read": read} if read else {})
        found = {"good": Part, "bad": Bad}
        specs = [sensor(0, driver="bad"), sensor(1, driver="good"), sensor(2, driver="bad")]
        sensors = build(specs, find=lambda name, found=found: found[name])
        values = dict(sensors.read(0))
        assert values[0] is None and values[2] is None and values[1] > 20, word
        assert [channel for channel, _ in problems(sensors)] == [0, 2]
        assert all(why.startswith("io: ") and word in why for _, why in problems(sensors))


def test_a_heap_that_is_too_small_is_no_part_s_fault():
    class Hungry(Part):
        def read(self):
            raise MemoryError

    sensors = build([sensor(0)], find=lambda name: Hungry)
    try:
        list(sensors.read(0))
    except MemoryError:
        return
    raise AssertionError("it would be hidden for good")
