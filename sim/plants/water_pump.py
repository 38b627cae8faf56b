"""A booster pump in a cellar: flats draw water, a vessel buffers it, the pump fills the vessel.

Water balance in steps of ten seconds: the vessel gives what is drawn until its pressure reaches
the lower switch, then the pump fills it up to the upper one. Current, heat and vibration follow
from running; all figures are of the order of a pump for a house of thirty flats.
"""

import math
from typing import ClassVar

from sim.plants.plant import Plant
from sim.world.clock import DAY, HOUR

STEP_S = 10
HOUR_WEIGHTS = (
    0.10, 0.05, 0.05, 0.05, 0.10, 0.40, 1.20, 1.80, 1.50, 1.10, 0.90, 1.00,
    1.20, 1.00, 0.80, 0.80, 1.00, 1.30, 1.70, 1.80, 1.50, 1.10, 0.70, 0.30,
)  # fmt: skip
CUT_IN_BAR, CUT_OUT_BAR = 3.0, 4.5
DRAWDOWN_L = 110.0
"""What a vessel with all of its air gives between the two switches."""

SETTINGS = {"draw_l_min": 9.0, "inlet_bar": 2.2, "cellar_c": 16.0, "run_hours": 1200.0}
BEARING_RISE_C, BEARING_TAU_S = 24.0, 1_500.0


