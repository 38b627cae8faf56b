"""Recorded sales replayed through the shipped Consumable; runs on CPython and on MicroPython.

A job is plain data, so the same code serves a direct call and `micropython stock_replay.py JOB`,
which prints the result as JSON. Nothing here knows the truth ahead of time: what lies in the
future is only used by the caller, to score.
"""

import json
import sys
from array import array

from agent.stock.consumables import Consumable

DAY_S = 86400
READ_S = 600           # a level reading every ten minutes
SHELF_READ_S = 1800


def runout(job):
    """Return a forecast per full hour: [[low, mid, high, trusted], ...] or None; days.

    job: spec; sales: [[second, amount], ...] in order; hours; used: base units gone at first. The
    container is filled by the sale that empties it.
    """
    item = Consumable(job["spec"])
    capacity = item.capacity
    sales = job["sales"]
    used = job["used"]
    sale = 0
    # One block for all figures: rows scattered over the heap would leave no room for their list.
    figures = array("d", bytes(8 * 4 * job["hours"]))
    for at in range(0, job["hours"] * 3600, READ_S):
        while sale < len(sales) and sales[sale][0] < at:
            used += sales[sale][1]
            used -= capacity if used >= capacity else 0
            sale += 1
        item.feed_level(capacity - used, at)
        item.step(at)
        item.take_event()
        if at % 3600 == 0:
            days = item.days_left(at)
            trusted = item.plausible(at) is None
            row = at // 3600 * 4
            figures[row:row + 4] = array("d", (days or (-1.0, -1.0, -1.0)) + (trusted,))
    return [None if figures[row] < 0 else [round(value, 6) for value in figures[row:row + 4]]
            for row in range(0, len(figures), 4)]


def reorder(job):
    """Return a row per day: [stock at its end, lost, packs ordered, packs that came].

    job: spec (one pack size); sales; days; lead (days); start: base units on the shelf. What is
    ordered at the end of a day comes lead days later, before the next day's first sale.
    """
    item = Consumable(job["spec"])
    pack = job["spec"]["items"][0]["pack"]
    sales = job["sales"]
    stock = job["start"]
    coming = [0] * (job["lead"] + 1)
    sale = 0
    rows = []
    for day in range(job["days"]):
        came = coming.pop(0)
        stock += came * pack
        lost = 0.0
        for at in range(day * DAY_S, (day + 1) * DAY_S, SHELF_READ_S):
            item.feed_level(stock, at)
            item.step(at)
            item.take_event()
            while sale < len(sales) and sales[sale][0] < at + SHELF_READ_S:
                sold = min(stock, sales[sale][1])
                lost += sales[sale][1] - sold
                stock -= sold
                sale += 1
        need = item.need(at, sum(coming) * pack, job["lead"], 0.0)
        packs = int(need[0] / pack + 0.5) if need else 0
        coming.append(packs)
        rows.append([round(stock, 6), round(lost, 6), packs, came])
    return rows


JOBS = {"runout": runout, "reorder": reorder}

if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print(json.dumps([JOBS[job["kind"]](job) for job in json.load(file)]))
