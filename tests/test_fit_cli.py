"""Fitting writes what recordings teach into a product file, and nothing else changes in it."""

import random
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli.fit import app
from sim.recorded import fit, product_edit, thresholds
from sim.recorded.recording import Recording

PRODUCT = Path("boards/products/coffee_machine.toml")
MINUTE, HOUR = 60, 3600


def stream(values, name="x", period=MINUTE):
    return Recording("r.csv", [i * period for i in range(len(values))], {name: list(values)})


def proposed(kind, settings, values, period=MINUTE):
    record = {"monitors": [{"name": "m", "kind": kind, "channels": [0], "settings": settings}]}
    found = thresholds.propose(record, [(stream(values, period=period), {"x": 0})])
    return {each.setting: each.proposed for each in found}


def test_limits_lie_beyond_what_was_seen_and_only_where_there_was_one():
    assert proposed("limit", {"high": 1.0}, [10, 20, 30]) == {"high": 33.0}
    both = proposed("limit", {"high": 1.0, "low": 0.0}, [10, 20, 30])
    assert both == {"high": 33.0, "low": 7.0}


def test_the_steepest_slope_of_health_does_not_alarm():
    ramp = [i * 0.5 for i in range(600)]  # 30 an hour
    found = proposed("rate", {"rise": 1.0, "window": 600}, ramp)
    assert 44 < found["rise"] < 46


def test_stillness_is_three_times_the_longest_that_was_seen():
    values = [1.0] * 11 + [2.0] * 3 + [3.0] * 5
    assert proposed("stuck", {"seconds": 60, "epsilon": 0.1}, values) == {"seconds": 1800.0}


def test_the_floor_of_a_drift_is_the_spread_of_its_block_means():
    draw = random.Random(1)
    values = [10 + draw.gauss(0, 1) for _ in range(60 * 24 * 4)]
    floor = proposed("drift", {"block": HOUR}, values)["floor"]
    assert 0.08 < floor < 0.2  # 1 / sqrt(60) is 0.13


def test_a_channel_that_was_not_recorded_teaches_nothing():
    record = {"monitors": [{"name": "m", "kind": "limit", "channels": [3],
                            "settings": {"high": 1.0}}]}
    assert thresholds.propose(record, [(stream([1, 2]), {"x": 0})]) == []


def test_an_edit_keeps_comments_and_everything_else():
    text = product_edit.with_settings(PRODUCT, {"grinder_jam": {"high": 7.25}})
    before = PRODUCT.read_text(encoding="utf-8").splitlines()
    changed = [(a, b) for a, b in zip(before, text.splitlines(), strict=True) if a != b]
    assert len(changed) == 1 and "high = 7.25" in changed[0][1]
    assert tomllib.loads(text)["monitors"]["grinder_jam"]["settings"]["hysteresis"] == 1.0


def test_a_monitor_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no monitor 'jam'; there are: boiler_overheat"):
        product_edit.with_settings(PRODUCT, {"jam": {"high": 1}})


def test_thresholds_from_the_command_line(tmp_path):
    draw = random.Random(2)
    rows = [f"{i * MINUTE},{92 + draw.gauss(0, 0.7):.2f}" for i in range(3000)]
    recording = tmp_path / "healthy.csv"
    recording.write_text("time,boiler_temp_c\n" + "\n".join(rows))
    output = tmp_path / "fitted.toml"
    short = tmp_path / "short.csv"
    short.write_text("\n".join(recording.read_text().splitlines()[:60]))
    words = ["thresholds", str(PRODUCT), str(recording), str(short), "-o", str(output)]
    done = CliRunner().invoke(app, [*words, "--html", str(tmp_path / "page.html")])
    assert done.exit_code == 0, done.output
    assert "short.csv" in (tmp_path / "page-2.html").read_text()
    fitted = tomllib.loads(output.read_text())["monitors"]["boiler_overheat"]["settings"]["high"]
    assert 94 < fitted < 97


def test_life_weights_are_written_and_a_wrong_monitor_is_refused(tmp_path):
    product = tmp_path / "engine.toml"
    product.write_text(
        '[monitors.wear]\nkind = "life"\nwatch = ["a", "b"]\nsettings = { horizon = 20 }\n'
    )
    draw = random.Random(3)
    rows = []
    for unit in range(12):
        life = draw.randint(120, 220)
        for cycle in range(life):
            worn = (cycle / life) ** 2
            rows.append(f"{unit} {cycle} {5 + worn + draw.gauss(0, 0.05):.4f} "
                        f"{9 - 2 * worn + draw.gauss(0, 0.05):.4f}")
    runs = tmp_path / "runs.txt"
    runs.write_text("\n".join(rows))
    output = tmp_path / "fitted.toml"
    words = ["life", str(product), "wear", str(runs), "-o", str(output)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    settings = tomllib.loads(output.read_text())["monitors"]["wear"]["settings"]
    assert len(settings["weights"]) == 2 + 1 + 35 and settings["horizon"] == 20
    refused = CliRunner().invoke(app, ["life", str(product), "tear", str(runs)])
    assert refused.exit_code == 2


@pytest.fixture
def engine(tmp_path):
    """(product file, file of runs): columns 0 and 1 wear, column 2 never moves."""
    product = tmp_path / "engine.toml"
    product.write_text(
        '[monitors.wear]\nkind = "life"\nwatch = ["a", "b"]\nsettings = { horizon = 20 }\n'
    )
    draw = random.Random(4)
    rows = []
    for unit in range(12):
        life = draw.randint(100, 140)
        for cycle in range(life):
            worn = (cycle / life) ** 2
            rows.append(f"{unit} {cycle} {5 + worn + draw.gauss(0, 0.05):.4f} "
                        f"{9 - 2 * worn + draw.gauss(0, 0.05):.4f} 7")
    runs = tmp_path / "runs.txt"
    runs.write_text("\n".join(rows))
    return str(product), str(runs)


def test_a_page_shows_what_life_would_have_raised_on_runs_it_has_not_seen(engine, tmp_path):
    product, runs = engine
    page = tmp_path / "life.html"
    done = CliRunner().invoke(app, ["life", product, "wear", runs, "--html", str(page)])
    assert done.exit_code == 0, done.output
    text = page.read_text()
    assert text.count("<path ") == 12 and "http" not in text
    assert "At a horizon of 20 the alarm is raised in 12 of 12 runs, " in text
    left = [int(row.split("<td>")[4].split("<")[0]) for row in text.split("<tr>")[2:]]
    assert 8 <= sorted(left)[6] <= 32


@pytest.mark.parametrize(("words", "said"), [
    (["--columns", "0,2"], "column 2 never changes"), (["--columns", "0,9"], "no column 9"),
    (["--columns", "a"], "not numbers like"), (["--columns", "0"], "watches 2 channels"),
    (["--html", "/nowhere/at/all.html"], "No such file"),
])
def test_what_life_cannot_rest_on_is_named(engine, words, said):
    product, runs = engine
    done = CliRunner().invoke(app, ["life", product, "wear", runs, *words])
    assert done.exit_code == 2 and said in done.output, done.output


def test_the_error_that_is_reported_is_that_of_the_columns_given(engine):
    whole, one = (fit.fit(engine[1], columns=columns).report for columns in ([0, 1], [0]))
    assert whole.split("RMSE")[1] != one.split("RMSE")[1]
