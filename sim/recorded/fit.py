"""Fits the weights of the `life` monitor from recorded runs to failure; they go into the product
file, for a device cannot learn a remaining life from itself.

First one health index: the weighted sum of the channels that best tells the remaining life near
its end (ridge regression). Then a cubic ridge on the index smoothed fast and slowly, the index when
new, and the age. A remaining life above `cap` is told as `cap`: nothing shows yet.
"""

import math
import re
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np

from agent.sense.monitors.life import TERMS

CAP = 130        # units of use; above it the channels do not tell one life from another
INDEX_CAP = 60   # the index has to order the end of life, where it matters
NEW = 30         # readings that make the starting point
FAST, SLOW = 0.2, 0.06
TELLS = 0.2      # correlation with the remaining life under which a channel is left out
INDEX_RIDGE, CUBIC_RIDGE = 1e-3, 1e-4
FAR_OFF = 0.001  # weight of rows with far more life left than `cap`: they are all alike

# Random cut points for cross-validation: like a fleet seen on some day, nothing brand new.
LEAST_SEEN, LEAST_LEFT, MOST_LEFT = 31, 7, 145
MONOMIALS = list(combinations_with_replacement(range(5), 3))
assert len(MONOMIALS) == TERMS


@dataclass
class Fit:
    """columns: positions of the channels used; settings: of the `life` monitor, with weights."""

    columns: list[int]
    settings: dict
    report: str = ""

    @property
    def weights(self) -> list[float]:
        return self.settings["weights"]


def read_runs(path) -> list[np.ndarray]:
    """Runs to failure, each an array (units of use by channels), from a table of numbers.

    NASA's layout: unit, cycle, then the channels, split by blanks or commas; lines of names above
    them are skipped. Raises ValueError on a table that is not like that.
    """
    table = numbers_of(path)
    if table.shape[1] < 3:
        raise ValueError(f"{path}: wants unit, cycle and channels in every line")
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return [table[table[:, 0] == unit, 2:] for unit in np.unique(table[:, 0])]


