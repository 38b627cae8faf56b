"""An impossible wiring is refused, and the reason is the chip's own."""

import pytest

from boards.chips import CHIPS, spans
from boards.compiler import check_file
from boards.drivers import BUS_PINS, DRIVERS, Driver
from boards.settings import whole

PRODUCT = """\
product = "probe"
maker = "Example"
version = "1.0.0"
[channels.a]
unit = "V"
range = [0, 5]
[channels.b]
unit = "V"
range = [0, 5]
"""


@pytest.fixture
def problems(tmp_path, monkeypatch):
    """Checks a wiring of `probe` on a chip; returns its problems."""
    monkeypatch.setitem(DRIVERS, "analog", Driver(pins={"input": "analog"}, needed=("input",)))
    monkeypatch.setitem(DRIVERS, "button", Driver(pins={"input": "in"}, needed=("input",)))
    lamp = Driver(pins={"output": "out"}, needed=("output",), writes=True)
    monkeypatch.setitem(DRIVERS, "relay", lamp)
    monkeypatch.setitem(DRIVERS, "warmth", Driver(bus="i2c", args={"address": whole(0, 127)}))
    monkeypatch.setitem(
        DRIVERS,
        "climate",
        Driver(bus="i2c", args={"address": whole(0, 127)}, fields=("warm", "wet")),
    )
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "probe.toml").write_text(PRODUCT)

    def check(chip: str, wiring: str, top: str = "") -> list[str]:
        file = tmp_path / "wiring.toml"
        head = f'board = "wiring"\nproduct = "probe"\nchip = "{chip}"\n{top}\n'
        file.write_text(head + wiring)
        found = check_file(file).problems
        return [f"{p.level}: {p}" for p in found if "no sensor here" not in p.message]

    return check


def on(driver: str, pin: int) -> str:
    name = "output" if driver == "relay" else "input"
    table = "outputs.lamp" if driver == "relay" else "sensors.a"
    spare = '[sensors.b]\ndriver = "button"\npins = { input = 21 }\n' if driver == "relay" else ""
    return f'{spare}[{table}]\ndriver = "{driver}"\npins = {{ {name} = {pin} }}\n'


@pytest.mark.parametrize(
    ("chip", "driver", "pin", "said"),
    [
        ("esp32", "relay", 34, "input only"),
        ("esp32", "relay", 6, "flash memory"),
        ("esp32", "button", 11, "flash memory"),
        ("esp32", "button", 24, "no GPIO 24"),
        ("esp32", "button", 40, "no GPIO 40"),
        ("esp32", "analog", 25, "ADC2, which the Wi-Fi radio takes"),
        ("esp32", "analog", 18, "has no ADC"),
        ("esp32s3", "button", 22, "no GPIO 22"),
        ("esp32s3", "relay", 27, "flash memory"),
        ("esp32s3", "analog", 11, "ADC2"),
        ("esp32c3", "relay", 12, "flash memory"),
        ("esp32c3", "analog", 5, "ADC2"),
        ("esp32c3", "button", 22, "no GPIO 22"),
        ("esp32c6", "relay", 24, "flash memory"),
        ("esp32c6", "analog", 7, "has no ADC"),
        ("esp32c6", "button", 31, "no GPIO 31"),
        ("raspberry_pi", "analog", 4, "add an ADC chip"),
        ("raspberry_pi", "button", 28, "no GPIO 28"),
    ],
)
def test_what_a_pin_cannot_do_is_an_error(problems, chip, driver, pin, said):
    found = problems(chip, on(driver, pin))
    assert [p for p in found if p.startswith("error") and said in p], found


@pytest.mark.parametrize(
    ("chip", "driver", "pin"),
    [
        ("esp32", "button", 34),
        ("esp32", "analog", 34),
        ("esp32", "relay", 25),
        ("esp32s3", "analog", 4),
        ("esp32s3", "relay", 48),
        ("esp32c3", "analog", 3),
        ("esp32c6", "analog", 6),
        ("raspberry_pi", "relay", 17),
    ],
)
def test_what_a_pin_can_do_is_fine(problems, chip, driver, pin):
    assert problems(chip, on(driver, pin)) == []


def test_adc2_works_without_the_radio(problems):
    assert problems("esp32", on("analog", 25), top="wifi = false") == []


