"""Slots on a device: whatever a new version does, and whenever the power fails, something starts.

The firmware is built as it is flashed, starts by its own main.py's way, and lies on littlefs.
"""

import json
import re
import shutil
import subprocess

import pytest
from hasty import HASTY, hasty

from firmware import guard, steward_boot
from firmware.image import build, fold
from firmware.serial.console_tool import Session
from hal.linux import p256
from sim.board.chip import POWER_CUT, RESET, Esp32
from sim.mpy import runtime

BLOCKS = 512
TRYING = {"new": 7, "stage": 4, "left": 3}


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    boards = runtime.ROOT / "boards"
    board = boards / "esp32_water_pump.toml"
    return build.build(board, boards / "products/water_pump.toml",
                       tmp_path_factory.mktemp("image")).folder  # fmt: skip


@pytest.fixture
def board(tmp_path, image):
    board = Esp32(tmp_path / "board", image)
    yield board
    board.close()


def start(board, **more):
    board.start(blocks=BLOCKS, slots=True, **more)


def version(image, folder, name="", source=""):
    """The files of a new version: those of the image, but for one that has another source."""
    shutil.copytree(image / "files" / "lib", folder)
    for each, text in {HASTY: hasty(), name: source}.items():
        if each:
            folded = fold.fold(text, fold.module_of(each))
            build.compile_module(folded, each, (folder / each).with_suffix(".mpy"))
    return folder


