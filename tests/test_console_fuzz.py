"""Nonsense at the console of a whole thing in MicroPython, and a power cut in what it changes."""

import re
import subprocess

import pytest

from hal import console
from sim.mpy import runtime

TESTS = runtime.ROOT / "tests"
GROWTH_BYTES = 12 * 1024  # what a thing that is asked for nonsense may still keep: orders, outbox


def run(script, *arguments, heap="1M", timeout_s=120):
    done = subprocess.run(
        runtime.command(TESTS / script, *arguments, heap=heap),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=runtime.environment(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"(?m)^(\w+) (-?\d+)$", done.stdout)  # files that lost their disk grumble
    return {word: int(count) for word, count in found}


def fuzzed(lines, timeout_s=120):
    found = run("mpy_console_fuzz.py", TESTS / "portable", lines, timeout_s=timeout_s)
    assert found["grew"] < GROWTH_BYTES
    assert found["turn"] <= console.BYTES, "no turn of the loop takes in more, whatever is typed"


def test_nonsense_and_a_line_of_a_megabyte_neither_stop_nor_fill_a_thing():
    fuzzed(6_000)


@pytest.mark.nightly
def test_a_million_lines_of_nonsense():
    fuzzed(1_000_000, timeout_s=3600)


def test_a_power_cut_leaves_the_old_mandate_or_the_new_and_all_of_a_thing_or_nothing(tmp_path):
    cuts = run("mpy_console_cuts.py", tmp_path / "flash", TESTS / "portable", heap="2M")
    assert cuts["mandate"] > 2 and cuts["reset"] > 10
