"""Skoltech Anomaly Benchmark: does `joint` see a fault in eight channels of one machine?

Protocol: each file alone, a fresh monitor with its default settings, all channels, no label seen.
Rows 0 to 399 are for learning and calibrating, and are not scored. From row 400 on, each row is a
verdict: F1, false alarm rate (share of healthy rows) and missed alarm rate (share of faulty rows)
are of all files' rows together. "At FAR ≤ 10 %" puts one threshold on the score of all files, the
one with the best F1 among those with at most 10 % false alarms. A file without labels is healthy
throughout and is told apart, so that it does not sweeten the figures.
"""

import time

from rich.table import Table

from sim.bench import tables
from sim.bench.machine import files, replay
from sim.bench.runout import said

LEARNING = 400
FAR = 0.10
BARS = {"f1": 0.83, "f1_at_far10": 0.77, "state_bytes": 256}
LONG = {"learn": 2000, "calibrate": 500}
MOST_CHANNELS = 8  # that `joint` has room for
LABEL, NOT_CHANNELS = "anomaly", ("anomaly", "changepoint")


def load(path):
    """Return (readings of a row, times in s, labels or None, rows) of one SKAB file.

    The first eight channels, in order of time; a row with a gap is None; rows: where each stands in
    the file.
    """
    times, columns, order = tables.readings(path)
    names = [name for name in columns if name not in NOT_CHANNELS][:MOST_CHANNELS]
    channels = {name: columns[name] for name in names}
    if not channels:
        raise ValueError(f"{path}: no channel besides {', '.join(columns)}")
    labels = [value > 0 for value in columns[LABEL]] if LABEL in columns else None
    return tables.together(channels), [at - times[0] for at in times], labels, order


def rates(true_alarms, false_alarms, faulty, healthy):
    """F1, FAR and MAR of counted rows; None of none."""
    if not faulty + healthy:
        return dict.fromkeys(("f1", "far", "mar"))
    missed = faulty - true_alarms
    return {"f1": 2 * true_alarms / max(1, 2 * true_alarms + false_alarms + missed),
            "far": false_alarms / max(1, healthy), "mar": missed / max(1, faulty)}


def scored(verdicts, labels):
    """Rates of a file's verdicts after the learning rows."""
    pairs = list(zip(verdicts, labels, strict=True))[LEARNING:]
    faulty = sum(label for _, label in pairs)
    return rates(sum(v and t for v, t in pairs), sum(v and not t for v, t in pairs), faulty,
                 len(pairs) - faulty)


def best_at_far(scores, labels, far):
    """The best rates of any one threshold on the score that keeps the false alarm rate."""
    faulty = sum(labels)
    healthy = len(labels) - faulty
    best = rates(0, 0, faulty, healthy)
    true_alarms = false_alarms = 0
    order = sorted(zip(scores, labels, strict=True), reverse=True)
    for at, (score, label) in enumerate(order):
        true_alarms += label
        false_alarms += not label
        if at + 1 < len(order) and order[at + 1][0] == score:
            continue
        if false_alarms > far * healthy:
            break
        best = max(best, rates(true_alarms, false_alarms, faulty, healthy) | {"threshold": score},
                   key=lambda found: found["f1"])
    return best


def healthy_file(name, job, result, runtime):
    """The row of a file without a fault: false alarms as learned by the protocol, and after LONG.

    A machine that runs for hours has more moods than the protocol's 400 seconds can show.
    """
    longer = replay(job | {"settings": job["settings"] | LONG}, runtime)
    count = len(job["rows"])
    return {"file": name, "far": share(result["alarms"], count - LEARNING),
            "far_after_long_learning": share(longer["alarms"], count - sum(LONG.values()))}


def share(alarms, of):
    """Share of the rows that are alarms, None of none."""
    return sum(alarms) / of if of > 0 else None


def run(*paths, runtime="cpython", progress=None, settings=None):
    """Return f1, far, mar, f1_at_far10, state_bytes, rows (per file) and alarms [(file, row)].

    paths: SKAB files or folders; progress: called with (done, of); settings: of the monitor.
    """
    began = time.monotonic()
    rows, alarms, free = [], [], []
    verdicts, scores, labels = [], [], []
    found = files(paths)
    for done, path in enumerate(found):
        data, times, truth, order = load(path)
        job = {"kind": "joint", "settings": settings or {}, "rows": data, "times": times}
        result = replay(job, runtime)
        name = f"{path.parent.name}/{path.stem}"
        alarms += [(name, row) for row, alarm in zip(order, result["alarms"], strict=True) if alarm]
        if truth is None:
            free.append(healthy_file(name, job, result, runtime))
        else:
            rows.append({"file": name, "rows": len(data)} | scored(result["alarms"], truth))
            verdicts += result["alarms"][LEARNING:]
            scores += result["scores"][LEARNING:]
            labels += truth[LEARNING:]
        if progress:
            progress(done + 1, len(found))
    faulty = sum(labels)
    together = rates(sum(v and t for v, t in zip(verdicts, labels, strict=True)),
                     sum(v and not t for v, t in zip(verdicts, labels, strict=True)),
                     faulty, len(labels) - faulty)
    at_far = best_at_far(scores, labels, FAR)
    return {"bench": "skab", "runtime": runtime} | together | {
        "f1_at_far10": at_far["f1"], "mar_at_far10": at_far["mar"],
        "state_bytes": result["state_bytes"], "rows": rows, "free": free, "alarms": alarms,
        "seconds": time.monotonic() - began}


def table(result):
    """Return the result as a rich table."""
    shown = Table(title=f"SKAB, {len(result['rows'])} files ({result['runtime']})")
    for head in ("file", "F1", "false alarms", "missed", "F1 at FAR ≤ 10 %", "state"):
        shown.add_column(head, justify="left" if head == "file" else "right")
    for row in result["rows"]:
        shown.add_row(row["file"], *told(row))
    for row in result["free"]:
        longer = said(row["far_after_long_learning"], ".1%")
        shown.add_row(row["file"], "", said(row["far"], ".1%"),
                      f"({longer} after {LONG['learn']} rows)")
    shown.add_section()
    shown.add_row("all", *told(result), said(result["f1_at_far10"], ".3f"),
                  f"{result['state_bytes']} B")
    shown.add_row("bar", f"{BARS['f1']:.2f}", "", "", f"{BARS['f1_at_far10']:.2f}",
                  f"{BARS['state_bytes']} B")
    return shown


def told(found):
    """F1, FAR and MAR as text."""
    return said(found["f1"], ".3f"), said(found["far"], ".1%"), said(found["mar"], ".1%")
