"""A driver is small: a board carries several, and stock firmware copies each into the heap."""

from pathlib import Path

import pytest

from sim.mpy import image

FOLDER = Path(__file__).parents[1] / "hal" / "drivers"
MOST = 1536  # bytes of .mpy


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("[a-z]*.py")))
def test_a_driver_is_small(name, tmp_path):
    target = tmp_path / "driver.mpy"
    image.compile_file(FOLDER / f"{name}.py", f"hal/drivers/{name}.py", target)
    assert target.stat().st_size <= MOST
