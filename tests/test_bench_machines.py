"""The machine monitors against public data, in float32, and the weights that a fit gives."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.bench import life, onset, skab
from sim.bench.machine import files, replay
from sim.recorded import fit

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT / "tests" / "portable"))
portable = importlib.import_module("monitor_streams")

needs_data = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not here")


@pytest.mark.parametrize("kind", portable.CASES)
def test_float32_arithmetic_gives_the_same_alarms(kind):
    """As on an ESP32: readings, state and what is computed from them in single precision."""
    make, settings, stream = portable.CASES[kind]
    double, single = make(settings), make(settings)
    single.state = np.zeros(len(double.state), np.float32)
    single.wake()
    for values, at in stream(True):
        expected = double.update([portable.single(value) for value in values], at)
        found = single.update([np.float32(value) for value in values], at)
        assert bool(found) == expected, (at, double.score, single.score)


@pytest.fixture(scope="module")
def valve():
    if not DATA.exists():
        pytest.skip("../shared/data is not here")
    return skab.run(DATA / "skab")


def test_joint_is_above_its_bars_on_skab(valve):
    assert valve["f1"] >= skab.BARS["f1"]
    assert valve["f1_at_far10"] >= skab.BARS["f1_at_far10"]
    assert valve["state_bytes"] <= skab.BARS["state_bytes"]
    assert len(valve["rows"]) == 16
    assert valve["far"] < 0.2


def test_joint_stays_quiet_on_the_healthy_run_once_it_has_seen_enough_of_it(valve):
    """Five minutes do not show what a pump does in three hours; half an hour nearly does."""
    (free,) = valve["free"]
    assert free["far_after_long_learning"] < 0.01
    assert free["far"] > free["far_after_long_learning"]


def test_both_runtimes_give_the_same_alarms_on_skab(valve):
    path = DATA / "skab" / "valve1" / "0.csv"
    device = skab.run(path, runtime="micropython")
    assert device["alarms"] == [row for row in valve["alarms"] if row[0] == "valve1/0"]
    assert device["alarms"]


@needs_data
@pytest.mark.parametrize("runtime", ["cpython", "micropython"])
def test_onset_of_bearing_wear_comes_two_days_before_the_end(runtime):
    result = onset.run(DATA / "bearing" / "ims_2nd.csv", runtime=runtime)
    assert result["lead_h"] >= onset.BARS["lead_h"]
    assert result["false_onsets"] == 0
    assert result["column"] == "Bearing 1"


@needs_data
def test_life_tells_engines_it_has_not_seen():
    runs = fit.read_runs(DATA / "cmapss" / "train_FD001.txt")
    result = fit.cross_validate(runs, repeats=1)
    assert result["rmse"] < life.BARS["rmse"]
    assert len(fit.learn(runs).weights) <= life.BARS["weights"]


@needs_data
def test_life_bench_scores_a_test_set(tmp_path):
    """Training engines cut at known points stand in for the test files."""
    train = DATA / "cmapss" / "train_FD001.txt"
    lines = train.read_text().splitlines()
    cut, lives = [], []
    for unit in ("3", "7", "12"):
        own = [line for line in lines if line.split()[0] == unit]
        cut += own[: len(own) * 3 // 4]
        lives.append(str(len(own) - len(own) * 3 // 4))
    (tmp_path / "test.txt").write_text("\n".join(cut))
    (tmp_path / "rul.txt").write_text("\n".join(lives))
    results = [life.run(train, tmp_path / "test.txt", tmp_path / "rul.txt", runtime=runtime)
               for runtime in ("cpython", "micropython")]
    assert [row["told"] for row in results[0]["rows"]] == [r["told"] for r in results[1]["rows"]]
    assert [row["true"] for row in results[0]["rows"]] == [float(true) for true in lives]
    assert 0 < results[0]["rmse"] < 40


def wearing_runs(count=12):
    """Runs to failure of a made-up machine: two channels that wear, one that only jitters."""
    random = np.random.default_rng(1)
    runs = []
    for _ in range(count):
        length = int(random.integers(120, 220))
        worn = (np.arange(length) / length) ** 3
        runs.append(np.stack([500 + 10 * worn + random.normal(0, 0.5, length),
                              3 - 0.4 * worn + random.normal(0, 0.03, length),
                              random.normal(7, 1, length), np.full(length, 100.0)], axis=1))
    return runs


def write_runs(path, runs):
    lines = [" ".join(f"{number:.5f}" for number in (unit, cycle, *row))
             for unit, run in enumerate(runs, 1) for cycle, row in enumerate(run, 1)]
    path.write_text("\n".join(lines))
    return path


def test_fit_finds_the_channels_that_tell_and_reports_its_error(tmp_path):
    found = fit.fit(write_runs(tmp_path / "runs.txt", wearing_runs()))
    assert found.columns == [0, 1]
    assert len(found.weights) == 2 + 1 + 35
    assert "12 runs to failure" in found.report and "RMSE" in found.report


def test_the_monitor_tells_what_the_fit_predicts():
    runs = wearing_runs()
    found = fit.learn(runs)
    for runtime in ("cpython", "micropython"):
        told = life.told(found, runs[0], runtime)
        assert np.abs(told - fit.predict(found, runs[0])).max() < 0.05


def test_fit_refuses_what_it_cannot_check(tmp_path):
    with pytest.raises(ValueError, match="3 runs to failure"):
        fit.fit(write_runs(tmp_path / "few.txt", wearing_runs(3)))
    (tmp_path / "short.txt").write_text("1 2\n1 3\n")
    with pytest.raises(ValueError, match=r"short\.txt"):
        fit.read_runs(tmp_path / "short.txt")


def test_runs_may_be_commas_under_a_line_of_names(tmp_path):
    (tmp_path / "runs.csv").write_text("unit,cycle,heat\n1,1,5.5\n1,2,6e1\n2,1,7\n")
    first, second = fit.read_runs(tmp_path / "runs.csv")
    assert first.tolist() == [[5.5], [60.0]] and second.tolist() == [[7.0]]


def test_late_costs_more_than_early():
    assert fit.figures([20])["phm"] > fit.figures([-20])["phm"]
    assert fit.figures([3, -4])["rmse"] == pytest.approx(12.5**0.5)


def test_one_threshold_keeps_the_false_alarm_rate():
    scores = [0.1, 0.2, 0.3, 0.4, 0.9, 0.8, 0.7, 0.35]
    labels = [False, False, False, False, True, True, True, True]
    assert skab.best_at_far(scores, labels, 0.0)["mar"] == 0.25
    best = skab.best_at_far(scores, labels, 0.25)
    assert best["mar"] == 0 and best["far"] == 0.25 and best["f1"] == pytest.approx(8 / 9)


def test_onsets_are_stretches_of_alarm():
    assert onset.onsets([0, 1, 1, 0, 1]) == [(1, 3), (4, 5)]
    assert onset.onsets([0, 0]) == []
    assert onset.onsets([1, 0]) == [(0, 1)]


def test_an_early_or_passing_onset_is_false():
    calm = [1.0 + 0.01 * (i % 7) for i in range(1500)]
    passing = list(calm)
    passing[600:700] = [2.0] * 100
    times = list(range(0, 900000, 600))
    for runtime in ("cpython", "micropython"):
        row = onset.column(passing, times, runtime, {})
        assert row["false_onsets"] == 1 and row["onset_row"] is None
    assert onset.column(calm, times, "cpython", {})["false_onsets"] == 0


def test_tables_show_every_row(valve):
    assert skab.table(valve).row_count == len(valve["rows"]) + len(valve["free"]) + 2


def test_replay_refuses_what_it_does_not_know(tmp_path):
    with pytest.raises(ValueError, match="runtime"):
        replay({}, "jython")
    with pytest.raises(FileNotFoundError, match="no CSV file"):
        files([tmp_path])
