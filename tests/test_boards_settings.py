"""The table of settings and the monitors that read them say the same."""

import importlib
import re
from pathlib import Path

import pytest

from agent.sense import monitors
from boards import settings, units
from boards.compiler import check_file
from boards.schema import Monitor
from boards.wiring import Output
from firmware import outputs

FOLDER = Path(monitors.__file__).parent


def test_every_kind_has_its_table():
    assert set(settings.MONITORS) == set(settings.CHANNELS) == set(monitors.KINDS)
    kinds = Monitor.model_json_schema()["properties"]["kind"]["enum"]
    assert tuple(kinds) == monitors.KINDS


@pytest.mark.parametrize("kind", monitors.KINDS)
def test_a_monitor_reads_just_the_settings_of_its_table(kind):
    source = (FOLDER / f"{kind}.py").read_text("utf-8")
    read = set(re.findall(r"""settings\.get\(\s*["'](\w+)["']""", source))
    read |= set(re.findall(r"""settings\[["'](\w+)["']\]""", source))
    table = set(settings.MONITORS[kind])
    assert read - set(settings.DERIVED) <= table
    module = importlib.import_module(f"agent.sense.monitors.{kind}")
    documented = getattr(module, kind.capitalize()).__doc__
    for name in table:
        word = name.removesuffix("_low").removesuffix("_high")
        assert re.search(rf"\b{word}\b", documented), f"{kind} does not document {name}"


def example(setting: settings.Setting):
    """A value in the middle of what is allowed."""
    value = min(max(1, setting.low), setting.high)
    value = int(value) if setting.whole else float(value)
    return [value] * setting.length(2) or value


@pytest.mark.parametrize("kind", monitors.KINDS)
def test_a_monitor_takes_every_setting_of_its_table(kind):
    table = settings.MONITORS[kind]
    chosen = {name: example(setting) for name, setting in table.items()}
    if kind == "limit":
        chosen["high"] = chosen["low"] + 1
    assert list(settings.check_settings(kind, chosen, 2)) == []
    monitors.make(kind, settings.settled(kind, chosen, 2))


def test_durations_are_settled_in_seconds():
    assert settings.settled("rate", {"window": "10min", "fall": 2.5}, 1) == {
        "window": 600,
        "fall": 2.5,
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5min", 300), ("2h", 7200), ("1h 30min", 5400), ("1week", 604800)],
)
def test_durations(text, seconds):
    assert units.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "s", "5 minutes", "5min x", "-5s", "0.5s"])
def test_no_durations(text):
    with pytest.raises(ValueError, match=r"duration|whole number"):
        units.seconds(text)


@pytest.mark.parametrize(
    ("text", "wanted", "number"),
    [("1.2 kg", "g", 1200), ("5 l", "ml", 5000), ("60 l/min", "ml/s", 1000), ("25 %", "%", 25)],
)
def test_sizes(text, wanted, number):
    size, unit = units.split(text)
    assert float(units.convert(size, unit, wanted)) == pytest.approx(number)


def test_no_size_crosses_families():
    with pytest.raises(ValueError, match="cannot become"):
        units.convert(*units.split("1 kg"), "ml")


def test_no_unit_belongs_to_two_families():
    names = [unit for family in units.FAMILIES.values() for unit in family]
    assert len(names) == len(set(names))


def test_weights_are_counted():
    weights = [0.5] * (3 + 36)
    assert list(settings.check_settings("life", {"weights": weights}, 3)) == []
    [(path, message)] = settings.check_settings("life", {"weights": weights}, 2)
    assert (path, message) == (("weights",), "39 numbers; 38 are wanted for 2 channels")
    [(path, message)] = settings.check_settings("life", {"weights": [*weights[:-1], "x"]}, 3)
    assert (path, message) == (("weights", 38), "'x' is not a number")
    [(path, message)] = settings.check_settings("life", {"weights": 3.0}, 3)
    assert message == "3.0 is not a list of numbers"
    assert list(settings.check_settings("life", {}, 3))


def test_outputs_know_just_the_states_that_a_board_may_bind_them_to():
    known = Output.model_json_schema()["properties"]["when"]["anyOf"][0]["enum"]
    assert set(known) == set(outputs.STATES)


def test_a_lamp_for_orders_on_a_thing_that_orders_nothing_is_refused(tmp_path):
    board = (FOLDER.parents[2] / "boards/esp32c3_freezer_guard.toml").read_text("utf-8")
    file = tmp_path / "guard.toml"
    lamp = '\n[outputs.lamp]\ndriver = "relay"\npins = { output = 10 }\nwhen = "%s"\n'
    (tmp_path / "products").mkdir()
    product = (FOLDER.parents[2] / "boards/products/freezer_guard.toml").read_text("utf-8")
    product = re.sub(r"(?ms)^\[consumables\..*?(?=^\[(?!consumables)|\Z)", "", product)
    (tmp_path / "products/freezer_guard.toml").write_text(product, "utf-8")
    file.write_text(board + lamp % "case open", "utf-8")
    assert not [p for p in check_file(file).problems if "lamp" in str(p)]
    for when, said in (("order waiting", "orders nothing"), ("case opened", "case open")):
        file.write_text(board + lamp % when, "utf-8")
        [problem] = [p for p in check_file(file).problems if "lamp" in str(p)]
        assert said in str(problem) and "outputs.lamp.when" in str(problem)
