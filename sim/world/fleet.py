"""Many things of one product in one world, at one desk, with the same sellers and technicians.

What each of them meets is drawn for it alone: its customers, its network, its people. What the
scenario breaks, it breaks in all of them at once, which is when a desk has most to do.
"""

from sim.world.run import Run
from sim.world.scenario import Scenario
from sim.world.sweep import Variant, row_of


class Fleet:
    """`advance(until)` moves all of them on; `rows()` judges each by the scenario."""

    def __init__(self, scenario: Scenario, things: int, seed: int | None = None,
                 runtime: str = "cpython"):
        self.scenario = scenario
        self.runs: list[Run] = []
        try:
            for _ in range(things):
                beside = self.runs[0] if self.runs else None
                self.runs.append(Run(scenario, seed, runtime, beside=beside))
        except BaseException:
            self.close()
            raise

    @property
    def now(self) -> int:
        return self.runs[0].world.now

    @property
    def over(self) -> bool:
        return self.runs[0].over

    def advance(self, until: int) -> None:
        self.runs[0].advance(until)

    def rows(self) -> list[dict]:
        """A row a thing, as sim/world/sweep.py has them, with its name as `thing`."""
        seed = self.runs[0].world.seed
        return [{"thing": run.name} | row_of(Variant(seed), run.result()) for run in self.runs]

    def close(self) -> None:
        for run in self.runs:
            run.thing.close()
        if self.runs:
            self.runs[0].endpoint.desk.close()
