"""Puts a built image onto a board that runs MicroPython, with mpremote.

The program that starts the thing is taken away first and put there last: a copy that is cut off
leaves a board that does nothing, and the watchdog of a running thing cannot end a long copy.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

WAYS = ("files", "romfs")
PATIENCE_S = 600


class FlashError(Exception):
    """A step failed; carries mpremote's words."""


def steps(image: Path, port: str, way: str) -> list[tuple[list[str], bool]]:
    """Arguments of mpremote for each step, and whether it may fail. FlashError: nothing built."""
    files, rom = image / "files", image / "romfs.img"
    if way not in WAYS:
        raise FlashError(f"{way} is not one of {', '.join(WAYS)}")
    for part in (files / "main.py", files / "lib", rom):
        if not part.exists():
            raise FlashError(f"there is no {part}: run steward build first")
    start = ["connect", port]
    carried = (
        ["romfs", "deploy", str(rom)]
        if way == "romfs"
        else ["fs", "cp", "-r", str(files / "lib"), ":"]
    )
    return [
        ([*start, "fs", "rm", ":main.py"], True),
        ([*start, "reset"], False),
        # Files come before ROMFS on the path: an older image in them would hide the new one.
        ([*start, "fs", "rm", "-r", ":lib"], True),
        ([*start, *carried], False),
        ([*start, "fs", "cp", str(files / "main.py"), ":main.py"], False),
        ([*start, "reset"], False),
    ]


def flash(image: Path, port: str, way: str, say: Callable[[str], None], run=subprocess.run) -> None:
    """Do all steps. Raises FlashError at the first that must not fail and does."""
    for words, may_fail in steps(image, port, way):
        say("mpremote " + " ".join(words))
        command = [sys.executable, "-m", "mpremote", *words]
        done = run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        if done.returncode and not may_fail:
            raise FlashError((done.stderr or done.stdout).strip() or f"mpremote: {done.returncode}")
