"""A product and a plant of one's own beside the scenario: the humidifier of the README there."""

import re

import pytest

from sim.plants import UnknownName
from sim.world import scenario
from sim.world.run import Run

PRODUCT = """
product = "humidifier"
maker = "Example"
version = "1.0.0"
[channels.water_ml]
unit = "ml"
range = [-50, 5000]
[channels.humidity]
unit = "%"
range = [0, 100]
[monitors.wick]
kind = "limit"
watch = "humidity"
settings = { low = 40 }
[consumables.water]
measured_by = "water_ml"
capacity = "4 l"
items = [{ sku = "WATER-4L", name = "Soft water, 4 l", pack = "4 l", price = 3.90 }]
"""
STORY = """
title = "Dry winter"
product = "humidifier.toml"
plant = "humidifier.py"
duration = "1d"
[[events]]
at = "12h"
do = "break"
mode = "wick_clogged"
"""


@pytest.fixture
def folder(tmp_path):
    readme = (scenario.FOLDER / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "humidifier.py").write_text(block, "utf-8")
    (tmp_path / "humidifier.toml").write_text(PRODUCT, "utf-8")
    (tmp_path / "winter.toml").write_text(STORY, "utf-8")
    return tmp_path


def load(folder):
    return scenario.load(str(folder / "winter.toml"))


def test_the_plant_of_the_readme_runs_low_breaks_and_is_found_out(folder):
    run = Run(load(folder))
    run.advance(86_400)
    result = run.result()
    assert len(result.cases) == 1 and len(result.orders) >= 1, (result.cases, result.orders)


def test_what_plant_and_product_do_not_share_is_named(folder):
    plant = folder / "humidifier.py"
    text = plant.read_text("utf-8")
    for old, said in (('"humidity": "%"', "'humidity'"), ('"water_ml": 4000.0', "'water_ml'")):
        plant.write_text(text.replace(old, ""), "utf-8")
        with pytest.raises(UnknownName, match=said):
            Run(load(folder))
    plant.write_text("x = 1\n", "utf-8")
    with pytest.raises(ValueError, match="0 classes of Plant"):
        Run(load(folder))
    plant.unlink()
    with pytest.raises(ValueError, match=r"no plant 'humidifier\.py'"):
        load(folder)
