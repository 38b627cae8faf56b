"""`steward console` against the consoles of an ESP32, of a simulated device and of a Pi."""

import json
import os
import pty
import subprocess
import sys
import threading
import time
import tty

import pytest
from test_loop_pi import provision as provision_pi
from test_mpy_device import BOARD, PRODUCT, Plant, World, keys
from typer.testing import CliRunner

from firmware.image import build
from firmware.serial import console_tool
from firmware.serial.console_tool import ConsoleError, Refused, Session
from sim.board.chip import Esp32
from sim.cli import app
from sim.mpy.plant_server import PlantServer
from sim.mpy.process import Device
from sim.mpy.runtime import ROOT


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    boards = ROOT / "boards"
    folder = tmp_path_factory.mktemp("board")
    product = boards / "products/coffee_machine.toml"
    build.build(boards / "esp32_coffee_machine.toml", product, folder / "image")
    with Esp32(folder / "board", folder / "image") as board:
        yield board


def steward(*words, **more):
    return CliRunner().invoke(app, ["console", *map(str, words)], **more)


def test_answers_have_an_end_though_the_console_has_no_prompt(board):
    with Session(board.terminal) as session:
        assert session.ask("status").startswith("mode")
        assert session.ask("") == ""
        assert "'warp' is no command" in session.ask("warp")
        assert session.ask("crash; crash") == "it has not crashed\nit has not crashed"
        assert set(session.commands()) >= {"help", "status", "provision"}


def test_a_refusal_is_an_error_and_silence_another(board):
    with Session(board.terminal) as session, pytest.raises(Refused, match="one word is needed"):
        session.value("pin set")
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    silence = pytest.raises(ConsoleError, match="no answer to 'status'")
    with Session(os.ttyname(theirs), patience_s=0.3) as session, silence:
        session.ask("status")
    os.close(ours)
    os.close(theirs)


def test_lines_of_the_command_and_of_a_script(board, tmp_path):
    run = steward(board.terminal, "--exec", "status", "-e", "crash", "--json")
    assert run.exit_code == 0, run.output
    first, second = map(json.loads, run.stdout.splitlines())
    assert first["mode"] == "blank" and second == {"said": "it has not crashed"}
    script = tmp_path / "script"
    script.write_text("# a remark\n\ncrash\nwarp\nstatus\n")
    run = steward(board.terminal, "--script", script)
    assert run.exit_code == 1, "it stops at what is refused"
    assert run.stdout.splitlines()[0] == "it has not crashed" and "mode" not in run.stdout
    assert steward("/nowhere", "-e", "status").exit_code == 1


def test_a_conversation(board, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from sim.cli import main; main()", "console", board.terminal],
        input="status\n\npin\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "reason" in done.stdout and "wrong_tries" in done.stdout


def test_the_one_board_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(console_tool, "HERE", tmp_path / "console")

    class FakePort:
        device, description, vid = "/dev/ttyUSB0", "CP2102", 0x10C4

    class FakeModem(FakePort):
        vid = 0x1234

    found = [FakePort, FakeModem]
    monkeypatch.setattr(console_tool.list_ports, "comports", lambda: found)
    assert console_tool.find_port() == "/dev/ttyUSB0"
    found.append(FakePort)
    with pytest.raises(ConsoleError, match="which port"):
        console_tool.find_port()
    found.clear()
    assert steward("--exec", "status").exit_code == 1
    (tmp_path / "console").touch()
    assert console_tool.find_port() == str(tmp_path / "console"), "of the service on a Pi"


def test_a_simulated_device(tmp_path):
    """Its own end of the terminal is taken, so a cable is laid to a second one."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with (
        PlantServer(World(), Plant()) as server,
        Device(tmp_path / "device", PRODUCT, BOARD, keys(), server) as device,
        Session(os.ttyname(theirs)) as session,
    ):
        device.heap()
        lay_cable(ours, device)
        assert session.value("status")["thing"] == "coffee-1"
        assert len(session.value("channels")) == 13
        assert session.value("provision")["thing"] == "coffee-1"
        session.value("inject beans_g 321")
        until(lambda: session.value("read beans_g")[-1]["value"] == 321)
        session.value("inject beans_g off")
        until(lambda: session.value("read beans_g")[-1]["value"] != 321)
        with pytest.raises(Refused, match="no number"):
            session.value("inject beans_g much")


def until(true):
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def lay_cable(ours, device):
    def there():
        while True:
            for line in os.read(ours, 4096).decode().split("\r"):
                if line:
                    device.type(line)

    def back():
        while True:
            os.write(ours, device.shown(0.1).encode())

    for run in (there, back):
        threading.Thread(target=suppressed, args=(run,), daemon=True).start()


def suppressed(run):
    try:
        run()
    except OSError:
        return  # the cable was pulled


def test_a_pi(tmp_path):
    provision_pi(tmp_path / "state")
    words = ["--state", tmp_path / "state", "--console", tmp_path / "console"]
    command = [sys.executable, "-m", "firmware.pi.main", *map(str, words)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "console").exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        with Session(str(tmp_path / "console")) as session:
            assert session.value("status")["thing"] == "pi-1"
            assert "consumables" in session.commands()
    finally:
        process.kill()
        process.wait()
