"""IMS bearings: how long before a run to failure ends does `onset` speak, and is it ever wrong?

Protocol: each column (one bearing's vibration) alone, a fresh monitor with its default settings,
all rows in order. The onset of the file is the first alarm of any column (or of those known to have
failed, where they are given); its lead is the time from there to the last row. An onset is false
when the alarm is let go again before the end, or comes in the first HEALTHY rows, which the run is
known to survive.
"""

import time

from rich.table import Table

from sim.bench import tables
from sim.bench.machine import replay

HEALTHY = 400
BARS = {"lead_h": 48, "false_onsets": 1}


def load(path):
    """Return ({column: values}, times in s, rows) of one IMS file of averages.

    In order of time; rows: where each stands in the file.
    """
    times, columns, order = tables.readings(path)
    return columns, [at - times[0] for at in times], order


def onsets(alarms):
    """[(first row, row after the last)] of every stretch of alarm."""
    edges = [row for row in range(len(alarms)) if alarms[row] != (row > 0 and alarms[row - 1])]
    return list(zip(edges[::2], [*edges, len(alarms)][1::2], strict=True))


def column(values, times, runtime, settings):
    """The row of one column, "alarms" among it: where the alarm was on."""
    job = {"kind": "onset", "settings": settings, "rows": tables.together({"": values}),
           "times": times}
    alarms = replay(job, runtime)["alarms"]
    stretches = onsets(alarms)
    kept = [first for first, after in stretches if after == len(values) and first >= HEALTHY]
    first = kept[0] if kept else None
    return {"onset_row": first, "onset_s": None if first is None else times[first],
            "lead_h": 0.0 if first is None else (times[-1] - times[first]) / 3600,
            "false_onsets": len(stretches) - len(kept),
            "alarms": [row for row, alarm in enumerate(alarms) if alarm]}


def run(path, *, failed=None, runtime="cpython", progress=None, settings=None):
    """Return onset_row, onset_s, lead_h, false_onsets, rows (one a column), alarms [(column, row)].

    path: CSV of averages; failed: names of the columns whose bearing failed, where that is known;
    progress: called with (done, of); settings: of the monitor.
    """
    began = time.monotonic()
    columns, times, order = load(path)
    unknown = [name for name in failed or () if name not in columns]
    if unknown:
        raise ValueError(f"{path}: no column {unknown[0]!r}, only {', '.join(columns)}")
    rows, alarms = [], []
    for name, values in columns.items():
        row = {"column": name} | column(values, times, runtime, settings or {})
        alarms += [(name, order[at]) for at in row.pop("alarms")]
        rows.append(row)
        if progress:
            progress(len(rows), len(columns))
    suspects = [row for row in rows if failed is None or row["column"] in failed]
    first = max(suspects, key=lambda row: row["lead_h"])
    return {"bench": "onset", "runtime": runtime, "column": first["column"],
            "onset_row": first["onset_row"], "onset_s": first["onset_s"],
            "lead_h": first["lead_h"], "hours": times[-1] / 3600,
            "false_onsets": sum(row["false_onsets"] for row in rows), "rows": rows,
            "alarms": alarms,
            "seconds": time.monotonic() - began}


def table(result):
    """Return the result as a rich table."""
    shown = Table(title=f"Bearing run of {result['hours']:.0f} h ({result['runtime']})")
    for head in ("", "onset at row", "hour", "lead, h", "false onsets"):
        shown.add_column(head, justify="right" if head else "left")
    for row in result["rows"]:
        known = row["onset_row"] is not None
        shown.add_row(row["column"], str(row["onset_row"]) if known else "none",
                      f"{row['onset_s'] / 3600:.0f}" if known else "none", f"{row['lead_h']:.1f}",
                      str(row["false_onsets"]))
    shown.add_section()
    shown.add_row("bar", "", "", f"≥ {BARS['lead_h']}", f"≤ {BARS['false_onsets']}")
    return shown
