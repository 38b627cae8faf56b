"""The NAB bench: its scorer by hand-made cases, its runner on made-up series and the real ones."""

import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from agent.sense.monitors.novelty import Novelty
from sim.bench import nab, nab_replay

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "nab"
ROWS = 1000
WINDOWS = [(300, 399), (700, 799)]
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is absent: NAB is not measured")


def series(count=ROWS, windows=tuple(WINDOWS), seed=1):
    """Noise with a jump in the middle of each window, as load gives it."""
    noise = np.random.default_rng(seed).normal(size=count)
    for first, last in windows:
        noise[(first + last) // 2] += 50
    readings = [(float(value), 1_400_000_000 + 300 * row) for row, value in enumerate(noise)]
    return {"file": "made/up.csv", "readings": readings, "windows": list(windows)}


def score(alarms, cost="standard", **made):
    return nab.corpus_score([nab.judge(series(**made), alarms)], nab.COSTS[cost])


def test_perfect_is_100_and_silence_is_0_in_every_profile():
    for cost in nab.COSTS:
        assert score([300, 700], cost) == pytest.approx(100)
        assert score([], cost) == 0


def test_later_in_the_window_earns_less():
    scores = [score([300 + late, 700]) for late in (0, 25, 50, 75, 99)]
    assert scores == sorted(scores, reverse=True)
    middle = nab.sigmoid(-50 / 99 + 0) / nab.sigmoid(-1)
    assert score([349, 700]) == pytest.approx(100 * (1 + middle + 2) / 4, abs=0.1)
    assert score([399, 700]) == pytest.approx(75), "the last row is found, and earns nothing"


def test_only_the_earliest_in_a_window_counts():
    assert score([300, 320, 399, 700]) == score([300, 700])


def test_the_start_is_not_scored():
    assert nab.probation(1000) == 150 and nab.probation(20000) == 750
    assert score([5, 149, 300, 700]) == pytest.approx(100)
    assert score([150, 300, 700]) < 100


def test_false_alarms_cost_by_distance():
    full = 100 * 0.11 / 4
    assert 100 - score([200, 300, 700]) == pytest.approx(full), "before every window"
    soon, later, far = (100 - score([300, 700, row]) for row in (801, 850, 999))
    assert 0 < soon < later < far < full
    assert 100 - score([300, 700, 200], "low_fp") == pytest.approx(2 * full)
    far_away = 100 - score([300, 699], windows=((300, 310),))
    assert far_away == pytest.approx(100 * 0.11 / 2), "further than three widths"


def test_a_miss_costs_more_where_misses_matter():
    assert score([300]) == pytest.approx(50)
    row = nab.judge(series(), [200])
    assert row["hits"] == 0 and row["false_alarms"] == 1
    assert nab.corpus_score([row], nab.COSTS["low_fn"]) == pytest.approx(-100 * 0.11 / 6)


def test_a_corpus_without_windows_has_no_score():
    assert score([500], windows=()) is None


def test_a_clock_scores_far_below_the_bar():
    assert score(range(0, ROWS, 400)) < 60


def test_out_of_fold_never_sees_its_own_fold():
    """A candidate that only suits one series must not be chosen for that series."""
    made = [series(seed=seed) for seed in range(12)]
    told = []
    found = nab.out_of_fold(made, 3, nab.COSTS["standard"], lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]
    chosen = [nab.corpus_score([nab.judge(one, nab_replay.edges(one["readings"], settings)[0])
                                for one in made], nab.COSTS["standard"])
              for settings in nab.candidates(3)]
    assert min(chosen) <= found <= max(chosen) + 1e-9


def test_candidates_differ_and_are_the_same_each_time():
    drawn = nab.candidates(5)
    assert drawn == nab.candidates(5) and len({str(one) for one in drawn}) == 5
    assert set(drawn[0]) == {"range", "swell", "unusual", "habituation", "quiet"}


def write(folder, made, layout):
    """A NAB directory with one series, in our layout or in the original repository's."""
    labels = {"ours": "windows.json", "original": "labels/combined_windows.json"}[layout]
    file = folder / ("" if layout == "ours" else "data") / made["file"]
    file.parent.mkdir(parents=True)
    (folder / labels).parent.mkdir(exist_ok=True)
    start = datetime(2014, 4, 1)
    stamps = [str(start + timedelta(minutes=5 * row)) for row in range(len(made["readings"]))]
    lines = [f"{at},{value}" for at, (value, _) in zip(stamps, made["readings"], strict=True)]
    file.write_text("timestamp,value\n" + "\n".join(lines) + "\n")
    windows = [[stamps[a] + ".000000", stamps[b] + ".000000"] for a, b in made["windows"]]
    (folder / labels).write_text(json.dumps({made["file"]: windows, "held/out.csv": []}))


@pytest.mark.parametrize("layout", ["ours", "original"])
def test_run_finds_the_jumps_in_either_layout(tmp_path, layout):
    write(tmp_path, series(), layout)
    told = []
    result = nab.run(tmp_path, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 1)]
    assert ("made/up.csv", 349) in result["alarms"]
    assert result["rows"][0]["hits"] >= 1 and result["standard"] > 40
    assert {"standard", "low_fp", "low_fn", "fp_per_1000", "early_alarms_per_stream",
            "state_bytes", "float_ops", "out_of_fold", "rows"} <= set(result)
    json.dumps(result)


