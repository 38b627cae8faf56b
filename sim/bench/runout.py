"""Days left on a real vending machine's sales: error, band coverage and the 48-hour warning.

Each full hour after the first 28 days the shipped Consumable says how many days are left; the
truth is the hour at whose end the container is empty. A container is filled when it empties. The
grams, millilitres and cups behind each drink are an assumption, the same for every figure.
"""

import csv
import datetime
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from rich.table import Table

from sim.bench import stock_replay
from sim.mpy import runtime as mpy

ROOT = Path(__file__).resolve().parents[2]
WARM_UP_DAYS = 28
WARNING_DAYS = 2.0
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
    """Return (sales, start): {consumable: [[second, amount], ...]}, midnight of the first day.

    Raises ValueError for a file without the columns or with a drink without a recipe.
    """
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"datetime", "coffee_name"} <= set(rows[0]):
        raise ValueError(f"{path}: not a table of sales with columns datetime and coffee_name")
    times = [datetime.datetime.fromisoformat(row["datetime"]) for row in rows]
    start = min(times).replace(hour=0, minute=0, second=0, microsecond=0)
    sales = {name: [] for name in CAPACITY}
    for at, row in sorted(zip(times, rows, strict=True), key=lambda pair: pair[0]):
        drink = " ".join(row["coffee_name"].lower().split())
        if drink not in RECIPES:
            raise ValueError(f"{path}: no recipe for {drink!r}, only for {', '.join(RECIPES)}")
        for name, amount in zip(CAPACITY, RECIPES[drink], strict=True):
            if amount:
                sales[name].append([int((at - start).total_seconds()), amount])
    return {name: sold for name, sold in sales.items() if sold}, start


def seconds_until(start, score_from, warm_up_days):
    """Return where scoring starts, in seconds after start; score_from: ISO date or None."""
    warm = warm_up_days * stock_replay.DAY_S
    if score_from is None:
        return warm
    try:
        given = datetime.datetime.fromisoformat(str(score_from))
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


def truth(sales, capacity, hours):
    """Return (days, container) per full hour; days is None where it never empties again."""
    days = [None] * hours
    container = [0] * hours
    used = 0.0
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


def mean(values):
    """Return the mean, or None of nothing."""
    return sum(values) / len(values) if values else None


def score(forecasts, days, container, start_hour):
    """Return the figures of one consumable over the hours from start_hour on; None without any."""
    hours = [hour for hour in range(start_hour, len(days)) if days[hour] and forecasts[hour]]
    true = [days[hour] for hour in hours]
    misses = [abs(forecasts[hour][1] - days[hour]) for hour in hours]
    given = [(forecasts[hour], days[hour]) for hour in hours]
    return {
        "hours": len(hours),
        "error": mean([miss / day for miss, day in zip(misses, true, strict=True)]),
        "error_over_a_day": mean([m / max(d, 1) for m, d in zip(misses, true, strict=True)]),
        "error_weighted": sum(misses) / sum(true) if true else None,
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


def run(path, *, score_from=None, runtime="cpython", progress=None):
    """Return {"rows": a row per consumable, ...} of the shipped defaults on the sales at path.

    score_from: ISO date from which on hours count (never before the first 28 days are over);
    progress: called with (done, of).
    """
    began = time.monotonic()
    sales, start = load(path)
    last = max(rows[-1][0] for rows in sales.values())
    hours = last // 3600 + 1
    start_hour = seconds_until(start, score_from, WARM_UP_DAYS) // 3600
    if start_hour >= hours:
        raise ValueError(f"{path}: {hours // 24} days of sales, none of them left to score")
    rows = []
    for done, name in enumerate(sales):
        capacity = CAPACITY[name]
        spec = {"name": name, "kind": "level", "capacity": capacity, "lead_days": 2}
        job = {"kind": "runout", "spec": spec, "sales": sales[name], "hours": hours}
        forecasts = replay([job], runtime)[0]
        days, container = truth(sales[name], capacity, hours)
        row = {"consumable": name} | score(forecasts, days, container, start_hour)
        middle = (start_hour + hours) // 2
        early = [day if hour < middle else None for hour, day in enumerate(days)]
        row["error_halves"] = [score(forecasts, early, container, start_hour)["error"],
                               score(forecasts, days, container, middle)["error"]]
        rows.append(row)
        if progress:
            progress(done + 1, len(sales))
    return {"bench": "runout", "runtime": runtime, "from": str(start), "score_from": score_from,
            "hours": hours, "rows": rows, "seconds": time.monotonic() - began}


def table(result):
    """Return the result as a rich table."""
    shown = Table(title=f"Days left, {result['hours'] // 24} days of sales ({result['runtime']})")
    for head in ("", "error", "≥ 1 day", "weighted", "bar", "halves", "80 % band", "ran out before",
                 "48 h on time", "late", "missed", "early", "containers"):
        shown.add_column(head, justify="right" if head else "left")
    for row in result["rows"]:
        bar = BARS.get(row["consumable"])
        halves = " ".join(said(half, ".2f") for half in row["error_halves"])
        shown.add_row(
            row["consumable"], said(row["error"], ".3f"), said(row["error_over_a_day"], ".3f"),
            said(row["error_weighted"], ".3f"), f"{bar:.2f}" if bar else "", halves,
            said(row["coverage"], ".0%"), said(row["ran_out_before_band"], ".0%"),
            said(row["on_time"], ".0%"), str(row["late"]), str(row["missed"]), str(row["early"]),
            str(row["containers"]))
    return shown


def said(value, form):
    """Return a figure as text, a dash where there was nothing to measure."""
    return "-" if value is None else format(value, form)
