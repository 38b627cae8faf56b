"""The table of drivers and the drivers themselves say the same."""

import ast
from pathlib import Path

import pytest

from boards.drivers import BUS_PINS, DRIVERS, UNITS
from boards.units import UNITS as KNOWN
from boards.wiring import Bus

FOLDER = Path(__file__).parents[1] / "hal" / "drivers"
WRITTEN = {file.stem: file for file in FOLDER.glob("[a-z]*.py")}
ROLES = {"in", "out", "both", "analog"}


def arguments(source: str) -> set[str]:
    """The keys that a driver takes out of its `args`, by args["key"] or args.get("key")."""
    keys: list[ast.expr] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "args":
            keys.append(node.slice)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "args.get":
            keys.append(node.args[0])
    return {str(ast.literal_eval(key)) for key in keys}


@pytest.mark.parametrize("name", sorted(WRITTEN | DRIVERS))
def test_every_driver_is_in_the_table_and_the_other_way_round(name):
    # The simulated driver comes from the simulator, which knows its own plant.
    assert name in DRIVERS, f"hal/drivers/{name}.py: boards/drivers.py does not say what it takes"
    assert name in WRITTEN or name == "simulated", f"boards/drivers.py: no hal/drivers/{name}.py"


@pytest.mark.parametrize("name", sorted(WRITTEN.keys() & DRIVERS))
def test_a_driver_takes_what_the_table_says(name):
    taken = arguments(WRITTEN[name].read_text("utf-8"))
    driver = DRIVERS[name]
    assert taken == set(driver.pins) | set(driver.args)


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_the_table_does_not_contradict_itself(name):
    driver = DRIVERS[name]
    assert set(driver.pins.values()) <= ROLES
    assert driver.bus is None or driver.bus in BUS_PINS
    assert set(driver.needed) <= set(driver.pins) | set(driver.args)
    assert not set(driver.pins) & set(driver.args)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_units_are_of_fields_that_the_driver_has(name):
    assert set(UNITS[name]) <= set(DRIVERS[name].fields or ("",))
    assert set(UNITS[name].values()) <= set(KNOWN)


def test_every_kind_of_bus_has_its_pins():
    kinds = Bus.model_json_schema()["properties"]["kind"]["enum"]
    assert set(kinds) == set(BUS_PINS)
    assert {role for pins in BUS_PINS.values() for role in pins.values()} <= ROLES


def test_arguments_are_found():
    source = "class Driver:\n    def __init__(self, bus, args):\n"
    source += "        self.a = args['pin'] + args.get('gain', 1) + other['x'] + other.get('y')\n"
    assert arguments(source) == {"pin", "gain"}


@pytest.mark.parametrize("name", sorted(WRITTEN.keys() & DRIVERS))
def test_an_output_is_a_part_that_can_be_written(name):
    assert DRIVERS[name].writes == ("def write(" in WRITTEN[name].read_text("utf-8"))
