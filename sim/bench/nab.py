"""Numenta Anomaly Benchmark: does `novelty` see what people marked in one signal?

Protocol: each series alone, a fresh monitor with one and the same settings, one pass, no label
seen. A detection is a rising edge of the alarm; rows that are still alarmed are the same one.

Scoring (NAB v1.1, combined windows): the first 15 % of a series, at most 750 rows, are not scored.
A window earns by its earliest detection at y in [-1, 0] (first row to last), s(y)/s(-1) with
s(y) = 2/(1+exp(5y)) - 1, and a missed one costs A_FN. A detection outside costs A_FP·|s(y)|, y
window widths after the last window, in full before the first and beyond three widths. A corpus is
scaled so that silence gives 0 and a perfect detector 100.
"""

import json
import math
import random
import time
from pathlib import Path

from rich.table import Table

from agent.sense import monitors
from agent.sense.monitors import novelty
from sim.bench import tables
from sim.bench.nab_replay import edges, replay_all
from sim.recorded.recording import windows_of

# (cost of a false alarm, cost of a missed window), by the key of the result.
COSTS = {"standard": (0.11, 1.0), "low_fp": (0.22, 1.0), "low_fn": (0.11, 2.0)}
# Names of the same in the benchmark's own profiles.json.
PROFILES = {"standard": "standard", "reward_low_FP_rate": "low_fp", "reward_low_FN_rate": "low_fn"}
BARS = {"standard": 76.0, "low_fp": 66.5, "out_of_fold": 75.0, "state_bytes": 512, "float_ops": 64}
PROBATION_SHARE, PROBATION_ROWS = 0.15, 750
EARLY_ROWS = 400
COUNTED_ROWS = 500  # of each series: enough to pass the learning hold
FAR_WIDTHS = 3
FOLDS = 10
BEST = 5
# Where the out-of-fold figure looks for settings: about a decade and a half around what could make
# sense, so that the shipped values are neither its middle nor its edge.
BOX = {"range": (0.005, 0.5), "swell": (0.01, 0.6), "unusual": (0.5, 3.0),
       "habituation": (0.05, 1.5), "quiet": (8, 80)}


def sigmoid(y):
    """NAB's reward at relative position y: near 1 at -1, 0 at 0, near -1 at 1."""
    return 2 / (1 + math.exp(5 * y)) - 1


def windows_file(directory):
    """The file of labelled windows and the folder of series, in our layout or the original's."""
    for windows, series in (("windows.json", "."), ("labels/combined_windows.json", "data")):
        if (directory / windows).is_file():
            return directory / windows, directory / series
    raise FileNotFoundError(f"{directory}: neither windows.json nor labels/combined_windows.json")


def costs(directory):
    """The costs by result key, from the profiles.json beside the data where there is one."""
    for place in ("profiles.json", "config/profiles.json"):
        if (directory / place).is_file():
            found = json.loads((directory / place).read_text())
            matrix = {ours: found[theirs]["CostMatrix"] for theirs, ours in PROFILES.items()}
            return {key: (cost["fpWeight"], cost["fnWeight"]) for key, cost in matrix.items()}
    return COSTS


def load(directory):
    """Return [{"file", "readings" [(value, at)], "windows" [(first, last)], "rows"}], by name.

    Readings are in order of time, windows places among them, rows where each stands in the file.

    Raises FileNotFoundError for a folder of another layout or without any series, ValueError for
    a file that is none. Labels of what is not there, and windows without a row, count for nothing.
    """
    labels, folder = windows_file(Path(directory))
    series = []
    for name, windows in sorted(windows_of(labels).items()):
        if not (folder / name).is_file():
            continue
        times, columns, order = tables.readings(folder / name, ("value",))
        found = [rows_between(times, *window) for window in windows]
        series.append({
            "file": name, "readings": list(zip(columns["value"], times, strict=True)),
            "windows": [window for window in found if window], "rows": order,
        })  # fmt: skip
    if not series:
        raise FileNotFoundError(f"{folder}: none of the series that {labels.name} names")
    return series


def rows_between(times, first, last):
    """First and last row of a window whose ends are given in seconds, both inclusive, or None."""
    inside = [row for row, at in enumerate(times) if first <= at <= last]
    return (inside[0], inside[-1]) if inside else None


def probation(count):
    """How many rows at the start of a series are not scored."""
    return min(int(PROBATION_SHARE * count), PROBATION_ROWS)


