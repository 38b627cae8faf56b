"""Every make target is told and can be planned, and the build server's script holds."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = " ".join(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)).split()


def make(*words: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", *words], cwd=ROOT, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_tells_every_target():
    told = dict(re.findall(r"^ +make (\S+) +(.+)$", make("help"), re.MULTILINE))
    assert set(told) == set(TARGETS)


def test_help_is_what_make_says_by_itself():
    assert make() == make("help")


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "ci"])
def test_each_target_can_be_planned(target):
    plan = make("--dry-run", target)
    assert plan.strip()


def test_the_demo_takes_its_options():
    assert "demo --runtime micropython --headless" in make(
        "--dry-run", "demo", "RUNTIME=micropython", "HEADLESS=1"
    )
    assert make("--dry-run", "demo").rstrip().endswith("steward demo")


def test_ci_runs_what_must_hold():
    [steps] = re.findall(r"for step in (.+); do", MAKEFILE)
    for step in ("lint", "test", "schedules", "sizes", "products", "demo HEADLESS=1"):
        assert step in steps


def test_the_build_server_script_stops_at_the_first_error():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text("utf-8")
    assert "make --no-print-directory ci" in script.read_text("utf-8")
    subprocess.run(["bash", "-n", str(script)], check=True)
