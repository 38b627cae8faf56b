"""Puts MicroPython and a built image onto a board: esptool for the one, mpremote for the other.

The program that starts the thing is taken away first and put there last: a copy that is cut off
leaves a board that does nothing, and the watchdog of a running thing cannot end a long copy.
"""

import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from firmware.image.build import DESCRIPTION

WAYS = ("files", "romfs", "frozen")
PATIENCE_S = 600
BAUD = 460_800
ANSWERS_WITHIN = 10  # tries: a board that was reset makes a file system, or comes back on its USB
ANSWER_S = 30  # for one of them: a board that is reset meanwhile leaves mpremote waiting for good
PAUSE_S = 2.0


class FlashError(Exception):
    """A step cannot be done; says why, or carries the words of esptool or mpremote."""


class Chip(NamedTuple):
    """Where the ROM looks for its boot loader in flash, and the chip's number in an image.

    Espressif, "Firmware Image Format" and "Bootloader", for each chip.
    """

    boot_offset: int
    number: int


CHIPS = {
    "esp32": Chip(0x1000, 0), "esp32s3": Chip(0, 9), "esp32c3": Chip(0, 5), "esp32c6": Chip(0, 13),
}  # fmt: skip
IMAGE_MAGIC, CHIP_AT = 0xE9, 12
PARTITIONS_AT, PARTITION_BYTES, PARTITION_MAGIC = 0x8000, 32, b"\xaa\x50"
SLOTS = "state/slots"
ROMFS = "romfs"  # the label by which MicroPython finds the partition


class Step(NamedTuple):
    """One call of a tool. `may_fail`: there may be nothing to take away."""

    tool: str
    words: list[str]
    may_fail: bool = False
    tries: int = 1

    def as_dict(self) -> dict[str, Any]:
        return self._asdict()


class Firmware(NamedTuple):
    """MicroPython for a chip: one file with boot loader and partitions; and what to do before."""

    file: Path
    erase: bool = False
    baud: int = BAUD


