"""An office coffee machine: people, recipes, containers, a boiler that scales, a pump that wears.

The machine moves from event to event (a customer, the rinse, midnight) and works out what happens
in between only when somebody looks, so that a month costs little. All figures are of the order of
a bean-to-cup machine in a small office; none is fitted to one model. Pressure, flow and grinder
current are summaries of the last brew, as their drivers give them, and stand between two brews.
"""

import bisect
import math
from typing import ClassVar

from sim.plants.plant import Plant
from sim.world.clock import DAY, HOUR

RECIPES = {
    # name: beans g, milk ml, water ml, share of customers
    "espresso": (9.0, 0.0, 40.0, 0.22),
    "americano": (9.0, 0.0, 150.0, 0.20),
    "cortado": (9.0, 60.0, 40.0, 0.10),
    "cappuccino": (9.0, 120.0, 40.0, 0.24),
    "latte": (9.0, 150.0, 40.0, 0.24),
}
BLACK = "espresso"
SWITCHES = 0.5
"""Share of customers who take it black when the milk is out; the others leave."""

HOUR_WEIGHTS = (0, 0, 0, 0, 0, 0, 1, 6, 14, 12, 11, 7, 6, 11, 9, 7, 5, 3, 1, 0.5, 0, 0, 0, 0)
WEEKDAY_FACTORS = (1.05, 1.1, 1.1, 1.0, 0.85, 0.35, 0.25)
SEASON = 0.12
"""More is drunk in January and less in July by this share."""

RINSE_S, RINSE_ML = 2 * HOUR, 10.0
LOW_C, HIGH_C, CYCLE_S = 91.5, 94.5, 130
FUSE_C = 136.0
"""Where the thermal fuse holds a boiler whose relay sticks."""

SETTINGS = {
    "customers_per_day": 30.0,
    "hardness_dh": 14.0,
    "ambient_c": 22.0,
    "beans_g": 900.0,
    "milk_ml": 1800.0,
    "water_ml": 4500.0,
    "cups": 180.0,
    "descaler_pct": 60.0,
    "scale": 0.05,
}

STOPPERS = ("heater_failure", "boiler_stuck_relay", "pump_wear", "brew_group_blocked")
"""Failures that, once they are complete, leave no drink worth drinking."""

DESCALER_LITRES = 200.0
"""Litres at 14 °dH that one filter cartridge softens."""

SCALE_PER_LITRE = 1.0 / 400.0
"""Unfiltered water at 14 °dH scales the boiler fully (1.0) in about four months."""

COOLS_S, HEATS_S = 1_500.0, 100.0
"""Time constants of the boiler, without its heater and with it."""

COLD = 0.3
"""From here on of the way to the room's temperature no drink is worth drinking."""

LEAK_ML_S = 2.5
"""A torn tank seal: nine litres an hour."""

REACHABLE = {"beans_g": 9.0, "milk_ml": 60.0, "water_ml": 40.0, "cups": 1.0}
"""With less than this in a container no drink that needs it can be made."""

SOFTENED = 0.2
"""What a working cartridge leaves of the scale."""


