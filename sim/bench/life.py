"""C-MAPSS FD001: how well does `life` tell the remaining life of an engine it has never seen?

Protocol: weights are fitted by sim.recorded.fit on the training engines alone. Each test engine's
recorded cycles run through the shipped monitor; what it says at the last one is compared with the
true remaining life, which is not capped. Without a test set: cross-validation over the training
engines, whole engines held out, each cut at random points (see sim.recorded.fit.cross_validate),
also through the shipped monitor.
"""

import time

import numpy as np
from rich.table import Table

from sim.bench.machine import replay
from sim.recorded.fit import cross_validate, figures, learn, numbers_of, read_runs

BARS = {"rmse": 12.9, "weights": 64}
REPEATS = 3
UNIT_S = 3600  # a cycle counts as the monitor's own unit of use


def told(fit, run, runtime):
    """Remaining life as the shipped monitor tells it, at every row of a run."""
    job = {"kind": "life", "settings": fit.settings, "rows": run[:, fit.columns].tolist(),
           "times": [UNIT_S * row for row in range(len(run))], "word": "left"}
    return np.array(replay(job, runtime)["scores"])


def run(train, test=None, rul=None, *, runtime="cpython", progress=None):
    """Return rmse, phm, bias, weights (count), channels and, on a test set, rows (per engine).

    train, test, rul: NASA's train_FD001.txt, test_FD001.txt, RUL_FD001.txt; progress: called with
    (done, of).
    """
    began = time.monotonic()
    runs = read_runs(train)
    fit = learn(runs)
    result = {"bench": "life", "runtime": runtime, "weights": len(fit.weights),
              "channels": len(fit.columns), "rows": []}
    if test is None:
        result |= validated(runs, runtime, progress) | {"protocol": "cross-validation"}
    else:
        rows = tested(fit, *engines(train, test, rul, runs[0].shape[1]), runtime, progress)
        result |= figures([row["told"] - row["true"] for row in rows])
        result |= {"rows": rows, "protocol": "test set"}
    return result | {"seconds": time.monotonic() - began}


def engines(train, test, rul, channels):
    """The runs of a test set and how long each of them had left; ValueError where they differ."""
    runs, lives = read_runs(test), numbers_of(rul)[:, -1]
    if runs[0].shape[1] != channels:
        raise ValueError(f"{test}: {runs[0].shape[1]} channels, {train} has {channels}")
    if len(runs) != len(lives):
        raise ValueError(f"{rul}: {len(lives)} lives, {test} has {len(runs)} engines")
    return runs, lives


def validated(runs, runtime, progress):
    """Cross-validation through the shipped monitor."""
    done = 0

    def predict(fit, run):
        nonlocal done
        done += 1
        if progress:
            progress(done, REPEATS * len(runs))
        return told(fit, run, runtime)

    return cross_validate(runs, predict, repeats=REPEATS)


def tested(fit, runs, lives, runtime, progress):
    """One row for each test engine: what the monitor tells at its last cycle, and the truth."""
    rows = []
    for run, true in zip(runs, lives, strict=True):
        rows.append({"engine": len(rows) + 1, "cycles": len(run), "true": float(true),
                     "told": float(told(fit, run, runtime)[-1])})
        if progress:
            progress(len(rows), len(runs))
    return rows


def table(result):
    """Return the result as a rich table."""
    shown = Table(title=f"Remaining life, {result['protocol']} ({result['runtime']})")
    for head in ("", "RMSE", "PHM per 100", "bias", "weights", "channels"):
        shown.add_column(head, justify="right" if head else "left")
    shown.add_row("life", f"{result['rmse']:.2f}", f"{result['phm']:.0f}",
                  f"{result['bias']:+.2f}", str(result["weights"]), str(result["channels"]))
    shown.add_row("bar (test set)", f"≤ {BARS['rmse']}", "", "", f"≤ {BARS['weights']}", "")
    return shown