def test_the_profile_names_the_score(tmp_path):
    made = series()
    made["readings"][550] = (500.0, made["readings"][550][1])  # false: they weigh it apart
    write(tmp_path, made, "ours")
    result = nab.run(tmp_path, profile="low_fp")
    assert result["score"] == result["low_fp"] != result["standard"]


def test_another_layout_and_runtime_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"windows\.json"):
        nab.run(tmp_path)
    with pytest.raises(ValueError, match="pypy"):
        nab_replay.replay_all([], {}, "pypy")


def test_the_table_shows_every_series_and_the_bars(tmp_path):
    write(tmp_path, series(), "ours")
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(nab.table(nab.run(tmp_path)))
    text = console.export_text()
    assert "made/up.csv" in text and "76.0" in text and "float operations" in text


def test_operations_are_counted_not_claimed():
    nab.Counted.arithmetic = nab.Counted.comparisons = 0
    left, right = nab.Counted(3.0), nab.Counted(2.0)
    assert (left + 1) * right - 1 / abs(-left) > 0
    assert (nab.Counted.arithmetic, nab.Counted.comparisons) == (6, 1)
    assert nab.counting(math.sqrt, "arithmetic")(nab.Counted(9.0)) == 3
    assert nab.Counted.arithmetic == 7
    mean, largest, comparisons = nab.float_ops([series()])
    assert 20 < mean <= largest <= nab.BARS["float_ops"]
    assert comparisons > 0


def test_micropython_gives_the_same_alarms():
    made = [series(), series(700, (), seed=2)]
    [first, second] = nab_replay.replay_all(made, {}, "micropython")
    assert first["agree"] and second["agree"]
    assert first["alarms"] == nab_replay.edges(made[0]["readings"], {})[0] != []


class SingleState(list):
    """Stands in for the state array with numpy's float32, as a device without doubles has it."""

    def __setitem__(self, place, value):
        list.__setitem__(self, place, np.float32(value))


def single_edges(readings):
    """Alarm rows when every operation is done in single precision."""
    monitor = Novelty({})
    monitor.needed = [np.float32(needed) for needed in monitor.needed]
    monitor.state = SingleState(np.float32(0) for _ in monitor.state)
    found, was = [], False
    for row, (value, at) in enumerate(readings):
        alarm = monitor.update((np.float32(value),), at)
        if alarm and not was:
            found.append(row)
        was = alarm
    return found


def test_single_precision_gives_the_same_alarms():
    for seed in range(5):
        made = series(3000, ((900, 999), (2000, 2099)), seed)
        readings = [(1e4 + value + 5 * math.sin(row / 46), at)
                    for row, (value, at) in enumerate(made["readings"])]
        assert single_edges(readings) == nab_replay.edges(readings, {})[0], seed


@pytest.fixture(scope="module")
def measured():
    return nab.run(DATA)


@needs_data
def test_the_bars_are_met(measured):
    assert measured["series"] == 31 and measured["windows"] == 65
    assert measured["standard"] >= 82
    assert measured["low_fp"] >= nab.BARS["low_fp"]
    assert measured["fp_per_1000"] <= 0.45 and measured["early_alarms_per_stream"] <= 0.5
    assert measured["state_bytes"] <= nab.BARS["state_bytes"]
    assert measured["float_ops_largest"] <= nab.BARS["float_ops"]


@needs_data
def test_real_series_on_micropython():
    short = [one for one in nab.load(DATA) if len(one["readings"]) < 2000]
    results = nab_replay.replay_all(short, {}, "micropython")
    assert len(results) >= 5 and all(result["agree"] for result in results)
    assert any(result["alarms"] for result in results)


@needs_data
def test_real_series_in_single_precision(every=6):
    for one in nab.load(DATA)[::every]:
        double, _ = nab_replay.edges(one["readings"], {})
        assert single_edges(one["readings"]) == double, one["file"]


@needs_data
@pytest.mark.nightly
def test_every_real_series_in_single_precision():
    test_real_series_in_single_precision(every=1)
