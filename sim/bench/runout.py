"""Days left on a real vending machine's sales: error, band coverage and the 48-hour warning.

Each full hour after the first 28 days the shipped Consumable says how many days are left; the
truth is the hour at whose end the container is empty. A container is filled when it empties. The
grams, millilitres and cups behind each drink are an assumption, the same for every figure.

How much lies in the container on the first day decides at which hours, and after which weeks, it
empties: luck, worth 0.02 to 0.04 of the error either way in seven months. The protocol says full;
`starts` measures it from other levels too, and their mean stands beside. So do two yardsticks that
divide the level by a rate: a plain mean with 14 days of memory, and one who knows the mean of the
next 14 days.

What the protocol leaves open weighs as much. `hourly` takes the sales of an hour as one, and a
container that empties is full again at its end, whatever was asked for beyond: nobody knows which
of the two was meant.
"""

import datetime
import json
import os
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.table import Table

from sim.bench import stock_replay, tables
from sim.mpy import runtime as mpy

ROOT = Path(__file__).resolve().parents[2]
WARM_UP_DAYS = 28
WARNING_DAYS = 2.0
YARDSTICK_DAYS = 14
EARLY_DAYS = 6.0     # three times the 48 hours: counted beside, as the price of caution
BARS = {"beans": 0.25, "cups": 0.25, "milk": 0.27}
COVERAGE = (0.76, 0.84)
ON_TIME = 0.85

CAPACITY = {"beans": 1000.0, "cups": 100.0, "milk": 6000.0, "cocoa": 500.0}
# drink: (beans g, cups, milk ml, cocoa g)
RECIPES = {
    "espresso": (9, 1, 0, 0),
    "americano": (9, 1, 0, 0),
    "americano with milk": (9, 1, 60, 0),
    "cortado": (9, 1, 60, 0),
    "cappuccino": (9, 1, 120, 0),
    "latte": (9, 1, 150, 0),
    "hot chocolate": (0, 1, 100, 25),
    "cocoa": (0, 1, 100, 25),
}


def load(path):
    """Return (sales, start, left out): {consumable: [[second, amount], ...]}, midnight of the first
    day, {drink without a recipe: how many were sold}.

    Raises ValueError for a file without the columns or without a drink that has a recipe.
    """
    columns = tables.cells(path, "coffee_name")
    if "datetime" not in columns and {"date", "time"} <= set(columns):
        days = zip(columns["date"], columns["time"], strict=True)
        columns["datetime"] = [f"{day} {hour}" for day, hour in days]
    if "datetime" not in columns:
        raise ValueError(f"{path}: no column 'datetime', only {', '.join(columns)}")
    times = tables.wall_clock(path, columns["datetime"])
    drinks = [" ".join(name.lower().split()) for name in columns["coffee_name"]]
    left_out = Counter(drink for drink in drinks if drink not in RECIPES)
    if len(left_out) == len(set(drinks)):
        raise ValueError(f"{path}: no recipe for {drinks[0]!r}, only for {', '.join(RECIPES)}")
    start = min(times).replace(hour=0, minute=0, second=0, microsecond=0)
    sales = {name: [] for name in CAPACITY}
    for at, drink in sorted(zip(times, drinks, strict=True), key=lambda pair: pair[0]):
        for name, amount in zip(CAPACITY, RECIPES.get(drink, (0, 0, 0, 0)), strict=True):
            if amount:
                sales[name].append([int((at - start).total_seconds()), amount])
    return {name: sold for name, sold in sales.items() if sold}, start, dict(left_out)


def seconds_until(start, score_from, warm_up_days):
    """Return where scoring starts, in seconds after start; score_from: ISO date or None."""
    warm = warm_up_days * stock_replay.DAY_S
    if score_from is None:
        return warm
    try:
        given = datetime.datetime.fromisoformat(str(score_from)).replace(tzinfo=None)
    except ValueError:
        raise ValueError(f"score from {score_from!r}: not a day like 2024-11-01") from None
    return max(warm, int((given - start).total_seconds()))


def replay(jobs, runtime="cpython"):
    """Run replay jobs on a runtime ("cpython" or "micropython"); return their results."""
    if runtime == "cpython":
        return [stock_replay.JOBS[job["kind"]](job) for job in jobs]
    if runtime != "micropython":
        raise ValueError(f"runtime: {runtime!r} is not cpython or micropython")
    program = mpy.executable()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "jobs.json"
        file.write_text(json.dumps(jobs))
        done = subprocess.run(
            [program, "-X", "heapsize=128M", str(ROOT / "sim/bench/stock_replay.py"), str(file)],
            env=dict(os.environ, MICROPYPATH=str(ROOT)), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"micropython: {done.stderr.strip() or done.stdout[-500:].strip()}")
    return json.loads(done.stdout)


