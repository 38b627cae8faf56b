"""Slots on Linux: real processes, a version out of a slot, and what happens when it is no good."""

import json
import subprocess
import sys
import time

import pytest
from hasty import HASTY, hasty
from test_loop_pi import ask, provision

from firmware.image import build, release
from firmware.steward_boot import load
from sim.mpy.runtime import ROOT

WAIT_S = 120
TRYING = {"slot": "a", "new": 7, "stage": 4, "left": 3}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collected")
    boards = ROOT / "boards"
    build.collect(
        boards / "pi_coffee_machine.toml", boards / "products/coffee_machine.toml", folder
    )
    return release.files(folder)


@pytest.fixture
def thing(tmp_path, sources):
    """A provisioned thing with a new version in slot a: start(record, files that differ)."""
    state = tmp_path / "state"
    provision(state)
    started = []

    def start(record, **other):
        files = sources | {HASTY: hasty().encode()}
        files |= {name.replace("__", "/") + ".py": text.encode() for name, text in other.items()}
        for name, data in files.items():
            path = state / "slots" / "a" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if record:
            (state / "slots" / "record").write_text(json.dumps(record))
        words = ["--state", state, "--console", tmp_path / "console"]
        command = [sys.executable, "-m", "firmware.pi.boot", *map(str, words)]
        started.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True))
        return started[-1]

    start.root = str(state / "slots")
    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(root, record):
    deadline = time.monotonic() + WAIT_S
    while load(root) != record:
        assert time.monotonic() < deadline, load(root)
        time.sleep(0.1)


def test_a_good_version_is_kept(thing, tmp_path):
    thing(TRYING)
    until(thing.root, {"run": "a", "number": 7})
    said = ask(tmp_path / "console", b"update\r")
    assert "runs" in said and "7" in said


def test_one_that_cannot_be_imported_gives_way_to_what_is_installed(thing, tmp_path):
    thing(TRYING, agent__core="1 / 0")
    assert "pi-1" in ask(tmp_path / "console", b"status\r")
    until(thing.root, {"bad": 7})


def test_a_good_one_that_is_damaged_gives_way_as_well(thing, tmp_path):
    thing({"run": "a", "number": 7}, agent__core="1 / 0")
    assert "pi-1" in ask(tmp_path / "console", b"status\r")
    assert load(thing.root) == {"run": "a", "number": 7}


def test_one_that_crashes_is_left_after_three_starts(thing, tmp_path):
    crash = (ROOT / "firmware/loop.py").read_text() + "\n\nLoop.turn = None\n"
    for left in (2, 1, 0):
        process = thing(TRYING if left == 2 else None, firmware__loop=crash)
        assert process.wait(WAIT_S) == 1
        assert load(thing.root)["left"] == left
    thing(None, firmware__loop=crash)
    assert "pi-1" in ask(tmp_path / "console", b"status\r")
    until(thing.root, {"bad": 7})
