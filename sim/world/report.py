"""What a run comes to in figures, rows and, on a terminal, in lines."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.desk.models import CaseState, OrderState
from sim.world import market_figures
from sim.world.clock import DAY, HOUR, MINUTE

GRACE_S = 2 * DAY
"""A case opened this long after the repair is still true: the finding had to be confirmed."""

AT_ONCE_S = MINUTE
"""What a thing mends itself ends as it is found, and a thing's seconds are not the world's."""

COLOURS = {
    "fault": "red", "trouble": "bold red", "finding": "yellow", "repair": "green",
    "order": "cyan", "case": "yellow", "people": "dim", "notice": "magenta", "network": "blue",
    "power": "red",
}  # fmt: skip


def when(at: int) -> str:
    """Day and time of a virtual second."""
    return f"{at // DAY:3d}d {at % DAY // HOUR:02d}:{at % HOUR // MINUTE:02d}"


def check_row(check) -> dict:
    return {"state": check.state, "rule": check.words, "checked": check.checked,
            "broken": check.broken[:5]}


def order_row(order, world) -> dict:
    return {
        "number": f"O-{order.number:06d}",
        "consumable": order.consumable,
        "sku": order.sku,
        "packs": order.packs,
        "seller": order.seller,
        "total_minor": order.total_minor,
        "state": OrderState(order.state).name.lower(),
        "test": order.test,
        "placed_s": order.placed_at - world.start_unix,
        "changed_s": order.changed_at - world.start_unix,
    }


def case_row(case, world) -> dict:
    return {
        "number": f"C-{case.number:06d}",
        "mode": case.mode,
        "service": case.service,
        "severity": case.severity,
        "monitor": case.monitor,
        "state": CaseState(case.state).name.lower(),
        "escalated": case.escalated,
        "opened_s": case.opened_at - world.start_unix,
        "changed_s": case.changed_at - world.start_unix,
    }


def figures(run, orders: list, cases: list, wall_s: float, cpu_s: float) -> dict:
    """The numbers of a run. Times in virtual seconds; wall_s and cpu_s are real ones."""
    days = max(run.world.now, 1) / DAY
    plant, observer = run.plant, run.observer
    spent = sum(o.total_minor for o in orders if o.state in _BOUGHT and not o.test)
    return {
        "device_days": round(days, 3),
        "wall_s": round(wall_s, 3),
        "cpu_s": round(cpu_s, 3),
        "device_days_per_s": round(days / wall_s, 2) if wall_s else 0,
        "readings": run.site.readings,
        "turns": run.site.turns,
        "boots": run.thing.boots,
        "messages_up": _by_kind(observer, "up"),
        "messages_down": _by_kind(observer, "down"),
        "network_up": vars(run.network.counts(run.name, "up")),
        "network_down": vars(run.network.counts(run.name, "down")),
        "flash": run.thing.flash._asdict(),
        "demand": plant.demand,
        "served": plant.demand - sum(plant.lost.values()),
        "lost": dict(sorted(plant.lost.items())),
        "lost_to_stock": {n: c for n, c in sorted(plant.lost.items()) if n in plant.consumables},
        "stocked_out_s": dict(sorted(observer.stocked_out_s.items())),
        "spent_minor": spent,
        "refills": run.housekeeper.fills,
        "visits": run.technician.visits,
        "detections": detections(observer),
        "false_cases": [case_row(case, run.world) for case in false_cases(run, cases)],
        "verified_unseen": len(observer.verified_unseen()),
        "market": market_figures.figures(run, orders),
        "unreadable_frames": observer.unreadable,
    }


def detections(observer) -> list[dict]:
    """For every injected fault when it was first found: the delay counts from the injection."""
    rows = []
    for fault in observer.injected:
        end = observer.ended.get(fault.what)
        seen = [f for f in observer.findings
                if f.mode in fault.shows_as and fault.at <= f.at and f.state == 2
                and (end is None or f.at <= end + AT_ONCE_S)]
        first = min(seen, key=lambda finding: finding.at, default=None)
        rows.append({
            "fault": fault.what,
            "at_s": fault.at,
            "found_as": first.mode if first else None,
            "monitor": first.monitor if first else None,
            "delay_s": first.at - fault.at if first else None,
            "repaired_s": end,
        })
    return rows


def false_cases(run, cases: list) -> list:
    """Cases that nothing in the plant justified; what somebody's word opened is not judged."""
    start = run.world.start_unix
    return [case for case in cases if case.monitor
            and not run.observer.true_at(case.mode, case.opened_at - start, GRACE_S)]