class WaterPump(Plant):
    """Taps in, starts and stops out; sensors as the thing would have them."""

    signals: ClassVar = {
        "vibration_mm_s": "mm/s",
        "bearing_temp_c": "°C",
        "motor_current_a": "A",
        "inlet_pressure_bar": "bar",
        "outlet_pressure_bar": "bar",
        "flow_l_min": "l/min",
        "water_temp_c": "°C",
        "running": "1",
        "run_hours": "h",
    }
    consumables: ClassVar = {"strainer": 2000.0, "grease": 30.0}
    modes: ClassVar = {
        "bearing_wear": "the bearing runs rough and hot",
        "impeller_wear": "less flow and pressure for nearly the same current",
        "vessel_lost_air": "the vessel gives little between two starts",
        "inlet_closed": "no water comes to the pump",
        "burst_pipe": "water leaves faster than the pump brings it",
        "seal_wear": "part of the flow goes round inside the pump",
    }
    causes: ClassVar = {"dry_running": ("inlet_closed",)}
    outputs: ClassVar = {"motor": ()}
    on_by_itself: ClassVar = ("motor",)
    effects: ClassVar = {
        "inlet_closed": ("impeller_wear", "seal_wear", "vessel_lost_air", "burst_pipe"),
        "bearing_wear": ("impeller_wear",),
        "seal_wear": ("impeller_wear",),
        "impeller_wear": ("seal_wear",),
        "burst_pipe": ("impeller_wear", "vessel_lost_air", "dry_running"),
        "vessel_lost_air": ("impeller_wear", "burst_pipe"),
    }

    def __init__(self, world, settings: dict):
        super().__init__(world)
        self.settings = self._settle(settings, SETTINGS)
        self.running = False
        self.run_s = float(self.settings["run_hours"]) * HOUR
        self.starts = 0
        self._water_l = DRAWDOWN_L / 2
        self._draw_l_min = 0.0
        self._bearing_c = float(self.settings["cellar_c"])
        self._vibration = 1.8
        self._city = world.stream("pump/city")
        self._taps = world.stream("pump/taps")
        self._city_bar = 0.0
        self._gauss = {name: world.stream(f"pump/noise/{name}").gauss for name in self.signals}

    def switched(self, output: str, on: bool) -> list[str]:
        mended = super().switched(output, on)
        self.running = self.running and self.on["motor"]
        return mended

    # -- time --------------------------------------------------------------------------------

    def _advance(self, at: int) -> None:
        moment = self.at
        while moment < at:
            step = min(STEP_S - moment % STEP_S, at - moment)
            moment += step
            if moment % 60 == 0:
                self._change_draw(moment)
            self._flow_on(moment, step)

    def _change_draw(self, moment: int) -> None:
        """What the flats draw in the coming minute: a rhythm of the day and chance."""
        of_day = (self.world.start_unix + moment) % DAY / HOUR
        weight = HOUR_WEIGHTS[int(of_day)]
        mean = self.settings["draw_l_min"] * weight
        self._draw_l_min = 0.8 * self._draw_l_min + 0.2 * self._taps.expovariate(1.0 / mean)
        self._city_bar = 0.98 * self._city_bar + self._city.gauss(0.0, 0.01)

    def _flow_on(self, moment: int, step: int) -> None:
        drawdown = DRAWDOWN_L * (1.0 - 0.92 * self.level("vessel_lost_air", moment))
        drawn = self._draw_l_min + 300.0 * self.level("burst_pipe", moment)
        pumped = self._pumped(moment) if self.running else 0.0
        self._water_l += (pumped - drawn) * step / 60.0
        if self._water_l <= 0.0:
            self._water_l = 0.0
            if not self.running and self.on["motor"]:
                self._start(moment)
        elif self._water_l >= drawdown:
            self._water_l = drawdown
            self.running = False
        if self.running:
            self.run_s += step
            self.levels["strainer"] = max(self.levels["strainer"] - step / HOUR, 0.0)
            self.levels["grease"] = max(self.levels["grease"] - 0.02 * step / HOUR, 0.0)
        self._warm(moment, step)

    def _start(self, moment: int) -> None:
        self.running = True
        self.starts += 1
        rough = 1.0 + 1.6 * self.level("bearing_wear", moment)
        self._vibration = 1.8 * rough * (1.0 + self._gauss["vibration_mm_s"](0.0, 0.04))

    def _warm(self, moment: int, step: int) -> None:
        rise = BEARING_RISE_C * (1.0 + 1.2 * self.level("bearing_wear", moment))
        aim = self.settings["cellar_c"] + (rise if self.running else 0.0)
        self._bearing_c += (aim - self._bearing_c) * step / BEARING_TAU_S

    def _pumped(self, at: int) -> float:
        """l/min at the present head; worn parts give less, a dry pump gives nothing."""
        if not self._faults:
            return 92.0 - 4.0 * self._head()
        worn = 0.35 * self.level("impeller_wear", at) + 0.3 * self.level("seal_wear", at)
        return (92.0 - 4.0 * self._head()) * (1.0 - worn) * (1.0 - self.level("inlet_closed", at))

    def _head(self) -> float:
        return CUT_IN_BAR + (CUT_OUT_BAR - CUT_IN_BAR) * min(self._water_l / DRAWDOWN_L, 1.0)

    # -- sensors -----------------------------------------------------------------------------

    def _read_vibration_mm_s(self):
        return round(self._vibration + self._gauss["vibration_mm_s"](0.0, 0.03), 2)

    def _read_bearing_temp_c(self):
        return round(self._bearing_c + self._gauss["bearing_temp_c"](0.0, 0.15), 1)

    def _read_motor_current_a(self):
        noise = self._gauss["motor_current_a"](0.0, 0.03)
        if not self.running:
            return round(abs(noise), 2)
        load = 4.2 + 0.028 * self._pumped(self.at) + 0.3 * self.level("bearing_wear", self.at)
        load += 0.6 * self.level("seal_wear", self.at) + 0.4 * self.level("impeller_wear", self.at)
        return round(load + noise, 2)

    def _read_inlet_pressure_bar(self):
        drawn = self._pumped(self.at) if self.running else 0.0
        pressure = self.settings["inlet_bar"] + self._city_bar - 0.003 * drawn
        pressure *= 1.0 - 0.98 * self.level("inlet_closed", self.at)
        return round(pressure + self._gauss["inlet_pressure_bar"](0.0, 0.01), 2)

    def _read_outlet_pressure_bar(self):
        pressure = self._head() * (1.0 - 0.8 * self.level("burst_pipe", self.at))
        if self.running:
            pressure += 0.15 * (1.0 - self.level("impeller_wear", self.at))
        return round(pressure + self._gauss["outlet_pressure_bar"](0.0, 0.015), 2)

    def _read_flow_l_min(self):
        if not self.running:
            return 0.0
        return round(max(self._pumped(self.at) + self._gauss["flow_l_min"](0.0, 0.6), 0.0), 1)

    def _read_water_temp_c(self):
        day = (self.world.start_unix + self.at) / DAY % 365.25
        season = 4.0 * math.cos(2 * math.pi * (day - 220) / 365.25)
        return round(11.0 + season + self._gauss["water_temp_c"](0.0, 0.15), 1)

    def _read_running(self):
        return 1.0 if self.running else 0.0

    def _read_run_hours(self):
        return round(self.run_s / HOUR, 1)
