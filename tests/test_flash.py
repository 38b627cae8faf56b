"""The steps in which MicroPython and an image get onto a board; a fake stands in for the tools."""

import json
import struct
import subprocess
from pathlib import Path

import pytest
from esp_rom import MEM_END, Rom
from esptool.targets import CHIP_DEFS
from typer.testing import CliRunner

from boards.chips import CHIPS as PINS
from firmware import steward_boot
from firmware.image import flash as flashing
from firmware.image import release
from firmware.image.flash import CHIPS, Firmware, FlashError, flash, partitions, steps
from sim.cli import app

PORT = "/dev/ttyUSB0"


@pytest.fixture
def image(tmp_path):
    folder = tmp_path / "image"
    (folder / "files" / "lib").mkdir(parents=True)
    (folder / "files" / "main.py").touch()
    (folder / "romfs.img").write_bytes(bytes(5000))
    facts = {"chip": "esp32", "board": "esp32_coffee_machine"}
    (folder / "image.json").write_text(json.dumps(facts))
    return folder


def firmware(folder: Path, chip: str = "esp32", romfs: int = 0, table: bool = True) -> Path:
    """As much of MicroPython as is looked at: the heads of boot loader and partitions."""
    labels = {"nvs": 0x6000, "factory": 0x1F0000, "vfs": 0x200000}
    labels |= {"romfs": romfs} if romfs else {}
    data = bytearray(b"\xff" * 0x9000)
    data[0] = 0xE9
    data[12:14] = struct.pack("<H", CHIPS[chip].number)
    at = 0x8000 - CHIPS[chip].boot_offset
    for label, size in labels.items() if table else ():
        row = struct.pack("<HBBII16sI", 0x50AA, 1, 2, 0x9000, size, label.encode(), 0)
        data[at : at + 32] = row
        at += 32
    file = folder / f"{chip}.bin"
    file.write_bytes(data)
    return file


class FakeTools:
    """Remembers what esptool and mpremote were told; fails at the steps that `failing` names."""

    def __init__(self, *failing: int):
        self.told: list[list[str]] = []
        self._failing = failing

    def __call__(self, command, **options):
        self.told.append(command[2:])
        failed = len(self.told) in self._failing
        return subprocess.CompletedProcess(command, int(failed), "", "no device" if failed else "")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(flashing, "PAUSE_S", 0)


def quiet(text):
    assert text


@pytest.mark.parametrize("way, word", [("files", "cp"), ("romfs", "deploy")])
def test_what_starts_the_thing_goes_first_and_comes_last(image, way, word):
    tools = FakeTools(2)  # a new board has no main.py to take away
    flash(steps(image, PORT, way), quiet, tools)
    assert tools.told[1][-2:] == ["rm", ":main.py"]
    assert word in tools.told[6]
    assert tools.told[-2][-1] == ":main.py" and tools.told[-1][-1] == "reset"
    told = [word for words in tools.told for word in words if "state" in word]
    assert told == [":state/slots"], "a newer version there would hide what is put there now"


def test_a_signed_image_brings_its_number_so_that_no_older_release_is_taken(image, tmp_path):
    (image / "files/lib/agent.mpy").write_bytes(b"code")
    facts = {"chip": "esp32", "board": "b", "release": ["p", "1"], "build": "1", "runtime": "mpy6"}
    (image / "image.json").write_text(json.dumps(facts))
    maker = release.Maker(tmp_path / "maker")
    maker.make("long enough to be taken")
    release.sign(maker, image, 5, None)
    tools = FakeTools()
    flash(steps(image, PORT, "files", release=release.number(image)), quiet, tools)
    told = [words[-1] for words in tools.told]
    program = told.index(":state/slots") + 3
    assert told.index(":state/slots") < program < told.index(":main.py", 2)
    kept = tmp_path / "record"
    exec(told[program].replace("/state/slots/record", str(kept)))
    assert steward_boot.load(str(tmp_path)) == {"number": 5} and kept.exists()
    (image / "files/lib/agent.mpy").write_bytes(b"built anew")
    assert release.number(image) is None, "it was signed before that"


def test_a_step_that_fails_ends_it(image):
    tools = FakeTools(7)
    with pytest.raises(FlashError, match="no device"):
        flash(steps(image, PORT, "files"), quiet, tools)
    assert len(tools.told) == 7


def test_a_board_that_is_still_starting_is_waited_for(image):
    tools = FakeTools(1, 2, 3)
    flash(steps(image, PORT, "files"), quiet, tools)
    assert [words[-1] for words in tools.told[:5]] == ["1", "1", "1", "1", ":main.py"]
    tools = FakeTools(*range(1, 100))
    with pytest.raises(FlashError, match="no device"):
        flash(steps(image, PORT, "files"), quiet, tools)
    assert len(tools.told) == flashing.ANSWERS_WITHIN


def test_a_tool_that_waits_for_good_is_started_anew_where_it_may_be(image):
    tools, hung = FakeTools(), []

    def hangs_at_first(words, timeout, **options):
        if timeout == flashing.ANSWER_S and not hung:
            hung.append(words)
            raise subprocess.TimeoutExpired(words, timeout)
        return tools(words, timeout=timeout, **options)

    flash(steps(image, PORT, "files"), quiet, hangs_at_first)
    assert hung[0][-1] == tools.told[0][-1] == "1"


