"""A simulated thing in a folder: it is switched on and off, used by hand, and nobody else's."""

import json
import math
import signal
import subprocess
import sys

import cbor2
import httpx
import pytest
from typer.testing import CliRunner

from boards.compiler import compile_product
from firmware.serial.console_tool import Session
from sim.board.surroundings import Surroundings
from sim.board.thing import Kind, Thing, ThingError, claimed, erase, kind_of
from sim.cli import app
from sim.desk.serve import DeskServer, Settings
from sim.mpy import runtime

PRODUCTS = runtime.ROOT / "boards/products"
START = "from sim.cli import main; main()"


def product(name):
    return cbor2.loads(compile_product(PRODUCTS / f"{name}.toml"))


def switched_on(folder, *words):
    """The process, and what it says of itself when it is on."""
    command = [sys.executable, "-c", START, "sim", "thing", *words, "--dir", str(folder), "--json"]
    process = subprocess.Popen(command, cwd=runtime.ROOT, stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    line = process.stdout.readline()
    if not line:
        raise AssertionError(process.communicate())
    return process, json.loads(line)


def switched_off(process, how=signal.SIGINT):
    process.send_signal(how)
    said, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    return json.loads(said.splitlines()[-1])


def test_a_thing_as_on_a_pi_is_set_up_and_found_again_after_a_power_cut(tmp_path):
    folder = tmp_path / "pump"
    words, sold = ["water_pump", "--runtime", "cpython"], product("water_pump")
    process, ready = switched_on(folder, *words)
    assert not ready["kept"]
    board = str(runtime.ROOT / "boards/pi_water_pump.toml")
    run = CliRunner().invoke(app, [
        "provision", ready["console"], "--thing", "pump-9", "--board", board,
        "--product", str(PRODUCTS / "water_pump.toml"), "--no-lock", "--json",
    ])  # fmt: skip
    assert run.exit_code == 0, run.output
    facts = json.loads(run.stdout.splitlines()[-1])
    assert facts["failed"] == [], "its simulated parts answer"
    refused = CliRunner().invoke(app, ["sim", "thing", *words, "--dir", str(folder)])
    assert refused.exit_code == 1 and "runs already" in refused.output
    assert switched_off(process, signal.SIGTERM) == {"stopped": True, "error": None}
    assert not (folder / "console").exists()
    around, told = Surroundings(sold, {}), []
    around.told = lambda *what: told.append(what)
    again = Thing(kind_of("water_pump", None, "cpython"), folder, around, {})
    with again, Session(str(again.console)) as session:
        assert again.kept and session.value("status")["thing"] == "pump-9"
        session.ask("output motor off")
        assert told == [("motor", False, [])] and around.read("running") == 0


@pytest.mark.nightly
def test_without_a_board_a_thing_is_set_up_up_to_its_desk(tmp_path, monkeypatch):
    """As docs/device.md says it; the test order is that of tests/test_provision.py."""
    monkeypatch.setenv("STEWARD_WIFI_PASSWORD", "eight or more")
    settings = Settings(f"sqlite:///{tmp_path}/desk.db", port=0, keys=tmp_path / "keys")
    process, ready = switched_on(tmp_path / "thing", "coffee_machine", "--wifi", "lab")
    try:
        with DeskServer(settings) as desk:
            desk.run_in_background()
            set_up = [
                "provision", ready["console"], "--thing", "coffee-9", "--desk", desk.url,
                "--broker", f"localhost:{desk.link.port}", "--ca", str(desk.link.ca_path),
            ]  # fmt: skip
            monkeypatch.setenv("STEWARD_WIFI_PASSWORD", "another one")
            run = CliRunner().invoke(app, [*set_up, "--wifi", "lab", "--wait", "3"])
            assert run.exit_code == 1 and "wrong password" in run.output, run.output
            monkeypatch.setenv("STEWARD_WIFI_PASSWORD", "eight or more")
            run = CliRunner().invoke(app, [*set_up, "--wifi", "lab"])
            assert run.exit_code == 0 and "has greeted it" in run.output, run.output
            assert httpx.get(desk.url + "/things/coffee-9").json()["hello"]
        with Session(ready["console"]) as session:
            session.ask("output heater off")
        assert json.loads(process.stdout.readline()) == {
            "output": "heater", "on": False, "mended": [],
        }  # fmt: skip
    finally:
        switched_off(process)


def test_a_folder_is_one_thing_s(tmp_path):
    pump = {"product": "water_pump", "board": "esp32_water_pump", "runtime": "micropython"}
    with claimed(tmp_path / "a", pump):
        with pytest.raises(ThingError, match="runs already"):
            claimed(tmp_path / "a", pump)
        with pytest.raises(ThingError, match="runs already"):
            erase(tmp_path / "a")
    with pytest.raises(ThingError, match=r"is a water_pump on esp32_water_pump.*--erase"):
        claimed(tmp_path / "a", pump | {"product": "freezer_guard"})
    claimed(tmp_path / "a", pump).close()
    erase(tmp_path / "a")
    assert not (tmp_path / "a").exists()
    (tmp_path / "b").mkdir()
    (tmp_path / "b/letter").touch()
    for act in (lambda: claimed(tmp_path / "b", pump), lambda: erase(tmp_path / "b")):
        with pytest.raises(ThingError, match="no simulated thing"):
            act()
    assert (tmp_path / "b/letter").exists()


def test_a_board_is_found_for_a_product_or_asked_for(tmp_path):
    kind = kind_of("freezer_guard", None, "micropython")
    assert kind.board.stem == "esp32c3_freezer_guard" and isinstance(kind, Kind)
    with pytest.raises(ThingError, match="--board"):
        kind_of("freezer_guard", None, "cpython")
    with pytest.raises(ThingError, match=r"no product kettle.*coffee_machine"):
        kind_of("kettle", None, "micropython")


def test_hands_change_what_is_true():
    around = Surroundings(product("coffee_machine"), {"beans_g": 400})
    assert around.read("beans_g") == pytest.approx(400, abs=30)
    around.obey("fill beans_g 100")
    assert around.read("beans_g") == pytest.approx(500, abs=30)
    around.obey("set beans_g 12")
    assert around.read("beans_g") == 12
    around.obey("set beans_g true")
    assert around.read("beans_g") == pytest.approx(500, abs=30)
    around.obey("break leak")
    assert "leak is put right" in around.obey("mend leak")
    assert "beans_g" in around.obey("list")


def test_what_the_thing_switches_has_its_effect_and_puts_right_what_hangs():
    around, told = Surroundings(product("coffee_machine"), {}), []
    around.told = lambda *what: told.append(what)
    for output, on in (("service_lamp", False), ("heater", True), ("grinder_reverse", False)):
        around.switched(output, on)
    assert not told, "as at rest"
    around.obey("break heater_failure hung")
    around.obey("break grinder_jam")
    for output, on in (("heater", False), ("heater", True), ("service_lamp", True),
                       ("grinder_reverse", True), ("grinder_reverse", False)):  # fmt: skip
        around.switched(output, on)
    assert told == [("heater", False, []), ("heater", True, ["heater_failure"]),
                    ("service_lamp", True, []), ("grinder_reverse", True, []),
                    ("grinder_reverse", False, [])]  # fmt: skip
    assert "service_lamp         on" in around.obey("list")
    assert "is put right" in around.obey("mend grinder_jam"), "it was broken, and nothing hung"


@pytest.mark.parametrize("line, words", [
    ("break leak slowly", "'slowly' is not hung"),
    ("jump", "none of: list, set"), ("set beans_g", "say: set CHANNEL"), ("fill beans_g x", "'x'"),
    ("set beens 3", "beens.*beans_g"), ("break everything", "failure mode"), ("", "none of"),
])  # fmt: skip
def test_what_hands_cannot_do_is_told(line, words):
    with pytest.raises(ValueError, match=words):
        Surroundings(product("coffee_machine"), {}).obey(line)


def test_a_product_without_a_plant_rests_where_it_was_put():
    unknown = product("freezer_guard") | {"product": "ice_house"}
    around = Surroundings(unknown, {"inside_temp_c": -19})
    assert around.read("inside_temp_c") == -19 and around.read("door_closed") == 1
    assert math.isclose(around.read("battery_pct"), 100, abs_tol=1)
    with pytest.raises(ValueError, match="no plant"):
        around.obey("fill pack")