def put(board, folder, words=TRYING):
    """Put a version into the spare slot over the cable; returns the record."""
    arguments = [board.folder / "flash.bin", BLOCKS, folder, json.dumps(words)]
    done = subprocess.run(
        runtime.command(runtime.ROOT / "tests/mpy_slots.py", *arguments),
        capture_output=True, text=True, timeout=60, env=runtime.environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def record(board):
    return put(board, "")


def make_thing(board):
    start(board)
    with Session(board.terminal) as session:
        session.value("provision keys pump-7")
    board.off()


def until(board, session, **wanted):
    """Ask for `update` until it says what is wanted."""
    for _ in range(120):
        found = session.value("update")
        if all(found[word] == value for word, value in wanted.items()):
            return found
    raise AssertionError((found, board.errors))


def test_a_good_version_is_kept(tmp_path, image, board):
    make_thing(board)
    put(board, version(image, tmp_path / "new"))
    start(board)
    with Session(board.terminal) as session:
        until(board, session, slot="a", runs=7, stage=None)
        assert session.value("status")["thing"] == "pump-7"
    board.off()
    put(board, version(image, tmp_path / "newer"), TRYING | {"new": 8})
    start(board)
    with Session(board.terminal) as session:
        until(board, session, slot="b", runs=8)
    board.off()
    assert record(board) == {"run": "b", "number": 8}


@pytest.mark.parametrize("name, source, starts", [
    ("firmware/esp32/main.py", "raise ValueError('new and broken')", 1),
    ("agent/core.py", "import agent.nothing", 1),
    ("firmware/loop.py", "class Loop:\n    def __init__(self, *given):\n        1 / 0\n", 4),
    ("firmware/start.py", "SLOTS = '/slots'", 4),
], ids=["import", "missing", "start", "api"])  # fmt: skip
def test_a_bad_version_is_left_again_by_itself(tmp_path, image, board, name, source, starts):
    make_thing(board)
    put(board, version(image, tmp_path / "new", name, source))
    for _ in range(starts):
        start(board, cause="SOFT_RESET")
        if _ < starts - 1 or starts == 1:
            assert board.wait() == RESET, board.errors
    if starts == 1:
        start(board)
    with Session(board.terminal) as session:
        found = until(board, session, slot=None, given_up=7)
        assert found["runs"] == 0
        assert "was left again" in session.ask("log"), board.errors
        assert session.value("status")["mode"] == "run"
        assert session.value("status")["thing"] == "pump-7"


def test_a_waking_up_is_no_start_of_a_version_on_trial(tmp_path, image, board):
    make_thing(board)
    put(board, version(image, tmp_path / "new"), TRYING | {"left": 1})
    for wakings in (1, 2):
        start(board, cause="DEEPSLEEP_RESET")
        with Session(board.terminal) as session:
            assert session.value("update")["stage"] == "trying", board.errors
        assert (record(board)["left"], record(board)["woken"]) == (1, wakings)
        board.off()
    start(board, cause="DEEPSLEEP_RESET")
    with Session(board.terminal) as session:
        until(board, session, slot="a", runs=7, stage=None)
    board.off()
    assert record(board) == {"run": "a", "number": 7}


def test_a_version_that_only_sleeps_is_left_all_the_same(tmp_path):
    trying = {"slot": "a", "new": 7, "stage": steward_boot.TRYING, "left": 1, "run": "b"}
    steward_boot.save(str(tmp_path), trying)
    chosen = [steward_boot.choose(str(tmp_path), woken=True)
              for _ in range(steward_boot.WAKINGS + 2)]  # fmt: skip
    assert chosen == ["a"] * (steward_boot.WAKINGS + 1) + ["b"]
    assert steward_boot.load(str(tmp_path))["bad"] == 7


def test_a_version_that_hangs_is_ended_by_the_watchdog_and_left(tmp_path, image, board):
    make_thing(board)
    hang = "class Loop:\n    def __init__(self, *given):\n        while True:\n            pass\n"
    put(board, version(image, tmp_path / "new", "firmware/loop.py", hang))
    for left in (2, 1, 0):
        start(board, cause="WDT_RESET")
        while record(board)["left"] != left:  # its flash is a file: it can be looked at
            assert board.running, board.errors
        board.off()  # as the watchdog does
    start(board, cause="WDT_RESET")
    with Session(board.terminal) as session:
        until(board, session, slot=None, given_up=7)


def test_what_cannot_be_put_together_any_more_is_left_at_once(tmp_path, image, board):
    make_thing(board)
    source = (runtime.ROOT / "firmware/start.py").read_text()
    source += "\n\ndef start_sensors(*given):\n    raise Unprovisioned('no such board')\n"
    put(board, version(image, tmp_path / "new", "firmware/start.py", source))
    start(board)
    assert board.wait() == RESET
    assert record(board) == {"bad": 7, "why": "no such board"}


def test_a_slot_that_was_good_and_is_damaged_gives_way_to_what_came_by_cable(
        tmp_path, image, board):  # fmt: skip
    make_thing(board)
    put(board, version(image, tmp_path / "new", "agent/core.py", "1 / 0"),
        {"run": "a", "number": 7, "new": 9})  # fmt: skip
    start(board)
    with Session(board.terminal) as session:
        assert session.value("status")["thing"] == "pump-7"


def test_in_safe_mode_it_asks_the_desk_for_a_version_by_itself(board):
    start(board)
    with Session(board.terminal) as session:
        session.value("provision keys pump-7")
        session.value("provision maker " + p256.public_key(b"m" * 32).hex())
    board.off()
    for _ in range(guard.BAD_BOOTS - 1):
        start(board, crash=True)
        assert board.wait() == RESET
    start(board)
    with Session(board.terminal) as session:
        assert session.value("status")["mode"] == "safe"
        assert "update" in [row["kind"] for row in session.value("outbox")]


def test_the_power_may_fail_at_any_operation_of_a_trial(tmp_path, image, board):
    """From the first start of a new version to its being kept: always a thing that starts."""
    make_thing(board)
    put(board, version(image, tmp_path / "new"), TRYING | {"left": 100})
    operation, kept = 0, False
    while not kept:
        operation += 1
        start(board, cut_at=operation)
        while board.running and not kept:  # its flash is a file: it can be looked at
            found = record(board)
            kept = found.get("run") == "a"
            assert kept or (found["stage"], found["slot"]) == (4, "a"), found
        assert kept or board.wait() == POWER_CUT, board.errors
    board.off()
    start(board)
    with Session(board.terminal) as session:
        assert session.value("update")["runs"] == 7
        assert session.value("status")["thing"] == "pump-7"
    assert operation > 5 and board.errors == ""


def test_the_power_may_fail_at_any_operation_of_fetching_trying_and_keeping(tmp_path):
    script, kit = runtime.ROOT / "tests/mpy_update_cuts.py", runtime.ROOT / "tests/portable"
    said = runtime.run(script, tmp_path / "flash", kit, heap="4M")
    assert int(re.search(r"^(\d+) cuts\n\Z", said, re.MULTILINE)[1]) > 40
