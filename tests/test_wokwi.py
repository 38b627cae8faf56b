"""A board as Wokwi wants it: parts that it has, wired to pins that its boards lead out."""

import json
import tomllib

import pytest

from boards.load import load
from boards.wiring import Board
from firmware.image import wokwi
from firmware.image.closure import ROOT


def on_wokwi(file):
    model = load(file).model
    return isinstance(model, Board) and model.chip in wokwi.DEVKITS


BOARDS = [file for file in sorted((ROOT / "boards").glob("*.toml")) if on_wokwi(file)]


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_a_diagram_holds_what_wokwi_asks_of_it(file, tmp_path):
    left_out = wokwi.write(load(file), tmp_path)
    drawn = json.loads((tmp_path / "diagram.json").read_text())
    assert set(drawn) == {"version", "author", "editor", "parts", "connections", "dependencies"}
    assert drawn["version"] == 1
    names = [part["id"] for part in drawn["parts"]]
    assert len(set(names)) == len(names) > 1
    board = load(file).model
    devkit = wokwi.DEVKITS[board.chip]
    pins = {devkit.v33, devkit.v5, devkit.ground, "TX", "RX", *map(str, devkit.pins)}
    ends = []
    for source, target, colour, path in drawn["connections"]:
        assert (
            source.removeprefix("esp:") in pins
            and path == []
            and colour in ("", "green", "red", "black")
        )
        ends.append(target)
    assert len(set(ends)) == len(ends), "one wire to each pin of a part"
    assert {end.split(":")[0] for end in ends} == {*names, "$serialMonitor"} - {"esp"}
    told = {line.split(":")[0] for line in left_out}
    assert told | set(names) <= {"esp", *board.sensors, *board.outputs}
    assert told.isdisjoint(names)


def test_wires_follow_the_board():
    drawn, left_out = wokwi.diagram(load(ROOT / "boards/esp32_coffee_machine.toml").model)
    wires = {(source, target) for source, target, _, _ in drawn["connections"]}
    assert {
        ("esp:18", "beans_g:SCK"), ("esp:19", "beans_g:DT"), ("esp:4", "ambient_temp_c:DQ"),
        ("esp:34", "boiler_temp_c:OUT"), ("esp:14", "service_lamp:IN"),
        ("esp:GND.1", "water_in_place:1"), ("esp:33", "water_in_place:2"),
    } <= wires  # fmt: skip
    assert left_out[0] == "water_ml: Wokwi has no fdc1004"


def test_the_settings_are_those_of_the_extension(tmp_path):
    wokwi.write(load(BOARDS[0]), tmp_path)
    settings = tomllib.loads((tmp_path / "wokwi.toml").read_text())["wokwi"]
    assert settings["version"] == 1 and settings["rfc2217ServerPort"] == 4000
    assert settings["firmware"].endswith(".bin")


def test_two_fields_of_one_part_are_one_part_and_a_hidden_pin_is_told(tmp_path):
    file = tmp_path / "board.toml"
    file.write_text(
        'board = "b"\nproduct = "p"\nchip = "esp32c3"\n[buses.i2c0]\nkind = "i2c"\n'
        "pins = { sda = 6, scl = 7 }\n"
        '[sensors.rms]\ndriver = "mpu6050"\nbus = "i2c0"\nfield = "rms"\n'
        '[sensors.peak]\ndriver = "mpu6050"\nbus = "i2c0"\nfield = "peak"\n'
        '[sensors.door]\ndriver = "contact"\nfield = "closed"\npins = { pin = 12 }\n'
    )
    drawn, left_out = wokwi.diagram(load(file).model)
    assert [part["id"] for part in drawn["parts"]] == ["esp", "rms"]
    assert left_out == ["door: board-esp32-c3-devkitm-1 leads out no GPIO 12"]
    assert ["esp:6", "rms:SDA", "green", []] in drawn["connections"]
