"""`steward flash` with mpremote itself onto a board that is bare, and onto a running thing."""

import subprocess
import sys
import time

import pytest
from bare_board import BareBoard
from typer.testing import CliRunner

from firmware.image import build, release
from firmware.serial.console_tool import Session
from sim.cli import app
from sim.mpy.runtime import ROOT


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    boards = ROOT / "boards"
    return build.build(
        boards / "esp32_coffee_machine.toml",
        boards / "products/coffee_machine.toml",
        tmp_path_factory.mktemp("image"),
    )


SPOIL = """
import os
for name in os.listdir("/state"):
    os.remove("/state/" + name)
os.rmdir("/state")
open("/state", "w").close()
"""


def flash(board, image):
    starts = board.starts
    words = ["flash", "--board", "esp32", "--port", board.terminal, "--image", str(image.folder)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output + board.errors
    board.await_start(starts + 2)  # once to be quiet while it is copied to, once to begin


def test_from_a_bare_board_to_one_that_can_be_provisioned(tmp_path, image):
    with BareBoard(tmp_path / "board") as board:
        flash(board, image)
        with Session(board.terminal) as session:
            assert "not been provisioned" in session.value("status")["reason"]
        assert board.errors == ""
        # The folder of its memory cannot be read any more: it says so, and does not start for ever.
        remote(board, "exec", SPOIL)
        remote(board, "reset")
        board.await_start(4)
        with Session(board.terminal) as session:
            assert "io" in session.value("status")["reason"]
        time.sleep(1)
        assert board.starts == 4


def remote(board, *words):
    command = [sys.executable, "-m", "mpremote", "connect", board.terminal, *words]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.mark.nightly
def test_a_running_thing_is_flashed_anew_and_keeps_what_it_remembers(tmp_path, image):
    with BareBoard(tmp_path / "board") as board:
        flash(board, image)
        with Session(board.terminal) as session:
            session.value("provision keys coffee-7")
        maker = release.Maker(tmp_path / "maker")
        maker.make("long enough to be taken")
        release.sign(maker, image.folder, 12, None)
        flash(board, image)
        with Session(board.terminal) as session:
            assert session.value("provision")["thing"] == "coffee-7"
            assert session.value("update")["runs"] == 12
