"""The boards of the repository with their real drivers, on simulated chips, through the wiring.

tests/mpy_board.py does the same inside MicroPython, on what the compiler made here.
"""

import json
import subprocess

import cbor2
import mpy_board
import pytest

from boards.compiler import compile_board, compile_product
from hal import HalError
from hal.simulated.bench import Bench
from hal.wiring import wire
from sim.mpy import runtime

BOARDS = runtime.ROOT / "boards"
# What is true, and how far a reading may be off: the steps of each chip through its calibration.
WIRED = {
    ("esp32_coffee_machine", "coffee_machine"): {
        "beans_g": (731.0, 0.1), "milk_ml": (1200.0, 0.1), "cups": (61.0, 0.1),
        "water_ml": (2750.0, 1.0), "water_in_place": (1, 0), "boiler_temp_c": (93.2, 0.5),
        "ambient_temp_c": (-4.5, 0.04), "pump_pressure_bar": (9.1, 0.01),
        "flow_ml_s": (4.2, 0.01), "grinder_current_a": (3.1, 0.001), "brews": (1000, 0),
    },
    ("pi_water_pump", "water_pump"): {
        "vibration_mm_s": (4.1, 0.2), "bearing_temp_c": (55.0, 0.1), "motor_current_a": (7.7, 0.01),
        "inlet_pressure_bar": (2.2, 0.01), "outlet_pressure_bar": (5.6, 0.01),
        "flow_l_min": (31.0, 0.5), "water_temp_c": (14.5, 0.02), "running": (1, 0),
        "run_hours": (5000.0, 0.01),
    },
}  # fmt: skip
# Counted since the device started, so what was before is not in them.
COUNTED = ("brews", "run_hours")


class Rig:
    """A compiled board on its bench, in time that the test makes pass."""

    def __init__(self, board, product):
        record = cbor2.loads(compile_product(BOARDS / "products" / f"{product}.toml"))
        self.board = cbor2.loads(
            compile_board(BOARDS / f"{board}.toml", BOARDS / "products" / f"{product}.toml")
        )
        self.names = [channel["name"] for channel in record["channels"]]
        self.truth = {name: value for name, (value, _) in WIRED[board, product].items()}
        self.now = 0
        self.bench = Bench(self.board, self.names, lambda name: self.truth[name], lambda: self.now)
        periods = [60] * len(self.names)
        self.sensors = wire(self.board, periods, self.bench.open_bus)

    def readings(self, minutes=30):
        """The last value of every channel after so many readings of it."""
        values = {}
        for _ in range(minutes):
            self.now += 60
            values = {self.names[channel]: value for channel, value in self.sensors.read(self.now)}
        return values


@pytest.mark.parametrize(("board", "product"), WIRED)
def test_every_wired_channel_gives_its_signal(board, product):
    rig = Rig(board, product)
    values = rig.readings()
    assert not any(sensor.part.problem for sensor in rig.sensors.sensors)
    wanted = WIRED[board, product]
    assert set(values) == set(wanted)
    for name, (value, slack) in wanted.items():
        if name not in COUNTED:
            assert values[name] == pytest.approx(value, abs=slack), name


@pytest.mark.parametrize("level", ["full", "empty"])
def test_a_container_is_measured_to_both_its_ends(level):
    rig = Rig("esp32_coffee_machine", "coffee_machine")
    ends = {"beans_g": 1000.0, "milk_ml": 2000.0, "water_ml": 5000.0, "cups": 200.0}
    wanted = ends if level == "full" else dict.fromkeys(ends, 0.0)
    rig.truth.update(wanted)
    values = rig.readings()
    assert {name: values[name] for name in ends} == pytest.approx(wanted, abs=1.0)


@pytest.mark.parametrize(("board", "product"), WIRED)
def test_what_is_counted_is_counted_on(board, product):
    rig = Rig(board, product)
    name = next(name for name in COUNTED if name in rig.truth)
    before = rig.readings(3)[name]
    rig.truth[name] += 7
    assert rig.readings(3)[name] == pytest.approx(before + 7, abs=0.02)


@pytest.mark.parametrize(("board", "product"), WIRED)
def test_a_part_that_fails_leaves_the_others_alone_and_comes_back(board, product):
    rig = Rig(board, product)
    rig.readings()
    for name, chips in rig.bench.chips.items():
        for chip in chips:
            silent_without_power = name not in ("contact", "pulse_meter", "ntc")
            chip.powered = False
            missing = {one for one, value in rig.readings(1).items() if value is None}
            chip.powered = True
            assert bool(missing) == silent_without_power, name
            rig.readings()
            assert not any(sensor.part.problem for sensor in rig.sensors.sensors), name


def test_a_signal_that_the_plant_does_not_have_is_a_missing_reading():
    rig = Rig("esp32_coffee_machine", "coffee_machine")
    rig.readings()

    def gone(name):
        if name == "beans_g":
            raise HalError("timeout", name)
        return rig.truth[name]

    rig.bench._value = gone
    values = rig.readings(1)
    assert [name for name, value in values.items() if value is None] == ["beans_g"]


def a_job(rig, board, product):
    slack = {name: one for name, (_, one) in WIRED[board, product].items() if name not in COUNTED}
    return {"board": rig.board, "names": rig.names, "truth": rig.truth, "slack": slack,
            "minutes": 12, "storm": 400}  # fmt: skip


@pytest.mark.nightly
@pytest.mark.parametrize(("board", "product"), WIRED)
def test_no_storm_makes_a_wrong_reading(board, product):
    """Hundreds of faults of buses and chips: each reading is right or missing, and right again."""
    job = a_job(Rig(board, product), board, product)
    missing, wrong = mpy_board.storm(mpy_board.Thing(job), 5000)
    assert wrong == []
    assert missing > 500


@pytest.mark.parametrize(("board", "product"), WIRED)
def test_the_same_readings_and_the_same_storm_in_micropython(board, product, tmp_path):
    rig = Rig(board, product)
    job = a_job(rig, board, product)
    file = tmp_path / "job.json"
    file.write_text(json.dumps(job))
    script = runtime.ROOT / "tests" / "mpy_board.py"
    done = subprocess.run(
        runtime.command(script, file, heap="300K"),
        capture_output=True, text=True, timeout=120, env=runtime.environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["wrong"] == [] and answer["missing"] > 10
    there = answer["values"]
    here = rig.readings(12)
    assert there.keys() == here.keys()
    for name, value in here.items():
        assert there[name] == pytest.approx(value, rel=1e-6, abs=1e-6), name
