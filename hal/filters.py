"""What a raw value goes through before it is a reading; chains are declared in the board file.

A stage is called with (value, now in seconds) and returns the value that goes on, or None to
say that there is none yet.
"""


class Median:
    """The middle of the last `count` values: one wild value in three, two in five, do no harm."""

    def __init__(self, count: int):
        self._count = count
        self._last: list = []

    def __call__(self, value, now):
        self._last.append(value)
        if len(self._last) > self._count:
            self._last.pop(0)
        return sorted(self._last)[len(self._last) // 2]


class Mean:
    """The moving average of the last `count` values."""

    def __init__(self, count: int):
        self._count = count
        self._last: list = []

    def __call__(self, value, now):
        self._last = self._last[1 - self._count :] + [value]
        return sum(self._last) / len(self._last)


class Ema:
    """Exponential moving average: each new value counts for `share` (0..1)."""

    def __init__(self, share: float):
        self._share = share
        self._mean = None

    def __call__(self, value, now):
        if self._mean is None:
            self._mean = value
        self._mean += self._share * (value - self._mean)
        return self._mean


class Clamp:
    """No less than `low` and no more than `high`: a scale that is a hair below zero is at zero."""

    def __init__(self, low: float, high: float):
        self._low = low
        self._high = high

    def __call__(self, value, now):
        return min(max(value, self._low), self._high)


class Points:
    """A calibration: straight lines through [raw, value] pairs of ascending raw.

    The outer lines go on beyond their ends, so that what is out of range is seen to be.
    """

    def __init__(self, points: list):
        self._points = points

    def __call__(self, value, now):
        points = self._points
        index = 1
        while index < len(points) - 1 and value > points[index][0]:
            index += 1
        (raw, low), (raw_after, high) = points[index - 1], points[index]
        return low + (value - raw) * (high - low) / (raw_after - raw)


class Debounce:
    """A value goes on once it has stayed the same for `hold` seconds; until then the last one."""

    def __init__(self, hold: int):
        self._hold = hold
        self._settled = None
        self._candidate = None
        self._since = 0

    def __call__(self, value, now):
        if value != self._candidate:
            self._candidate = value
            self._since = now
        if now - self._since >= self._hold:
            self._settled = value
        return self._settled


KINDS = {
    "median": Median,
    "mean": Mean,
    "ema": Ema,
    "clamp": Clamp,
    "points": Points,
    "debounce": Debounce,
}
