"""Recorded data: a CSV with a time column, a column for each channel, and perhaps labels.

Separator, time column and labels are found by looking; what could not be read is counted.
"""

import csv
import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

TIME_WORDS = ("timestamp", "datetime", "time", "date", "utc", "ts")
LABEL_WORDS = ("anomaly", "changepoint", "label", "is_anomaly", "outlier", "fault")
FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y.%m.%d.%H.%M.%S", "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
)  # fmt: skip
MILLISECONDS_FROM = 10**11
"""Numbers above this are unix milliseconds: seconds get there in the year 5138."""


class RecordingError(ValueError):
    """A file that cannot be replayed; says what is missing."""


@dataclass
class Recording:
    """times: unix seconds, in order; disorder: rows that stood after later ones or had no time;
    columns: name -> values (NaN where unreadable); labels: name -> rows that are marked; windows:
    [(first, last)] in unix seconds."""

    name: str
    times: list[int]
    columns: dict[str, list[float]]
    labels: dict[str, list[int]] = field(default_factory=dict)
    windows: list[tuple[int, int]] = field(default_factory=list)
    disorder: int = 0

    @property
    def period_s(self) -> int:
        """The usual distance of two rows: their median, at least 1."""
        steps = sorted(b - a for a, b in zip(self.times, self.times[1:], strict=False))
        return max(1, steps[len(steps) // 2]) if steps else 1


def read(path: str | Path, labels: str | Path | None = None) -> Recording:
    """A recording from a CSV file; `labels` is a JSON of file name -> [[first, last], ...].

    Raises RecordingError when no time or no numeric column can be found.
    """
    path = Path(path)
    rows = rows_of(path)
    header, body = rows[0], rows[1:]
    clock = time_column(path, header, body)
    times, body, disorder = _in_order(
        [seconds_of(row[clock]) if clock < len(row) else None for row in body], body)
    recording = Recording(path.name, times, {}, disorder=disorder)
    for index, name in enumerate(header):
        if index == clock or not name:
            continue
        values = [number(row[index]) if index < len(row) else math.nan for row in body]
        if name.strip().lower() in LABEL_WORDS:
            recording.labels[name] = [i for i, v in enumerate(values) if v > 0]
        elif sum(map(math.isnan, values)) * 2 < len(values):
            recording.columns[name] = values
    if not recording.columns:
        raise RecordingError(f"{path}: no column of numbers besides {header[clock]!r}")
    if labels:
        recording.windows = _windows(path, Path(labels))
    return recording


def channel_name(column: str) -> str:
    """A column's heading as a name of a channel: small letters, digits and _, a letter first."""
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower())
    name = name.strip("_")
    return (name if name[:1].isalpha() else f"c_{name}")[:24].rstrip("_")


LOOKED_AT = 4096  # bytes, to tell whether a file is text


def rows_of(path: Path) -> list[list[str]]:
    """Heading and rows of a text file, cells as text; raises RecordingError for another file."""
    data = path.read_bytes()
    if any(byte < 32 and byte not in b"\t\r\n" for byte in data[:LOOKED_AT]):
        raise RecordingError(f"{path}: not a text file in UTF-8")
    text = data.decode("utf-8-sig", errors="replace")
    first = text.split("\n", 1)[0]
    separator = max(";,\t", key=first.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=separator)
            if "".join(row).strip()]
    if len(rows) < 2:
        raise RecordingError(f"{path}: a heading and at least one row are needed")
    return rows


def time_column(path: Path, header: list[str], body: list[list[str]]) -> int:
    """Position of the column of times; raises RecordingError where there is none."""
    named = [i for word in TIME_WORDS for i, name in enumerate(header)
             if name.strip().lower() == word]
    for index in [*named, *range(len(header))]:
        sample = [row[index] for row in body[:20] if index < len(row)]
        known = [seconds_of(text, index in named) is not None for text in sample]
        if any(known) if index in named else known and all(known):
            return index
    raise RecordingError(f"{path}: no time column among {', '.join(header)}")


def seconds_of(text: str, numbers: bool = True) -> int | None:
    """Unix seconds of a date, or of a number if `numbers` may be times; None for neither."""
    text = text.strip()
    moment = date_of(text)
    if moment is not None:
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    value = number(text)
    if not numbers or math.isnan(value):
        return None
    return int(value / 1000 if value > MILLISECONDS_FROM else value)


def date_of(text: str) -> datetime | None:
    """A date in one of FORMATS or as ISO 8601 has it, or None."""
    for read in (datetime.fromisoformat, *map(_reader, FORMATS)):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _reader(pattern: str):
    return lambda text: datetime.strptime(text, pattern).replace(tzinfo=UTC)


def _in_order(times: list[int | None], rows: list) -> tuple[list[int], list, int]:
    """Times and rows in order of time, and how many stood elsewhere; no time is that before it."""
    astray, before, known = 0, next((t for t in times if t is not None), 0), []
    latest = before
    for moment in times:
        astray += moment is None or moment < latest
        before = before if moment is None else moment
        latest = max(latest, before)
        known.append(before)
    order = sorted(range(len(rows)), key=known.__getitem__)
    return [known[row] for row in order], [rows[row] for row in order], astray


def number(text: str) -> float:
    """A finite number, with a point or a comma, or NaN."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _windows(path: Path, labels: Path) -> list[tuple[int, int]]:
    for name, windows in windows_of(labels).items():
        if path.as_posix().endswith(name):
            return windows
    raise RecordingError(f"{labels} has no labels for {path.name}")


def windows_of(path: Path) -> dict[str, list[tuple[int, int]]]:
    """{file: [(first, last)]} in unix seconds, of a JSON of labels; RecordingError for another."""
    found: dict[str, list[tuple[int, int]]] = {}
    try:
        for name, windows in json.loads(path.read_text("utf-8-sig")).items():
            pairs = [(seconds_of(first), seconds_of(last)) for first, last in windows]
            found[name] = [(first, last) for first, last in pairs
                           if first is not None and last is not None]  # fmt: skip
            if len(found[name]) < len(pairs):
                raise RecordingError(f"a window of {name} is no pair of times")
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordingError(f"{path}: not windows of files: {error}") from error
    return found
