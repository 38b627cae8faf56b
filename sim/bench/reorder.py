"""Reordering on a real vending machine's sales: cost against one who knows the demand.

Costs are in orders: an order costs 1, a day's mean demand kept for a day 0.025, a lost day of
demand 4. A pack is seven days' mean. The clairvoyant is a dynamic programme over the same days,
packs, first stock and goods already coming, that knows every sale. When an order falls due against
the ups and downs of demand is luck, worth 0.05 of the ratio either way over half a year, so each
figure is of several runs that begin with different stocks.
"""

import time

from rich.table import Table

from sim.bench import runout, stock_replay

DAY_S = stock_replay.DAY_S
WARM_UP_DAYS = 56
PACK_DAYS = 7
LEADS = (2, 5)
BARS = {2: 1.30, 5: 1.50}
LOST = 0.01
ORDER, HOLDING, LOSS = 1.0, 0.025, 4.0
SHELF_PACKS = 6      # what the shelf holds
FIRST_PACKS = (1.5, 2.0, 2.5)
PACKS_AT_ONCE = 3    # the most that the clairvoyant orders at once; more never pays


def clairvoyant(demand, coming, stock, pack, lead):
    """Return the least cost of meeting demand (base units a day) known in advance; exact.

    stock: on the shelf before the first day; coming: packs already ordered that come on day 0,
    1, …; what is ordered before the first day's sales comes lead days later at the soonest.
    """
    mean = pack / PACK_DAYS
    states = {stock: 0.0}    # stock: least cost so far
    for day, wanted in enumerate(demand):
        known = coming[day] if day < len(coming) else 0
        choices = range(PACKS_AT_ONCE + 1) if day >= lead else (0,)
        reached = {}
        for before, spent in states.items():
            for packs in choices:
                left = before + (known + packs) * pack - wanted
                if packs and left > SHELF_PACKS * pack:
                    break
                paid = spent + ORDER * (packs > 0)
                paid += HOLDING * left / mean if left > 0 else LOSS * -left / mean
                key = round(max(0.0, left), 6)
                reached[key] = min(paid, reached.get(key, paid))
        states = promising(reached, mean, len(demand) - day - 1)
    return min(states.values())


def promising(states, mean, days):
    """Leave out what the cheapest state beats whatever comes.

    With more stock it can do the same and carry the rest to the end; with less it can do the
    same and lose no more than the difference.
    """
    most, least = min(states.items(), key=lambda state: (state[1], state[0]))
    kept = {}
    for stock, paid in states.items():
        more = most - stock
        handicap = HOLDING * days * more if more >= 0 else LOSS * -more
        if paid - least <= handicap / mean:
            kept[stock] = paid
    return kept


def cost(rows, mean):
    """Cost of replayed days: rows of [stock at the end, lost, packs ordered, packs that came]."""
    return sum(ORDER * (ordered > 0) + HOLDING * stock / mean + LOSS * lost / mean
               for stock, lost, ordered, _ in rows)


def one(name, sales, days, first_day, lead, runtime):
    """Return the row of one consumable at one lead time."""
    demand = [0.0] * days
    for second, amount in sales:
        demand[second // DAY_S] += amount
    mean = sum(demand) / days
    pack = PACK_DAYS * mean
    spec = {"name": name, "kind": "level", "capacity": SHELF_PACKS * pack, "lead_days": lead,
            "low": 0.25, "spares": 0, "items": [{"sku": "pack", "pack": pack}]}
    jobs = [{"kind": "reorder", "spec": spec, "sales": sales, "days": days, "lead": lead,
             "start": first * pack} for first in FIRST_PACKS]
    spent = best = 0.0
    scored = []
    for rows in runout.replay(jobs, runtime):
        coming = [rows[day][3] for day in range(first_day, min(days, first_day + lead))]
        best += clairvoyant(demand[first_day:], coming, rows[first_day - 1][0], pack, lead)
        spent += cost(rows[first_day:], mean)
        scored += rows[first_day:]
    runs = len(jobs)
    return {"consumable": name, "lead": lead, "cost": spent / runs, "clairvoyant": best / runs,
            "ratio": spent / best, "orders": sum(row[2] > 0 for row in scored) / runs,
            "lost": sum(row[1] for row in scored) / sum(demand[first_day:]) / runs,
            "stock_days": sum(row[0] for row in scored) / mean / len(scored), "runs": runs}


def run(path, *, score_from=None, runtime="cpython", progress=None):
    """Return {"rows": a row per consumable and lead, "leads": {lead: mean ratio, lost}, ...}.

    score_from: ISO date from which on costs count (never before 56 days are over); progress:
    called with (done, of). The bars are for the mean over what sells daily; cocoa is lumpy.
    """
    began = time.monotonic()
    sales, start, left_out = runout.load(path)
    days = max(rows[-1][0] for rows in sales.values()) // DAY_S + 1
    first_day = runout.seconds_until(start, score_from, WARM_UP_DAYS) // DAY_S
    if first_day >= days:
        raise ValueError(f"{path}: {days} days of sales, none of them left to score")
    rows = []
    for lead in LEADS:
        for name in sales:
            rows.append(one(name, sales[name], days, first_day, lead, runtime))
            if progress:
                progress(len(rows), len(LEADS) * len(sales))
    return {"bench": "reorder", "runtime": runtime, "from": str(start), "score_from": score_from,
            "left_out": left_out, "days": days - first_day, "rows": rows,
            "leads": {lead: means(rows, lead) for lead in LEADS},
            "seconds": time.monotonic() - began}


def means(rows, lead):
    """Return mean ratio and lost share at a lead: of what sells daily, and of all."""
    every = [row for row in rows if row["lead"] == lead]
    daily = [row for row in every if row["consumable"] in runout.BARS]
    return {name: sum(row[key] for row in chosen) / len(chosen)
            for name, key, chosen in (("ratio", "ratio", daily), ("lost", "lost", daily),
                                      ("ratio_all", "ratio", every), ("lost_all", "lost", every))}


def table(result):
    """Return the result as a rich table."""
    shown = Table(title=f"Reordering, {result['days']} days of sales ({result['runtime']})")
    for head in ("", "lead", "cost", "clairvoyant", "ratio", "bar", "lost", "orders", "stock d"):
        shown.add_column(head, justify="right" if head else "left")
    for row in result["rows"]:
        shown.add_row(row["consumable"], f"{row['lead']} d", f"{row['cost']:.1f}",
                      f"{row['clairvoyant']:.1f}", f"{row['ratio']:.2f}", "", f"{row['lost']:.1%}",
                      f"{row['orders']:.1f}", f"{row['stock_days']:.1f}")
    for lead, mean in result["leads"].items():
        shown.add_row("beans, cups, milk", f"{lead} d", "", "", f"{mean['ratio']:.2f}",
                      f"{BARS[lead]:.2f}", f"{mean['lost']:.1%}", "", "")
    shown.caption = runout.told(result["left_out"])
    return shown