def expectations(scenario, orders: list, cases: list, numbers: dict) -> list[dict]:
    """Every expectation of the scenario: what was wanted, what came, and whether that is met."""
    wanted = scenario.expect
    lost = sum(numbers["lost_to_stock"].values()) / max(numbers["demand"], 1)
    rows = [
        _least("orders_placed", wanted.orders_placed, len(orders)),
        _least("orders_verified", wanted.orders_verified, _count(orders, OrderState.VERIFIED)),
        _least("cases_opened", wanted.cases_opened, len(cases)),
        _least("cases_closed", wanted.cases_closed, _count(cases, CaseState.CLOSED)),
        _least("boots", wanted.boots, numbers["boots"]),
        _most("false_cases", wanted.false_cases, len(numbers["false_cases"])),
        _most("lost_sales", wanted.lost_sales, round(lost, 4)),
        _most("stocked_out", wanted.stocked_out, sum(numbers["stocked_out_s"].values())),
        _most("verified_unseen", wanted.verified_unseen, numbers["verified_unseen"]),
        _most("spent", wanted.spent, numbers["spent_minor"]),
    ]
    for name, relation, least_or_most, value in market_figures.expectations(
        wanted, numbers["market"]
    ):
        met = value <= least_or_most if relation == "at most" else value >= least_or_most
        rows.append(_row(name, relation, least_or_most, value, met))
    if numbers["unreadable_frames"]:
        rows.append(_most("unreadable_frames", 0, numbers["unreadable_frames"]))
    for fault in wanted.detected:
        delays = [row["delay_s"] for row in numbers["detections"]
                  if row["fault"] == fault and row["delay_s"] is not None]
        rows.append(_detected(fault, wanted.detected_within, min(delays, default=None)))
    return [row for row in rows if row is not None]


def line(happening) -> Text:
    """A line of the timeline."""
    return Text.assemble(
        (when(happening.at), "dim"), " ",
        (f"{happening.kind:8}", COLOURS.get(happening.kind, "white")), " ", happening.text,
    )  # fmt: skip


def show(result, console: Console, timeline: bool = True) -> None:
    """The timeline, the invariants and the verdict, for a person."""
    for happening in result.timeline if timeline else ():
        console.print(line(happening), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for heading in ("invariant", "state", "facts", "rule"):
        table.add_column(heading)
    for name, row in result.invariants.items():
        colour = {"held": "green", "broken": "bold red"}.get(row["state"], "yellow")
        table.add_row(name, f"[{colour}]{row['state']}[/]", str(row["checked"]), row["rule"])
    console.print(table)
    for name, row in result.invariants.items():
        for words in row["broken"]:
            console.print(f"{name} broken: {words}", style="red", markup=False, soft_wrap=True)
    for row in result.expectations:
        mark = "[green]met[/]" if row["met"] else "[bold red]not met[/]"
        console.print(f"{mark} {row['name']}: {row['relation']} {row['wanted']}, is {row['is']}")
    _show_figures(result, console)
    colour = {"pass": "green", "interrupted": "yellow"}.get(result.verdict, "bold red")
    console.print(f"[{colour}]{result.verdict}[/]  {result.scenario}, seed {result.seed}, "
                  f"{result.runtime}, digest {result.digest[:16]}")


def _show_figures(result, console: Console) -> None:
    numbers = result.figures
    verified = sum(order["state"] == "verified" for order in result.orders)
    closed = sum(case["state"] == "closed" for case in result.cases)
    console.print(
        f"{numbers['device_days']:g} device-days in {numbers['wall_s']:g} s "
        f"({numbers['device_days_per_s']:g} a second), {numbers['readings']} readings; "
        f"{len(result.orders)} orders, {verified} verified, "
        f"{numbers['spent_minor'] / 100:.2f} spent; {len(result.cases)} cases, {closed} closed, "
        f"{len(numbers['false_cases'])} false"
        + (f"; {numbers['served']} of {numbers['demand']} served" if numbers["demand"] else ""),
        soft_wrap=True,
    )
    _show_market(numbers["market"], console)
    for row in numbers["detections"]:
        found = "not found" if row["delay_s"] is None else (
            f"found by {row['monitor']} after {row['delay_s'] / HOUR:.1f} h")
        console.print(f"{row['fault']} on day {row['at_s'] // DAY}: {found}")


def _show_market(market: dict, console: Console) -> None:
    """One line a kind of seller, and what it came to against somebody who knows everything."""
    if set(market["kinds"]) <= {"honest"}:
        return
    for kind, row in market["kinds"].items():
        console.print(f"{kind:13} {row['orders']} orders, {row['verified']} verified, "
                      f"{row['paid_minor'] / 100:.2f} paid for {row['ordered_minor'] / 100:.2f}")
    console.print(
        f"market: {market['paid_minor'] / 100:.2f} paid where a clairvoyant pays "
        f"{market['clairvoyant_minor'] / 100:.2f}; {market['wrongs_disputed']} of "
        f"{market['wrongs']} wrongs disputed, {market['false_disputes']} honest sellers accused, "
        f"{market['forged_taken']} forged offers taken"
    )


_BOUGHT = (OrderState.PLACED, OrderState.CONFIRMED, OrderState.SHIPPED, OrderState.DELIVERED,
           OrderState.VERIFIED, OrderState.DISPUTED)


def _by_kind(observer, direction: str) -> dict:
    counts, sizes = observer.kinds[direction], observer.kind_bytes[direction]
    return {name: {"count": counts[name], "bytes": sizes[name]} for name in sorted(counts)}


def _count(rows: list, state: int) -> int:
    return sum(row.state == state and not getattr(row, "test", False) for row in rows)


def _least(name: str, wanted, value) -> dict | None:
    return None if wanted is None else _row(name, "at least", wanted, value, value >= wanted)


def _most(name: str, wanted, value) -> dict | None:
    return None if wanted is None else _row(name, "at most", wanted, value, value <= wanted)


def _detected(fault: str, within: int, delay: int | None) -> dict:
    met = delay is not None and delay <= within
    return _row(f"{fault} detected", "within s", within, delay, met)


def _row(name: str, relation: str, wanted, value, met: bool) -> dict:
    return {"name": name, "relation": relation, "wanted": wanted, "is": value, "met": met}
