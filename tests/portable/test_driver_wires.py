"""Drivers on one wire, SPI and pins against their simulated chips: faults, bounces, outputs."""

from driver_rig import Rig, module

from hal import HalError
from hal.simulated.chips import ds18b20 as ds18b20_chip
from hal.simulated.chips import hx711 as hx711_chip
from hal.simulated.onewire import OneWire
from hal.simulated.pins import Pins


def test_ds18b20_answers_one_read_after_it_was_asked():
    rig = Rig("ds18b20", "onewire", {}, {"": 20.0})
    assert rig.driver.read() == {"": None}
    rig.truth = {"": 30.0}
    assert rig.driver.read() == {"": 20.0}
    assert rig.driver.read() == {"": 30.0}


def test_faults_of_one_wire_and_the_read_after_them():
    rig = Rig("ds18b20", "onewire", {}, {"": 20.0})
    assert rig.value("") == 20.0
    for fault, times, kind in (("absent", 1, "absent"), ("noise", 1, "crc"), ("stuck", 11, "io")):
        rig.bus.fail(fault, times)
        assert rig.kind() == kind, fault
        rig.bus.mend()
        assert rig.value("") == 20.0, fault


def test_ds18b20_that_lost_its_power_does_not_say_85_degrees():
    rig = Rig("ds18b20", "onewire", {}, {"": 20.0})
    assert rig.value("") == 20.0
    rig.chip.brown_out()
    assert rig.kind() == "io"
    assert rig.driver.read() == {"": 20.0}
    rig.truth = {"": 85.0}
    rig.driver.read()
    assert rig.driver.read() == {"": 85.0}


def test_ds18b20_read_too_soon_keeps_the_last_conversion():
    pins = Pins()
    bus, now = OneWire(), {"": 20.0}
    chip = ds18b20_chip.Chip({}, lambda field: now[field], pins.ticks)
    chip.attach(bus)
    driver = module("hal.drivers.ds18b20").Driver(bus, {})
    driver.read()
    pins.ticks.sleep_ms(750)
    assert driver.read() == {"": 20.0}
    now[""] = 40.0
    pins.ticks.sleep_ms(100)
    assert driver.read() == {"": 20.0}
    pins.ticks.sleep_ms(750)
    assert driver.read() == {"": 40.0}


def test_two_ds18b20_on_one_wire_by_their_roms():
    bus = OneWire()
    drivers = []
    for rom, value in (("28ff641d921604a3", 10.0), ("28000005e2fdc32f", 50.0)):
        ds18b20_chip.Chip({"rom": rom}, lambda field, value=value: value).attach(bus)
        drivers.append(module("hal.drivers.ds18b20").Driver(bus, {"rom": rom}))
    assert len(bus.scan()) == 2
    for driver in drivers:
        driver.read()
    assert [driver.read()[""] for driver in drivers] == [10.0, 50.0]
    lost = module("hal.drivers.ds18b20").Driver(bus, {"rom": "280000000000001e"})
    lost.read()
    try:
        lost.read()
    except HalError as error:
        assert error.kind == "absent"
    else:
        raise AssertionError("a part that is not there was read")


