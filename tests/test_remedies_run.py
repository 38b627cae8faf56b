"""A simulated machine mends what hangs, output or sensor, and asks service for the rest."""

from sim.desk.models import Case, Finding
from sim.world import scenario
from sim.world.run import Run

TEXT = {
    "title": "Faults of a morning, and a cut in the middle of a try",
    "product": "coffee_machine",
    "plant": "coffee_machine",
    "duration": "14h",
    "events": [
        {"at": "1h", "do": "break sensor", "signal": "water_ml", "kind": "disconnected",
         "hung": True},
        {"at": "3h", "do": "break", "mode": "heater_failure", "hung": True},
        {"at": "9h", "do": "break", "mode": "grinder_jam"},
        {"at": "9h 12min", "do": "cut power", "operations": 2},
    ],
}


def test_what_hangs_is_mended_and_what_is_broken_becomes_a_case_that_says_what_was_tried():
    run = Run(scenario.parse(TEXT, "remedies.toml"), seed=3)
    try:
        run.advance(14 * 3600)
        remedies = [event.text for event in run.observer.timeline if event.kind == "remedy"]
        assert remedies == ["sensor water_ml set up anew", "heater for 9 s",
                            "grinder_reverse for 5 s"]
        assert not run.plant.broken_sensors()
        assert not run.observer.crashes and run.thing.boots == 2
        (case,) = run.endpoint.rows(Case, run.name)
        assert (case.mode, case.tried) == ("grinder_jam", ["reverse_grinder"])
        assert (case.remedy, case.part) == ("clean_burrs", None)
        found = {row.monitor: row.mended_by for row in run.endpoint.rows(Finding, run.name)}
        assert found["boiler_cold"] == "power_cycle" and found["grinder_jam"] is None
        assert found["sensor_water_ml"] == "restart_sensor"
        assert "reverse_grinder" in run.site.line("cases")
    finally:
        run.close()
