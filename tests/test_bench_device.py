"""The device bench measures what it says; flash outlives the product."""

import io
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sim.bench import device
from sim.cli import app


@pytest.fixture(scope="module")
def lived():
    return device.Lived(4)


def test_flash_outlives_the_product(tmp_path, lived):
    found = device.wear(tmp_path, lived, rounds=12)
    assert found["store_writes_a_day"] > 4, "it learned, and it bought"
    assert found["erases_a_day"] >= found["store_writes_a_day"] / 2
    assert 2 < found["blocks_used"] <= device.BLOCKS
    assert 0 < found["share"] <= device.GOAL


def test_more_writes_are_more_wear(tmp_path, lived):
    few = device.wear(tmp_path, lived, rounds=1)
    lived.trace, whole = lived.trace * 2, lived.trace
    try:
        many = device.wear(tmp_path, lived, rounds=1)
    finally:
        lived.trace = whole
    assert many["erases_a_day"] == pytest.approx(2 * few["erases_a_day"], rel=0.15)
    assert many["share"] > 1.3 * few["share"]


def test_a_start_is_measured_both_ways(tmp_path, lived):
    found = device.boots(tmp_path, lived)
    assert set(found) == {
        f"{way}, {memory}" for way in ("files", "ROMFS") for memory in ("new", "4 days")
    }
    for spans in found.values():
        assert set(spans) == {"modules", "memory", "reading"}
        assert 0 < sum(spans.values()) < 20_000


def test_images_are_listed_and_shown():
    done = CliRunner().invoke(app, ["bench", "device", "--part", "image", "--json"])
    result = json.loads(done.stdout)
    assert set(result["image"]) == set(device.BOARDS)
    for sizes in result["image"].values():
        assert 100_000 < sizes["files"] < sizes["romfs"] < 400_000
    page = io.StringIO()
    Console(width=120, file=page).print(device.table(result))
    assert "image of esp32c3_freezer_guard: ROMFS" in page.getvalue()


def test_a_wrong_part_is_named():
    assert CliRunner().invoke(app, ["bench", "device", "--part", "soul"]).exit_code == 2