def outside_weight(row, windows):
    """Share (0..1) of a false alarm's cost that a detection outside every window pays."""
    before = [window for window in windows if window[1] < row]
    if not before:
        return 1.0
    first, last = max(before, key=lambda window: window[1])
    distance = (row - last) / max(1, last - first)
    return 1.0 if distance > FAR_WIDTHS else -sigmoid(distance)


def judge(series, alarms):
    """What one series earned, before costs, by the rows at which the alarm rose: a dict."""
    count, windows = len(series["readings"]), series["windows"]
    scored = [row for row in alarms if row >= probation(count)]
    outside = [row for row in scored if not any(a <= row <= b for a, b in windows)]
    positions = []
    for first, last in windows:
        inside = [row for row in scored if first <= row <= last]
        if inside:
            positions.append((min(inside) - last) / max(1, last - first))
    return {
        "rows": count, "windows": len(windows), "hits": len(positions),
        "reward": sum(sigmoid(y) / sigmoid(-1) for y in positions),
        "false_alarms": len(outside),
        "false_weight": sum(outside_weight(row, windows) for row in outside),
        "early": sum(row < EARLY_ROWS for row in alarms),
        "scored_rows": count - probation(count),
    }  # fmt: skip


def corpus_score(rows, cost):
    """Scaled score of judged series under (A_FP, A_FN); None for a corpus without windows."""
    false_alarm, missed = cost
    windows = sum(row["windows"] for row in rows)
    if not windows:
        return None
    earned = sum(row["reward"] - false_alarm * row["false_weight"]
                 - missed * (row["windows"] - row["hits"]) for row in rows)
    return 100 * (earned + missed * windows) / (windows * (1 + missed))


class Counted(float):
    """A float that counts the arithmetic done with it; comparisons are counted apart."""

    arithmetic = comparisons = 0


def counting(plain, counter):
    """A function of floats that adds one to a counter of Counted and returns Counted."""

    def counted(*operands):
        setattr(Counted, counter, getattr(Counted, counter) + 1)
        result = plain(*operands)
        return Counted(result) if type(result) is float else result

    return counted


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "neg", "abs"):
    setattr(Counted, f"__{_name}__", counting(getattr(float, f"__{_name}__"), "arithmetic"))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Counted, f"__{_name}__", counting(getattr(float, f"__{_name}__"), "comparisons"))


class CountedState(list):
    """Stands in for a monitor's array of floats: what is read out of it counts."""

    def __getitem__(self, at):
        found = list.__getitem__(self, at)
        return list(map(Counted, found)) if isinstance(at, slice) else Counted(found)


def float_ops(series, settings=None):
    """Mean and largest number of arithmetic operations of an update, and its mean comparisons.

    Measured on the shipped class over the start of every series: its state and its readings are
    floats that count, and a square root is one operation.
    """
    Counted.arithmetic = Counted.comparisons = largest = updates = 0
    novelty.sqrt = counting(math.sqrt, "arithmetic")
    try:
        for one in series:
            monitor = monitors.make("novelty", settings or {})
            monitor.state = CountedState(monitor.state)
            for value, at in one["readings"][:COUNTED_ROWS]:
                if math.isnan(value):
                    continue
                before = Counted.arithmetic
                monitor.update((Counted(value),), at)
                largest = max(largest, Counted.arithmetic - before)
                updates += 1
    finally:
        novelty.sqrt = math.sqrt
    updates = max(1, updates)
    return Counted.arithmetic / updates, largest, Counted.comparisons / updates


def candidates(count, seed=1):
    """Settings to choose from for the out-of-fold figure, drawn from BOX without a look at data."""
    dice = random.Random(seed)
    return [{name: low * (high / low) ** dice.random() for name, (low, high) in BOX.items()}
            for _ in range(count)]


def middle(settings):
    """The geometric middle of several settings."""
    return {name: math.exp(sum(math.log(one[name]) for one in settings) / len(settings))
            for name in settings[0]}


