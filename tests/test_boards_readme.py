"""The README of boards/ tells every key, and no key that is not there."""

import re
from pathlib import Path

import pytest

from boards import schema, wiring
from boards.chips import NAMES
from boards.fields import Model

README = (Path(schema.__file__).parent / "README.md").read_text("utf-8")
MODELS = [
    *(schema.Product, schema.Channel, schema.Monitor, schema.Consumable, schema.Item),
    *(wiring.Board, wiring.Bus, wiring.Sensor, wiring.Output, wiring.Filter, wiring.Power),
]


def keys(model: type[Model]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_told(model):
    told = set(re.findall(r"`(\w+)`", README))
    told |= set(re.findall(r"^(\w+) = ", README, re.M))
    told |= set(re.findall(r"\[(\w+)\.NAME\]", README))
    told |= set(re.findall(r"^\[(\w+)\.", README, re.M))
    assert keys(model) - told == set()


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("### The whole file", schema.Product),
        ("### `[channels.NAME]`", schema.Channel),
        ("### `[monitors.NAME]`", schema.Monitor),
        ("### `[consumables.NAME]`", schema.Consumable),
        ("| filter stage |", wiring.Filter),
    ],
)
def test_no_key_is_told_that_is_not_there(heading, model):
    rows = README.split(heading)[1].split("\n## ")[0].split("\n### ")[0].split("\n\n`[outputs")[0]
    told = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", rows, re.M)
    named = {key for cell in told for key in re.findall(r"`(\w+)`", cell)}
    assert named
    assert named <= keys(model)


def test_every_chip_is_told():
    assert all(name in README for name in NAMES)