def test_every_chip_is_known_as_esptool_knows_it():
    assert set(CHIPS) == {name for name, chip in PINS.items() if not chip.linux}
    for name, chip in CHIPS.items():
        known = CHIP_DEFS[name]
        assert chip == (known.BOOTLOADER_FLASH_OFFSET, known.IMAGE_CHIP_ID), name


@pytest.mark.parametrize(
    "chip, offset",
    [("esp32", "0x1000"), ("esp32s3", "0x0"), ("esp32c3", "0x0"), ("esp32c6", "0x0")],
)
def test_micropython_goes_first_to_where_the_chip_looks_for_it(image, tmp_path, chip, offset):
    (image / "image.json").write_text(json.dumps({"chip": chip, "board": "b"}))
    file = firmware(tmp_path, chip)
    first, second, *rest = steps(image, PORT, "files", Firmware(file, erase=True, baud=115_200))
    assert first.words == ["--chip", chip, "--port", PORT, "--baud", "115200", "erase-flash"]
    assert second.words[-3:] == ["write-flash", offset, str(file)]
    assert {step.tool for step in rest} == {"mpremote"}
    assert "write-flash" in steps(image, PORT, "files", Firmware(file))[0].words, "nothing erased"


def test_esptool_itself_erases_and_writes_a_chip(image, tmp_path):
    """Against the protocol of the ESP32's ROM and of esptool's own stub, over a socket."""
    file = firmware(tmp_path)
    with Rom() as rom:
        todo = steps(image, rom.port, "files", Firmware(file, erase=True))
        flash([step for step in todo if step.tool == "esptool"], quiet)
        written = file.read_bytes()
        assert rom.flash[0x1000 : 0x1000 + len(written)] == written
        assert set(rom.flash[:0x1000]) == {0xFF}, "erased before"
        assert MEM_END in rom.told, "the stub was taken"


def test_frozen_code_is_not_hidden_by_files(image, tmp_path):
    todo = steps(image, PORT, "frozen", Firmware(firmware(tmp_path)))
    words = [" ".join(step.words) for step in todo]
    assert "write-flash" in words[0] and not [line for line in words if " cp " in line]
    assert [line for line in words if line.endswith("rm :main.py")]
    assert [line for line in words if line.endswith("rm -r :lib")]
    with pytest.raises(FlashError, match="in the firmware itself"):
        steps(image, PORT, "frozen")


def test_firmware_that_would_not_run_is_refused_before_anything_is_erased(image, tmp_path):
    def refused(file: Path, way: str = "files") -> str:
        with pytest.raises(FlashError) as caught:
            steps(image, PORT, way, Firmware(file, erase=True))
        return str(caught.value)

    assert "is for esp32c3, the board has esp32" in refused(firmware(tmp_path, "esp32c3"))
    assert "no partition table" in refused(firmware(tmp_path, table=False))
    assert "no partition romfs" in refused(firmware(tmp_path), "romfs")
    assert "has 4,096 bytes" in refused(firmware(tmp_path, romfs=4096), "romfs")
    (tmp_path / "text.bin").write_text("hello")
    assert "other bytes" in refused(tmp_path / "text.bin")
    assert "No such file" in refused(tmp_path / "nowhere.bin")
    assert steps(image, PORT, "romfs", Firmware(firmware(tmp_path, romfs=8192)))


def test_a_board_that_esptool_does_not_serve_is_named(tmp_path):
    with pytest.raises(FlashError, match="does not serve raspberry_pi"):
        partitions(firmware(tmp_path), "raspberry_pi")


def test_nothing_built_is_said(image, tmp_path):
    with pytest.raises(FlashError, match="steward build"):
        steps(tmp_path, PORT, "files")
    with pytest.raises(FlashError, match="not one of"):
        steps(image, PORT, "sideways")
    (image / "romfs.img").unlink()
    with pytest.raises(FlashError, match=r"romfs\.img"):
        steps(image, PORT, "files")


def run(*words):
    return CliRunner().invoke(app, ["flash", *map(str, words)])


def test_the_steps_can_be_seen_before(image, tmp_path):
    shown = run("port", "--image", image, "--dry-run")
    assert shown.exit_code == 0 and shown.stdout.count("mpremote connect port") == 9
    file = firmware(tmp_path)
    words = ("--port", "port", "--image", image, "--firmware", file, "--erase", "--dry-run")
    shown = run(*words)
    lines = shown.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["esptool"] * 2 + ["mpremote"] * 9
    facts = json.loads(run(*words, "--json").stdout)
    assert not facts["done"]
    assert [f"{step['tool']} {' '.join(step['words'])}" for step in facts["steps"]] == lines


def test_an_image_for_another_board_is_refused(image):
    shown = run("port", "--image", image, "--board", "esp32", "--dry-run")
    assert shown.exit_code == 0, shown.output
    shown = run("port", "--image", image, "--board", "pi_water_pump", "--dry-run", "--json")
    assert shown.exit_code == 1
    assert "is for esp32_coffee_machine, not for pi_water_pump" in json.loads(shown.stdout)["error"]
    assert run("port", "--image", image, "--board", "esp99").exit_code == 1


def test_erased_flash_wants_something_to_start_from(image):
    assert run("port", "--image", image, "--erase").exit_code == 2


def test_a_port_that_is_not_there_is_the_tools_complaint(image, tmp_path, monkeypatch):
    """esptool itself, which is installed: it is called as it wants to be called."""
    words = ("/nowhere", "--image", image, "--firmware", firmware(tmp_path), "--json")
    answer = json.loads(run(*words).stdout)
    assert not answer["done"] and "/nowhere" in answer["error"]
