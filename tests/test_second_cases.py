"""One fault of a machine asks for help once: what it makes other monitors see is no second case."""

import pytest

from sim.world import scenario
from sim.world.run import Run

DAY = 86_400


def told(product, mode, repair_fails=1.0, days=3):
    """The modes of the findings, and of the cases, after a fault."""
    story = {
        "title": "t", "product": product, "plant": product,
        "duration": f"{8 + days}d", "people": {"repair_fails": repair_fails},
        "events": [{"at": "8d 9h", "do": "break", "mode": mode}],
    }
    run = Run(scenario.parse(story, "story.toml"), seed=1)
    try:
        run.advance((8 + days) * DAY)
        found = {seen.mode for seen in run.observer.findings} - {"sensor_doubtful"}
        return found, set(run.observer.case_names.values())
    finally:
        run.close()


@pytest.mark.nightly
@pytest.mark.parametrize(
    "mode", ["heater_failure", "grinder_jam", "grinder_wear", "boiler_scaling"]
)
def test_what_a_fault_makes_others_see_is_no_second_case(mode):
    assert told("coffee_machine", mode) == ({mode}, {mode})


@pytest.mark.nightly
def test_what_is_still_odd_when_a_pipe_was_mended_is_no_worn_impeller():
    assert told("water_pump", "burst_pipe", repair_fails=0.0, days=1) == (
        {"burst_pipe"}, {"burst_pipe"})