def by_hour(sales, capacity, used=0.0):
    """Return the sales of each hour as one, of which none takes more than is there."""
    amounts: dict[int, float] = {}
    for second, amount in sales:
        amounts[second // 3600] = amounts.get(second // 3600, 0) + amount
    left, found = capacity - used, []
    for hour, amount in amounts.items():
        taken = min(amount, left)
        left = left - taken if left > taken else capacity
        found.append([hour * 3600 + 1800, taken])
    return found


def truth(sales, capacity, hours, used=0.0):
    """Return (days, container) per full hour; days is None where it never empties again.

    used: base units that are gone before the first sale.
    """
    days = [None] * hours
    container = [0] * hours
    first = count = 0
    for second, amount in sales:
        used += amount
        if used < capacity:
            continue
        used -= capacity
        last = min(hours, second // 3600 + 1)
        for hour in range(first, last):
            days[hour] = (second // 3600 + 1 - hour) / 24
            container[hour] = count
        first = last
        count += 1
    return days, container


def yardsticks(sales, capacity, hours, days, start_hour):
    """Return the errors of a plain mean of the past and of one who knows the mean to come."""
    daily = [0.0] * (hours // 24 + 1)
    hourly = [0.0] * hours
    for second, amount in sales:
        daily[second // 86400] += amount
        hourly[second // 3600] += amount
    plain, known = [None] * hours, [None] * hours
    rate = used = 0.0
    for hour in range(hours):
        day, span = hour // 24, min(YARDSTICK_DAYS * 24, hours - hour)
        if day and hour % 24 == 0:
            rate += (daily[day - 1] - rate) / min(day, YARDSTICK_DAYS)
        coming = sum(hourly[hour:hour + span]) * 24 / span
        left = capacity - used % capacity
        plain[hour] = (0, left / rate, 0, 1) if rate else None
        known[hour] = (0, left / coming, 0, 1) if coming else None
        used += hourly[hour]
    keys = ("error", "error_weighted")
    return {name: {key: figures[key] for key in keys}
            for name, figures in (("plain", errors(plain, days, start_hour)),
                                  ("known", errors(known, days, start_hour)))}


def mean(values):
    """Return the mean, or None of nothing."""
    return sum(values) / len(values) if values else None


def scored(forecasts, days, start_hour):
    """Return the hours from start_hour on that have a forecast and a truth."""
    return [hour for hour in range(start_hour, len(days)) if days[hour] and forecasts[hour]]


def errors(forecasts, days, start_hour):
    """Return how wrong the middle forecasts are; None without any."""
    hours = scored(forecasts, days, start_hour)
    true = [days[hour] for hour in hours]
    misses = [abs(forecasts[hour][1] - days[hour]) for hour in hours]
    return {
        "hours": len(hours),
        "error": mean([miss / day for miss, day in zip(misses, true, strict=True)]),
        "error_over_a_day": mean([m / max(d, 1) for m, d in zip(misses, true, strict=True)]),
        "error_weighted": sum(misses) / sum(true) if true else None,
    }


def score(forecasts, days, container, start_hour):
    """Return the figures of one consumable over the hours from start_hour on; None without any."""
    hours = scored(forecasts, days, start_hour)
    given = [(forecasts[hour], days[hour]) for hour in hours]
    return errors(forecasts, days, start_hour) | {
        "coverage": mean([low <= day <= high for (low, _, high, _), day in given]),
        "ran_out_before_band": mean([day < low for (low, *_), day in given]),
        "lasted_beyond_band": mean([day > high for (_, _, high, _), day in given]),
    } | warnings(hours, forecasts, days, container)


def warnings(hours, forecasts, days, container):
    """Return how the first warning of each container came: the band's low end under 48 h."""
    warned = {}
    whole = sorted({container[hour] for hour in hours if days[hour] > EARLY_DAYS / 2})
    for hour in hours:
        if forecasts[hour][0] <= WARNING_DAYS and forecasts[hour][3]:
            warned.setdefault(container[hour], days[hour])
    given = [warned.get(number) for number in whole]
    return {
        "containers": len(whole),
        "missed": sum(day is None for day in given),
        "late": sum(day is not None and day < WARNING_DAYS for day in given),
        "early": sum(day is not None and day > EARLY_DAYS for day in given),
        "on_time": mean([day is not None and day >= WARNING_DAYS for day in given]),
    }


def one(name, sales, hours, start_hour, used, runtime):
    """Return the row of one consumable, of whose container used is gone at first."""
    capacity = CAPACITY[name]
    spec = {"name": name, "kind": "level", "capacity": capacity, "lead_days": 2}
    job = {"kind": "runout", "spec": spec, "sales": sales, "hours": hours, "used": used}
    forecasts = replay([job], runtime)[0]
    days, container = truth(sales, capacity, hours, used)
    row = {"consumable": name} | score(forecasts, days, container, start_hour)
    middle = (start_hour + hours) // 2
    early = [day if hour < middle else None for hour, day in enumerate(days)]
    halves = [errors(forecasts, early, start_hour), errors(forecasts, days, middle)]
    return row | {"error_halves": [half["error"] for half in halves]}


def run(path, *, score_from=None, starts=1, hourly=False, runtime="cpython", progress=None):
    """Return {"rows": a row per consumable, ...} of the shipped defaults on the sales at path.

    score_from: ISO date from which on hours count (never before the first 28 days are over);
    starts: first levels to measure from, of which the first is full and alone makes the figures
    but those "from" all; hourly: see above; progress: called with (done, of).
    """
    began = time.monotonic()
    sales, start, left_out = load(path)
    last = max(rows[-1][0] for rows in sales.values())
    hours = last // 3600 + 1
    start_hour = seconds_until(start, score_from, WARM_UP_DAYS) // 3600
    if start_hour >= hours:
        raise ValueError(f"{path}: {hours // 24} days of sales, none of them left to score")
    rows = []
    for name, sold in sales.items():
        capacity = CAPACITY[name]
        every = []
        for begin in range(starts):
            used = capacity * begin / starts
            asked = by_hour(sold, capacity, used) if hourly else sold
            every.append(one(name, asked, hours, start_hour, used, runtime))
            if progress:
                progress(len(rows) * starts + begin + 1, len(sales) * starts)
        asked = by_hour(sold, capacity) if hourly else sold
        row = every[0] | yardsticks(asked, capacity, hours, truth(asked, capacity, hours)[0],
                                    start_hour)
        if starts > 1:
            keys = ("error", "coverage", "on_time", "missed")
            row["from"] = {key: [run[key] for run in every] for key in keys}
            row["error_any_start"] = mean([run["error"] for run in every
                                           if run["error"] is not None])
        rows.append(row)
    return {"bench": "runout", "runtime": runtime, "hourly": hourly, "from": str(start),
            "score_from": score_from, "left_out": left_out, "hours": hours, "rows": rows,
            "seconds": time.monotonic() - began}


def table(result):
    """Return the result as a rich table."""
    shown = Table(title=f"Days left, {result['hours'] // 24} days of sales ({result['runtime']})")
    for head in ("", "error", "bar", "plain mean", "who knows", "any start", "≥ 1 day", "weighted",
                 "halves", "80 % band", "ran out before", "48 h on time", "late", "missed", "early",
                 "containers"):
        shown.add_column(head, justify="right" if head else "left")
    for row in result["rows"]:
        bar = BARS.get(row["consumable"])
        halves = " ".join(said(half, ".2f") for half in row["error_halves"])
        shown.add_row(
            row["consumable"], said(row["error"], ".3f"), f"{bar:.2f}" if bar else "",
            both(row["plain"]), both(row["known"]), ranged(row),
            said(row["error_over_a_day"], ".3f"), said(row["error_weighted"], ".3f"), halves,
            said(row["coverage"], ".0%"), said(row["ran_out_before_band"], ".0%"),
            said(row["on_time"], ".0%"), str(row["late"]), str(row["missed"]), str(row["early"]),
            str(row["containers"]))
    shown.caption = told(result["left_out"])
    return shown


def told(left_out):
    """Return what was sold and has no recipe, as text; None where there is nothing to tell."""
    drinks = ", ".join(f"{sold} x {drink or 'nameless'}" for drink, sold in left_out.items())
    return f"left out, for there is no recipe: {drinks}" if drinks else None


def ranged(row):
    """Return the error over all first levels as text: its mean, least and most."""
    found = [error for error in row.get("from", {"error": ()})["error"] if error is not None]
    if not found:
        return "-"
    return f"{mean(found):.3f} ({min(found):.2f} to {max(found):.2f})"


def both(figures):
    """Return both errors of a yardstick as text, the weighted one behind."""
    return f"{said(figures['error'], '.3f')} {said(figures['error_weighted'], '.3f')}"


def said(value, form):
    """Return a figure as text, a dash where there was nothing to measure."""
    return "-" if value is None else format(value, form)
