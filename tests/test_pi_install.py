"""`make pi`: its steps, an installation into a folder, and the unit as systemd reads it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.image import pi_install
from firmware.image.closure import ROOT

ANALYSE = shutil.which("systemd-analyze")
systemd = pytest.mark.skipif(ANALYSE is None, reason="no systemd-analyze on this machine")
MOST_EXPOSED = 25  # of 100, by systemd's own reckoning; an unguarded service has 96


def lines(*arguments) -> list[str]:
    return [str(step) for step in pi_install.steps(*arguments)]


def test_everything_is_shown_before():
    command = ["make", "--silent", "pi", "DRY_RUN=1", "PREFIX=/srv/thing"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert " -m venv /srv/thing\n" in shown
    assert "systemctl enable steward.service" in shown
    assert shown.index("daemon-reload") > shown.index("write /etc/systemd/system/steward.service")


def test_a_user_that_is_there_is_left_alone():
    assert lines("/opt/steward", "", False)[0].startswith("useradd --system")
    assert not [line for line in lines("/opt/steward", "", True) if "useradd" in line]


def test_an_image_gets_files_and_nothing_is_started(tmp_path):
    todo = list(pi_install.steps("/opt/steward", str(tmp_path), False))
    words = [str(step) for step in todo]
    assert not [line for line in words if "useradd" in line or "systemctl" in line]
    told: list[list[str]] = []
    pi_install.install(todo, lambda text: None, lambda words, check: told.append(words))
    where = f"{tmp_path}/opt/steward"
    assert told[0][-2:] == ["venv", where]
    assert {words[0] for words in told[1:]} == {f"{where}/bin/python"}
    unit = (tmp_path / "etc/systemd/system/steward.service").read_text()
    assert "ExecStart=/opt/steward/bin/python -m firmware.pi.boot" in unit


def test_what_is_fetched_is_what_the_firmware_imports():
    """In a Python that has nothing else; buses and pins import theirs when they are opened."""
    names = {re.split(r"[>;]", line)[0] for line in pi_install.requirements()}
    assert names == {*pi_install.NEEDED, "smbus2", "spidev", "gpiozero", "lgpio"}
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "import firmware.pi.boot, firmware.pi.main\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    loaded = set(done.stdout.split())
    ours = {"agent", "hal", "firmware"}
    packages = {"cryptography": "cryptography", "paho": "paho-mqtt", "serial": "pyserial"}
    foreign = loaded - ours - set(sys.stdlib_module_names) - {"_cffi_backend", "cffi"}
    foreign = {name for name in foreign if not name.startswith(("_", "sitecustomize"))}
    assert foreign <= set(packages), foreign


def test_wrong_usage_and_a_step_that_fails_are_told(tmp_path, capsys, monkeypatch):
    with pytest.raises(SystemExit) as ended:
        pi_install.main(["--prefix", "opt"])
    assert ended.value.code == 2
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert pi_install.main([]) == 1 and "only root" in capsys.readouterr().err
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert pi_install.main(["--destdir", str(blocked)]) == 1


@systemd
def test_systemd_takes_the_unit_and_finds_it_well_guarded(tmp_path):
    unit = tmp_path / "steward.service"
    python = Path(sys.executable).resolve()
    unit.write_text(pi_install.unit("/opt/steward").replace("/opt/steward/bin/python", str(python)))
    checked = run("verify", unit)
    assert checked.returncode == 0 and unit.name not in checked.stderr, checked.stderr
    threshold = f"--threshold={MOST_EXPOSED}"
    guarded = run("security", "--offline=true", threshold, unit)
    assert guarded.returncode == 0, guarded.stdout[-300:]
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert run("security", "--offline=true", threshold, bare).returncode != 0, "the check bites"


def run(*words) -> subprocess.CompletedProcess:
    assert ANALYSE is not None
    return subprocess.run([ANALYSE, *map(str, words)], capture_output=True, text=True)
