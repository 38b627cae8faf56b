"""Cycle: something that switches on and off (a compressor, a pump, a heater) in another rhythm.

Short cycling, a run that does not end and a duty that creeps up are how lost refrigerant, a
leaking valve and a scaled heater show first.
"""

from array import array

from agent import const

_ON = const(0)
_WHOLE = const(1)
_SINCE = const(2)
_LAST = const(3)
_STARTS = const(4)
_ALARM = const(5)
_MEAN_OFF = const(6)
_MEAN_ON = const(7)
_DONE_OFF = const(8)
_DONE_ON = const(9)
_NORMAL_OFF = const(10)
_NORMAL_ON = const(11)
_ELAPSED = const(12)
_STARTED = const(13)
_WRAP = const(0xFFFFFF)  # whole seconds that float32 holds exactly: spans up to 194 days are exact
_NEVER = const(1e30)
_WORDS = ("off_s", "on_s", "starts", "duty")
_RECENT = const(0.25)  # share of the last run in the mean, once there are four


class Cycle:
    """One channel, on above a threshold.

    Settings: on (threshold, channel unit, default 0.5), off (lower threshold, default as on), least
    (runs and pauses before a verdict, default 3), gap (s without a reading after which the run in
    progress is not counted, default 900); bounds, each with _low and _high: starts (per hour),
    on_s, off_s (mean of the last runs and pauses, or the present one when longer), duty (0..1);
    learn (cycles, default 0: off) and factor (default 3) bound on_s and off_s by what was learned.
    Score: the worst of value over high bound, low bound over value; the alarm lets go at 0.9.
    """

    def __init__(self, settings):
        self.on = settings.get("on", 0.5)
        self.off = settings.get("off", self.on)
        self.least = settings.get("least", 3)
        self.gap = settings.get("gap", 900)
        self.learn = settings.get("learn", 0)
        self.factor = settings.get("factor", 3)
        self.bounds = []  # low and high of each word: no text is put together in an update
        for word in _WORDS:
            self.bounds += [settings.get(word + "_low", 0), settings.get(word + "_high", _NEVER)]
        self.state = array("f", bytes(4 * 14))
        self.wake()

    def wake(self):
        self.alarm = self.state[_ALARM] > 0
        self.score, self.word, self.value, self.limit = self._worst()

    def update(self, values, at):
        state = self.state
        if (at - int(state[_LAST])) & _WRAP > self.gap or not state[_STARTED]:
            state[_ON] = values[0] > self.on
            state[_WHOLE] = 0
            state[_SINCE] = at & _WRAP
            state[_STARTED] = 1
        state[_LAST] = at & _WRAP
        state[_ELAPSED] = (at - int(state[_SINCE])) & _WRAP
        on = values[0] > (self.off if state[_ON] else self.on)
        if on != (state[_ON] > 0):
            self._switch(on, at)
        self.wake()
        state[_ALARM] = self.score >= (0.9 if self.alarm else 1.0)
        self.alarm = state[_ALARM] > 0
        return self.alarm

    def _switch(self, on, at):
        """A run or a pause is over: count it, unless its beginning was not seen."""
        state = self.state
        was = int(state[_ON])
        if state[_WHOLE]:
            state[_DONE_OFF + was] += 1
            done = state[_DONE_OFF + was]
            gain = max(_RECENT, 1 / done)
            state[_MEAN_OFF + was] += gain * (state[_ELAPSED] - state[_MEAN_OFF + was])
            if done <= self.learn:
                normal = state[_NORMAL_OFF + was]
                state[_NORMAL_OFF + was] += (state[_ELAPSED] - normal) / done
        state[_STARTS] += on
        state[_ON] = on
        state[_WHOLE] = 1
        state[_SINCE] = at & _WRAP
        state[_ELAPSED] = 0

    def _worst(self):
        """(score, word, value, limit) of the bound that is nearest to break, or furthest broken.

        The present run or pause counts instead of the mean when it is longer.
        """
        state = self.state
        values = [state[_MEAN_OFF], state[_MEAN_ON]]
        now = int(state[_ON])
        values[now] = max(values[now], state[_ELAPSED])
        judged = min(state[_DONE_OFF], state[_DONE_ON]) >= self.least
        if judged:
            whole = max(1, sum(values))
            values += 3600 / whole, values[1] / whole
        worst = (0.0, "on_s", values[1], _NEVER)
        for at, value in enumerate(values):
            low, high = self.bounds[2 * at], self.bounds[2 * at + 1]
            if at < 2 and 0 < self.learn <= state[_DONE_OFF + at]:
                low = max(low, state[_NORMAL_OFF + at] / self.factor)
                high = min(high, state[_NORMAL_OFF + at] * self.factor)
            if high < _NEVER:
                worst = max(worst, (value / max(high, 1e-6), _WORDS[at], value, high))
            if judged and low > 0:
                worst = max(worst, (low / max(value, 1e-6), _WORDS[at], value, low))
        return worst

    def relearn(self, at):
        """Learn a new rhythm; the count of starts is the thing's age and stays."""
        starts = self.state[_STARTS]
        self.state[:] = array("f", bytes(4 * 14))
        self.state[_STARTS] = starts
        self.wake()

    def why(self):
        starts = self.state[_STARTS]
        return [(self.word, self.value), ("limit", self.limit), ("starts_total", starts)]
