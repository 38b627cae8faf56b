"""What a device carries: that it compiles, what it weighs, what it takes of a 32-bit heap."""

import shutil

import pytest

from sim.mpy import heap, image

DEVICE = (
    "firmware/__init__ firmware/loop firmware/start hal/__init__ hal/backoff hal/clock "
    "hal/console hal/filters hal/link_chumicro hal/sensors hal/store hal/wiring"
)
# Beside the agent and the MQTT library; 2.5 KB more since links and stores survive every cut, files
# have checksums and are mended, a line and a step are worked on in slices, updates and outputs are
# put together and a low battery is heeded.
LOOP_AND_HAL_BYTES = 14 * 1024 + 546


def test_loop_and_hal_fit_their_budget():
    sizes = image.sizes(image.build())
    total = sum(sizes[name + ".mpy"] for name in DEVICE.split())
    assert total <= LOOP_AND_HAL_BYTES, total


def test_nothing_of_the_host_is_in_the_image():
    names = image.sizes(image.build())
    assert not [name for name in names if "linux" in name or "paho" in name]
    assert "agent/core.mpy" in names


def test_an_image_is_built_once(tmp_path, monkeypatch):
    some = {name: path for name, path in image.sources().items() if name.startswith("agent/c")}
    monkeypatch.setattr(image, "sources", lambda: some)
    first = image.build(tmp_path)
    stamp = (first / "agent/core.mpy").stat().st_mtime_ns
    assert image.build(tmp_path) == first
    assert (first / "agent/core.mpy").stat().st_mtime_ns == stamp


def test_what_micropython_cannot_take_is_named(tmp_path):
    source = tmp_path / "wrong.py"
    source.write_text("match 1:\n    case 1: pass\n")
    with pytest.raises(SyntaxError, match=r"agent/wrong\.py"):
        image.compile_file(source, "agent/wrong.py", tmp_path / "wrong.mpy")


@pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="needs Node")
def test_the_heap_on_32_bits_is_measured_step_by_step():
    measured = heap.measure()
    assert next(iter(measured)) == "interpreter"
    modules = sum(size for name, size in measured.items() if name.startswith("modules"))
    objects = sum(size for name, size in measured.items() if name.startswith("objects"))
    assert modules > 50_000 < modules + objects
    assert objects < 64 * 1024, "what frozen modules leave to be had of an ESP32's heap"


@pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="needs Node")
def test_code_in_rom_takes_no_heap_and_the_rooms_add_up():
    copied, in_rom = heap.measure(), heap.measure(way="in ROM")
    assert in_rom["modules agent"] < 0.7 * copied["modules agent"]
    assert in_rom["modules link"] < 0.7 * copied["modules link"]
    rooms = sum(size for name, size in in_rom.items() if name.startswith("room "))
    assert 0.9 < rooms / in_rom["objects agent"] < 1.1
    assert len(heap.table({"copied": copied, "in ROM": in_rom}).splitlines()) > len(in_rom)


def test_an_image_without_line_numbers_is_smaller():
    plain = image.sizes(image.build())
    stripped = image.sizes(image.build(optimise=image.STRIPPED))
    assert plain.keys() == stripped.keys()
    assert 0.85 < sum(stripped.values()) / sum(plain.values()) < 0.95