def numbers_of(path) -> np.ndarray:
    """The table of finite numbers in a text file, lines by columns; ValueError names a bad line."""
    rows: list[list[float]] = []
    lines = Path(path).read_text("utf-8-sig", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        words = re.split(r"[\s,;]+", line.strip(" \t,;"))
        if words == [""] or (not rows and not any(map(finite, words))):
            continue  # blank, or names above the numbers
        if not all(map(finite, words)):
            wrong = next(word for word in words if not finite(word))
            raise ValueError(f"{path}: line {number}: {wrong!r} is no number")
        rows.append([float(word) for word in words])
        if len(words) != len(rows[0]):
            raise ValueError(f"{path}: line {number}: {len(words)} columns, above {len(rows[0])}")
    if not rows:
        raise ValueError(f"{path}: no line of numbers")
    return np.array(rows)


def finite(word: str) -> bool:
    """Is this text a finite number?"""
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def left(runs) -> np.ndarray:
    """Remaining life at every row of all runs, in units of use."""
    return np.concatenate([np.arange(len(run))[::-1] for run in runs]).astype(float)


def telling(runs) -> list[int]:
    """Channels that change with the remaining life in all runs together."""
    rows = np.vstack(runs)
    life = np.minimum(left(runs), CAP)
    varies = rows.std(axis=0) > 1e-6 * np.abs(rows.mean(axis=0))
    return [column for column in range(rows.shape[1]) if varies[column]
            and abs(np.corrcoef(rows[:, column], life)[0, 1]) >= TELLS]


def ridge(inputs, target, weight, strength):
    """Weighted ridge on standardised inputs; (coefficients of the raw inputs, offset)."""
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    rows = (inputs - mean) / deviation
    centre = np.average(rows, axis=0, weights=weight)
    middle = np.average(target, weights=weight)
    rows = rows - centre
    weighted = rows * (weight / weight.sum())[:, None]
    gram = weighted.T @ rows + strength * np.eye(rows.shape[1])
    found = np.linalg.solve(gram, weighted.T @ (target - middle))
    return found / deviation, middle - found @ (centre + mean / deviation)


def smoothed(index, gain):
    """Exponential mean that starts as a plain one, as the monitor has it."""
    out = np.empty_like(index)
    value = 0.0
    for row, reading in enumerate(index):
        value += max(gain, 1 / (row + 1)) * (reading - value)
        out[row] = value
    return out


def cubic(index, age):
    """The monitor's inputs for one run, multiplied out: (rows by TERMS)."""
    count = np.arange(1, len(index) + 1)
    new = np.cumsum(index) / count
    new[NEW:] = new[min(NEW, len(new)) - 1]
    inputs = np.stack([np.ones(len(index)), smoothed(index, FAST), smoothed(index, SLOW), new,
                       count / age - 1])
    return np.stack([inputs[i] * inputs[j] * inputs[k] for i, j, k in MONOMIALS], axis=1)


def learn(runs, columns=None) -> Fit:
    """Weights from runs to failure (arrays of units of use by channels), without a report."""
    columns = telling(runs) if columns is None else columns
    life = left(runs)
    weight = np.where(life < CAP * 1.15, 1.0, FAR_OFF)
    rows = np.vstack(runs)[:, columns]
    index, offset = ridge(rows, np.minimum(life, INDEX_CAP), weight + 0.2, INDEX_RIDGE)
    scale = (rows @ index).std()
    index, offset = index / scale, -(rows @ index).mean() / scale
    age = round(float(np.mean([len(run) for run in runs])) / 2)
    terms = np.vstack([cubic(run[:, columns] @ index + offset, age) for run in runs])
    found, constant = ridge(terms[:, 1:], np.minimum(life, CAP), weight, CUBIC_RIDGE)
    weights = [float(f"{value:.7g}") for value in (*index, offset, constant, *found)]
    return Fit(columns, {"weights": weights, "fast": FAST, "slow": SLOW, "new": NEW, "age": age,
                         "cap": CAP})


def predict(fit, run) -> np.ndarray:
    """Remaining life at every row of a run."""
    weights = np.array(fit.weights)
    channels = len(fit.columns)
    index = run[:, fit.columns] @ weights[:channels] + weights[channels]
    return np.clip(cubic(index, fit.settings["age"]) @ weights[channels + 1:], 0, CAP)


def figures(errors) -> dict:
    """rmse, phm (Saxena 2008: late costs more than early; mean of 100), bias of told less true."""
    errors = np.asarray(errors, dtype=float)
    phm = np.where(errors < 0, np.exp(-errors / 13) - 1, np.exp(errors / 10) - 1)
    return {"rmse": float(np.sqrt(np.mean(errors**2))), "phm": float(100 * phm.mean()),
            "bias": float(errors.mean())}


def held_out(runs, columns=None, folds=5) -> list[np.ndarray]:
    """Remaining life at every row of every run, told by weights that have not seen the run."""
    told = [np.zeros(0)] * len(runs)
    for fold in range(folds):
        found = learn([run for at, run in enumerate(runs) if at % folds != fold], columns)
        for at in range(fold, len(runs), folds):
            told[at] = predict(found, runs[at])
    return told


def cross_validate(runs, predict=predict, repeats=3, folds=5, cuts=20, columns=None) -> dict:
    """Figures on runs that the weights have not seen, each cut at random points.

    Repeated k-fold over whole runs, channels chosen anew in every fold if not given; the remaining
    life at a cut is uniform in LEAST_LEFT..MOST_LEFT, at least LEAST_SEEN rows seen; true lives are
    not capped.
    """
    errors = []
    for repeat in range(repeats):
        random = np.random.default_rng(repeat)
        order = random.permutation(len(runs))
        for fold in range(folds):
            held = order[fold::folds]
            fit = learn([runs[i] for i in order if i not in held], columns)
            for i in held:
                most = min(MOST_LEFT, len(runs[i]) - LEAST_SEEN)
                if most < LEAST_LEFT:
                    continue
                true = random.integers(LEAST_LEFT, most + 1, cuts)
                errors.extend(predict(fit, runs[i])[len(runs[i]) - 1 - true] - true)
    return figures(errors) | {"cuts": len(errors), "repeats": repeats, "folds": folds}


def runs_of(paths, columns=None) -> list[np.ndarray]:
    """The runs of all files; ValueError where no weights can rest on them or on the columns."""
    runs = [run for path in paths for run in read_runs(path)]
    if len(runs) < 10:
        raise ValueError(f"{len(runs)} runs to failure: 10 are the least that weights can rest on")
    widths = sorted({run.shape[1] for run in runs})
    if len(widths) > 1:
        raise ValueError(f"runs of {widths[0]} and of {widths[-1]} channels: they are not alike")
    rows = np.vstack(runs)
    for column in columns or ():
        if not 0 <= column < widths[0]:
            raise ValueError(f"no column {column}: there are 0 to {widths[0] - 1}")
        if rows[:, column].std() <= 1e-6 * abs(rows[:, column].mean()):
            raise ValueError(f"column {column} never changes: it tells nothing")
    if columns is None and not telling(runs):
        raise ValueError("no column changes with the remaining life")
    return runs


def fit(*paths, columns=None) -> Fit:
    """Weights and a report in words from files of runs to failure (see read_runs)."""
    runs = runs_of(paths, columns)
    found = learn(runs, columns)
    checked = cross_validate(runs, columns=columns)
    lives = [len(run) for run in runs]
    found.report = (
        f"{len(runs)} runs to failure of {min(lives)} to {max(lives)} units of use; "
        f"{len(found.columns)} channels tell (columns {', '.join(map(str, found.columns))}); "
        f"{len(found.weights)} weights.\n"
        f"On runs not seen ({checked['folds']} folds, {checked['repeats']} times, "
        f"{checked['cuts']} random cuts): RMSE {checked['rmse']:.1f} units of use, "
        f"bias {checked['bias']:+.1f}, PHM score {checked['phm']:.0f} per 100.")
    return found
