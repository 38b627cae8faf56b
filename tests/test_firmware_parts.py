"""The parts of firmware/esp32 that need no chip, on both runtimes; and the recovery of flash."""

import os
import subprocess
from pathlib import Path

import pytest
from firmware_cases import *  # noqa: F403 - its tests are collected here
from output_cases import *  # noqa: F403 - and its
from ways_cases import *  # noqa: F403 - and its

from sim.mpy import runtime

TESTS = Path(__file__).parent


def test_the_same_holds_on_micropython():
    done = subprocess.run(
        runtime.command(TESTS / "portable/run.py", "firmware_cases", "output_cases", "ways_cases"),
        capture_output=True,
        text=True,
        timeout=300,
        env=runtime.environment(runtime.ROOT, TESTS),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed, 0 failed" in done.stdout


@pytest.mark.parametrize("content, starts", [("erased", 1), ("whole", 1), ("garbage", 3)])
def test_a_file_system_is_brought_back_in_a_few_starts(tmp_path, content, starts):
    flash = tmp_path / "flash"
    if content == "garbage":
        flash.write_bytes(os.urandom(64 * 4096))
    if content == "whole":
        boot(flash)
    for number in range(1, starts + 1):
        assert boot(flash, tmp_path / "failed") == ("mounted" if number == starts else "again")
    assert boot(flash, tmp_path / "failed") == "mounted"


def boot(flash, notes=None) -> str:
    return runtime.run(TESTS / "mpy_boot.py", flash, notes or flash.with_name("notes")).strip()
