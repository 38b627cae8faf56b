"""Remedies in a product file: what is refused, where it says so, and what becomes of them."""

from pathlib import Path

import pytest

from boards.compiler import check_file, product_record
from boards.load import load

BOARDS = Path(__file__).parents[1] / "boards"
COFFEE = (BOARDS / "products" / "coffee_machine.toml").read_text("utf-8")
WIRED = (BOARDS / "esp32_coffee_machine.toml").read_text("utf-8")
POWER = next(line for line in COFFEE.splitlines() if '"power_cycle"' in line)
SUPPLY = WIRED[WIRED.index("[outputs.heater]") :].split("\n\n")[0]


@pytest.fixture
def told(tmp_path):
    """What is wrong with a product, or a board, of which a piece is replaced."""
    (tmp_path / "products").mkdir()

    def problems(product=("", ""), board=("", ""), of="products/coffee_machine.toml"):
        for name, text, (old, new) in (
            ("products/coffee_machine.toml", COFFEE, product), ("board.toml", WIRED, board),
        ):  # fmt: skip
            assert old in text
            (tmp_path / name).write_text(text.replace(old, new) if old else text, "utf-8")
        found = check_file(tmp_path / of).problems
        return [(each.line, each.message) for each in found
                if each.level == "error" or "will not be tried" in each.message]

    return problems


@pytest.mark.parametrize(("remedy", "word"), [
    ('kind = "switch", output = "boiler", lasts = "10s" },', "heater"),
    ('kind = "switch", output = "service_lamp", lasts = "10s" },', "safe_for"),
    ('kind = "switch", output = "heater", lasts = "40s" },', "30s"),
    ('kind = "exercise", output = "heater", lasts = "9s" },', "always"),
    ('kind = "switch", output = "heater" },', "needs lasts"),
    ('kind = "owner", sku = "X" },', "has no sku"),
    ('kind = "pray" },', "exercise"),
    ('kind = "service" }, { name = "a", kind = "service" },', "twice"),
    ('kind = "service" }, { name = "newer", kind = "software" },', "before a"),
])  # fmt: skip
def test_a_remedy_that_cannot_be_is_refused_with_its_line(told, remedy, word):
    line = COFFEE.splitlines().index(POWER) + 1
    (found, *_) = told(product=(POWER, f'{{ name = "a", {remedy}'))
    assert word in found[1] and found[0] in (line, line + 1)


def test_what_is_critical_is_not_tried_at(told):
    critical = COFFEE[COFFEE.index("[monitors.leak]") :].split("\n\n")[0]
    ((_, message),) = told(
        product=('{ name = "take_tank_out", kind = "owner" }', '{ name = "v", kind = "software" }')
    )
    assert 'severity = "critical"' in critical and "at once" in message


def test_a_board_says_which_remedies_it_has_no_output_for(told):
    ((_, message),) = told(board=(SUPPLY, ""), of="board.toml")
    assert message == "there is no heater: power_cycle of boiler_cold will not be tried here"
    ((line, message),) = told(board=('safe_for = "30s"', 'safe_for = "5s"'), of="board.toml")
    assert "power_cycle" in message and WIRED.splitlines()[line - 1] == "[outputs.heater]"


def test_the_channel_of_use_must_be_there(told):
    ((_, message),) = told(product=('in_use = "brews"', 'in_use = "brew"'))
    assert "brews" in message


def test_the_thing_gets_what_it_tries_and_what_it_asks_for():
    record = product_record(load(BOARDS / "products" / "coffee_machine.toml").model)
    monitors = {monitor["name"]: monitor for monitor in record["monitors"]}
    assert monitors["boiler_cold"]["tries"] == [
        {"name": "power_cycle", "output": "heater", "seconds": 9, "look": 2709}
    ]
    assert monitors["boiler_cold"]["asks"] == [["replace_heater_relay", "RELAY-HEATER-16A"]]
    assert "tries" not in monitors["pump_wear"]
    assert record["channels"][record["in_use"]]["name"] == "brews"


def test_a_sensor_on_a_bus_is_restarted_and_one_on_pins_is_not(told):
    restart = 'remedies = [{ name = "restart_sensor", kind = "restart" }]\n'
    pins = ('[channels.milk_ml]\n', '[channels.milk_ml]\n' + restart)
    (found,) = told(pins, of="board.toml")
    line = WIRED[: WIRED.index("[sensors.milk_ml]")].count("\n") + 1
    assert found[0] == line and "hx711 is on no bus" in found[1]
    assert not told(of="board.toml"), "those that are shipped are on a bus"
    record = product_record(load(BOARDS / "products" / "coffee_machine.toml").model)
    spec = next(each for each in record["sensors"] if each["channel"] == 2)
    assert spec["tries"] == [
        {"name": "restart_sensor", "look": 1800, "output": "sensor 2", "seconds": 0},
    ]  # fmt: skip
