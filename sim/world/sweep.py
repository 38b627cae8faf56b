"""The same scenario many times: drawn from other seeds, or with the power cut at other operations.

One run says that a story can end well; many say how often, and how late the worst was. Every
variant is played in a process of its own, and is the very run that `steward sim run` plays, so
what failed here can be looked at there.
"""

import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

from sim.world.clock import HOUR
from sim.world.run import Run
from sim.world.scenario import Scenario

FIGURES = ("orders", "cases", "false_cases", "stocked_out_h", "lost_sales", "spent_minor", "boots",
           "device_days")


class Variant(NamedTuple):
    """How one run differs; `cut` counts the operations on flash after the first start, from 1."""

    seed: int
    cut: int | None = None
    share: float = 0.5


def seeds(count: int, first: int) -> list[Variant]:
    return [Variant(first + number) for number in range(count)]


def cuts(operations: int, count: int, seed: int) -> list[Variant]:
    """Cut so many times, evenly over the operations of a run; every second cut tears what it cuts.

    The torn half of an append is a torn tail; of a replacement, the old or the new.
    """
    count = min(count, operations)
    chosen = [1 + number * operations // count for number in range(count)]
    return [Variant(seed, cut, 0.5 if number % 2 else 0.0) for number, cut in enumerate(chosen)]


def operations(scenario: Scenario, seed: int, runtime: str = "cpython") -> int:
    """How many operations on flash the whole scenario takes after the first start, uncut."""
    playing = Run(scenario, seed, runtime)
    try:
        before = _operations(playing)
        playing.advance(scenario.duration)
        return _operations(playing) - before
    finally:
        playing.close()


def play(job: tuple[Scenario, Variant, str]) -> dict:
    """Play one variant to its end and return its row."""
    scenario, variant, runtime = job
    playing = Run(scenario, variant.seed, runtime)
    try:
        if variant.cut:
            playing.thing.cut_after(variant.cut, variant.share)
        playing.advance(scenario.duration)
        return row_of(variant, playing.result())
    finally:
        playing.close()


@contextmanager
def playing_all(
    scenario: Scenario, variants: Iterable[Variant], runtime: str, workers: int
) -> Iterator[Iterator[dict]]:
    """Have the rows come, in the order of the variants; leaving the block ends what still plays."""
    jobs = [(scenario, variant, runtime) for variant in variants]
    context = multiprocessing.get_context("fork")
    with context.Pool(min(workers, len(jobs)), _leave_interrupts_to_the_parent) as pool:
        yield pool.imap(play, jobs)


def summary(rows: list[dict]) -> dict:
    """What the rows come to: how many passed, every figure's least, median and most, faults."""
    faults = dict.fromkeys(seen["fault"] for row in rows for seen in row["detections"])
    return {
        "runs": len(rows),
        "passed": sum(row["passed"] for row in rows),
        "figures": {name: _spread([row[name] for row in rows]) for name in FIGURES if rows},
        "faults": {fault: _found(fault, rows) for fault in faults},
    }


def _operations(playing: Run) -> int:
    flash = playing.thing.flash
    return flash.appends + flash.replaces


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def row_of(variant: Variant, result) -> dict:
    """A run's row: `passed`, `failed` [why], the figures that are worth to be compared."""
    told = result.figures
    unmet = [f"{row['name']}: {row['is']}, wanted {row['relation']} {row['wanted']}"
             for row in result.expectations if not row["met"]]
    broken = [f"{name}: {fact}" for name, check in result.invariants.items()
              for fact in check["broken"]]
    return {
        "seed": variant.seed,
        "cut": variant.cut,
        "passed": result.passed,
        "failed": broken + unmet,
        "orders": len(result.orders),
        "cases": len(result.cases),
        "false_cases": len(told["false_cases"]),
        "stocked_out_h": round(sum(told["stocked_out_s"].values()) / HOUR, 1),
        "lost_sales": round(sum(told["lost_to_stock"].values()) / max(told["demand"], 1), 4),
        "spent_minor": told["spent_minor"],
        "boots": told["boots"],
        "device_days": told["device_days"],
        "detections": told["detections"],
        "digest": result.digest,
    }


def _spread(values: list) -> dict:
    return {"least": min(values), "median": median(values), "most": max(values)}


def _found(fault: str, rows: list[dict]) -> dict:
    """In how many runs a fault was found, and how long that took; a run without it does not count.

    Delays in seconds, None where it was never found.
    """
    delays = [seen["delay_s"] for row in rows for seen in row["detections"]
              if seen["fault"] == fault]
    found = [delay for delay in delays if delay is not None]
    return {
        "injected": len(delays),
        "found": len(found),
        "median_s": median(found) if found else None,
        "slowest_s": max(found, default=None),
    }
