"""Tables as they lie on somebody's disk, for every bench alike.

Separator, line ends, a mark of byte order and the column of times are found by looking. A cell that
is no number is NaN, and reaches no monitor, as on the thing; whatever else cannot be read is a
ValueError that names file and line.
"""

import math
from pathlib import Path

from sim.recorded.recording import date_of, number, rows_of, seconds_of, time_column


def cells(path, *wanted):
    """Return {column: its cells as text}, the names in small letters; wanted: must be there."""
    header, *body = rows_of(Path(path))
    names = [name.strip().lower() for name in header]
    columns = {name: [row[at].strip() if at < len(row) else "" for row in body]
               for at, name in enumerate(names) if name}
    for name in wanted:
        if name not in columns:
            raise ValueError(f"{path}: no column {name!r}, only {', '.join(columns)}")
    return columns


def readings(path, wanted=()):
    """Return (unix seconds, {column of numbers: its values, NaN where unreadable}, rows).

    All in order of time; rows: where each stands in the file, 0 below the heading.

    A column without a name, or of which more than half is no number, is none unless it is wanted.
    """
    header, *body = rows_of(Path(path))
    clock = time_column(path, header, body)
    times = [_time(path, at, row[clock] if clock < len(row) else "") for at, row in enumerate(body)]
    rows = sorted(range(len(body)), key=times.__getitem__)
    columns = {}
    for at, name in enumerate(map(str.strip, header)):
        if at == clock or not name:
            continue
        name = name.lower() if name.lower() in wanted else name
        name = f"{name} ({at})" if name in columns else name
        values = [number(body[row][at]) if at < len(body[row]) else math.nan for row in rows]
        if name in wanted or 2 * sum(map(math.isnan, values)) < len(values):
            columns[name] = values
    missing = [name for name in wanted if name not in columns]
    if missing or not columns:
        raise ValueError(f"{path}: no column {missing[0] if missing else 'of numbers'}, only "
                         f"{', '.join(header)}")
    return [times[row] for row in rows], columns, rows


def _time(path, at, text):
    found = seconds_of(text)
    if found is None:
        raise ValueError(f"{path}: row {at + 1}: {text!r} is no time")
    return found


def wall_clock(path, texts):
    """Return the naive local time of each text: whatever zone it names, that is its clock."""
    found = [date_of(text.strip()) for text in texts]
    for at, when in enumerate(found):
        if when is None:
            raise ValueError(f"{path}: row {at + 1}: {texts[at]!r} is no time")
    return [when.replace(tzinfo=None) for when in found]


def together(columns):
    """Return what a monitor of all columns is given, row by row; None where it is given nothing."""
    return [None if any(map(math.isnan, row)) else list(row)
            for row in zip(*columns.values(), strict=True)]
