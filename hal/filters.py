"""What a raw value goes through before it is a reading; chains are declared in the board file.

Each maker gives a stage, which is called with (value, now in seconds) and returns the value that
goes on, or None to say that there is none yet.
"""


def median(count: int):
    """The middle of the last `count` values: one wild value in three, two in five, do no harm."""
    last: list = []

    def stage(value, now):
        _push(last, value, count)
        return sorted(last)[len(last) // 2]

    return stage


def mean(count: int):
    """The moving average of the last `count` values."""
    last: list = []

    def stage(value, now):
        _push(last, value, count)
        return sum(last) / len(last)

    return stage


def ema(share: float):
    """Exponential moving average: each new value counts for `share` (0..1)."""
    smooth = None

    def stage(value, now):
        nonlocal smooth
        smooth = value if smooth is None else smooth + share * (value - smooth)
        return smooth

    return stage


def clamp(low: float, high: float):
    """No less than `low` and no more than `high`: a scale that is a hair below zero is at zero."""
    return lambda value, now: min(max(value, low), high)


def points(line: list):
    """A calibration: straight lines through [raw, value] pairs of ascending raw.

    The outer lines go on beyond their ends, so that what is out of range is seen to be.
    """

    def stage(value, now):
        index = 1
        while index < len(line) - 1 and value > line[index][0]:
            index += 1
        (raw, low), (raw_after, high) = line[index - 1], line[index]
        return low + (value - raw) * (high - low) / (raw_after - raw)

    return stage


def debounce(hold: int):
    """A value goes on once it has stayed the same for `hold` seconds; until then the last one."""
    settled = candidate = None
    since = 0

    def stage(value, now):
        nonlocal settled, candidate, since
        if value != candidate:
            candidate, since = value, now
        if now - since >= hold:
            settled = value
        return settled

    return stage


def _push(last, value, count):
    """In place: a list made anew for every reading would tear holes into a small heap."""
    last.append(value)
    if len(last) > count:
        last.pop(0)


KINDS: dict = {
    "median": median,
    "mean": mean,
    "ema": ema,
    "clamp": clamp,
    "points": points,
    "debounce": debounce,
}
