"""Plants: the physics of simulated products, one file each, and what can go wrong with a sensor.

A plant knows nothing of agents, wires or desks. The world moves it with `advance`, sensors look at
it with `read`, people and scenarios change it with the other verbs. Chance comes from the world's
streams, so a plant is repeatable. `build(kind, world, settings)` makes one by name, or by the path
of a Python file that holds one class of Plant.
"""

from importlib import import_module, util
from pathlib import Path
from typing import Any

from sim.plants.plant import Plant, UnknownName
from sim.plants.sensors import SENSOR_FAULTS, Sensors

KINDS = {
    "coffee_machine": "CoffeeMachine",
    "freezer_guard": "FreezerGuard",
    "water_pump": "WaterPump",
}

__all__ = ["KINDS", "SENSOR_FAULTS", "Plant", "Sensors", "UnknownName", "build"]


def build(kind: str, world, settings: dict | None = None) -> "Sensors":
    """The plant of this kind behind sensors that can be made to fail.

    Raises UnknownName for a kind or a setting that does not exist.
    """
    maker: Any
    if kind.endswith(".py"):
        maker = _in_file(Path(kind))
    elif kind in KINDS:
        maker = getattr(import_module(f"sim.plants.{kind}"), KINDS[kind])
    else:
        raise UnknownName("plant", kind, KINDS)
    return Sensors(maker(world, settings or {}), world)


def _in_file(path: Path) -> type[Plant]:
    spec = util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader, "the name ends in .py"
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = [one for one in vars(module).values() if isinstance(one, type)
             and issubclass(one, Plant) and one.__module__ == path.stem]  # fmt: skip
    if len(found) != 1:
        raise ValueError(f"{path} holds {len(found)} classes of Plant where one is needed")
    return found[0]