@pytest.mark.parametrize(
    ("chip", "pin", "said"),
    [
        ("esp32", 12, "1.8 V"), ("esp32s3", 19, "USB"),
        ("esp32c3", 9, "download"), ("esp32c6", 12, "USB"),
    ],
)
def test_what_may_surprise_is_a_warning(problems, chip, pin, said):
    found = problems(chip, on("relay", pin))
    assert [p for p in found if p.startswith("warning") and said in p]
    assert not [p for p in found if p.startswith("error")]


def test_no_two_parts_share_a_pin(problems):
    wiring = on("button", 18) + '[sensors.b]\ndriver = "button"\npins = { input = 18 }\n'
    [problem] = problems("esp32", wiring)
    assert problem.endswith("sensors.b.pins.input: GPIO 18 is already sensors.a.pins.input")


I2C = '[buses.i2c0]\nkind = "i2c"\npins = { sda = 21, scl = 22 }\n'


def climate(channel: str, field: str, address: int = 118, driver: str = "climate") -> str:
    row = f'[sensors.{channel}]\ndriver = "{driver}"\nbus = "i2c0"\n'
    row += f"args = {{ address = {address} }}\n"
    return row + (f'field = "{field}"\n' if field else "")


def test_two_channels_of_one_chip_are_fine(problems):
    assert problems("esp32", I2C + climate("a", "warm") + climate("b", "wet")) == []


def test_two_chips_at_one_address_are_not(problems):
    wiring = I2C + climate("a", "warm") + climate("b", "", driver="warmth")
    assert "address 118 on i2c0 is already a, a climate" in "".join(problems("esp32", wiring))


