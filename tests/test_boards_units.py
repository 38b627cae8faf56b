"""A sensor in one unit for a channel in another: converted behind the filters, or refused."""

import cbor2
import pytest

from boards.compiler import DescriptionError, compile_board
from hal.wiring import wire

PRODUCT = """\
product = "probe"
maker = "Example"
version = "1.0.0"
[channels.pressure]
unit = "{unit}"
range = [-1e6, 1e6]
"""
BOARD = """\
board = "bench"
product = "probe"
chip = "esp32"
[buses.air]
kind = "i2c"
pins = {{ sda = 21, scl = 22 }}
[sensors.pressure]
driver = "{driver}"
bus = "air"
{more}
"""
PASCAL = 101_325.0


@pytest.fixture
def reading(tmp_path):
    """What a channel in `unit` reads when the driver says 101325."""

    def read(unit, driver="bme280", more='field = "pressure"'):
        product, board = tmp_path / "probe.toml", tmp_path / "board.toml"
        product.write_text(PRODUCT.format(unit=unit))
        board.write_text(BOARD.format(driver=driver, more=more))
        record = cbor2.loads(compile_board(board, product))

        class Part:
            def __init__(self, bus, args):
                pass

            def read(self):
                return dict.fromkeys(("", "pressure", "level", "current"), PASCAL)

        sensors = wire(record, [60], lambda *bus: None, lambda name: Part)
        [(_, value)] = sensors.read(0)
        return value

    return read


def test_what_the_driver_measures_becomes_what_the_channel_wants(reading):
    assert reading("Pa") == PASCAL
    assert reading("mbar") == pytest.approx(1013.25)
    assert reading("bar") == pytest.approx(1.01325)
    assert reading("kPa") == pytest.approx(101.325)
    assert reading("cm", "fdc1004", 'field = "level"\nargs = { height = 10 }') == pytest.approx(
        10132.5
    )
    assert reading("mA", "ina226", 'field = "current"') == pytest.approx(101_325_000)


def test_the_filters_are_in_the_unit_of_the_driver(reading):
    clamp = 'field = "pressure"\nfilter = [{ clamp = [0, 100000] }]'
    assert reading("bar", more=clamp) == pytest.approx(1.0)


def test_behind_a_calibration_it_is_the_channels_unit_or_the_one_that_is_said(reading):
    points = 'field = "pressure"\nfilter = [{ points = [[0, 0], [101325, 760]] }]\n'
    assert reading("bar", more=points) == pytest.approx(760.0)
    assert reading("bar", more=points + 'unit = "mbar"') == pytest.approx(0.76)


@pytest.mark.parametrize(
    ("unit", "more", "said"),
    [
        ("degC", "", 'bme280 does not give degC: "Pa" cannot become "degC"'),
        ("bar", 'unit = "degC"\n', 'it does not give bar: "degC" cannot become "bar"'),
        ("bar", 'unit = "furlong"\n', '"furlong" is no known unit'),
    ],
)
def test_what_cannot_be_converted_is_refused(reading, unit, more, said):
    with pytest.raises(DescriptionError) as refused:
        reading(unit, more='field = "pressure"\n' + more)
    assert said in str(refused.value)
