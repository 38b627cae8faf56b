"""Settings of monitors from recorded runs of a healthy thing: where its own ordinary days end.

Each kind has its own question to the recording: how far a value goes (limit), how fast (rate), how
long it stands still (stuck), how much its means differ from block to block (drift). What is
proposed lies a margin beyond what was seen, so a healthy thing stays quiet.
"""

import statistics
from dataclasses import dataclass

from agent.sense import monitors
from sim.recorded.recording import Recording

MARGIN = 0.15  # of the range that was seen
RATE_MARGIN = 1.5  # times the steepest slope that was seen
STILL_MARGIN = 3  # times the longest stillness that was seen
NEVER = 1e29


@dataclass(frozen=True)
class Proposal:
    """A setting of a monitor: what stands in the product file (None: nothing) and what is said."""

    monitor: str
    setting: str
    was: float | None
    proposed: float
    why: str


def propose(record: dict, recordings: list[tuple[Recording, dict[str, int]]]) -> list[Proposal]:
    """Proposals for every monitor of a compiled product that recordings of health can teach.

    recordings: each with its columns' channels (column name -> channel index), as replay assigns.
    """
    found = []
    for spec in record.get("monitors", []):
        question = QUESTIONS.get(spec["kind"])
        streams = [_stream(recording, columns, spec["channels"][0])
                   for recording, columns in recordings]
        streams = [stream for stream in streams if stream]
        if question is not None and streams:
            settings = spec.get("settings", {})
            for setting, value, why in question(settings, streams):
                rounded = float(f"{value:.4g}")
                found.append(Proposal(spec["name"], setting, settings.get(setting), rounded, why))
    return found


def _stream(recording: Recording, columns: dict[str, int], channel: int) -> list:
    """[(second, value)] of the readings of one channel that could be read."""
    name = next((column for column, index in columns.items() if index == channel), None)
    if name is None:
        return []
    start = recording.times[0]
    rows = zip(recording.times, recording.columns[name], strict=True)
    return [(at - start, value) for at, value in rows if value == value]


def _limit(settings: dict, streams: list):
    values = [value for stream in streams for _, value in stream]
    least, most = min(values), max(values)
    room = MARGIN * ((most - least) or abs(most) or 1.0)
    seen = f"seen {least:g} to {most:g}"
    if settings.get("high", NEVER) < NEVER:
        yield "high", most + room, seen
    if settings.get("low", -NEVER) > -NEVER:
        yield "low", least - room, seen


def _rate(settings: dict, streams: list):
    slopes = [0.0]
    for stream in streams:
        detector = monitors.make("rate", settings)
        for at, value in stream:
            detector.update([value], at)
            slopes.append(dict(detector.why())["per_hour"])
    for setting, steepest in (("rise", max(slopes)), ("fall", -min(slopes))):
        if setting in settings and steepest > 0:
            yield setting, RATE_MARGIN * steepest, f"seen {steepest:.4g} an hour"


def _stuck(settings: dict, streams: list):
    longest = 0
    for stream in streams:
        since, held = stream[0]
        for at, value in stream:
            if abs(value - held) > settings.get("epsilon", 0.0):
                since, held = at, value
            longest = max(longest, at - since)
    if longest:
        yield "seconds", STILL_MARGIN * longest, f"stood still for {longest} s"


def _drift(settings: dict, streams: list):
    block = settings.get("block", 3600)
    spreads = []
    for stream in streams:
        blocks: dict[int, list[float]] = {}
        for at, value in stream:
            blocks.setdefault(at // block, []).append(value)
        means = [statistics.fmean(values) for values in blocks.values()]
        if len(means) >= 4:
            spreads.append(statistics.stdev(means))
    if spreads:
        yield "floor", max(spreads), f"block means deviate by {max(spreads):.4g}"


QUESTIONS = {"limit": _limit, "rate": _rate, "stuck": _stuck, "drift": _drift}
