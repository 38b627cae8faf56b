"""Runs tests/portable inside the real MicroPython, on the bytecode that devices load.

Sources are cross-compiled as they are shipped (-O2: without asserts of ours), the tests with
theirs. pytest collects the same files on CPython; here each of them gets a process with a heap
as small as a device's.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.mpy import image, runtime

PORTABLE = Path(__file__).with_name("portable")
RUNNER = "run.py"
FILES = sorted(path.stem for path in PORTABLE.glob("test_*.py"))
# A stock ESP32 with Wi-Fi and TLS leaves about 110 KB to Python; here a pointer takes twice the
# room. Code counts too, as it is copied into the heap on stock firmware.
HEAP = "220K"
# Files that need more for what is not the device's: the world around it, or a stream kept whole.
HEAPS = dict.fromkeys(
    ("core", "amnesia", "reconcile", "budget_race", "bad_readings", "monitors", "money", "market",
     "deliveries", "missed", "experience", "pattern", "why", "console", "consent", "button",
     "approval", "updates", "update_trials", "one_case", "remedies", "habit",
     "learning_hold", "butler", "believe", "missed_readings"),
    "640K",
)
TIMEOUT_S = 600
SHIPPED = ("agent", "hal")


def compile_file(source: Path, name: str, target: Path, optimise: str) -> None:
    """Cross-compile `source` to target/name.mpy, so that traces call it by its name."""
    placed = (target / name).with_suffix(".mpy")
    placed.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(image.compiled(source, name, optimise), placed)


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory) -> Path:
    """A folder with everything that a device may load, and the tests, as .mpy files."""
    target = tmp_path_factory.mktemp("bytecode")
    for package in SHIPPED:
        for source in sorted((runtime.ROOT / package).rglob("*.py")):
            compile_file(source, str(source.relative_to(runtime.ROOT)), target, "-O2")
    for source in sorted(PORTABLE.glob("*.py")):
        compile_file(source, source.name, target, "-O0")
    shutil.copyfile(PORTABLE / RUNNER, target / RUNNER)  # imports what lies beside it
    return target


@pytest.fixture(scope="session")
def collected() -> dict[str, int]:
    """How many tests pytest finds in each portable file."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-q", str(PORTABLE)],
        capture_output=True,
        text=True,
        cwd=runtime.ROOT,
        check=False,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
    )
    counts = re.findall(r"^tests/portable/(\w+)\.py: (\d+)$", done.stdout, re.MULTILINE)
    return {name: int(count) for name, count in counts}


def run(bytecode: Path, name: str) -> subprocess.CompletedProcess:
    """Run one portable file in MicroPython."""
    heap = HEAPS.get(name.removeprefix("test_"), HEAP)
    return subprocess.run(
        runtime.command(bytecode / RUNNER, name, heap=heap),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env=runtime.environment(bytecode),
        check=False,
    )


@pytest.mark.parametrize("name", FILES)
def test_file_passes_on_micropython(name, bytecode, collected):
    done = run(bytecode, name)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(re.search(r"^(\d+) passed, 0 failed$", done.stdout, re.MULTILINE)[1])
    assert passed >= collected[name] > 0


def test_the_runner_reports_what_fails(bytecode):
    (bytecode / "failing.py").write_text(
        "def test_good():\n    assert True\n\ndef test_bad():\n    assert 1 == 2\n"
    )
    done = run(bytecode, "failing")
    assert done.returncode == 1
    assert "FAIL failing test_bad" in done.stdout
    assert "line 5, in test_bad" in done.stdout
    assert done.stdout.endswith("1 passed, 1 failed\n")


def test_a_file_without_tests_does_not_pass(bytecode):
    (bytecode / "hollow.py").write_text("")
    assert run(bytecode, "hollow").returncode == 1


def test_nothing_is_loaded_from_source(bytecode):
    (bytecode / "origin.py").write_text(
        "import agent.wire.cbor, hal\n\n"
        "def test_origin():\n    assert agent.wire.cbor.__file__.endswith('.mpy')\n"
    )
    done = run(bytecode, "origin")
    assert done.returncode == 0, done.stdout + done.stderr
