"""Plants: the physics of simulated products, one file each, and what can go wrong with a sensor.

A plant knows nothing of agents, wires or desks. The world moves it with `advance`, sensors look at
it with `read`, people and scenarios change it with the other verbs. Chance comes from the world's
streams, so a plant is repeatable. `build(kind, world, settings)` makes one by name.
"""

from importlib import import_module

from sim.plants.plant import Plant, UnknownName
from sim.plants.sensors import SENSOR_FAULTS, Sensors

KINDS = {
    "coffee_machine": "CoffeeMachine",
    "water_pump": "WaterPump",
}

__all__ = ["KINDS", "SENSOR_FAULTS", "Plant", "Sensors", "UnknownName", "build"]


def build(kind: str, world, settings: dict | None = None) -> "Sensors":
    """The plant of this kind behind sensors that can be made to fail.

    Raises UnknownName for a kind or a setting that does not exist.
    """
    if kind not in KINDS:
        raise UnknownName("plant", kind, KINDS)
    maker = getattr(import_module(f"sim.plants.{kind}"), KINDS[kind])
    return Sensors(maker(world, settings or {}), world)