def described(image: Path, board: str | None = None) -> dict[str, Any]:
    """What is in the folder of an image, which must be for `board` if one is named."""
    try:
        found = json.loads((image / DESCRIPTION).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise FlashError(f"there is no image in {image}: run steward build first") from error
    if board is not None and found["board"] != board:
        raise FlashError(
            f"the image in {image} is for {found['board']}, not for {board}: "
            f"run steward build --board {board} first"
        )
    return found


def steps(
    image: Path,
    port: str,
    way: str,
    firmware: Firmware | None = None,
    release: int | None = None,
) -> list[Step]:
    """Everything that will be done, in order. Raises FlashError when it cannot be.

    release: the number under which the image was signed, if it was: the thing takes no older one.
    """
    chip = described(image)["chip"]
    if way not in WAYS:
        raise FlashError(f"{way} is not one of {', '.join(WAYS)}")
    if way == "frozen" and firmware is None:
        raise FlashError("frozen code is in the firmware itself: name the file that you built")
    for part in (image / "files" / "main.py", image / "files" / "lib", image / "romfs.img"):
        if not part.exists():
            raise FlashError(f"there is no {part}: run steward build first")
    first = [] if firmware is None else list(_firmware_steps(firmware, chip, port))
    if firmware is not None and way == "romfs":
        _check_room(firmware.file, chip, (image / "romfs.img").stat().st_size)
    return first + _image_steps(image, port, way, release)


def _firmware_steps(firmware: Firmware, chip: str, port: str) -> Iterator[Step]:
    partitions(firmware.file, chip)  # whether it is what it should be, before anything is erased
    start = ["--chip", chip, "--port", port, "--baud", str(firmware.baud)]
    if firmware.erase:
        yield Step("esptool", [*start, "erase-flash"])
    offset = f"{CHIPS[chip].boot_offset:#x}"
    yield Step("esptool", [*start, "write-flash", offset, str(firmware.file)])


def _image_steps(image: Path, port: str, way: str, release: int | None) -> list[Step]:
    files = image / "files"
    start = ["connect", port]
    carried = {
        "files": [["fs", "cp", "-r", str(files / "lib"), ":"]],
        "romfs": [["romfs", "deploy", str(image / "romfs.img")]],
        "frozen": [],
    }[way]
    begin = [] if way == "frozen" else [["fs", "cp", str(files / "main.py"), ":main.py"]]
    return [
        Step("mpremote", [*start, "eval", "1"], tries=ANSWERS_WITHIN),
        Step("mpremote", [*start, "fs", "rm", ":main.py"], may_fail=True),
        Step("mpremote", [*start, "reset"]),
        Step("mpremote", [*start, "eval", "1"], tries=ANSWERS_WITHIN),
        # Files come before ROMFS and frozen code on the path: an older image would hide the new.
        Step("mpremote", [*start, "fs", "rm", "-r", ":lib"], may_fail=True),
        Step("mpremote", [*start, "fs", "rm", "-r", f":{SLOTS}"], may_fail=True),
        *(() if release is None else _number_steps(start, release)),
        *(Step("mpremote", [*start, *words]) for words in [*carried, *begin]),
        Step("mpremote", [*start, "reset"]),
    ]


def _number_steps(start: list[str], release: int) -> Iterator[Step]:
    """The record of the slots (firmware/steward_boot.py) of a thing that runs this release."""
    folder = SLOTS.rpartition("/")[0]
    yield Step("mpremote", [*start, "fs", "mkdir", f":{folder}"], may_fail=True)
    yield Step("mpremote", [*start, "fs", "mkdir", f":{SLOTS}"])
    record = json.dumps({"number": release})
    program = f"with open('/{SLOTS}/record', 'w') as file: file.write('{record}')"
    yield Step("mpremote", [*start, "exec", program])


def partitions(file: Path, chip: str) -> dict[str, int]:
    """Bytes by label of the partitions in a firmware file. FlashError if it is none for `chip`."""
    if chip not in CHIPS:
        raise FlashError(f"esptool does not serve {chip}; it serves {', '.join(CHIPS)}")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise FlashError(f"{file}: {error.strerror}") from error
    if len(data) < CHIP_AT + 2 or data[0] != IMAGE_MAGIC:
        raise FlashError(f"{file} is no firmware of an ESP32: it begins with other bytes")
    (number,) = struct.unpack_from("<H", data, CHIP_AT)
    if number != CHIPS[chip].number:
        names = [name for name, known in CHIPS.items() if known.number == number]
        raise FlashError(f"{file} is for {''.join(names) or 'another chip'}, the board has {chip}")
    found: dict[str, int] = {}
    at = PARTITIONS_AT - CHIPS[chip].boot_offset
    while data[at : at + 2] == PARTITION_MAGIC:
        _, _, _, size, label = struct.unpack_from("<BBII16s", data, at + 2)
        found[label.rstrip(b"\0").decode("ascii", "replace")] = size
        at += PARTITION_BYTES
    if not found:
        raise FlashError(f"{file} has no partition table: take the whole image, not its .app-bin")
    return found


def _check_room(file: Path, chip: str, needed: int) -> None:
    has = partitions(file, chip).get(ROMFS, 0)
    if has < needed:
        why = f"its partition {ROMFS} has {has:,} bytes" if has else f"no partition {ROMFS}"
        raise FlashError(f"{file} cannot take a ROMFS image of {needed:,} bytes: {why}")


def flash(todo: list[Step], say: Callable[[str], None], run=subprocess.run) -> None:
    """Do all steps. Raises FlashError at the first that must not fail and does."""
    for step in todo:
        say(" ".join([step.tool, *step.words]))
        for left in reversed(range(step.tries)):
            done = _done(step, run)
            if not done.returncode or step.may_fail:
                break
            if not left:
                raise FlashError(_complaint(done) or f"{step.tool}: {done.returncode}")
            time.sleep(PAUSE_S)


def _done(step: Step, run) -> subprocess.CompletedProcess:
    """What the tool said; where it may be tried again, one that never ends has failed."""
    words = [sys.executable, "-m", step.tool, *step.words]
    patience_s = PATIENCE_S if step.tries == 1 else ANSWER_S
    try:
        return run(words, capture_output=True, text=True, timeout=patience_s)
    except subprocess.TimeoutExpired as error:
        if step.tries == 1:
            raise
        return subprocess.CompletedProcess(words, 1, "", str(error))


def _complaint(done: subprocess.CompletedProcess) -> str:
    """esptool complains on standard output, after much else; mpremote on the other."""
    return (done.stderr.strip() or done.stdout.strip())[-500:]