@pytest.mark.parametrize(
    ("wiring", "said"),
    [
        (climate("a", "warm"), 'no bus "i2c0"'),
        (I2C.replace("sda", "sdl") + climate("a", "warm"), 'no such pin; did you mean "sda"'),
        (I2C.replace("sda", "sdl") + climate("a", "warm"), "i2c needs pins sda"),
        (I2C.replace("[buses", 'x = 1\n[buses') + climate("a", "warm"), "unknown key"),
        (I2C + climate("a", "damp"), 'no field "damp"; allowed: warm, wet'),
        (I2C + climate("a", ""), "climate needs field; allowed: warm, wet"),
        (I2C + 'id = 2\n' + climate("a", "warm"), "esp32 has no i2c 2; it has 0-1"),
        (I2C + I2C.replace("i2c0", "i2c1") + climate("a", "warm"), "i2c 0 is already bus i2c0"),
        (I2C.replace('"i2c"', '"uart"').replace("sda", "tx").replace("scl", "rx")
         + climate("a", "warm"), 'climate takes a bus of kind "i2c", not "uart"'),
        ('[sensors.a]\ndriver = "warmth"\n', 'warmth needs bus'),
        ('[sensors.a]\ndriver = "warmht"\n', 'did you mean "warmth"'),
        ('[sensors.a]\ndriver = "button"\n', "button needs pins.input"),
        ('[sensors.a]\ndriver = "button"\npins = { inptu = 4 }\n', 'did you mean "input"'),
        ('[sensors.c]\ndriver = "button"\npins = { input = 4 }\n', 'probe has no channel "c"'),
        (
            '[sensors.a]\ndriver = "simulated"\nargs = { signal = "a" }\n',
            'needs chip = "simulated"',
        ),
        (on("button", 4) + "filter = [{ median = 4 }]\n", "4 is even"),
        (on("button", 4) + "filter = [{ median = 5, ema = 0.5 }]\n", "exactly one of"),
        (on("button", 4) + "filter = [{ clamp = [5, 1] }]\n", "empty"),
        (on("button", 4) + "filter = [{ points = [[1, 0], [1, 2]] }]\n", "must rise"),
        ("[sensors]\n", "at least one sensor"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_wiring_is_named(problems, wiring, said):
    assert said in "\n".join(problems("esp32", wiring))


def test_an_unknown_chip_is_named(problems):
    assert 'no chip "esp33"; did you mean "esp32s3"' in "".join(problems("esp33", on("button", 4)))


CONTACT = '[sensors.a]\ndriver = "contact"\nfield = "closed"\n'


def test_an_input_only_pin_has_no_resistor(problems):
    wiring = CONTACT + "pins = { pin = 34 }\n"
    assert "no pull resistor inside" in "".join(problems("esp32", wiring))
    assert problems("esp32", wiring + 'args = { pull = "" }\n') == []
    assert problems("esp32", wiring.replace("34", "32")) == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("closed = 2", "args.closed: 2 is outside 0 to 1"),
        ("closed = true", "args.closed: True is not a number"),
        ('pull = "upp"', "args.pull: 'upp' is not one of: 'up', 'down', ''"),
        ("debounce_ms = 0.5", "args.debounce_ms: 0.5 is not a whole number"),
    ],
)
def test_arguments_are_judged(problems, args, said):
    wiring = CONTACT + f"pins = {{ pin = 32 }}\nargs = {{ {args} }}\n"
    assert said in "".join(problems("esp32", wiring))


def test_an_address_that_nobody_wrote_counts_too(problems):
    wiring = I2C + '[sensors.a]\ndriver = "ina219"\nbus = "i2c0"\nfield = "current"\n'
    wiring += '[sensors.b]\ndriver = "ina226"\nbus = "i2c0"\nfield = "power"\n'
    assert "address 64 on i2c0 is already a" in "".join(problems("esp32", wiring))


def test_a_pi_has_the_one_wire_of_its_kernel(problems):
    wiring = '[buses.wire]\nkind = "onewire"\npins = { data = 4 }\n' + on("button", 17)
    assert problems("raspberry_pi", wiring) == []
    other = wiring.replace("[buses.wire]", "[buses.wire]\nid = 1")
    assert "raspberry_pi has no onewire 1" in "".join(problems("raspberry_pi", other))


@pytest.mark.parametrize(
    ("chip", "wrong", "right"),
    [("raspberry_pi_zero_2_w", 2, 1), ("raspberry_pi_4", 6, 5), ("raspberry_pi_5", 5, 4)],
)
def test_the_models_of_a_pi_differ_in_their_serial_ports(problems, chip, wrong, right):
    wiring = '[buses.meter]\nkind = "uart"\nid = ID\n' + on("button", 17)
    assert f"{chip} has no uart {wrong}; it has 0-{right}" in "".join(
        problems(chip, wiring.replace("ID", str(wrong)))
    )
    assert problems(chip, wiring.replace("ID", str(right))) == []


def test_a_bus_on_pins_that_cannot_drive_it_is_refused(problems):
    wiring = I2C.replace("scl = 22", "scl = 35") + climate("a", "warm")
    assert "GPIO 35 of esp32 is input only" in "".join(problems("esp32", wiring))
    wiring = wiring.replace("35", "9")
    assert "GPIO 9 of esp32 drives its flash memory" in "".join(problems("esp32", wiring))


def test_a_bus_that_a_chip_does_not_offer_is_refused(problems, monkeypatch):
    monkeypatch.delitem(CHIPS["esp32c3"].buses, "spi")
    wiring = '[buses.spi]\nkind = "spi"\n' + on("button", 3)
    assert "esp32c3 offers no spi; allowed: i2c, uart, onewire" in "".join(
        problems("esp32c3", wiring)
    )


def test_a_pi_knows_the_pins_of_its_buses(problems):
    assert (
        problems("raspberry_pi", '[buses.i2c0]\nkind = "i2c"\nid = 1\n' + climate("a", "warm"))
        == []
    )


def test_filters_compile_to_their_stages(tmp_path):
    from boards.compiler import _stage
    from boards.wiring import Filter

    stages = [Filter(median=5), Filter(clamp=[0, 5]), Filter(points=[[0, 0], [1, 9]])]
    assert [_stage(stage) for stage in stages] == [
        ["median", 5], ["clamp", 0, 5], ["points", [[0, 0], [1, 9]]],
    ]  # fmt: skip
    assert _stage(Filter(debounce="2s")) == ["debounce", 2]


@pytest.mark.parametrize("chip", CHIPS.values(), ids=lambda chip: chip.name)
def test_the_tables_do_not_contradict_themselves(chip):
    assert chip.input_only | chip.flash | chip.analog | chip.analog_without_wifi <= chip.pins
    assert set(chip.strapping) | set(chip.shared) <= chip.pins
    assert not chip.flash & (chip.analog | chip.analog_without_wifi)
    assert not chip.analog & chip.analog_without_wifi
    assert set(chip.buses) <= set(BUS_PINS)


def test_spans_are_short():
    assert spans(frozenset({1, 2, 3, 7})) == "1-3, 7"