def out_of_fold(series, count, cost, progress=None):
    """Ten folds: each judged with the middle of the BEST candidates on the nine others.

    count: how many candidates; each is run on every series once. Returns the corpus score. The
    middle, as one lucky winner among so few windows says little about the next series. What is no
    setting (gains, cap, floor) stays as shipped, so the figure is kinder than a search of all.
    """
    drawn, judged = candidates(count), []
    for done, settings in enumerate(drawn):
        judged.append([judge(one, edges(one["readings"], settings)[0]) for one in series])
        if progress:
            progress(done + 1, count)
    order = list(range(len(series)))
    random.Random(0).shuffle(order)
    kept = []
    for fold in (order[at::FOLDS] for at in range(FOLDS)):
        others = [at for at in order if at not in fold]
        scores = [corpus_score([rows[at] for at in others], cost) or 0 for rows in judged]
        ranked = sorted(range(count), key=lambda one, scores=scores: -scores[one])
        settings = middle([drawn[one] for one in ranked[:BEST]])
        kept += [judge(series[at], edges(series[at]["readings"], settings)[0]) for at in fold]
    return corpus_score(kept, cost)


def run(directory, *, runtime="cpython", profile=None, settings=None, progress=None, choices=0):
    """Run the shipped `novelty` over a NAB directory and return its figures as a dict.

    runtime: "cpython", or "micropython" (then `agree` tells whether both gave the same alarms);
    profile: which of standard, low_fp, low_fn becomes `score` (standard); settings: of the monitor;
    progress: called with (done, of); choices: how many candidate settings the `out_of_fold` figure
    chooses from (seconds each; 0: the figure is None). `alarms` holds (file, row) of each edge.
    """
    began = time.monotonic()
    if profile not in (None, *COSTS):
        raise ValueError(f"profile: {profile!r} is none of {', '.join(COSTS)}")
    series, weights = load(directory), costs(Path(directory))
    results = replay_all(series, settings or {}, runtime, progress)
    rows = []
    for one, result in zip(series, results, strict=True):
        row = {"file": one["file"]} | judge(one, result["alarms"])
        rows.append(row | {key: corpus_score([row], cost) for key, cost in weights.items()})
    totals = {key: corpus_score(rows, cost) for key, cost in weights.items()}
    scored, operations = sum(row["scored_rows"] for row in rows), float_ops(series, settings)
    return {"bench": "nab", "runtime": runtime, "series": len(rows),
            "windows": sum(row["windows"] for row in rows)} | totals | {
        "score": totals[profile or "standard"],
        "fp_per_1000": 1000 * sum(row["false_alarms"] for row in rows) / max(1, scored),
        "early_alarms_per_stream": sum(row["early"] for row in rows) / len(rows),
        "state_bytes": results[0]["state_bytes"],
        "float_ops": operations[0], "float_ops_largest": operations[1],
        "comparisons": operations[2],
        "out_of_fold": out_of_fold(series, choices, weights["standard"]) if choices else None,
        "agree": all(result["agree"] for result in results),
        "rows": rows,
        "alarms": [(one["file"], one["rows"][row])
                   for one, result in zip(series, results, strict=True)
                   for row in result["alarms"]],
        "seconds": time.monotonic() - began}


def table(result):
    """Return the result of run as a rich table."""
    shown = Table(title=f"NAB, {result['series']} series, {result['windows']} windows "
                        f"({result['runtime']})")
    for head in ("series", "rows", "windows found", "false alarms", "early", "standard", "low FP"):
        shown.add_column(head, justify="left" if head == "series" else "right")
    for row in result["rows"]:
        shown.add_row(row["file"], str(row["rows"]), f"{row['hits']} of {row['windows']}",
                      str(row["false_alarms"]), str(row["early"]),
                      *("" if row[key] is None else f"{row[key]:.1f}"
                        for key in ("standard", "low_fp")))
    shown.add_section()
    shown.add_row("all", "", "", f"{result['fp_per_1000']:.2f} per 1,000",
                  f"{result['early_alarms_per_stream']:.2f} each",
                  *(said(result[key]) for key in ("standard", "low_fp")))
    shown.add_row("bar", "", "", "", "", f"{BARS['standard']:.1f}", f"{BARS['low_fp']:.1f}")
    shown.caption = (f"{result['state_bytes']} B of state; {result['float_ops']:.1f} float "
                     f"operations a sample (at most {result['float_ops_largest']}), "
                     f"{result['comparisons']:.1f} comparisons; low FN {said(result['low_fn'])}")
    if result["out_of_fold"] is not None:
        shown.caption += f"; ten-fold out of fold {result['out_of_fold']:.2f}"
    return shown


def said(score):
    """A score as text; a corpus without windows has none."""
    return "no windows" if score is None else f"{score:.2f}"
