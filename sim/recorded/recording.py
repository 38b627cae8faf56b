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
    """times: unix seconds, never going back; columns: name -> values (NaN where unreadable);
    labels: name -> rows that are marked; windows: [(first, last)] in unix seconds."""

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
    rows = _rows(path)
    header, body = rows[0], rows[1:]
    clock = _time_column(header, body)
    times, disorder = _forward([_time(row[clock]) if clock < len(row) else None for row in body])
    recording = Recording(path.name, times, {}, disorder=disorder)
    for index, name in enumerate(header):
        if index == clock or not name:
            continue
        values = [_number(row[index]) if index < len(row) else math.nan for row in body]
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


def _rows(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    if any(byte < 32 and byte not in b"\t\r\n" for byte in data[:LOOKED_AT]):
        raise RecordingError(f"{path}: not a text file in UTF-8")
    text = data.decode("utf-8-sig", errors="replace")
    first = text.split("\n", 1)[0]
    separator = max(";,\t", key=first.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if row]
    if len(rows) < 2:
        raise RecordingError(f"{path}: a heading and at least one row are needed")
    return rows


def _time_column(header: list[str], body: list[list[str]]) -> int:
    named = [i for word in TIME_WORDS for i, name in enumerate(header)
             if name.strip().lower() == word]
    for index in [*named, *range(len(header))]:
        sample = [row[index] for row in body[:20] if index < len(row)]
        if sample and all(_time(text, index in named) is not None for text in sample):
            return index
    raise RecordingError(f"no time column among {', '.join(header)}")


def _time(text: str, numbers: bool = True) -> int | None:
    """Unix seconds of a date, or of a number if `numbers` may be times; None for neither."""
    text = text.strip()
    moment = _date(text)
    if moment is not None:
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    value = _number(text)
    if not numbers or math.isnan(value):
        return None
    return int(value / 1000 if value > MILLISECONDS_FROM else value)


def _date(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, *map(_reader, FORMATS)):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _reader(pattern: str):
    return lambda text: datetime.strptime(text, pattern).replace(tzinfo=UTC)


def _forward(times: list[int | None]) -> tuple[list[int], int]:
    """Times that never go back, and how many had to be held."""
    held, latest, forward = 0, next((t for t in times if t is not None), 0), []
    for moment in times:
        if moment is None or moment < latest:
            held += 1
        else:
            latest = moment
        forward.append(latest)
    return forward, held


def _number(text: str) -> float:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _windows(path: Path, labels: Path) -> list[tuple[int, int]]:
    known = json.loads(labels.read_text(encoding="utf-8"))
    for name, windows in known.items():
        if path.as_posix().endswith(name):
            return [(_time(first) or 0, _time(last) or 0) for first, last in windows]
    raise RecordingError(f"{labels} has no labels for {path.name}")
