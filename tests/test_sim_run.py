"""A run from its first second to its verdict, and the command line that shows it."""

import json

import pytest
from typer.testing import CliRunner

from sim.cli.sim import app
from sim.world import scenario
from sim.world.run import Run, run

BASE = {
    "title": "t", "product": "coffee_machine", "plant": "coffee_machine", "duration": "12h",
}  # fmt: skip


def parse(**changes):
    return scenario.parse(BASE | changes, "here.toml")


def written(folder, text):
    file = folder / "short.toml"
    file.write_text(
        'title = "t"\nproduct = "coffee_machine"\nplant = "coffee_machine"\n' + text,
        encoding="utf-8",
    )
    return str(file)


def test_a_result_is_plain_json_with_everything_in_it():
    result = run(parse())
    told = result.as_dict()
    assert json.loads(json.dumps(told)) == told
    assert {"scenario", "seed", "runtime", "digest", "verdict", "invariants", "orders", "cases",
            "figures"} <= set(told)
    assert set(told["invariants"]) == {f"I{n}" for n in range(1, 9)}
    assert told["figures"]["readings"] > 5_000


def test_expectations_decide_the_verdict():
    assert run(parse(expect={"boots": 1})).passed
    assert not run(parse(expect={"boots": 2})).passed
    assert not run(parse(expect={"detected": ["pump_wear"]})).passed


def test_a_machine_without_a_mandate_buys_nothing():
    result = run(parse(mandate=None, plant_settings={"milk_ml": 300, "beans_g": 100}))
    assert result.orders == []
    assert not any(row["broken"] for row in result.invariants.values())


def test_what_is_known_so_far_can_be_asked_at_any_time():
    playing = Run(parse())
    playing.advance(3_600)
    early = playing.result()
    assert early.figures["device_days"] == pytest.approx(1 / 24, abs=0.001)
    playing.advance(43_200)
    late = playing.result()
    assert late.digest != early.digest
    twin = Run(parse())
    twin.advance(43_200)
    assert twin.result().digest == late.digest, "asking must not change what is asked about"
    playing.close()
    twin.close()


def test_a_crash_of_the_agent_breaks_the_run():
    playing = Run(parse())
    playing.advance(600)

    def boom(*arguments):
        raise RuntimeError("boom")

    playing.thing.agent.step = boom
    playing.advance(1_200)
    result = playing.result()
    playing.close()
    assert not result.passed
    assert "boom" in result.invariants["I7"]["broken"][0]
    assert result.figures["boots"] == 2


def test_the_command_line_answers_with_exit_codes(tmp_path):
    call = CliRunner().invoke
    passing = call(app, ["run", written(tmp_path, 'duration = "2h"\n'), "--json", "--seed", "5"])
    assert passing.exit_code == 0
    assert json.loads(passing.stdout)["seed"] == 5
    failing = written(tmp_path, 'duration = "2h"\n[expect]\nboots = 9\n')
    assert call(app, ["run", failing, "--json"]).exit_code == 1
    wrong = call(app, ["run", written(tmp_path, 'duration = "2"\n')])
    assert wrong.exit_code == 2
    assert "short.toml:4" in wrong.output
    assert call(app, ["run", "no_such_thing"]).exit_code == 2
    assert call(app, ["run", failing, "--runtime", "cobol"]).exit_code == 2
    listed = call(app, ["list", "--json"])
    assert "coffee_machine" in json.loads(listed.stdout)


def test_days_cut_a_run_short():
    answer = CliRunner().invoke(app, ["run", "coffee_machine", "--days", "0.05", "--json"])
    told = json.loads(answer.stdout)
    assert told["figures"]["device_days"] == 0.05
    assert told["expectations"] == [], "what the whole month must come to is not asked of an hour"
    assert answer.exit_code == 0


def test_an_interrupted_run_says_what_is_known(tmp_path, monkeypatch):
    def interrupt(self, until):
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "advance", interrupt)
    path = written(tmp_path, 'duration = "2h"\n[expect]\nboots = 5\n')
    answer = CliRunner().invoke(app, ["run", path, "--json"])
    assert answer.exit_code == 130
    told = json.loads(answer.stdout)
    assert told["figures"]["device_days"] < 0.01
    assert told["verdict"] == "interrupted" and told["expectations"] == []
    answer = CliRunner().invoke(app, ["run", path])
    assert answer.exit_code == 130
    assert answer.stdout.splitlines()[-1].startswith("interrupted  ")
    assert "fail" not in answer.stdout


def test_a_run_can_be_watched_at_a_speed(tmp_path):
    answer = CliRunner().invoke(
        app, ["run", written(tmp_path, 'duration = "10min"\n'), "--speed", "100000", "-q"]
    )
    assert answer.exit_code == 0
    assert "pass" in answer.output


@pytest.mark.nightly
@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_that_comes_along_passes(name):
    result = run(scenario.load(name))
    broken = {n: row["broken"] for n, row in result.invariants.items() if row["broken"]}
    assert not broken
    assert [row for row in result.expectations if not row["met"]] == []
