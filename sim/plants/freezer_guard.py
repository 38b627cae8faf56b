"""A freezer in a kitchen and the small box on its wall, which lives on a battery.

The compressor holds the cold between two switches; it rests while the evaporator is defrosted twice
a day, people open the door, and on Saturdays warm shopping comes in. Steps of five minutes are
enough: nothing in a full freezer moves faster. The figures are of the order of an upright freezer
of 200 litres, and of a box that wakes every five minutes on one lithium cell.
"""

import math
from typing import ClassVar

from sim.plants.plant import Plant
from sim.world.clock import DAY, HOUR, MINUTE

STEP_S = 5 * MINUTE
OFF_C, ON_C = -20.5, -17.5
"""The thermostat's switches."""

WARMS_S, COOLS_S = 30 * HOUR, 4 * HOUR
"""Time constants of the closed cabinet without its compressor and with it."""

COLDEST_C = -32.0
"""Where a compressor that never stopped would bring it, in a room of 21 degrees."""

DEFROST_EVERY_S, DEFROST_S, DEFROST_C = 12 * HOUR, 25 * MINUTE, 4.0
"""How often, how long, and how much warmer the air at the probe is meanwhile."""

OPEN_WEIGHTS = (
    0.1, 0, 0, 0, 0, 0.2, 1, 2, 2, 1, 1, 2, 4, 2, 1, 1, 2, 4, 5, 4, 3, 2, 1, 0.5,
)  # fmt: skip
OPEN_C = 0.4
"""What one look inside adds to the air."""

SHOPPING_C, SHOPPING_HOUR = 5.0, 11
OPEN_WARMS_S = 2 * HOUR
"""The time constant of a cabinet whose door stands open."""

DRAIN_PCT_DAY = 0.27
"""A year on one cell, and two weeks more."""

FULL_V, FLAT_V, EMPTY_V = 4.10, 3.55, 3.0
"""The cell full, at a tenth of its charge, and empty."""

SWAP_S = 90
"""Without power while a pack is changed."""

NEVER_S = 50 * 365 * DAY

SETTINGS = {"room_c": 21.0, "openings_per_day": 12.0, "battery_pct": 100.0}


class FreezerGuard(Plant):
    """Cold in, a door, a battery that runs down; sensors as the guard would have them."""

    signals: ClassVar = {
        "inside_temp_c": "°C",
        "door_closed": "1",
        "battery_pct": "%",
        "battery_v": "V",
    }
    consumables: ClassVar = {"battery_pct": 100.0}
    modes: ClassVar = {
        "compressor_gone": "nothing cools any more",
        "mains_off": "the freezer has no power; the guard has its own",
        "gas_leak": "the compressor runs all day and cools less and less",
        "door_ajar": "the door was not pushed home: the contact sees it, and it warms slowly",
        "door_seal": "the seal leaks warm air, and the contact sees nothing",
        "cell_aged": "the cell gives its voltage up and its gauge does not see it",
    }
    causes: ClassVar = {
        "freezer_warm": ("compressor_gone", "mains_off", "gas_leak", "door_ajar",
                         "door_seal"),
        "door_open": ("door_ajar",),
        "cell_weak": ("cell_aged",),
    }

    def __init__(self, world, settings: dict):
        super().__init__(world)
        self.settings = self._settle(settings, SETTINGS)
        self.levels["battery_pct"] = float(self.settings["battery_pct"])
        self.inside_c = -19.0
        self.cooling = False
        self.opened = False
        self._people = world.stream("freezer/people")
        self._gauss = {name: world.stream(f"freezer/noise/{name}").gauss for name in self.signals}

    def refill(self, consumable: str, amount: float | None = None) -> float:
        """A pack in the place of the old one, however much was left in that."""
        self._capacity(consumable)
        self.advance(self.world.now)
        put = 100.0 if amount is None else min(amount, 100.0)
        self.levels[consumable] = put
        self._faults.pop("cell_aged", None)
        self.world.after(0, self.lost_power, SWAP_S)
        return put

    def repair(self, mode: str) -> bool:
        broken = super().repair(mode)
        if mode == "cell_aged" and broken:
            self.refill("battery_pct")
        return broken

    # -- time --------------------------------------------------------------------------------

    def _advance(self, at: int) -> None:
        moment = self.at
        while moment < at:
            step = min(STEP_S - moment % STEP_S, at - moment)
            moment += step
            self._live(moment, step)
            self._drain(step)

    def _live(self, moment: int, step: int) -> None:
        """What door and compressor do to the cold in these minutes."""
        unix = self.world.start_unix + moment
        hour, weekday = unix % DAY // HOUR, (unix // DAY + 3) % 7
        looks = self.settings["openings_per_day"] * OPEN_WEIGHTS[hour] / sum(OPEN_WEIGHTS)
        self.opened = self._people.random() < looks * step / HOUR
        if self.opened:
            self.inside_c += OPEN_C
        if weekday == 5 and hour == SHOPPING_HOUR and unix % HOUR < step and looks:
            self.inside_c += SHOPPING_C * self._people.uniform(0.2, 1.0)
        if self.inside_c >= ON_C:
            self.cooling = True
        elif self.inside_c <= OFF_C:
            self.cooling = False
        self.inside_c += self._towards(moment) * step

    def _towards(self, moment: int) -> float:
        """Degrees a second."""
        room = self.settings["room_c"]
        ajar = self.level("door_ajar", moment)
        leaky = 0.3 * self.level("door_seal", moment)
        change = (room - self.inside_c) * (1 / WARMS_S + max(ajar * 0.5, leaky) / OPEN_WARMS_S)
        lost = max(self.level("compressor_gone", moment), self.level("mains_off", moment),
                   0.95 * self.level("gas_leak", moment))
        if self.cooling and not self._defrosts(moment):
            coldest = COLDEST_C + room - SETTINGS["room_c"]
            change += (coldest - self.inside_c) * (1.0 - lost) / COOLS_S
        return change

    def _defrosts(self, moment: int) -> bool:
        return moment % DEFROST_EVERY_S < DEFROST_S

    def _drain(self, step: int) -> None:
        left = self.levels["battery_pct"]
        self.levels["battery_pct"] = max(left - DRAIN_PCT_DAY * step / DAY, 0.0)
        if left > 0 >= self.levels["battery_pct"]:
            self.world.after(0, self.lost_power, NEVER_S)

    # -- sensors -----------------------------------------------------------------------------

    def _read_inside_temp_c(self):
        air = DEFROST_C * math.sin(math.pi * (self.at % DEFROST_EVERY_S) / DEFROST_S) if (
            self._defrosts(self.at) and not self.level("mains_off", self.at)) else 0.0
        return round(self.inside_c + air + self._gauss["inside_temp_c"](0.0, 0.1), 1)

    def _read_door_closed(self):
        return 0.0 if self.opened or self.level("door_ajar", self.at) else 1.0

    def _read_battery_pct(self):
        return round(self.levels["battery_pct"] + self._gauss["battery_pct"](0.0, 0.05), 1)

    def _read_battery_v(self):
        left = self.levels["battery_pct"] / 100.0
        if left >= 0.1:
            volts = FLAT_V + (FULL_V - FLAT_V) * (left - 0.1) / 0.9
        else:
            volts = EMPTY_V + (FLAT_V - EMPTY_V) * left / 0.1
        volts -= 0.8 * self.level("cell_aged", self.at)
        return round(max(volts, 2.5) + self._gauss["battery_v"](0.0, 0.002), 3)