def test_hx711_says_when_it_is_busy_dead_or_held_low():
    rig = Rig("hx711", "pins", {"clock": 1, "data": 2}, {"": 1234.0})
    assert rig.driver.read() == {"": 1234.0}
    assert rig.kind() == "timeout"  # the next conversion is 100 ms away
    rig.bus.ticks.sleep_ms(100)
    assert rig.driver.read() == {"": 1234.0}
    rig.chip.shorted = True
    assert rig.kind() == "io"
    rig.chip.shorted = False
    rig.chip.powered = False
    assert rig.kind() == "timeout"
    rig.chip.powered = True
    rig.chip.brown_out()
    assert rig.kind() == "timeout"
    rig.bus.ticks.sleep_ms(hx711_chip.SETTLING_US // 1000)
    assert rig.driver.read() == {"": 1234.0}


def test_hx711_read_in_the_middle_of_a_word_by_nobody_else():
    rig = Rig("hx711", "pins", {"clock": 1, "data": 2}, {"": -1.0})
    words = []
    for _ in range(3):
        words.append(rig.driver.read()[""])
        rig.truth = {"": words[-1] * 2}
        rig.bus.ticks.sleep_ms(100)
    assert words == [-1.0, -2.0, -4.0]


def test_dht22_is_left_in_peace_for_two_seconds_and_says_what_is_wrong():
    rig = Rig("dht22", "pins", {"pin": 27}, {"temperature": 20.0, "humidity": 50.0})
    assert rig.driver.read() == {"temperature": 20.0, "humidity": 50.0}
    rig.truth = {"temperature": 30.0, "humidity": 50.0}
    rig.bus.ticks.sleep_ms(1999)
    assert rig.driver.read()["temperature"] == 20.0
    rig.bus.ticks.sleep_ms(1)
    assert rig.driver.read()["temperature"] == 30.0
    for fault, kind in (("deaf", "timeout"), ("noise", "crc")):
        rig.bus.ticks.sleep_ms(2000)
        setattr(rig.chip, fault, True)
        assert rig.kind() == kind
        setattr(rig.chip, fault, False)
        assert rig.driver.read() == {}, "what failed is not made up for before its time"
        rig.bus.ticks.sleep_ms(2000)
        assert rig.driver.read()["temperature"] == 30.0


def test_a_dht22_whose_frame_is_nothing_but_zeros_is_not_freezing_and_dry():
    rig = Rig("dht22", "pins", {"pin": 27}, {"temperature": 0.0, "humidity": 0.0})
    assert rig.chip.frame() == bytes(5)
    assert rig.kind() == "range"


def test_mcp3008_that_is_not_there():
    rig = Rig("mcp3008", "spi", {"cs": 5, "input": 0}, {"": 1.0})
    rig.bus.fail("open", 1)
    assert rig.kind() == "absent"
    assert abs(rig.value("") - 1.0) < 0.0033
    rig.chip.powered = False
    assert rig.kind() == "absent"


def test_hc_sr04_without_an_echo():
    rig = Rig("hc_sr04", "pins", {"trigger": 1, "echo": 2}, {"": 1.0})
    rig.chip.deaf = True
    assert rig.kind() == "timeout"
    rig.chip.deaf = False
    assert abs(rig.value("") - 1.0) < 1e-3


def test_ntc_with_a_broken_wire():
    for high in (0, 1):
        rig = Rig("ntc", "pins", {"pin": 34, "high": high}, {"": 40.0})
        rig.chip.open = True
        assert rig.kind() == "range"
        rig.chip.open = False
        assert abs(rig.value("") - 40.0) < 0.2


def test_a_flow_meter_counts_litres_and_keeps_the_flow_of_the_last_draught():
    args = {"pin": 4, "per_unit": 0.45, "gap_s": 2}  # 450 pulses per litre, in ml
    rig = Rig("pulse_meter", "pins", args, {"rate": 0.0})
    assert rig.driver.read() == {"total": 0, "rate": None}
    rig.truth = {"rate": 8.0}
    rig.bus.ticks.sleep_ms(25_000)
    values = rig.driver.read()
    assert abs(values["total"] - 200.0) < 3.0
    assert abs(values["rate"] - 8.0) < 0.01
    rig.truth = {"rate": 0.0}
    rig.bus.ticks.sleep_ms(60_000)
    assert abs(rig.driver.read()["rate"] - 8.0) < 0.01
    total = rig.driver.read()["total"]
    rig.truth = {"rate": 4.0}
    rig.bus.ticks.sleep_ms(50_000)
    values = rig.driver.read()
    assert abs(values["total"] - total - 200.0) < 3.0
    assert abs(values["rate"] - 4.0) < 0.01  # the pause between is in neither


def test_bounces_are_no_pulses():
    args = {"pin": 4, "per_unit": 1, "per": 3600, "debounce_ms": 5, "gap_s": 60}
    rig = Rig("pulse_meter", "pins", args, {"rate": 3600.0})
    rig.chip.bounces = 7
    rig.bus.ticks.sleep_ms(10_000)
    assert rig.driver.read()["total"] == 10


def test_a_contact_is_counted_once_per_closing():
    rig = Rig("contact", "pins", {"pin": 4}, {"closed": 0})
    rig.chip.bounces = 6
    for closings in (1, 2, 3):
        rig.truth = {"closed": 1}
        rig.bus.ticks.sleep_ms(500)
        assert rig.driver.read() == {"closed": 1, "count": closings}
        rig.truth = {"closed": 0}
        rig.bus.ticks.sleep_ms(500)
        assert rig.driver.read() == {"closed": 0, "count": closings}


def test_a_contact_that_chatters_is_neither_open_nor_closed():
    rig = Rig("contact", "pins", {"pin": 4}, {"closed": 1})
    rig.chip.chatters = True
    before = rig.bus.ticks.at_us
    assert rig.kind() == "io"
    assert rig.bus.ticks.at_us - before < 50_000
    rig.chip.chatters = False
    assert rig.value("closed") == 1


def test_outputs_do_what_they_are_told():
    bank = Pins()
    relay = module("hal.drivers.relay").Driver(bank, {"output": 25})
    inverted = module("hal.drivers.relay").Driver(bank, {"output": 26, "active": 0})
    relay.write(1)
    inverted.write(True)
    assert (bank.level(25), bank.level(26)) == (1, 0)
    assert relay.read() == inverted.read() == {"": 1}
    dimmer = module("hal.drivers.dimmer").Driver(bank, {"output": 27})
    for share, duty in ((0.0, 0), (0.5, 32768), (1.0, 65535), (7.0, 65535), (-1.0, 0)):
        dimmer.write(share)
        assert dimmer._pwm.duty_u16() == duty
