"""A replay as one HTML file: every signal and score, findings and labels, no internet needed.

`chart.js` draws SVG from the numbers embedded here and lets a person zoom in.
"""

import html
import json
import math
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
DIGITS = 6
"""Significant digits kept of a value: more than a screen shows."""

SCORE_MOST = 4.0
"""Scores are cut off here: 1 is the alarm, and that is what a person looks for."""


def moment(unix: int) -> str:
    """A unix second as a person writes it."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S")


def render(replayed) -> str:
    """The page of a Replayed."""
    # Inside a script element only "</" could end it early.
    data = json.dumps(_data(replayed), separators=(",", ":")).replace("</", "<\\/")
    title = html.escape(replayed.recording.name)
    rows = "".join(_finding_row(replayed, stretch) for stretch in replayed.stretches)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{(HERE / "chart.css").read_text(encoding="utf-8")}</style></head>
<body><h1>{title}</h1>
<p>{_summary(replayed)}</p>
<p class="hint">Drag over a chart to zoom, double-click to see all again, click a finding to go
there. <span class="key label"></span> labelled <span class="key raised"></span> raised
<span class="key confirmed"></span> confirmed</p>
<div class="wide"><table><thead><tr><th>monitor</th><th>raised</th><th>confirmed</th><th>until</th>
<th>rows</th><th>peak</th></tr></thead><tbody>{rows}</tbody></table></div>
<div id="times"></div>
<div id="charts"></div>
<script id="data" type="application/json">{data}</script>
<script>{(HERE / "chart.js").read_text(encoding="utf-8")}</script></body></html>
"""


def _summary(replayed) -> str:
    times = replayed.recording.times
    words = (
        f"{len(times)} rows{astray(replayed.recording)}, one each {replayed.recording.period_s} s, "
        f"{moment(times[0])} to {moment(times[-1])}. {_count(replayed.stretches, 'finding')}, "
        f"{_count(replayed.cases, 'case')}, {_count(replayed.orders, 'order')}."
    )
    return html.escape(words)


def astray(recording) -> str:
    """How many rows of a recording had to be put in order, if any, as part of a sentence."""
    count = recording.disorder
    return f" ({count} of them out of order or without a time)" if count else ""


def _count(things, word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _finding_row(replayed, stretch) -> str:
    times = replayed.recording.times
    confirmed = "" if stretch.confirmed is None else moment(times[stretch.confirmed])
    cells = (stretch.monitor, moment(times[stretch.first]), confirmed,
             moment(times[stretch.last]), stretch.last - stretch.first + 1,
             f"{stretch.peak:.2f}")
    row = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
    return f'<tr data-first="{stretch.first}" data-last="{stretch.last}">{row}</tr>'


def _data(replayed) -> dict:
    recording = replayed.recording
    charts: list[dict] = [
        {"title": column if column == channel else f"{column} → {channel}",
         "values": _short(recording.columns[column]), "shows": _monitors_of(replayed, channel)}
        for column, channel in replayed.channels.items()
    ]
    charts += [
        {"title": f"score of {monitor}", "limit": 1, "shows": [monitor],
         "values": _short([min(score, SCORE_MOST) for score in scores])}
        for monitor, scores in replayed.scores.items()
    ]
    bands = [
        {"kind": kind, "monitor": monitor, "first": first, "last": last}
        for kind, monitor, first, last in _bands(replayed)
    ]
    return {"times": recording.times, "charts": charts, "bands": bands}


def _monitors_of(replayed, channel: str) -> list[str]:
    """Monitors that a channel leads; what watches many shows its findings on its score alone."""
    led = [name for name, channels in replayed.watched.items()
           if channels[0] == channel and len(channels) <= 2]
    return [*led, f"sensor_{channel}"]


def _bands(replayed):
    """(kind, monitor or None, first row, last row) of findings and labels, labels on top."""
    for stretch in replayed.stretches:
        yield "raised", stretch.monitor, stretch.first, stretch.last
        if stretch.confirmed is not None:
            yield "confirmed", stretch.monitor, stretch.confirmed, stretch.last
    recording = replayed.recording
    for rows in recording.labels.values():
        yield from (("label", None, first, last) for first, last in _runs(rows))
    for first, last in recording.windows:
        rows = [i for i, at in enumerate(recording.times) if first <= at <= last]
        if rows:
            yield "label", None, rows[0], rows[-1]


def _runs(rows: list[int]):
    """Neighbouring rows as (first, last)."""
    while rows:
        count = next((i for i in range(1, len(rows)) if rows[i] != rows[0] + i), len(rows))
        yield rows[0], rows[count - 1]
        rows = rows[count:]


def _short(values) -> list:
    return [None if math.isnan(v) else float(f"{v:.{DIGITS}g}") for v in values]