class CoffeeMachine(Plant):
    """Customers in, drinks out; sensors as the thing would have them."""

    signals: ClassVar = {
        "beans_g": "g",
        "milk_ml": "ml",
        "water_ml": "ml",
        "cups": "1",
        "descaler_pct": "%",
        "boiler_temp_c": "°C",
        "heat_up_s": "s",
        "pump_pressure_bar": "bar",
        "flow_ml_s": "ml/s",
        "grinder_current_a": "A",
        "brews": "1",
        "water_in_place": "1",
        "ambient_temp_c": "°C",
    }
    consumables: ClassVar = {
        "beans_g": 1000.0,
        "milk_ml": 2000.0,
        "water_ml": 5000.0,
        "cups": 200.0,
        "descaler_pct": 100.0,
    }
    modes: ClassVar = {
        "boiler_scaling": "limescale slows the heat-up and throttles the flow",
        "boiler_stuck_relay": "the heater stays on and the boiler overheats",
        "heater_failure": "the heater is gone and the boiler cools to the room",
        "pump_wear": "pressure and flow sink",
        "brew_group_blocked": "pressure climbs and hardly anything flows",
        "grinder_jam": "the grinder draws too much current and stands still",
        "grinder_wear": "the grinder works harder for the same beans",
        "leak": "water leaves the tank without a brew",
    }
    causes: ClassVar = {
        "boiler_overheat": ("boiler_stuck_relay",),
        "load_cell_failure": ("sensor",),
    }
    effects: ClassVar = {
        "grinder_jam": ("grinder_wear",),
        "heater_failure": ("boiler_scaling",),
        "brew_group_blocked": ("pump_wear",),
    }

    outputs: ClassVar = {"heater": ("heater_failure",), "grinder_reverse": ("grinder_jam",)}
    on_by_itself: ClassVar = ("heater",)

    def __init__(self, world, settings: dict):
        super().__init__(world)
        self.settings = self._settle(settings, SETTINGS)
        for name in self.levels:
            self.levels[name] = min(float(self.settings[name]), self.consumables[name])
        self.brews = 0
        self.scale = float(self.settings["scale"])
        self.pump_wear = 0.02
        self.tank_out_until = 0
        self._cold = 0.0  # how far the boiler had come to the room's temperature, and when
        self._cold_at = self.at
        self._last: dict[str, float] = {}
        self._last_brew = -DAY
        self._people = world.stream("coffee/customers")
        self._weather = world.stream("coffee/weather")
        self._gauss = {name: world.stream(f"coffee/noise/{name}").gauss for name in self.signals}
        self._phase = world.stream("coffee/thermostat").random
        self._weather_c = 0.0
        self._arrivals: list[tuple[int, str]] = []
        self._next_rinse = self.at + RINSE_S
        self._next_day = self.at
        self._upcoming = self.at
        self._try_out(self.at)

    # -- people ------------------------------------------------------------------------------

    def take_tank_out(self, for_s: int) -> None:
        """The water tank is out of its place for a while (somebody fills it)."""
        self.advance(self.world.now)
        self.tank_out_until = self.world.now + for_s

    def repair(self, mode: str) -> bool:
        self.advance(self.world.now)
        if mode == "boiler_scaling":
            self.scale = 0.03
        if mode == "pump_wear":
            self.pump_wear = 0.0
        broken = super().repair(mode)
        self._try_out(self.world.now)
        return broken

    def switched(self, output: str, on: bool) -> list[str]:
        if output == "heater":
            self._cold, self._cold_at = self._cooled(self.world.now), self.world.now
        mended = super().switched(output, on)
        if output == "grinder_reverse":  # it turns, so there is a current to be measured
            self._grind(self.world.now)
        return mended

    def stocked_out(self) -> list[str]:
        return [name for name, least in REACHABLE.items() if self.levels[name] < least]

    def _try_out(self, moment: int) -> None:
        """One turn of grinder and pump, as after assembly and after a repair."""
        self._grind(moment)
        self._pump(moment)

    # -- time --------------------------------------------------------------------------------

    def _advance(self, at: int) -> None:
        if at < self._upcoming:
            self._seep(at)
            return
        while self._upcoming <= at:
            moment = self._upcoming
            self._seep(moment)
            self.at = moment
            if moment >= self._next_day:
                self._plan_day(moment)
            if moment >= self._next_rinse:
                self._rinse(moment)
            while self._arrivals and self._arrivals[0][0] <= moment:
                self._serve(moment, self._arrivals.pop(0)[1])
            self._upcoming = min(self._next_day, self._next_rinse, *self._first_arrival())
        self._seep(at)

    def _first_arrival(self):
        return (self._arrivals[0][0],) if self._arrivals else ()

    def _plan_day(self, moment: int) -> None:
        """Draw tomorrow's weather and customers at the start of a day."""
        day = (self.world.start_unix + moment) // DAY
        self._next_day = (day + 1) * DAY - self.world.start_unix
        self._weather_c = 0.7 * self._weather_c + self._weather.gauss(0.0, 0.8)
        people = self._people
        season = 1.0 + SEASON * math.cos(2 * math.pi * (day % 365.25 - 15) / 365.25)
        mean = self.settings["customers_per_day"] * WEEKDAY_FACTORS[(day + 3) % 7] * season
        count = _poisson(people, mean * people.lognormvariate(0.0, 0.15))
        midnight = self._next_day - DAY
        times = sorted(midnight + _second_of_day(people) for _ in range(count))
        self._arrivals = [(at, _recipe(people)) for at in times if at >= moment]

    def _seep(self, at: int) -> None:
        leak = self.level("leak", at) if self._faults else 0.0
        if leak:
            lost_ml = leak * LEAK_ML_S * (at - self.at)
            self.levels["water_ml"] = max(self.levels["water_ml"] - lost_ml, 0.0)
        self.at = at

    def _rinse(self, moment: int) -> None:
        self._next_rinse = moment + RINSE_S
        if self.levels["water_ml"] >= RINSE_ML and moment >= self.tank_out_until:
            self._draw_water(RINSE_ML)
            self._pump(moment)

    # -- a drink -----------------------------------------------------------------------------

    def _serve(self, moment: int, name: str) -> None:
        self.demand += 1
        milk = RECIPES[name][1]
        if milk and self.levels["milk_ml"] < milk and self._people.random() < SWITCHES:
            name = BLACK
        missing = self._missing(moment, name)
        if missing:
            self.lost[missing] = self.lost.get(missing, 0) + 1
            return
        beans, milk, water, _ = RECIPES[name]
        portion = self._people.gauss(1.0, 0.03)
        self.levels["beans_g"] = max(self.levels["beans_g"] - beans * portion, 0.0)
        self.levels["milk_ml"] = max(self.levels["milk_ml"] - milk * portion, 0.0)
        self.levels["cups"] -= 1
        self._draw_water(water)
        self.brews += 1
        self._grind(moment)
        self._pump(moment)
        self._last_brew = moment

    def _missing(self, moment: int, name: str) -> str | None:
        """What keeps this drink from being made, None when nothing does."""
        beans, milk, water, _ = RECIPES[name]
        levels = self.levels
        needs = (("cups", 1), ("beans_g", beans), ("milk_ml", milk), ("water_ml", water))
        for consumable, needed in needs:
            if levels[consumable] < needed:
                return consumable
        if moment < self.tank_out_until:
            return "water_in_place"
        if self._cooled(moment) > COLD:
            return "heater_off"
        if not self._faults:
            return None
        if self.level("grinder_jam", moment) >= 0.95:
            self._grind(moment)
            return "grinder_jam"
        return next((mode for mode in STOPPERS
                     if self.level(mode, moment) >= 0.9), None)

    def _draw_water(self, ml: float) -> None:
        levels, settings = self.levels, self.settings
        litres = ml / 1000.0 * settings["hardness_dh"] / 14.0
        levels["water_ml"] = max(levels["water_ml"] - ml, 0.0)
        softened = SOFTENED if levels["descaler_pct"] > 0 else 1.0
        levels["descaler_pct"] = max(levels["descaler_pct"] - 100.0 * litres / DESCALER_LITRES, 0.0)
        self.scale += softened * SCALE_PER_LITRE * litres
        self.pump_wear += 2e-6

    def _grind(self, moment: int) -> None:
        worn, jammed = self.level("grinder_wear", moment), self.level("grinder_jam", moment)
        harder = 1.0 + 0.5 * worn + 1.6 * jammed
        noise = self._gauss["grinder_current_a"](0.0, 0.09)
        self._last["grinder_current_a"] = round(3.2 * harder + noise, 2)

    def _pump(self, moment: int) -> None:
        wear = min(self.pump_wear + self.level("pump_wear", moment), 1.0)
        scale = min(self._scaled(moment), 1.2)
        blocked = self.level("brew_group_blocked", moment)
        strain = self._gauss["pump_pressure_bar"](0.0, 0.12)
        # The relief valve keeps a good pump at nine bar; a closed sieve is beyond it.
        pressure = 9.0 * (1.0 - 0.5 * wear) * (1.0 + 0.7 * blocked) + strain
        # The coffee bed decides both: what resists more flows less.
        flow = 2.2 * (1.0 - 0.5 * wear) * (1.0 - 0.35 * scale) * (1.0 - 0.9 * blocked)
        flow += self._gauss["flow_ml_s"](0.0, 0.04) - 0.25 * strain
        self._last["pump_pressure_bar"] = round(max(pressure, 0.0), 2)
        self._last["flow_ml_s"] = round(max(flow, 0.0), 2)

    def _scaled(self, at: int) -> float:
        return self.scale + self.level("boiler_scaling", at)

    # -- sensors -----------------------------------------------------------------------------

    def _read_beans_g(self):
        return max(float(round(self.levels["beans_g"] + self._gauss["beans_g"](0.0, 2.5))), 0.0)

    def _read_milk_ml(self):
        level = self.levels["milk_ml"] + self._gauss["milk_ml"](0.0, 15.0)
        return max(10.0 * round(level / 10.0), 0.0)

    def _read_water_ml(self):
        level = 0.0 if self.at < self.tank_out_until else self.levels["water_ml"]
        return max(10.0 * round((level + self._gauss["water_ml"](0.0, 15.0)) / 10.0), 0.0)

    def _read_cups(self):
        return max(float(round(self.levels["cups"] + self._gauss["cups"](0.0, 0.3))), 0.0)

    def _read_descaler_pct(self):
        level = self.levels["descaler_pct"] + self._gauss["descaler_pct"](0.0, 0.15)
        return max(round(level, 1), 0.0)

    def _read_boiler_temp_c(self):
        swing = LOW_C + (HIGH_C - LOW_C) * self._phase()
        swing -= 4.0 * math.exp((self._last_brew - self.at) / 40.0)
        if self._faults:
            swing = self._faulty_boiler(swing)
        swing += self._cooled(self.at) * (self._room() - swing)
        return round(swing + self._gauss["boiler_temp_c"](0.0, 0.15), 1)

    def _cooled(self, at: int) -> float:
        """How far the boiler has come to the room's temperature since its heater was switched."""
        if self.on["heater"]:
            return self._cold and self._cold * math.exp((self._cold_at - at) / HEATS_S)
        return 1.0 - (1.0 - self._cold) * math.exp((self._cold_at - at) / COOLS_S)

    def _faulty_boiler(self, swing: float) -> float:
        hot = self.level("boiler_stuck_relay", self.at)
        cold = self.level("heater_failure", self.at)
        swing += hot * (FUSE_C - HIGH_C) * (0.85 + 0.15 * self._phase())
        return swing + cold * (self._room() - swing)

    def _read_heat_up_s(self):
        slow = (1.0 + self._scaled(self.at)) * (1.0 + 0.004 * (22.0 - self._room()))
        if self._faults:
            slow /= 1.0 - 0.9 * self.level("heater_failure", self.at)
        return round(24.0 * slow + self._gauss["heat_up_s"](0.0, 0.5), 1)

    def _read_pump_pressure_bar(self):
        return self._last["pump_pressure_bar"]

    def _read_flow_ml_s(self):
        return self._last["flow_ml_s"]

    def _read_grinder_current_a(self):
        return self._last["grinder_current_a"]

    def _read_brews(self):
        return float(self.brews)

    def _read_water_in_place(self):
        return 0.0 if self.at < self.tank_out_until else 1.0

    def _read_ambient_temp_c(self):
        return round(self._room() + self._gauss["ambient_temp_c"](0.0, 0.1), 1)

    def _room(self) -> float:
        hours = ((self.world.start_unix + self.at) % DAY) / HOUR
        daily = 1.5 * math.sin(2 * math.pi * (hours - 9.0) / 24.0)
        return self.settings["ambient_c"] + daily + self._weather_c


def _cumulate(weights) -> list[float]:
    total, sums = 0.0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums


_HOURS = _cumulate(HOUR_WEIGHTS)
_SHARES = _cumulate(recipe[3] for recipe in RECIPES.values())
_NAMES = tuple(RECIPES)


def _second_of_day(stream) -> int:
    hour = bisect.bisect_right(_HOURS, stream.random() * _HOURS[-1])
    return hour * HOUR + int(stream.random() * HOUR)


def _recipe(stream) -> str:
    return _NAMES[min(bisect.bisect_right(_SHARES, stream.random() * _SHARES[-1]), 4)]


def _poisson(stream, mean: float) -> int:
    """Knuth's product of uniforms; means here are below a few dozen."""
    limit, product, count = math.exp(-mean), stream.random(), 0
    while product > limit:
        product *= stream.random()
        count += 1
    return count
