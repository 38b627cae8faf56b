"""A thing on a battery: its duty on both runtimes, its estimate, its board, its firmware."""

import json
import subprocess
from pathlib import Path

import cbor2
import pytest
from battery_cases import *  # noqa: F403 - its tests are collected here
from battery_cases import TURN_MS, Bench
from typer.testing import CliRunner

from agent import needs
from agent.core import Agent
from agent.identity import Identity
from agent.product import Product as Compiled
from agent.sense.channels import GOOD
from boards.compiler import check_file, compile_board, compile_product
from boards.load import load
from boards.schema import Product
from boards.wiring import Board
from firmware.esp32 import duty
from firmware.image import build, current
from hal.linux import p256
from sim.board import chip
from sim.cli import app
from sim.mpy import runtime
from sim.world.memory import MemoryStore

TESTS = Path(__file__).parent
BOARD = runtime.ROOT / "boards/esp32c3_freezer_guard.toml"
KEYS = {
    "thing": "guard-1",
    "root_key": b"r" * 32,
    "private_key": b"p" * 32,
    "public_key": b"q" * 64,
}
PRODUCT = runtime.ROOT / "boards/products/freezer_guard.toml"


def test_the_same_holds_on_micropython():
    done = subprocess.run(
        runtime.command(TESTS / "portable/run.py", "battery_cases"),
        capture_output=True,
        text=True,
        timeout=120,
        env=runtime.environment(runtime.ROOT, TESTS),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed, 0 failed" in done.stdout


def test_its_image_naps_in_micropython(tmp_path):
    made = build.build(BOARD, PRODUCT, tmp_path / "image")
    assert "firmware/esp32/battery.mpy" in made.sizes
    fakes = chip.stand_ins(tmp_path / "fakes")
    (tmp_path / "identity").write_bytes(cbor2.dumps(KEYS, canonical=True))
    command = [TESTS / "mpy_battery.py", tmp_path / "flash", tmp_path / "identity"]
    done = subprocess.run(
        runtime.command(*command), env=runtime.environment(made.folder / "files/lib", fakes),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    naps = [int(word) for word in done.stdout.splitlines()[-1].split()[1:]]
    assert len(naps) == 3 and 0 < max(naps) <= 1000 * duty.NAP_S, done.stdout + done.stderr


def test_only_a_board_with_a_battery_carries_what_sleeps(tmp_path):
    entries = build._loaded_by_name(
        compile_product(runtime.ROOT / "boards/products/coffee_machine.toml"),
        compile_board(
            runtime.ROOT / "boards/esp32_coffee_machine.toml",
            runtime.ROOT / "boards/products/coffee_machine.toml",
        ),
    )
    assert build.BATTERY not in entries


def described() -> tuple[Board, Product]:
    board, product = load(BOARD).model, load(PRODUCT).model
    assert isinstance(board, Board) and isinstance(product, Product)
    return board, product


def test_the_estimate_is_what_the_duty_comes_to():
    """A week of the real loop on a bench, whose seconds are multiplied with the same currents."""
    board, product = described()
    board = board.model_copy(update={"sensors": {}})
    channels = {"a": product.channels["inside_temp_c"].model_copy(update={"every": 600})}
    guessed = current.estimate(board, product.model_copy(update={"channels": channels}))
    bench, week_s = Bench(), 7 * 86_400
    bench.run(week_s)
    draw = current.CHIP_DRAW[board.chip]
    online_s = bench.online_ms / 1000
    awake_s = week_s - bench.chip.asleep_s - online_s
    awake_s -= duty.AWAKE_S  # once, after it was switched on
    drawn = bench.chip.asleep_s * draw.asleep + awake_s * draw.awake + online_s * draw.online
    assert guessed is not None and TURN_MS == 1000 * current.TURN_S
    assert drawn / week_s == pytest.approx(guessed.average_ma, rel=0.15)


def test_what_costs_more_is_estimated_to_cost_more():
    board, product = described()
    plain = current.estimate(board, product)
    assert plain is not None and board.power is not None
    assert sum(plain.parts.values()) == plain.average_ma
    power = board.power.model_copy(update={"listen_every": 600})
    chatty = current.estimate(board.model_copy(update={"power": power}), product)
    older = current.estimate(board.model_copy(update={"chip": "esp32"}), product)
    assert chatty is not None and chatty.parts["online"] > 30 * plain.parts["online"]
    assert older is not None and older.days < plain.days / 2
    half = board.power.model_copy(update={"capacity": board.power.capacity // 2})
    emptier = current.estimate(board.model_copy(update={"power": half}), product)
    assert emptier is not None and emptier.days == plain.days // 2
    assert current.estimate(board.model_copy(update={"power": None}), product) is None


def test_every_part_has_a_figure():
    drivers = {sensor.driver for sensor in described()[0].sensors.values()}
    assert drivers <= set(current.PART_DRAW)


def test_it_is_printed_where_the_board_is_checked():
    shown = CliRunner().invoke(app, ["product", "check", str(BOARD)])
    assert "mA on average (asleep 0.13" in shown.output and " days" in shown.output
    shown = CliRunner().invoke(app, ["product", "check", "--json", str(BOARD), str(PRODUCT)])
    board, product = json.loads(shown.stdout)["files"]
    assert 100 < board["battery"]["days"] < 2000 and "battery" not in product


def test_it_wants_its_next_pack_in_time_and_knows_why():
    """A month in which the pack runs empty, read every five minutes."""
    private = bytes([1]) * 32
    identity = Identity("guard-1", private, private, private * 2, p256, private * 2)
    product = Compiled(compile_product(PRODUCT))
    agent = Agent(product, identity, MemoryStore(), bytes)
    readings = 30 * 288
    for number in range(readings):
        now, charge = 300 * number, 100 * (1 - number / readings)
        for channel, value in enumerate(
                (-18 + number % 3 / 10, 1, round(charge, 1), 3.5 + number // 12 % 3 / 1000)):
            agent.feed_reading(channel, value, GOOD, now)
        agent.step(now)
        while agent.take_effect():
            continue
        arising = needs.arising(agent.trade.shelf, lambda *order: False, agent.clock.at(now))
        if arising:
            break
    assert 32 < charge < 52, "a delivery takes five days of a month, and a reserve is to be left"
    assert arising[0].quantity == 1000 and "lead_days" in dict(arising[0].reason)
    assert agent.senses.open_watches() == []


@pytest.fixture
def problems(tmp_path):
    def check(*changes: tuple[str, str]) -> str:
        text = BOARD.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "products").mkdir(exist_ok=True)
        (tmp_path / "products" / PRODUCT.name).write_text(PRODUCT.read_text())
        (tmp_path / "board.toml").write_text(text)
        return "\n".join(str(p) for p in check_file(tmp_path / "board.toml").problems)

    return check


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"closed"', '"count"', "counts edges, and a sleeping chip sees none"),
        ('chip = "esp32c3"', 'chip = "raspberry_pi_4"', "raspberry_pi_4 does not sleep"),
        ('flat = "5 %"', 'flat = "30 %"', "flat must be below low"),
        ('battery = "battery_pct"', 'battery = "door_closed"', "it must be in %"),
        ('battery = "battery_pct"', 'battery = "batery"', 'no channel "batery"'),
        ('listen_every = "6h"', 'listen_every = "1min"', "power.listen_every"),
        ("capacity = 3400", "capacity = 0", "power.capacity"),
    ],
)
def test_a_battery_that_cannot_be_is_refused(problems, old, new, said):
    assert problems() == ""
    assert said in problems((old, new))
