"""From a maker's signature to a thing that runs it: real firmware, TLS, broker, desk and commands.

A good version is kept; one that crashes comes after it, and is left again by itself.
"""

import json
import re
import shutil
import time

import httpx
import pytest
from hasty import HASTY, hasty
from typer.testing import CliRunner

from firmware.image import build, fold
from firmware.serial import commission
from firmware.serial.console_tool import Session
from sim.board.chip import Esp32
from sim.cli import app
from sim.desk.serve import DeskServer, Settings
from sim.mpy import runtime

BOARDS = runtime.ROOT / "boards"
PRODUCT = BOARDS / "products/water_pump.toml"
BOARD = BOARDS / "esp32_water_pump.toml"
WAIT_S = 120
THING = "pump-9"


@pytest.fixture
def desk(tmp_path):
    settings = Settings(f"sqlite:///{tmp_path}/desk.db", port=0, keys=tmp_path / "keys")
    with DeskServer(settings) as server:
        server.run_in_background()
        yield server


def built(folder):
    """An image whose sensors are read often."""
    folder.mkdir()
    product = folder / "water_pump.toml"
    product.write_text(re.sub(r'(?m)^every = ".*?"', 'every = "2s"', PRODUCT.read_text()))
    image = build.build(BOARD, product, folder / "image").folder
    replace(image, HASTY, hasty())
    return image


def changed(image, folder, change):
    """An image with something added to its loop."""
    shutil.copytree(image, folder)
    source = (runtime.ROOT / "firmware/loop.py").read_text()
    replace(folder, "firmware/loop.py", source + change)
    return folder


def replace(image, name, source):
    folded = fold.fold(source, fold.module_of(name))
    build.compile_module(folded, name, (image / "files/lib" / name).with_suffix(".mpy"))


@pytest.fixture
def image(tmp_path):
    return built(tmp_path / "first")


@pytest.fixture
def board(tmp_path, image):
    board = Esp32(
        tmp_path / "board", image,
        restarts=True, slots=True, blocks=512,
    )  # fmt: skip
    board.start()
    yield board
    board.close()


def steward(*words):
    run = CliRunner().invoke(app, [str(word) for word in words])
    assert run.exit_code == 0, run.output
    return json.loads(run.stdout.splitlines()[-1]) if "--json" in words else run.stdout


def until(desk, **wanted):
    """The desk's row of what the thing runs, once it is as wanted."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        rows = httpx.get(desk.url + "/installs").json()["items"]
        if rows and all(rows[0][word] == value for word, value in wanted.items()):
            return rows[0]
        time.sleep(0.2)
    raise AssertionError(rows)


def published(folder, desk, image):
    secret = ("--directory", folder / "maker", "--passphrase-file", folder / "secret")
    steward("update", "sign", image, *secret)
    return steward("update", "publish", image, "--desk", desk.url, "--json")


@pytest.fixture
def place(tmp_path, image, board, desk, monkeypatch):
    """A thing that trusts a maker and runs the first release of it."""
    monkeypatch.setattr(commission, "READING_S", 0)  # no chips are on it
    (tmp_path / "secret").write_text("a long secret\n")
    secret = ("--directory", tmp_path / "maker", "--passphrase-file", tmp_path / "secret")
    maker = steward("update", "init", *secret, "--json")["public_key"]
    run = CliRunner().invoke(app, [
        "provision", board.terminal, "--thing", THING, "--maker", maker, "--desk", desk.url,
        "--broker", f"localhost:{desk.link.port}", "--ca", str(desk.link.ca_path), "--wifi", "lab",
    ])  # fmt: skip
    assert "maker: paired" in run.output, run.output  # its sensors are missing, and it says so
    until(desk, runs=0, number=0)
    made = published(tmp_path, desk, changed(image, tmp_path / "second", "SECOND = True\n"))
    assert made["number"] == 1
    until(desk, runs=1, state="confirmed")
    return tmp_path


def test_a_version_that_a_maker_signed_is_fetched_tried_and_kept(place, board, desk):
    with Session(board.terminal) as session:
        found = session.value("update")
        assert (found["runs"], found["slot"]) == (1, "a"), found
        assert session.value("status")["thing"] == THING
    listed = steward("update", "list", "--desk", desk.url, "--json")
    assert [row["number"] for row in listed["releases"]] == [1]
    assert board.errors == ""


@pytest.mark.nightly
def test_a_version_that_crashes_is_left_again_and_the_desk_is_told(place, image, board, desk):
    crash = "\n\nLoop.turn = None\n"
    published(place, desk, changed(image, place / "third", crash))
    left = until(desk, runs=1, number=2, state="left")
    assert "no good end" in left["reason"]
    with Session(board.terminal) as session:
        assert session.value("status")["mode"] == "run"
        assert "was left again" in session.ask("log")
        assert session.value("update")["given_up"] == 2
