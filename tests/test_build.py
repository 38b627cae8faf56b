"""What `steward build` makes starts in MicroPython as files and as a ROMFS, and reads a sensor."""

import functools
import http.server
import json
import re
import subprocess
import threading
import time

import pytest
from typer.testing import CliRunner

from boards.problems import DescriptionError
from firmware.image import build
from firmware.image.closure import Missing, closure
from sim.board.chip import RESET, Esp32
from sim.cli import app
from sim.mpy import runtime
from sim.mpy.runtime import ROOT

PRODUCT = ROOT / "boards/products/coffee_machine.toml"
BOARD = ROOT / "boards/esp32_coffee_machine.toml"


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return build.build(BOARD, PRODUCT, tmp_path_factory.mktemp("image"))


@pytest.mark.parametrize("way", ["files", "romfs"])
def test_it_starts_and_reads_a_sensor(tmp_path, image, way):
    device = Esp32(tmp_path / "board", image.folder, way)
    with device:
        device.shown_until("has not been provisioned")
        assert "public_key" in device.ask("provision keys coffee-7")
        device.type(b"restart\r")
        assert device.wait() == RESET
        device.start()
        deadline = time.monotonic() + 20
        reading = re.compile(r"boiler_temp_c +(\d+)\S* +degC +good")
        while not (found := reading.search(device.ask("channels"))):
            assert time.monotonic() < deadline and device.running, device.errors
        assert 15 < int(found[1]) < 35, "3.0 V of 3.3 V over 10 kOhm is a cold thermistor"
    assert device.errors == ""


def test_only_what_product_and_board_use_is_carried(image):
    kinds = {name for name in image.sizes if name.startswith("agent/sense/monitors/")}
    used = set(re.findall(r'^kind = "(\w+)"', PRODUCT.read_text(), re.MULTILINE))
    used &= {path.stem for path in (ROOT / "agent/sense/monitors").glob("*.py")}
    assert kinds == {f"agent/sense/monitors/{kind}.mpy" for kind in used | {"__init__"}}
    assert "hal/drivers/hx711.mpy" in image.sizes
    assert "hal/drivers/bme280.mpy" not in image.sizes
    assert not [name for name in image.sizes if "linux" in name or "simulated" in name]
    assert "firmware/image/build.mpy" not in image.sizes


def test_no_byte_of_an_image_depends_on_when_or_where_it_was_built(tmp_path, image):
    again = build.build(BOARD, PRODUCT, tmp_path)
    assert again.build == image.build
    assert (tmp_path / "romfs.img").read_bytes() == (image.folder / "romfs.img").read_bytes()


def test_who_interrupts_a_build_keeps_what_was_there_and_no_half_of_the_new(tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_compile_folder", interrupted)
    out = tmp_path / "device"
    for _ in range(2):
        answer = CliRunner().invoke(app, ["build", "--out", str(out)])
        assert answer.exit_code == 130 and "interrupted" in answer.stderr
        assert list(tmp_path.rglob("*")) == ([] if not out.exists() else [out, out / "kept"])
        out.mkdir(exist_ok=True)
        (out / "kept").write_text("")


def test_the_manifest_names_files_that_are_there(image):
    frozen = image.folder / "frozen"
    named, kept = [], []

    def package(name, files, base_path, opt):
        named.extend(frozen / name / file for file in files)

    names = {
        "package": package,
        "module": lambda name, base_path, opt: named.append(frozen / name),
        "freeze": lambda path, files: kept.extend(files),
        "require": kept.append,
    }
    exec((frozen / "manifest.py").read_text(), names)
    assert "inisetup.py" not in kept, "ours takes its place"
    assert all(path.is_file() for path in named)
    assert {path.relative_to(frozen).as_posix() for path in named} == {
        path.relative_to(frozen).as_posix() for path in frozen.rglob("*.py")
    } - {"manifest.py"}


def test_a_board_that_takes_no_image_says_what_to_do_instead(tmp_path):
    with pytest.raises(build.BuildError, match="steward sim"):
        build.build(ROOT / "boards/simulated.toml", PRODUCT, tmp_path)
    pump = ROOT / "boards/products/water_pump.toml"
    with pytest.raises(build.BuildError, match="make pi"):
        build.build(ROOT / "boards/pi_water_pump.toml", pump, tmp_path)


def test_mip_finds_every_file_of_the_library(image):
    package = json.loads((image.folder / "package.json").read_text())
    assert {name for name, _ in package["urls"]} == set(image.sizes)
    for name, where in package["urls"]:
        assert where == f"files/lib/{name}" and (image.folder / where).is_file()


def test_micropythons_mip_installs_it(tmp_path, image):
    """Its own installer, over http on this machine, into a folder from which the agent runs."""
    handler = functools.partial(Quiet, directory=str(image.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/package.json"
        script = tmp_path / "install.py"
        script.write_text(f"import mip\nmip.install({url!r}, target={str(tmp_path / 'lib')!r})\n")
        micropython(script, tmp_path)  # not where CPython's own `requests` is
        server.shutdown()
    script.write_text("from agent.core import Agent\nimport carried\nprint(carried.BUILD)\n")
    assert micropython(script, tmp_path / "lib").strip() == image.build


def micropython(script, folder):
    done = subprocess.run(
        runtime.command(script), env=runtime.environment(folder),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Not into the middle of pytest's dots."""


def test_a_wrong_product_builds_nothing(tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("product = 3\n")
    with pytest.raises(DescriptionError):
        build.build(BOARD, wrong, tmp_path / "image")
    assert not (tmp_path / "image").exists()


def test_imports_that_are_only_reached_when_called_are_carried():
    assert "agent/console/setup.py" in closure(["agent.console"])
    assert "agent/money/approval.py" in closure(["agent.trade"])
    with pytest.raises(Missing, match="warp"):
        closure(["hal.drivers.warp"])


def test_the_command_lists_sizes(tmp_path):
    run = CliRunner().invoke(app, ["build", "--board", "esp32", "-o", str(tmp_path), "--json"])
    assert run.exit_code == 0, run.output
    facts = json.loads(run.stdout)
    assert facts["bytes"] == sum(facts["modules"].values()) < facts["romfs_bytes"] < 400_000
    run = CliRunner().invoke(app, ["build", "--board", "esp32", "-o", str(tmp_path), "--strip"])
    assert re.search(r"ROMFS image +[\d,]{7}", run.stdout)


def test_a_board_that_does_not_exist_is_an_answer(tmp_path):
    run = CliRunner().invoke(app, ["build", "--board", "esp99", "-o", str(tmp_path)])
    assert run.exit_code == 1
    assert "no board esp99" in run.output
