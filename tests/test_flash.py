"""The steps in which an image is copied; a fake stands in for mpremote, for there is no board."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.flash import FlashError, flash, steps
from sim.cli import app


@pytest.fixture
def image(tmp_path):
    (tmp_path / "files" / "lib").mkdir(parents=True)
    (tmp_path / "files" / "main.py").touch()
    (tmp_path / "romfs.img").touch()
    return tmp_path


class FakeMpremote:
    """Remembers what it was told; fails at step number `failing`."""

    def __init__(self, failing: int = 0):
        self.told: list[list[str]] = []
        self._failing = failing

    def __call__(self, command, **options):
        self.told.append(command[3:])
        failed = len(self.told) == self._failing
        return subprocess.CompletedProcess(command, int(failed), "", "no device" if failed else "")


@pytest.mark.parametrize("way, word", [("files", "cp"), ("romfs", "deploy")])
def test_what_starts_the_thing_goes_first_and_comes_last(image, way, word):
    mpremote = FakeMpremote(failing=1)  # a new board has no main.py to take away
    flash(image, "/dev/ttyUSB0", way, lambda text: None, mpremote)
    assert mpremote.told[0][-2:] == ["rm", ":main.py"]
    assert word in mpremote.told[3]
    assert mpremote.told[-2][-1] == ":main.py" and mpremote.told[-1][-1] == "reset"
    assert not [words for words in mpremote.told if any("state" in word for word in words)]


def test_a_step_that_fails_ends_it(image):
    mpremote = FakeMpremote(failing=4)
    with pytest.raises(FlashError, match="no device"):
        flash(image, "/dev/ttyUSB0", "files", lambda text: None, mpremote)
    assert len(mpremote.told) == 4


def test_nothing_built_is_said(tmp_path):
    with pytest.raises(FlashError, match="steward build"):
        steps(tmp_path, "port", "files")
    with pytest.raises(FlashError, match="not one of"):
        steps(tmp_path, "port", "sideways")
    run = CliRunner().invoke(app, ["flash", "port", "--image", str(tmp_path)])
    assert run.exit_code == 1


def test_the_steps_can_be_seen_before(image: Path):
    run = CliRunner().invoke(app, ["flash", "port", "--image", str(image), "--dry-run"])
    assert run.exit_code == 0 and run.stdout.count("mpremote connect port") == 6
