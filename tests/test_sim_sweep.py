"""One scenario many times: from other seeds, with other cuts of the power, as a fleet."""

import json

import pytest
from typer.testing import CliRunner

from sim.cli.sim import app
from sim.desk.models import Order
from sim.world import scenario, sweep
from sim.world.fleet import Fleet
from sim.world.run import run

STORY = """title = "t"
product = "coffee_machine"
plant = "coffee_machine"
duration = "16h"
seed = 5

[plant_settings]
beans_g = 400.0

[mandate]
cap = 9_000
day_budget = 20_000

[[sellers]]
name = "shop"
"""


@pytest.fixture
def story(tmp_path):
    def written(more=""):
        file = tmp_path / "story.toml"
        file.write_text(STORY + more, encoding="utf-8")
        return str(file)

    return written


def called(*arguments):
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.stdout, done.output


def test_cuts_are_spread_over_the_operations_and_never_more_than_there_are():
    assert [one.cut for one in sweep.cuts(100, 4, 1)] == [1, 26, 51, 76]
    assert [one.cut for one in sweep.cuts(3, 40, 1)] == [1, 2, 3]
    assert {one.share for one in sweep.cuts(100, 4, 1)} == {0.0, 0.5}
    assert sweep.cuts(0, 40, 1) == []


def test_a_sweep_plays_the_runs_that_run_would_play(story):
    file = story()
    code, shown, _ = called("sweep", file, "--seeds", "2", "--first", "5", "--json")
    assert code == 0
    told = json.loads(shown)
    assert [row["seed"] for row in told["rows"]] == [5, 6]
    assert told["passed"] == told["runs"] == 2
    assert told["rows"][0]["digest"] == run(scenario.load(file)).digest
    assert told["rows"][0]["digest"] != told["rows"][1]["digest"]
    orders = [row["orders"] for row in told["rows"]]
    assert told["figures"]["orders"] == {
        "least": min(orders), "median": sum(orders) / 2, "most": max(orders)}


def test_a_sweep_that_fails_names_the_seed_and_why(story):
    code, _, said = called("sweep", story("[expect]\nboots = 2\n"), "--seeds", "1", "--first", "5")
    assert code == 1
    assert "seed 5: boots: 1, wanted at least 2" in said
    assert "0 of 1 passed" in said


def test_every_cut_takes_the_power_and_the_story_goes_on(story):
    code, shown, _ = called("cut", story(), "--cuts", "3", "--json")
    assert code == 0
    told = json.loads(shown)
    assert [row["boots"] for row in told["rows"]] == [2, 2, 2]
    assert {row["orders"] for row in told["rows"]} == {told["rows"][0]["orders"]}


def test_a_fleet_is_judged_thing_by_thing(story):
    fleet = Fleet(scenario.load(story()), 3)
    try:
        fleet.advance(fleet.scenario.duration)
        assert fleet.over
        rows = fleet.rows()
        orders = fleet.runs[0].endpoint.rows(Order)
    finally:
        fleet.close()
    assert [row["thing"] for row in rows] == [f"coffee_machine-{n}" for n in (1, 2, 3)]
    assert sum(row["orders"] for row in rows) == len(orders) >= 3
    for row in rows:
        assert row["passed"], row["failed"]
        assert row["orders"] == sum(order.thing_id == row["thing"] for order in orders)


def test_a_fleet_tells_which_thing_failed(story):
    code, _, said = called("fleet", story("[expect]\nboots = 2\n"), "--things", "2")
    assert code == 1
    assert "coffee_machine-2: boots: 1, wanted at least 2" in said


def test_what_cannot_be_loaded_is_wrong_usage():
    for command in ("sweep", "cut", "fleet"):
        code, _, said = called(command, "nowhere.toml")
        assert code == 2, command
        assert "nowhere" in said
